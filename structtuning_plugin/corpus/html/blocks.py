"""Headings and blocks of HTML, added to a document.

    <h2>Pumps</h2><p>Lift<br>water.</p><ul><li>one</li></ul>
    ->  heading "Pumps" of level 2, paragraph "Lift\\nwater.", list "- one"

It reads pages of HTML and the chapters of EPUB books. The frame of a site is taken out before
(`html.frame`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.formulas import mathml_to_tex
from structtuning_plugin.corpus.html.elements import (
    code_text,
    definition_items,
    in_one_line,
    is_inline,
    is_inside,
    is_label,
    is_layout_table,
    is_simple,
    list_items,
    section_levels,
    span_of,
    table_rows,
)
from structtuning_plugin.corpus.html.frame import HEADINGS
from structtuning_plugin.corpus.html.notes import remove_back_links
from structtuning_plugin.corpus.html.running_text import RunningText
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.markup import Element
from structtuning_plugin.corpus.tables import Cell, render_cells

_BULLET = "-"


class HtmlBlocks(RunningText):
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
        super().__init__(builder)
        self._budget = budget
        self._on_id = on_id
        self._shift = level_shift
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
        self._sections = section_levels(root)
        self._block(root)

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
            if isinstance(child, str) or is_inline(child):
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
            remove_back_links(note)
            self._flow(note.children if note.tag in ("li", "aside", "div", "p") else [note])

    def _heading(self, element: Element) -> None:
        self._announce_all(element)
        if is_label(element):
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
        if any(isinstance(c, Element) and not is_inline(c) for c in element.children):
            self._flow(element.children)
        else:
            self._paragraph(element.children)

    def _read_pre(self, element: Element) -> None:
        self._announce_all(element)
        text = code_text(element)
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

    def _read_dl(self, element: Element) -> None:
        """Add a list of definitions: each term with its text behind a colon."""
        lines: list[str] = []
        terms: list[str] = []
        for item in definition_items(element):
            if item.tag == "dt":
                self._announce_all(item)
                terms.append(tidy_title(self.inline(item.children)))
            elif is_simple(item):
                self._announce_all(item)
                lines.append(f"{_BULLET} {', '.join(terms)}: {in_one_line(self._joined(item))}")
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
        if is_simple(element):
            self._announce_all(element)
            self.builder.add("list", "\n".join(self._list_lines(element, "")))
            self._flush_notes()
            return
        for mark, item in list_items(element):
            self._announce(item)
            if item.tag in ("ul", "ol") or not is_simple(item):
                self._item(item, mark)
            else:
                self._announce_all(item)
                self.builder.add("list", "\n".join(self._item_lines(item, mark, "")))
                self._flush_notes()

    def _item(self, item: Element, mark: str) -> None:
        """Add an item that has blocks of its own; its first text takes the mark."""
        run: list[Element | str] = []
        for index, child in enumerate(item.children):
            if isinstance(child, str) or is_inline(child):
                run.append(child)
                continue
            if not self.inline(run).strip() and child.tag == "p" and is_simple(child):
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
        for mark, item in list_items(element):
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
            if isinstance(child, str) or is_inline(child):
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
            if isinstance(child, Element) and not is_inline(child):
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
        if is_layout_table(element):
            for row in table_rows(element):
                for cell in row.elements:
                    self._block(cell)
            return
        self._announce_all(element)
        rows = [[self._cell(cell) for cell in row.elements] for row in table_rows(element)]
        self.builder.add("table", render_cells([row for row in rows if row]))
        self._flush_notes()

    def _cell(self, cell: Element) -> Cell:
        return Cell(
            text=in_one_line(self._joined(cell)),
            columns=span_of(cell.get("colspan")),
            rows=span_of(cell.get("rowspan")),
            is_header=cell.tag == "th" or is_inside(cell, "thead"),
        )
