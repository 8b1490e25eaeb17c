"""Reader of DOCX (Word, LibreOffice, Google Docs).

    style "heading 1": Pumps     ->   Heading(level=1, title="1 Pumps"), with the number of its list
    They lift. [deleted: badly]       "They lift."

A file without a heading style gets its headings from larger and bold letters. Tracked changes are
read as accepted. Hidden text, comments, contents lists, page headers and page
footers are left out and counted; footnotes are placed behind their paragraph.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder
from structtuning_plugin.corpus.formulas import omml_to_tex
from structtuning_plugin.corpus.headings.letter_sizes import Letters, most_letters
from structtuning_plugin.corpus.limits import Budget, Package
from structtuning_plugin.corpus.markup import Element, parse_xml
from structtuning_plugin.corpus.tables import Cell, lay_out, render_grid
from structtuning_plugin.corpus.word_styles import (
    Numbering,
    NumberReference,
    Styles,
    value_of,
)
from structtuning_plugin.hookspecs import ReadRequest

_TRANSPARENT = ("sdtContent", "smartTag", "customXml", "fldSimple", "ins", "moveTo", "hyperlink",
                "dir", "bdo", "body", "sdt")  # fmt: skip
_REMOVED = {"del": "tracked_deletion", "moveFrom": "tracked_deletion"}
_CONTENTS_NAME = re.compile(r"toc(?: heading| \d)|contents heading|index \d|table of figures")
_CODE_NAME = re.compile(r".*\b(?:source code|code block|preformatted|html code|code)\b.*")
_CONTENTS_FIELD = re.compile(r"\s*(?:TOC|INDEX|TOA)\b")
_SIGNS = {"noBreakHyphen": "-", "tab": "\t", "cr": "\n", "ptab": "\t"}


@dataclass
class _Line:
    """The text of a paragraph so far, with what is placed behind it."""

    parts: list[str] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    letters: Counter[Letters] = field(default_factory=Counter)
    hides: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)


class DocxReader:
    """Reader of DOCX."""

    name = "docx"
    suffixes: tuple[str, ...] = (".docx", ".dotx")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it is damaged, has no document, or exceeds a limit.
        """
        budget = Budget(request.limits)
        package = Package(request.data, budget)
        if "word/document.xml" not in package:
            raise CorpusError("It has no part word/document.xml: is it a DOCX file?")
        story = _Story(package, budget, DocumentBuilder(request))
        story.add_body()
        return story.build()


@hookimpl
def register_readers() -> list[DocxReader]:
    """Register the reader `docx`."""
    return [DocxReader()]


class _Story:
    """Walk over the body of a document in reading order."""

    def __init__(self, package: Package, budget: Budget, builder: DocumentBuilder) -> None:
        self._package = package
        self._budget = budget
        self._builder = builder
        self._styles = Styles(self._part("styles"))
        self._numbering = Numbering(self._part("numbering"))
        self._notes = {
            "footnoteReference": self._note_parts("footnotes"),
            "endnoteReference": self._note_parts("endnotes"),
        }
        self._title = ""
        self._fields: list[str] = []
        self._items: list[str] = []
        self._code: list[str] = []
        self._carried: _Line | None = None

    def _part(self, name: str) -> Element | None:
        data = self._package.read(f"word/{name}.xml")
        return parse_xml(data, self._budget) if data else None

    def _note_parts(self, name: str) -> dict[str, Element]:
        root = self._part(name)
        notes = root.elements if root is not None else []
        return {note.get("id"): note for note in notes if note.get("type") in ("", "normal")}

    def add_body(self) -> None:
        """Add the whole document."""
        root = self._part("document")
        body = root.child("body") if root is not None else None
        if body is not None:
            self._add_blocks(body)
        self._close()
        comments = self._part("comments")
        self._builder.drop("comment", len(comments.elements) if comments is not None else 0)
        headers = [n for n in self._package.names if re.match(r"word/(?:header|footer)\d*\.xml", n)]
        texts = [parse_xml(self._package.read(name), self._budget).words() for name in headers]
        self._builder.drop("page_header", sum(map(bool, texts)), next(filter(None, texts), ""))

    def build(self) -> ReadResult:
        """Build the document."""
        self._builder.infer_headings()
        return self._builder.build(self._title, keeps_title=True)

    # --- blocks

    def _add_blocks(self, holder: Element) -> None:
        for element in _unwrapped(holder):
            self._budget.check_time()
            if element.tag == "p":
                self._add_paragraph(element)
            elif element.tag == "tbl":
                self._close()
                self._add_table(element)
            elif element.tag == "sdt":
                if _is_contents(element):
                    self._builder.drop("contents", detail=element.words())
                else:
                    self._add_blocks(element.child("sdtContent") or element)
            elif element.tag in ("oMath", "oMathPara"):
                self._add_formula(element)
            elif element.tag in _REMOVED:
                self._builder.drop("tracked_deletion", detail=element.words())
            elif element.tag == "altChunk":
                self._builder.drop("embedded_file")

    def _add_formula(self, element: Element) -> None:
        self._close()
        self._builder.add("paragraph", f"$${omml_to_tex(element)}$$")

    def _add_paragraph(self, paragraph: Element) -> None:
        was_contents = self._in_contents()
        line = self._carried or _Line()
        self._carried = None
        style = self._styles.style_of(paragraph)
        self._read_runs(paragraph, line, style)
        names = self._styles.names(style)
        if was_contents or self._in_contents() or any(map(_CONTENTS_NAME.fullmatch, names)):
            self._builder.drop("contents", int(bool(line.text.strip())), line.text)
            return
        if _is_mark_removed(paragraph):  # the paragraph goes on with the next one
            self._carried = line
            return
        self._place(paragraph, line, names)
        self._add_behind(line)

    def _in_contents(self) -> bool:
        return any(map(_CONTENTS_FIELD.match, self._fields))

    def _place(self, paragraph: Element, line: _Line, names: list[str]) -> None:
        text = line.text
        reference = self._styles.number(paragraph, self._numbering)
        if not text.strip():
            return
        level = self._styles.level(paragraph)
        if level is not None:
            self._close()
            self._builder.add_heading(level, f"{self._heading_label(reference)}{text}")
        elif "title" in names[:2] and (not self._title or self._builder.is_empty):
            self._title = " ".join(f"{self._title} {text}".split())
        elif any(map(_CODE_NAME.fullmatch, names)):
            self._close_list()
            self._code.append(text)
        elif reference is not None:
            self._close_code()
            self._add_item(reference, text)
        else:
            self._close()
            self._builder.add_paragraph(text, most_letters(line.letters))

    def _heading_label(self, reference: NumberReference | None) -> str:
        if reference is None:
            return ""
        label = self._numbering.label(reference)
        return f"{label} " if label and not self._numbering.is_bullet(reference) else ""

    def _add_item(self, reference: NumberReference, text: str) -> None:
        label = self._numbering.label(reference)
        indent = "  " * reference.level
        self._items.append(f"{indent}{label} {' '.join(text.split())}" if label else indent + text)

    def _close(self) -> None:
        self._close_list()
        self._close_code()

    def _close_list(self) -> None:
        items, self._items = self._items, []
        self._builder.add("list", textwrap.dedent("\n".join(items)))

    def _close_code(self) -> None:
        lines, self._code = self._code, []
        self._builder.add("code", "\n".join(lines))

    def _add_behind(self, line: _Line) -> None:
        """Add the text boxes and the notes that belong to a paragraph."""
        if line.boxes or line.notes:
            self._close()
        for element in (*line.boxes, *line.notes):
            self._add_blocks(element)
        if line.boxes or line.notes:
            self._close()

    # --- tables

    def _add_table(self, table: Element) -> None:
        """Add a table; rows with headings or tables in them place text on the page."""
        rows = [row for row in _unwrapped(table) if row.tag == "tr" and not self._is_removed(row)]
        cells = [_cells(row) for row in rows]
        is_frame = all(len(row) == 1 for row in cells) or (
            len(rows) == 1 and self._has_blocks(cells)
        )
        data: list[int] = []
        for index, row in enumerate(cells):
            if is_frame or any(self._is_placed(cell) for cell in row):
                self._add_data(cells, data)
                data = []
                for cell in row:
                    if _merge(cell) != "continue":
                        self._add_blocks(cell)
                        self._close()
            else:
                data.append(index)
        self._add_data(cells, data)

    def _is_removed(self, row: Element) -> bool:
        properties = row.child("trPr")
        is_removed = properties is not None and properties.child("del") is not None
        self._builder.drop("tracked_deletion", int(is_removed), row.words())
        return is_removed

    def _has_blocks(self, cells: list[list[Element]]) -> bool:
        return any(len([p for p in cell.elements if p.tag == "p" and p.words()]) > 1
                   for row in cells for cell in row)  # fmt: skip

    def _is_placed(self, cell: Element) -> bool:
        if cell.find("tbl") is not None:
            return True
        paragraphs = [p for p in cell.find_all("p") if p.words()]
        return any(self._styles.level(p) is not None for p in paragraphs)

    def _add_data(self, cells: list[list[Element]], indexes: list[int]) -> None:
        """Add consecutive rows as one table."""
        notes: list[Element] = []
        rows: list[list[Cell]] = []
        for index in indexes:
            row = [Cell(text="", columns=1)] * _before(cells[index])
            for position, cell in enumerate(cells[index]):
                merge = _merge(cell)
                if merge == "continue" and index != indexes[0]:
                    continue
                height = _height(cells, index, _column(cells[index], position), indexes[-1])
                text = self._cell_text(cell, notes)
                row.append(Cell(text=text, columns=_span(cell), rows=height))
            rows.append(row)
        self._builder.add("table", render_grid(lay_out(rows)))
        for note in notes:
            self._add_blocks(note)
        self._close()

    def _cell_text(self, cell: Element, notes: list[Element]) -> str:
        texts: list[str] = []
        for paragraph in cell.find_all("p"):
            line = _Line()
            self._read_runs(paragraph, line, self._styles.style_of(paragraph))
            reference = self._styles.number(paragraph, self._numbering)
            label = self._numbering.label(reference) if reference is not None else ""
            texts.append(f"{label} {line.text}" if label not in ("", "-") else line.text)
            notes += [*line.boxes, *line.notes]
        return " ".join(" ".join(texts).split())

    # --- running text

    def _read_runs(self, holder: Element, line: _Line, style: str) -> None:
        for element in holder.elements:
            tag = element.tag
            if tag == "r":
                self._read_run(element, line, style)
            elif tag in _REMOVED:
                self._builder.drop(_REMOVED[tag], int(bool(element.words())), element.words())
            elif tag in ("oMath", "oMathPara"):
                mark = "$$" if tag == "oMathPara" else "$"
                line.parts.append(f"{mark}{omml_to_tex(element)}{mark}")
            elif tag in _TRANSPARENT:
                self._read_runs(element, line, style)

    def _read_run(self, run: Element, line: _Line, style: str) -> None:
        is_hidden = self._styles.is_hidden(run.child("rPr"), style)
        if is_hidden and run.child("t") is not None:
            self._builder.drop("hidden", int(not line.hides), run.words())
        line.hides = is_hidden
        parts = len(line.parts)
        for element in run.elements:
            if element.tag in ("fldChar", "instrText"):
                self._read_field(element)
            elif not is_hidden:
                self._read_part(element, line)
        count = sum(len(text.strip()) for text in line.parts[parts:])
        if count:
            line.letters[self._styles.letters(run.child("rPr"), style)] += count

    def _read_field(self, element: Element) -> None:
        if element.tag == "instrText":
            if self._fields:
                self._fields[-1] += element.text()
        elif element.get("fldCharType") == "begin":
            self._fields.append("")
        elif element.get("fldCharType") == "end" and self._fields:
            self._fields.pop()

    def _read_part(self, element: Element, line: _Line) -> None:
        tag = element.tag
        if tag == "t":
            line.parts.append(element.text())
        elif tag in _SIGNS:
            line.parts.append(_SIGNS[tag])
        elif tag == "br":
            line.parts.append("\n" if element.get("type") in ("", "textWrapping") else " ")
        elif tag == "sym":
            line.parts.append(_symbol(element.get("char")))
        elif tag in self._notes:
            note = self._notes[tag].get(element.get("id"))
            if note is not None:
                line.notes.append(note)
        elif tag in ("AlternateContent", "drawing", "pict", "object"):
            self._read_drawing(element, line)

    def _read_drawing(self, element: Element, line: _Line) -> None:
        """Keep the text boxes of a drawing; the same box is there in two forms."""
        holder = element
        if element.tag == "AlternateContent":
            choice, fallback = element.child("Choice"), element.child("Fallback")
            holder = (
                choice if choice is not None and choice.find("txbxContent") else fallback or element
            )
        boxes = [box for box in holder.find_all("txbxContent") if box.words()]
        line.boxes += boxes
        if not boxes and holder.find("blip", "imagedata") is not None:
            picture = holder.find("docPr")
            self._builder.drop("image", detail=picture.get("descr") if picture is not None else "")


def _unwrapped(holder: Element) -> Iterator[Element]:
    """Iterate over blocks, also those inside insertions, custom XML and content controls."""
    for element in holder.elements:
        if element.tag in ("ins", "moveTo", "customXml", "smartTag", "sdtContent"):
            yield from _unwrapped(element)
        elif element.tag == "sdt" and not _is_contents(element):
            content = element.child("sdtContent")
            yield from _unwrapped(content) if content is not None else ()
        else:
            yield element


def _is_contents(control: Element) -> bool:
    properties = control.child("sdtPr")
    gallery = properties.find("docPartGallery") if properties is not None else None
    return gallery is not None and gallery.get("val").casefold() in (
        "table of contents",
        "bibliographies",
    )


def _is_mark_removed(paragraph: Element) -> bool:
    properties = paragraph.child("pPr")
    mark = properties.child("rPr") if properties is not None else None
    return mark is not None and mark.child("del", "moveFrom") is not None


def _cells(row: Element) -> list[Element]:
    return [cell for cell in _unwrapped(row) if cell.tag == "tc"]


def _merge(cell: Element) -> str:
    """Return "restart" or "continue" for a cell merged over rows, "" for any other."""
    properties = cell.child("tcPr")
    merge = properties.child("vMerge") if properties is not None else None
    return "" if merge is None else merge.get("val") or "continue"


def _span(cell: Element) -> int:
    span = value_of(cell.child("tcPr"), "gridSpan")
    return int(span) if span.isdecimal() else 1


def _before(row: list[Element]) -> int:
    properties = row[0].parent.child("trPr") if row and row[0].parent is not None else None
    count = value_of(properties, "gridBefore")
    return int(count) if count.isdecimal() else 0


def _column(row: list[Element], position: int) -> int:
    return _before(row) + sum(map(_span, row[:position]))


def _height(cells: list[list[Element]], index: int, column: int, last: int) -> int:
    """Return the number of rows that a cell covers."""
    height = 1
    for row in cells[index + 1 : last + 1]:
        columns = {_column(row, position): cell for position, cell in enumerate(row)}
        if column not in columns or _merge(columns[column]) != "continue":
            break
        height += 1
    return height


def _symbol(code: str) -> str:
    """Return the character of a symbol; those of symbol fonts have no meaning in text."""
    try:
        value = int(code, 16)
    except ValueError:
        return ""
    return "" if 0xE000 <= value <= 0xF8FF or value < 32 else chr(value)
