"""Headings and blocks of HTML, added to a document.

    <h2>Pumps</h2><p>Lift<br>water.</p><ul><li>one</li></ul>
    ->  heading "Pumps" of level 2, paragraph "Lift\\nwater.", list "- one"

It reads pages of HTML and the chapters of EPUB books. The frame of a site is taken out before
(`html_frame`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy, tidy_title
from structtuning_plugin.corpus.formulas import mathml_to_tex
from structtuning_plugin.corpus.html_frame import HEADINGS
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.markup import Element
from structtuning_plugin.corpus.tables import Cell, render_cells

_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "math",
        "meter",
        "nobr",
        "output",
        "q",
        "rb",
        "rp",
        "rt",
        "rtc",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "br",
        "area",
        "picture",
        "source",
    ]
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS = re.compile(r"[0-9+\-−=()]+")
_NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡§¶]{1,3})[\])]?", re.IGNORECASE)
_BACK_LINK = re.compile(r"[↩↵⏎↑^\ufe0e\s]*(?:back|return)?[↩↵⏎↑^\ufe0e\s]*", re.IGNORECASE)
_NOTE_ROLES = ("doc-footnote", "doc-endnote", "footnote", "endnote", "rearnote", "note")
_NOTE_CLASSES = frozenset(
    ["footnote", "footnotes", "footnote-definition", "fn", "endnote", "endnotes"]
)
_ADMONITIONS = frozenset(
    ["note", "tip", "warning", "caution", "important", "admonition", "admonitionblock"]
)
_BULLET = "-"


class HtmlBlocks:
    """Walk over one tree of HTML.

    Args:
        builder: Document that headings and blocks are added to.
        budget: Limits of the file.
        on_id: Called with each id, before the block that has it.
        level_shift: Added to the level of each heading.
    """

    def __init__(
        self,
        builder: DocumentBuilder,
        budget: Budget,
        on_id: Callable[[str], None] | None = None,
        level_shift: int = 0,
    ) -> None:
        self.builder = builder
        self._budget = budget
        self._notes: dict[str, Element] = {}
        self._on_id = on_id
        self._shift = level_shift
        self._pending: list[Element] = []
        self._sections: dict[int, int] = {}

    @property
    def unused_notes(self) -> list[Element]:
        """Footnotes that no mark in the text points to."""
        return list(self._notes.values())

    @property
    def note_ids(self) -> set[str]:
        """Ids of the footnotes that no mark in the text points to."""
        return set(self._notes)

    def title_of(self, heading: Element) -> str:
        """Return the text of a heading as a title."""
        title = self.inline(heading.children, in_title=True)
        if not title.strip():
            title = " ".join(image.get("alt") for image in heading.find_all("img"))
        return tidy_title(title)

    def add(self, root: Element, notes: Mapping[str, Element] | None = None) -> None:
        """Add all headings and blocks of a tree.

        Args:
            root: The tree.
            notes: Footnotes by their ids (`take_notes`), which are added behind their paragraph.
        """
        self._notes.update(notes or {})
        self._sections = _section_levels(root)
        self._block(root)

    # --- blocks

    def _block(self, element: Element) -> None:
        self._budget.check_time()
        read = getattr(self, f"_read_{element.tag}", None)
        if element.tag in HEADINGS or element.get("role") == "heading":
            self._heading(element)
        elif read is not None:
            self._announce(element)
            read(element)
        else:
            self._announce(element)
            self._flow(element.children)

    def _announce(self, element: Element) -> None:
        if self._on_id is not None and element.get("id"):
            self._on_id(element.get("id"))

    def _announce_all(self, element: Element) -> None:
        if self._on_id is not None:
            for inner in element.walk():
                for name in (inner.get("id"), inner.get("name") if inner.tag == "a" else ""):
                    if name:
                        self._on_id(name)

    def _flow(self, children: list[Element | str]) -> None:
        """Add mixed content: runs of text and inline elements are paragraphs."""
        run: list[Element | str] = []
        for child in children:
            if isinstance(child, str) or _is_inline(child):
                run.append(child)
                continue
            self._paragraph(run)
            run = []
            self._block(child)
        self._paragraph(run)

    def _paragraph(self, run: list[Element | str], prefix: str = "") -> None:
        for node in run:
            if isinstance(node, Element):
                self._announce_all(node)
        text = self.inline(run)
        if text.strip():
            self.builder.add("paragraph", prefix + text)
        self._flush_notes()

    def _flush_notes(self) -> None:
        while self._pending:
            note = self._pending.pop(0)
            _remove_back_links(note)
            self._flow(note.children if note.tag in ("li", "aside", "div", "p") else [note])

    def _heading(self, element: Element) -> None:
        self._announce_all(element)
        if _is_label(element):
            self.builder.add("paragraph", self.inline(element.children))
            return
        self.builder.add_heading(self._level(element), self.title_of(element))
        self._flush_notes()

    def _level(self, element: Element) -> int:
        stated = element.get("aria-level")
        if stated.isdigit() and int(stated):
            return int(stated) + self._shift
        level = int(element.tag[1]) if element.tag in HEADINGS else 2
        return level + self._sections.get(id(element), 0) + self._shift

    def _read_p(self, element: Element) -> None:
        if any(isinstance(c, Element) and not _is_inline(c) for c in element.children):
            self._flow(element.children)
        else:
            self._paragraph(element.children)

    def _read_pre(self, element: Element) -> None:
        self._announce_all(element)
        text = _code_text(element)
        self.builder.add("code", text.removeprefix("\n"))

    _read_listing = _read_xmp = _read_pre

    def _read_hr(self, element: Element) -> None:
        """Skip a rule, which has no text."""

    def _read_head(self, element: Element) -> None:
        """Skip the head of the page."""

    def _read_math(self, element: Element) -> None:
        tex = mathml_to_tex(element)
        if tex:
            self.builder.add("paragraph", f"$${tex}$$")

    def _read_figure(self, element: Element) -> None:
        self._flow(element.children)

    def _read_img(self, element: Element) -> None:
        self._count_image(element)

    def _count_image(self, element: Element) -> None:
        self.builder.drop("image", detail=element.get("alt"))

    def _read_dl(self, element: Element) -> None:
        """Add a list of definitions: each term with its text behind a colon."""
        lines: list[str] = []
        terms: list[str] = []
        for item in _definition_items(element):
            if item.tag == "dt":
                self._announce_all(item)
                terms.append(tidy_title(self.inline(item.children)))
            elif _is_simple(item):
                self._announce_all(item)
                lines.append(f"{_BULLET} {', '.join(terms)}: {_one_line(self._joined(item))}")
                terms = []
            else:
                self._add_list(lines, terms)
                lines, terms = [], []
                self._block(item)
        self._add_list(lines, terms)
        self._flush_notes()

    def _add_list(self, lines: list[str], terms: list[str]) -> None:
        """Add the lines so far, and the terms whose text is a block of its own."""
        self.builder.add("list", "\n".join(lines))
        self.builder.add("paragraph", "\n".join(terms))

    def _read_ul(self, element: Element) -> None:
        self._list(element)

    _read_ol = _read_menu = _read_dir = _read_ul

    def _list(self, element: Element) -> None:
        if _is_simple(element):
            self._announce_all(element)
            self.builder.add("list", "\n".join(self._list_lines(element, "")))
            self._flush_notes()
            return
        for mark, item in _items(element):
            self._announce(item)
            if item.tag in ("ul", "ol") or not _is_simple(item):
                self._item(item, mark)
            else:
                self._announce_all(item)
                self.builder.add("list", "\n".join(self._item_lines(item, mark, "")))
                self._flush_notes()

    def _item(self, item: Element, mark: str) -> None:
        """Add an item that has blocks of its own; its first text takes the mark."""
        run: list[Element | str] = []
        for index, child in enumerate(item.children):
            if isinstance(child, str) or _is_inline(child):
                run.append(child)
                continue
            if not self.inline(run).strip() and child.tag == "p" and _is_simple(child):
                run = [*run, *child.children]
                rest = item.children[index + 1 :]
            else:
                rest = item.children[index:]
            self._paragraph(run, f"{mark} ")
            self._flow(rest)
            return
        self._paragraph(run, f"{mark} ")

    def _list_lines(self, element: Element, indent: str) -> list[str]:
        lines: list[str] = []
        for mark, item in _items(element):
            lines += self._item_lines(item, mark, indent)
        return lines

    def _item_lines(self, item: Element, mark: str, indent: str) -> list[str]:
        lines: list[str] = []
        run: list[Element | str] = []
        inner = indent + " " * (len(mark) + 1)

        def close() -> None:
            text = self.inline(run)
            run.clear()
            for line in filter(str.strip, text.split("\n")):
                lines.append(f"{inner}{line}" if lines else f"{indent}{mark} {line}")

        for child in item.children if item.tag not in ("ul", "ol") else [item]:
            if isinstance(child, str) or _is_inline(child):
                run.append(child)
                continue
            close()
            if child.tag in ("ul", "ol", "menu", "dir"):
                lines += self._list_lines(child, inner if lines else indent)
            else:
                run.append(self._joined(child))
                close()
        close()
        return lines

    def _joined(self, element: Element) -> str:
        """Return the text of simple blocks in an element, a line each."""
        lines: list[str] = []
        run: list[Element | str] = []
        for child in element.children:
            if isinstance(child, Element) and not _is_inline(child):
                lines += [self.inline(run), self._joined(child)]
                run = []
            else:
                run.append(child)
        lines.append(self.inline(run))
        return "\n".join(line for line in lines if line.strip())

    def _read_blockquote(self, element: Element) -> None:
        for inner in element.find_all(*HEADINGS):
            inner.tag = "p"
        self._flow(element.children)

    def _read_table(self, element: Element) -> None:
        caption = element.child("caption")
        if caption is not None:
            self._flow(caption.children)
            caption.remove()
        if _is_layout(element):
            for row in _rows(element):
                for cell in row.elements:
                    self._block(cell)
            return
        self._announce_all(element)
        rows = [[self._cell(cell) for cell in row.elements] for row in _rows(element)]
        self.builder.add("table", render_cells([row for row in rows if row]))
        self._flush_notes()

    def _cell(self, cell: Element) -> Cell:
        return Cell(
            text=_one_line(self._joined(cell)),
            columns=_number(cell.get("colspan")),
            rows=_number(cell.get("rowspan")),
            is_header=cell.tag == "th" or _is_in(cell, "thead"),
        )

    # --- running text

    def inline(self, nodes: list[Element | str], in_title: bool = False) -> str:
        """Return running text: blanks as a browser shows them, notes and marks taken out."""
        parts: list[str] = []
        for node in nodes:
            self._write(node, parts, in_title)
        text = "".join(parts)
        return tidy("\n".join(_BLANKS.sub(" ", line) for line in text.split("\n")))

    def _write(self, node: Element | str, parts: list[str], in_title: bool) -> None:
        if isinstance(node, str):
            parts.append(_BLANKS.sub(" ", node))
            return
        write = _WRITERS.get(node.tag)
        if self._takes_note(node):
            return
        if write is not None:
            write(self, node, parts, in_title)
            return
        for child in node.children:
            self._write(child, parts, in_title)
        if not _is_inline(node):
            parts.append(" ")

    def _takes_note(self, element: Element) -> bool:
        """Keep a note for the end of the paragraph, if the element is its mark."""
        if element.tag not in ("a", "sup"):
            return False
        link = element if element.tag == "a" else element.child("a")
        if link is None:
            return False
        target = link.get("href").partition("#")[2]
        is_mark = "noteref" in f"{link.get('type')} {link.get('role')} {link.get('class')}"
        if target in self._notes and (is_mark or _NOTE_MARK.fullmatch(element.words())):
            self._pending.append(self._notes.pop(target))
            return True
        is_citation = "reference" in element.get("class").split() and element.tag == "sup"
        if is_mark or is_citation:
            self.builder.drop("note_mark")
            return True
        return False

    def _write_br(self, node: Element, parts: list[str], in_title: bool) -> None:
        parts.append(" " if in_title else "\n")

    def _write_image(self, node: Element, parts: list[str], in_title: bool) -> None:
        classes = node.get("class")
        if "math" in classes and node.get("alt") and not _has_math(node):
            parts.append(f"${node.get('alt').strip('$ ')}$")
        elif not in_title:
            self._count_image(node)

    def _write_math(self, node: Element, parts: list[str], in_title: bool) -> None:
        tex = mathml_to_tex(node)
        if tex:
            mark = "$$" if node.get("display") == "block" and not in_title else "$"
            parts.append(f"{mark}{tex}{mark}")

    def _write_ruby(self, node: Element, parts: list[str], in_title: bool) -> None:
        """Write the base of ruby, and in running text its reading in brackets."""
        readings: list[str] = []
        for child in node.children:
            if isinstance(child, Element) and child.tag in ("rp", "rt", "rtc"):
                readings += [child.words()] if child.tag != "rp" else []
            else:
                self._write(child, parts, in_title)
        reading = "".join(readings)
        if reading and not in_title:
            parts.append(f"（{reading}）")

    def _write_sup(self, node: Element, parts: list[str], in_title: bool) -> None:
        self._write_script(node, parts, _SUPERSCRIPTS)

    def _write_sub(self, node: Element, parts: list[str], in_title: bool) -> None:
        self._write_script(node, parts, _SUBSCRIPTS)

    def _write_script(self, node: Element, parts: list[str], signs: dict[int, int]) -> None:
        text = self.inline(node.children)
        parts.append(text.translate(signs) if _DIGITS.fullmatch(text) else text)

    def _write_quotation(self, node: Element, parts: list[str], in_title: bool) -> None:
        parts.append("\u201c" + self.inline(node.children, in_title) + "\u201d")

    def _skip(self, node: Element, parts: list[str], in_title: bool) -> None:
        """Write nothing."""


_Writer = Callable[[HtmlBlocks, Element, list[str], bool], None]
_WRITERS: dict[str, _Writer] = {
    "br": HtmlBlocks._write_br,
    "img": HtmlBlocks._write_image,
    "math": HtmlBlocks._write_math,
    "ruby": HtmlBlocks._write_ruby,
    "sup": HtmlBlocks._write_sup,
    "sub": HtmlBlocks._write_sub,
    "q": HtmlBlocks._write_quotation,
    "rp": HtmlBlocks._skip,
    "rt": HtmlBlocks._skip,
    "wbr": HtmlBlocks._skip,
}


def take_notes(
    root: Element, targets: set[str] | None = None, prefix: str = ""
) -> dict[str, Element]:
    """Take the footnotes out of a tree; return them by their ids.

    A note is an element that says so by its role, or an item of a list of notes that its class
    names, and that a link in the text points to.

    Args:
        root: The tree.
        targets: Ids that links point to; by default those that links of the tree point to.
        prefix: Text before each id, in `targets` and in the result.
    """
    if targets is None:
        targets = {link.get("href").partition("#")[2] for link in root.find_all("a")}
    notes: dict[str, Element] = {}
    for element in list(root.walk()):
        name = f"{prefix}{element.get('id')}"
        if element.get("id") and name in targets and name not in notes and _is_note(element):
            notes[name] = element
    for element in notes.values():
        element.remove()
    _remove_empty_lists(root)
    return notes


def _is_note(element: Element) -> bool:
    stated = f"{element.get('role')} {element.get('type')}".split()
    if any(role in _NOTE_ROLES for role in stated):
        return element.tag not in ("a", "sup", "body", "section")
    if element.tag not in ("li", "p", "div", "aside"):
        return False
    if _NOTE_CLASSES & set(element.get("class").split()):
        return True
    holders = [element.parent, element.parent.parent if element.parent else None]
    return element.tag == "li" and any(
        holder is not None
        and (
            _NOTE_CLASSES & set(holder.get("class").split())
            or holder.get("role") == "doc-endnotes"
            or "notes" in holder.get("type")
        )
        for holder in holders
    )


def _remove_empty_lists(root: Element) -> None:
    for element in root.find_all("ol", "ul", "section", "div"):
        classes = set(element.get("class").split())
        is_notes = _NOTE_CLASSES & classes or element.get("role") == "doc-endnotes"
        if is_notes and not element.words():
            element.remove()


def _remove_back_links(note: Element) -> None:
    for link in note.find_all("a"):
        is_back = "back" in f"{link.get('class')} {link.get('role')}"
        if is_back or _BACK_LINK.fullmatch(link.words()):
            link.remove()


def _section_levels(root: Element) -> dict[int, int]:
    """Return what to add to the levels of `h1`s that are nested by their sections alone."""
    tops = root.find_all("h1")
    added: dict[int, int] = {}
    if len(tops) < 2:
        return added
    holders: dict[int, list[Element]] = {}
    for heading in tops:
        sections = [e for e in heading.ancestors() if e.tag in ("section", "article", "main")]
        holders[id(heading)] = sections
    owners = {id(sections[0]) for sections in holders.values() if sections}
    for heading in tops:
        above = [s for s in holders[id(heading)][1:] if id(s) in owners]
        added[id(heading)] = len(above)
    return added


def _is_inline(element: Element) -> bool:
    """Return True for an inline element that holds no block."""
    if element.tag == "math":
        return element.get("display") != "block"
    if element.tag not in _INLINE:
        return False
    if element.get("role") == "heading":
        return False
    return all(_is_inline(child) for child in element.elements)


def _is_simple(element: Element) -> bool:
    """Return True if an element holds only running text, paragraphs and lists."""
    simple = ("p", "li", "ul", "ol", "menu", "dir", "div", "dd", "dt", "span", "section")
    for inner in element.walk():
        if inner is element:
            continue
        if inner.get("role") == "heading" or (inner.tag not in _INLINE and inner.tag not in simple):
            return False
    return True


def _items(element: Element) -> list[tuple[str, Element]]:
    """List the items of a list with their marks."""
    items: list[tuple[str, Element]] = []
    number = int(element.get("start")) if element.get("start").lstrip("-").isdigit() else 1
    for child in element.elements:
        if child.get("value").isdigit():
            number = int(child.get("value"))
        mark = f"{number}." if element.tag == "ol" and "none" not in element.get("style") else "-"
        items.append((mark, child))
        number += 1
    return items


def _definition_items(element: Element) -> list[Element]:
    """List terms and texts, also those that a `div` groups."""
    items: list[Element] = []
    for child in element.elements:
        items += _definition_items(child) if child.tag == "div" else [child]
    return items


def _rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for child in table.elements:
        if child.tag in ("thead", "tbody", "tfoot"):
            rows += [row for row in child.elements if row.tag == "tr"]
        elif child.tag == "tr":
            rows.append(child)
    return rows


def _is_layout(table: Element) -> bool:
    """Return True for a table that places blocks on the page, and relates no data."""
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find("pre", "table", *HEADINGS) is not None:
        return True
    rows = _rows(table)
    cells = [cell for row in rows for cell in row.elements if cell.words()]
    if len(cells) <= 1:
        return True
    is_column = all(len(row.elements) <= 1 for row in rows)
    return is_column and table.find("th") is None


def _is_label(heading: Element) -> bool:
    """Return True for the label of a note or a warning, which converters write as a heading."""
    holders = [holder for _, holder in zip(range(2), heading.ancestors(), strict=False)]
    classes = " ".join(holder.get("class") for holder in holders).casefold().split()
    return bool(_ADMONITIONS & set(classes)) or "author" in heading.get("class").split()


def _is_in(element: Element, tag: str) -> bool:
    return any(ancestor.tag == tag for ancestor in element.ancestors())


def _has_math(image: Element) -> bool:
    """Return True if the formula that a picture shows is there as MathML, too."""
    holder = image.parent
    return holder is not None and holder.find("math") is not None


def _code_text(element: Element) -> str:
    parts: list[str] = []
    for node in element.children:
        if isinstance(node, str):
            parts.append(node)
        elif node.tag == "br":
            parts.append("\n")
        elif node.tag in ("div", "p", "li") and parts and not "".join(parts).endswith("\n"):
            parts.append("\n" + _code_text(node))
        else:
            parts.append(_code_text(node))
    return "".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 1
