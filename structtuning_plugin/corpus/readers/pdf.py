"""Reader of PDF.

    page 4: "1 Wells" (running header) "the water lies too" "deep." "5"
    ->  "... but on the hill the water lies too deep.", with one page_header and one page_number

Headings come from the bookmarks where they agree with the text, else from size and weight. A
scanned, encrypted or garbled file is refused with the share of its pages and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import BlockKind, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.headings.letter_sizes import (
    LetteredHeading,
    LetteredText,
    Letters,
    find_headings,
    is_caption,
)
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.pdf_headings import (
    Bookmark,
    Match,
    is_bare_number,
    match_bookmarks,
    title_key,
)
from structtuning_plugin.corpus.pdf_layout import (
    Group,
    edge_lines,
    is_contents_line,
    is_contents_page,
    order_lines,
)
from structtuning_plugin.corpus.pdf_lines import Line, PageText, read_page
from structtuning_plugin.corpus.pdf_text import (
    Paragraph,
    WordJoiner,
    build_paragraphs,
    code_of,
    goes_on,
)
from structtuning_plugin.corpus.tables import render_grid
from structtuning_plugin.hookspecs import ReadRequest

# Characters of a page with text; share of pages, and of characters, that may lack a meaning.
_LEAST_CHARACTERS = 10
_MOST_EMPTY, _MOST_UNKNOWN = 0.8, 0.2
_BULLET = re.compile(r"^[•◦▪●○■‣·]\s*")
_ITEM = re.compile(r"(?:[-–*•◦▪●○■‣·]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_DEEPEST_BOOKMARK = 15


@dataclass
class _Item:
    """Paragraph, heading or table, in reading order; `begins` marks the first one of a column."""

    kind: BlockKind | str
    paragraph: Paragraph
    begins: bool = False
    match: Match | None = None


class PdfReader:
    """Reader of PDF."""

    name = "pdf"
    suffixes: tuple[str, ...] = (".pdf",)
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it is encrypted, scanned, garbled, damaged, or exceeds a limit.
        """
        budget = Budget(request.limits)
        builder = DocumentBuilder(request)
        document = _open(request.data, budget)
        try:
            pages = _read_pages(document, budget)
            _check_text(pages, builder)
            bookmarks = _bookmarks(document)
            stated = tidy_title(document.get_metadata_value("Title"))
        finally:
            document.close()
        groups = _groups(pages, bookmarks, builder)
        title = _Flow(groups, bookmarks, builder).add_all(stated)
        return builder.build(title, keeps_title=True)


@hookimpl
def register_readers() -> list[PdfReader]:
    """Register the reader `pdf`."""
    return [PdfReader()]


def _open(data: bytes, budget: Budget) -> Any:
    pdfium = import_extra("pypdfium2", "pdf")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).casefold():
            raise CorpusError(
                "It is encrypted with a password. Save a copy without one, for example with "
                "`qpdf --decrypt`."
            ) from None
        raise CorpusError(f"It is no PDF file, or a damaged one: {error}") from None
    budget.check("pages", len(document))
    return document


def _read_pages(document: Any, budget: Budget) -> list[PageText]:
    pdfium = import_extra("pypdfium2", "pdf")
    pages: list[PageText] = []
    for number in range(len(document)):
        budget.check_time()
        try:
            pages.append(read_page(document, number))
        except pdfium.PdfiumError as error:
            raise CorpusError(f"Its page {number + 1} is damaged: {error}") from None
    return pages


def _check_text(pages: Sequence[PageText], builder: DocumentBuilder) -> None:
    """Check that the pages have text with a meaning.

    Raises:
        CorpusError: If most pages have none.
    """
    empty = [n for n, page in enumerate(pages, 1) if page.characters < _LEAST_CHARACTERS]
    scanned = [n for n in empty if pages[n - 1].has_image]
    if pages and len(empty) > _MOST_EMPTY * len(pages):
        raise CorpusError(
            f"{len(empty)} of {len(pages)} pages ({len(empty) / len(pages):.0%}) have no text"
            f"{', only pictures: a scan' if scanned else ''}. Recognise the text first, for "
            "example with `ocrmypdf in.pdf out.pdf`, and read the result."
        )
    builder.drop("page_without_text", len(scanned), f"page {scanned[0]}" if scanned else "")
    characters = sum(page.characters for page in pages)
    unknown = sum(page.unknown for page in pages)
    if characters and unknown > _MOST_UNKNOWN * characters:
        bad = sum(page.unknown > _MOST_UNKNOWN * max(1, page.characters) for page in pages)
        raise CorpusError(
            f"{bad} of {len(pages)} pages ({bad / len(pages):.0%}) are garbled: their fonts do not "
            "say which characters they show. Recognise the text anew, for example with "
            "`ocrmypdf --force-ocr in.pdf out.pdf`."
        )


def _bookmarks(document: Any) -> list[Bookmark]:
    bookmarks: list[Bookmark] = []
    for bookmark in document.get_toc(max_depth=_DEEPEST_BOOKMARK):
        target = bookmark.get_dest()
        page = target.get_index() if target is not None else None
        title = tidy_title(bookmark.get_title() or "")
        if title:
            bookmarks.append(Bookmark(level=bookmark.level + 1, title=title, page=page))
    return bookmarks


def _groups(
    pages: Sequence[PageText], bookmarks: Sequence[Bookmark], builder: DocumentBuilder
) -> list[Group]:
    """Order the lines of all pages, without headers, footers and lists of contents."""
    titles = {(bookmark.page, title_key(bookmark.title)) for bookmark in bookmarks}
    edges = {
        line: reason
        for line, reason in edge_lines(pages).items()
        if reason == "page_number" or not _is_only_print(line, titles, pages[line.page])
    }
    for line, reason in edges.items():
        builder.drop(reason, detail=line.text)
    groups: list[Group] = []
    for page in pages:
        for lines, _, _ in page.regions:
            body = [line for line in lines if line not in edges]
            if is_contents_page(body):
                builder.drop("contents", detail=body[0].text)
                body = _without_contents(body)
            groups += order_lines(body)
    return groups


def _is_only_print(line: Line, titles: set[tuple[int | None, str]], page: PageText) -> bool:
    """Return True if a line at the edge is the only one that prints the title of a bookmark."""
    key = title_key(line.text)
    if (line.page, key) not in titles:
        return False
    others = [title_key(o.text) for ls, _, _ in page.regions for o in ls if o is not line]
    return not any(other and (key.startswith(other) or other == key) for other in others)


def _without_contents(lines: list[Line]) -> list[Line]:
    """Leave out the list of contents of a page: its heading, its lines, and the parts of them."""
    marked = [line for line in lines if is_contents_line(line.text)]
    low = min((line.y for line in marked), default=0.0)
    high = max((line.y for line in marked), default=0.0)
    is_top = not any(line.y > high + 6 * line.size for line in lines)
    return [line for line in lines if line.y < low - 0.5 or (line.y > high + 0.5 and not is_top)]


class _Flow:
    """The lines of all pages as headings, paragraphs and tables."""

    def __init__(
        self, groups: list[Group], bookmarks: list[Bookmark], builder: DocumentBuilder
    ) -> None:
        self._groups = groups
        self._builder = builder
        self._lines = [line for group in groups for line in _lines_of(group)]
        self._joiner = WordJoiner(line.text for line in self._lines)
        self._matches, missing = match_bookmarks(bookmarks, self._lines)
        self._by_line = {id(match.lines[0]): match for match in self._matches}
        self._builder.drop("bookmark", missing)

    def add_all(self, stated: str) -> str:
        """Add everything; return the title of the document, empty if the file has none."""
        items = self._joined(list(self._items()))
        levels = self._levels(items)
        title = self._title(stated, items, levels)
        list_lines: list[str] = []
        for index, item in enumerate(items):
            text = item.paragraph.text
            is_item = item.kind == "paragraph" and index not in levels and _ITEM.match(text)
            if not is_item:
                self._builder.add("list", "\n".join(list_lines))
                list_lines = []
            if item.match is not None:
                for level, group in item.match.groups:
                    self._builder.add_heading(level, group)
                self._builder.add_heading(item.match.level, text)
            elif index in levels:
                self._builder.add_inferred(levels[index], text)
            elif is_item:
                list_lines.append(_BULLET.sub("- ", text))
            elif not (self._builder.is_empty and tidy_title(text) == title):
                self._builder.add(item.kind, text)  # type: ignore[arg-type]
        self._builder.add("list", "\n".join(list_lines))
        return title

    def _levels(self, items: list[_Item]) -> dict[int, LetteredHeading]:
        """Return the headings that size and weight show, if no bookmarks agree."""
        if self._matches:
            return {}
        places = [i for i, item in enumerate(items) if item.kind == "paragraph"]
        headings = find_headings([_lettered(items[i].paragraph) for i in places])
        levels = {places[i]: each for i, each in headings.items() if places[i] + 1 < len(items)}
        _join_numbers(items, levels)
        if not levels:
            self._builder.drop(
                "no_headings", detail="no bookmarks that agree with the text, no larger lines"
            )
        return levels

    def _title(self, stated: str, items: list[_Item], levels: dict[int, LetteredHeading]) -> str:
        """Return the stated title if the first pages print it, or the largest line of the first."""
        first = [item for item in items if item.paragraph.lines[0].page < 3]
        texts = [tidy_title(item.paragraph.text).casefold() for item in first]
        if stated and any(stated.casefold() in text for text in texts):
            return stated
        top = [item for item in first if item.paragraph.lines[0].page == 0]
        if not self._matches or not top:
            return ""
        largest = max(top, key=lambda item: item.paragraph.size)
        return "" if largest.match else tidy_title(largest.paragraph.text)[:150]

    def _items(self) -> Iterator[_Item]:
        for group in self._groups:
            if group.rows:
                lines = [line for row in group.rows for line in row]
                grid = [[line.text for line in row] for row in group.rows]
                yield _Item("table", Paragraph(lines, render_grid(_aligned(group, grid))))
                continue
            run: list[Line] = []
            begins = True
            for kind, part in self._parts(group.lines):
                if kind is None:
                    run = part
                    for paragraph in build_paragraphs(run, self._joiner):
                        code = paragraph.is_code
                        text = code_of(paragraph) if code else paragraph.text
                        yield _Item(
                            "code" if code else "paragraph",
                            Paragraph(paragraph.lines, text),
                            begins,
                        )
                        begins = False
                else:
                    title = " ".join(line.text for line in part)
                    yield _Item("heading", Paragraph(part, title), match=kind)
                    begins = False

    def _parts(self, lines: Sequence[Line]) -> Iterator[tuple[Match | None, list[Line]]]:
        """Divide the lines of a column at its headings."""
        run: list[Line] = []
        skip = 0
        for line in lines:
            if skip:
                skip -= 1
                continue
            match = self._by_line.get(id(line))
            if match is None:
                run.append(line)
                continue
            if run:
                yield None, run
            yield match, list(match.lines)
            run, skip = [], len(match.lines) - 1
        if run:
            yield None, run

    def _joined(self, items: list[_Item]) -> list[_Item]:
        """Join paragraphs that go on in the next column or on the next page."""
        joined: list[_Item] = []
        for item in items:
            earlier = self._open_paragraph(joined) if item.begins else None
            is_text = item.kind == "paragraph" and not is_caption(item.paragraph.text)
            if earlier is not None and is_text and goes_on(earlier.paragraph, item.paragraph):
                text = self._joiner.join(earlier.paragraph.text, item.paragraph.text)
                earlier.paragraph = Paragraph(
                    [*earlier.paragraph.lines, *item.paragraph.lines], text
                )
            else:
                joined.append(item)
        return joined

    def _open_paragraph(self, items: list[_Item]) -> _Item | None:
        """Return the last paragraph; captions and tables may stand between it and the next one."""
        for item in items[:-4:-1]:
            if item.kind == "heading":
                return None
            if item.kind == "paragraph" and not is_caption(item.paragraph.text):
                return item
        return None


def _lettered(paragraph: Paragraph) -> LetteredText:
    return LetteredText(
        text=paragraph.text,
        letters=Letters(size=paragraph.size, is_bold=paragraph.is_bold),
        is_code=paragraph.is_code,
        lines=len(paragraph.lines),
    )


def _join_numbers(items: list[_Item], levels: dict[int, LetteredHeading]) -> None:
    """Put a number on a line of its own ("Chapter 3") before the title below it."""
    for index in sorted(levels):
        number = items[index].paragraph
        if index + 1 in levels and is_bare_number(number.text):
            title = items[index + 1].paragraph
            items[index + 1].paragraph = Paragraph(
                [*number.lines, *title.lines], f"{number.text.strip()} {title.text}"
            )
            items[index].paragraph = Paragraph(number.lines, "")
            del levels[index]


def _lines_of(group: Group) -> list[Line]:
    return list(group.lines) or [line for row in group.rows for line in row]


def _aligned(group: Group, grid: list[list[str]]) -> list[list[str]]:
    """Place the cells of each row below those of the fullest row."""
    fullest = max(group.rows, key=len)
    starts = [line.x0 for line in fullest]
    aligned: list[list[str]] = []
    for row, texts in zip(group.rows, grid, strict=True):
        cells = [""] * len(starts)
        for line, text in zip(row, texts, strict=True):
            column = min(range(len(starts)), key=lambda i: abs(starts[i] - line.x0))
            cells[column] = f"{cells[column]} {text}".strip()
        aligned.append(cells)
    return aligned
