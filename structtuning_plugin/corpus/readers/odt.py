"""Reader of ODT (OpenDocument text).

    <text:h text:outline-level="2">Seals</text:h>   ->   Heading(level=2, title="Seals")

A heading without a level has level 1; a paragraph whose style is based on a heading's is one, too.
A file without any gets its headings from larger and bold letters.
Tracked deletions, hidden text, comments and contents lists are left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.formulas import mathml_to_tex
from structtuning_plugin.corpus.headings.letter_sizes import Letters, most_letters
from structtuning_plugin.corpus.limits import Budget, Package
from structtuning_plugin.corpus.markup import Element, parse_xml
from structtuning_plugin.corpus.tables import Cell, lay_out, render_grid
from structtuning_plugin.hookspecs import ReadRequest

_HEADING_STYLE = re.compile(r"Heading_20_(\d+)|heading (\d+)", re.IGNORECASE)
_INDEXES = ("table-of-content", "illustration-index", "table-index", "object-index",
            "user-index", "alphabetical-index", "bibliography")  # fmt: skip
_SKIPPED = {"tracked-changes": "tracked_deletion", "annotation": "comment"}
_SILENT = ("annotation-end", "soft-page-break", "sequence-decls", "forms", "variable-decls",
           "user-field-decls", "note-citation", "change", "bookmark", "desc")  # fmt: skip
_MOST_REPEATED = 100
# Points of a file whose styles state no size.
_DEFAULT_SIZE = 12.0
_BOLD = ("bold", "600", "700", "800", "900")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(pt|%)")


class OdtReader:
    """Reader of ODT."""

    name = "odt"
    suffixes: tuple[str, ...] = (".odt", ".ott", ".fodt")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it is damaged, encrypted, or exceeds a limit.
        """
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        if request.data.lstrip()[:1] == b"<":
            roots = [parse_xml(request.data, budget)]
        else:
            package = Package(request.data, budget)
            if "content.xml" not in package:
                raise CorpusError("It has no part content.xml: is it an ODT file?")
            if b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise CorpusError("It is encrypted with a password. Save a copy without one.")
            names = [name for name in ("styles.xml", "content.xml") if name in package]
            roots = [parse_xml(package.read(name), budget) for name in names]
        body = roots[-1].find("text") if roots else None
        walk = _Walk(_styles_of(roots), budget, builder)
        if body is not None:
            walk.add_blocks(body)
        builder.infer_headings()
        return builder.build(walk.title, keeps_title=True)


@hookimpl
def register_readers() -> list[OdtReader]:
    """Register the reader `odt`."""
    return [OdtReader()]


def _styles_of(roots: list[Element]) -> dict[str, Element]:
    styles: dict[str, Element] = {}
    for root in roots:
        for style in root.find_all("style"):
            styles[style.get("name")] = style
    return styles


class _Walk:
    """Walk over the body of a document in reading order."""

    def __init__(
        self, styles: dict[str, Element], budget: Budget, builder: DocumentBuilder
    ) -> None:
        self.title = ""
        self._styles = styles
        self._budget = budget
        self._builder = builder
        self._behind: list[Element] = []

    def add_blocks(self, holder: Element) -> None:
        """Add all blocks of an element."""
        for element in holder.elements:
            self._budget.check_time()
            self._add(element)

    def _add(self, element: Element) -> None:
        tag = element.tag
        if tag in _INDEXES:
            self._builder.drop("contents", detail=element.words())
        elif tag in _SKIPPED:
            self._skip(element)
        elif self._is_hidden(element):
            self._builder.drop("hidden", detail=element.words())
        elif tag in ("h", "p"):
            self._add_paragraph(element)
        elif tag == "list":
            self._add_list(element)
        elif tag == "table":
            self._add_table(element)
        elif tag not in _SILENT:
            self.add_blocks(element)

    def _skip(self, element: Element) -> None:
        if element.tag == "annotation":
            self._builder.drop("comment", detail=element.words())
            return
        for deletion in element.find_all("deletion"):
            words = " ".join(e.words() for e in deletion.elements if e.tag != "change-info")
            self._builder.drop("tracked_deletion", detail=words)

    def _chain(self, name: str) -> list[str]:
        names: list[str] = []
        while name and name not in names:
            names.append(name)
            style = self._styles.get(name)
            name = style.get("parent-style-name") if style is not None else ""
        return names

    def _level(self, element: Element) -> int | None:
        stated = element.get("outline-level")
        if element.tag == "h":
            return int(stated) if stated.isdecimal() and int(stated) else 1
        for name in self._chain(element.get("style-name")):
            style = self._styles.get(name)
            outline = style.get("default-outline-level") if style is not None else ""
            if outline.isdecimal() and int(outline):
                return int(outline)
            match = _HEADING_STYLE.fullmatch(name)
            if match:
                return int(match[1] or match[2])
        return None

    def _is_hidden(self, element: Element) -> bool:
        if element.get("display") in ("none", "condition") and element.tag == "section":
            return True
        if element.get("is-hidden") == "true" or element.tag in ("hidden-text",):
            return True
        for name in self._chain(element.get("style-name")):
            style = self._styles.get(name)
            properties = style.find("text-properties") if style is not None else None
            if properties is not None and properties.get("display") == "none":
                return True
        return False

    def _add_paragraph(self, element: Element) -> None:
        text = self._text(element)
        names = self._chain(element.get("style-name"))
        level = self._level(element)
        if level is not None and text.strip():
            self._builder.add_heading(level, text)
        elif "Title" in names and not self.title:
            self.title = tidy_title(text)
        elif "Preformatted_20_Text" in names:
            self._builder.add("code", text)
        elif text.strip():
            self._builder.add_paragraph(text, self._letters(element))
        self._add_behind()

    def _letters(self, paragraph: Element) -> Letters | None:
        """Return the letters of most of a paragraph, whose spans may have their own."""
        own = self._letters_of(paragraph.get("style-name"), self._default_letters())
        counts: Counter[Letters] = Counter()
        for child in paragraph.children:
            if isinstance(child, str):
                counts[own] += len(child.strip())
            elif child.tag in ("span", "a"):
                counts[self._letters_of(child.get("style-name"), own)] += len(child.words())
        return most_letters(+counts)

    def _default_letters(self) -> Letters:
        return self._letters_of("Standard", Letters(size=_DEFAULT_SIZE))

    def _letters_of(self, name: str, base: Letters) -> Letters:
        """Return the letters of a style; a size in percent is that of the base."""
        size, is_bold = base.size, base.is_bold
        for style_name in reversed(self._chain(name)):
            style = self._styles.get(style_name)
            properties = style.find("text-properties") if style is not None else None
            if properties is not None:
                size = _size(properties.get("font-size"), size)
                weight = properties.get("font-weight")
                is_bold = weight in _BOLD if weight else is_bold
        return Letters(size=size, is_bold=is_bold)

    def _add_behind(self) -> None:
        behind, self._behind = self._behind, []
        for element in behind:
            self.add_blocks(element)

    def _add_list(self, element: Element) -> None:
        if any(self._level(e) is not None for e in element.find_all("h", "p")):
            self.add_blocks(element)
            return
        self._builder.add("list", "\n".join(self._list_lines(element, "")))
        self._add_behind()

    def _list_lines(self, element: Element, indent: str) -> list[str]:
        lines: list[str] = []
        for item in element.elements:
            mark = "-"
            for child in item.elements:
                if child.tag == "list":
                    lines += self._list_lines(child, indent + "  ")
                elif child.tag in ("p", "h") and not self._is_hidden(child):
                    text = " ".join(self._text(child).split())
                    lines.append(f"{indent}{mark} {text}")
                    mark = " "
        return lines

    def _add_table(self, table: Element) -> None:
        rows = [row for row in table.find_all("table-row") if _table_of(row) is table]
        has_blocks = any(self._level(e) is not None for e in table.find_all("h", "p"))
        cells = [[c for c in row.elements if c.tag == "table-cell"] for row in rows]
        data: list[list[Cell]] = []
        for row, columns in zip(rows, cells, strict=True):
            is_placed = has_blocks and any(
                self._level(e) is not None for e in row.find_all("h", "p")
            )
            if is_placed or all(len(other) <= 1 for other in cells):
                self._add_rows(data)
                data = []
                for cell in columns:
                    self.add_blocks(cell)
            else:
                data.append([self._cell(cell) for cell in columns for _ in range(_repeats(cell))])
        self._add_rows(data)

    def _add_rows(self, rows: list[list[Cell]]) -> None:
        self._builder.add("table", render_grid(lay_out(rows)))
        self._add_behind()

    def _cell(self, cell: Element) -> Cell:
        texts = [self._text(e) for e in cell.find_all("p", "h") if not self._is_hidden(e)]
        columns, rows = cell.get("number-columns-spanned"), cell.get("number-rows-spanned")
        return Cell(
            text=" ".join(" ".join(texts).split()),
            columns=int(columns) if columns.isdecimal() else 1,
            rows=int(rows) if rows.isdecimal() else 1,
        )

    def _text(self, element: Element) -> str:
        parts: list[str] = []
        for child in element.children:
            # White space of the file is one blank; blanks of the text are elements.
            parts.append(
                re.sub(r"\s+", " ", child) if isinstance(child, str) else self._inline(child)
            )
        return "".join(parts)

    def _inline(self, element: Element) -> str:
        tag = element.tag
        if tag == "s":
            count = element.get("c")
            return " " * (int(count) if count.isdecimal() else 1)
        if tag in ("tab", "line-break"):
            return "\t" if tag == "tab" else "\n"
        if tag == "note":
            note = element.child("note-body")
            self._behind += [note] if note is not None else []
            return ""
        if tag in ("text-box", "table"):
            self._behind.append(element)
            return ""
        if tag == "math":
            return f"${mathml_to_tex(element)}$"
        if tag in _SKIPPED:
            self._skip(element)
            return ""
        if self._is_hidden(element):
            self._builder.drop("hidden", detail=element.words())
            return ""
        if tag == "image":
            self._builder.drop("image")
        return "" if tag in _SILENT else self._text(element)


def _size(text: str, base: float) -> float:
    """Return a size in points: "14pt", or "120%" of the base; the base for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return base
    number = float(match[1])
    return number if match[2] == "pt" else base * number / 100


def _table_of(row: Element) -> Element | None:
    return next((e for e in row.ancestors() if e.tag == "table"), None)


def _repeats(cell: Element) -> int:
    count = cell.get("number-columns-repeated")
    return min(_MOST_REPEATED, int(count)) if count.isdecimal() else 1
