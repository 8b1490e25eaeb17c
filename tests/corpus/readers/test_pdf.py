from __future__ import annotations

import io
import re

import pypdfium2
import pytest

from structtuning_plugin.config.corpus import ReadLimits
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.pdf_headings import (
    Bookmark,
    is_bare_number,
    match_bookmarks,
    title_key,
)
from structtuning_plugin.corpus.pdf_layout import is_contents_line, order_lines
from structtuning_plugin.corpus.pdf_lines import Line
from structtuning_plugin.corpus.pdf_text import WordJoiner, build_paragraphs
from structtuning_plugin.corpus.readers.pdf import PdfReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.corpus.intake import INTAKE
from tests.corpus.mixed import WRITERS


def read(data: bytes, **settings: object) -> ReadResult:
    request = ReadRequest(
        document_id="a.pdf", text="", source="pdf", data=data, language="en", **settings
    )
    return PdfReader().read(request)


def blank(count: int) -> bytes:
    document, buffer = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(count):
        document.new_page(200, 300)
    document.save(buffer)
    return buffer.getvalue()


def test_a_page_that_is_missing_is_named() -> None:
    data = WRITERS[".pdf"]("Pump", "A pump lifts water.")
    assert isinstance(data, bytes)
    data = data.replace(b"/Count 1 /Kids [3 0 R]", b"/Count 2 /Kids [3 0 R 9 0 R]")
    with pytest.raises(CorpusError, match=r"^Its page 2 is damaged: "):
        read(data)


def line(text: str, x0: float = 0, y: float = 0, **more: object) -> Line:
    values: dict[str, object] = {"size": 10, "is_bold": False, "page": 0} | more
    width = values.pop("width", 6.0 * len(text))
    return Line(text=text, x0=x0, x1=x0 + width, y=y, **values)  # type: ignore[arg-type, operator]


def column(texts: list[str], x0: float = 0, top: float = 500) -> list[Line]:
    return [line(text, x0, top - 12 * n, width=180) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("first", "second", "elsewhere", "joined"),
    [
        ("the tempera-", "ture falls", "", "the temperature falls"),
        ("not long-", "handled", "a long-handled fork", "not long-handled"),
        ("Spring-", "and autumn-grown", "", "Spring- and autumn-grown"),
        ("COVID-", "19 cases", "", "COVID-19 cases"),
        ("Anglo-", "Saxon", "", "Anglo-Saxon"),
        ("hand\u00ad", "pump", "", "handpump"),
        ("one", "two", "", "one two"),
        ("水泵把", "井水", "", "水泵把井水"),
    ],
)
def test_words_are_put_together(first: str, second: str, elsewhere: str, joined: str) -> None:
    assert WordJoiner([first, second, elsewhere]).join(first, second) == joined


def test_columns_are_read_one_after_the_other() -> None:
    title = line("A title across both columns of the page", 0, 540, width=400)
    left = column(["one two three four", "five six seven eight", "nine ten and more"])
    right = column(["alpha beta gamma one", "delta epsilon zeta", "eta theta iota kappa"], 220)
    groups = order_lines([*right, *left, title])
    lines = [item.text for group in groups for item in group.lines]
    assert lines == [title.text, *(item.text for item in left), *(item.text for item in right)]


def test_rows_of_a_table_are_read_across() -> None:
    rows = [
        [line("Part", 0, 500), line("Work", 100, 500)],
        [line("Belt", 0, 480), line("check", 100, 480)],
    ]
    (group,) = order_lines([cell for row in rows for cell in row])
    assert [[cell.text for cell in row] for row in group.rows] == [
        ["Part", "Work"],
        ["Belt", "check"],
    ]


def test_a_gap_an_indent_and_another_font_begin_a_paragraph() -> None:
    lines = [
        line("First line of one", 0, 500, width=180),
        line("and its second line.", 0, 488, width=180),
        line("After a gap, which", 0, 460, width=180),
        line("goes on here to the", 0, 448, width=180),
        line("An indented one", 15, 436, width=165),
        line("A heading", 0, 420, size=14),
    ]
    paragraphs = build_paragraphs(lines, WordJoiner([]))
    assert [paragraph.text for paragraph in paragraphs] == [
        "First line of one and its second line.",
        "After a gap, which goes on here to the",
        "An indented one",
        "A heading",
    ]


def test_bookmarks_without_a_page_hold_those_below_them() -> None:
    bookmarks = [
        Bookmark(level=1, title="Water", page=None),
        Bookmark(level=2, title="Dug wells", page=0),
        Bookmark(level=1, title="Cover", page=0),
    ]
    matches, missing = match_bookmarks(bookmarks, [line("1.1 Dug"), line("Wells"), line("Text.")])
    assert missing == 1
    assert [(m.level, m.groups, len(m.lines)) for m in matches] == [(2, ((1, "Water"),), 2)]


def test_bookmarks_that_the_text_does_not_have_are_not_used() -> None:
    bookmarks = [Bookmark(level=1, title=title, page=0) for title in ("One", "Two", "Three")]
    assert match_bookmarks(bookmarks, [line("One"), line("Text")]) == ([], 3)


@pytest.mark.parametrize("title", ["B.4.7.3 Pumps", "Chapter 2 Pumps", "IV. Pumps", "第三章 Pumps"])
def test_numbers_of_titles_do_not_count(title: str) -> None:
    assert title_key(title) == "pumps"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.1 Wells . . . . . . 12", True),
        ("Preface . . . . . . ii", True),
        ("And so on ...", False),
    ],
)
def test_lines_of_contents(text: str, expected: bool) -> None:
    assert is_contents_line(text) is expected


def test_headers_page_numbers_and_contents_are_counted() -> None:
    result = read((INTAKE / "11-pdf-outline" / "input" / "wells.pdf").read_bytes())
    counts = {item.reason: item.detail.partition(" ")[0] for item in result.dropped}
    assert counts == {"bookmark": "2", "contents": "1", "page_header": "3", "page_number": "5"}


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (b"no pdf", {}, "It is no PDF file, or a damaged one"),
        (blank(4), {}, r"4 of 4 pages \(100%\) have no text. Recognise the text first"),
        (blank(4), {"limits": ReadLimits(pages=3)}, r"4 pages, but `corpus_limits.pages` allows 3"),
    ],
)
def test_what_cannot_be_read_says_why(
    data: bytes, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(CorpusError, match=message):
        read(data, **settings)


def test_an_encrypted_file_is_refused() -> None:
    pypdf = pytest.importorskip("pypdf")
    writer, buffer = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 300)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(buffer)
    with pytest.raises(CorpusError, match="encrypted with a password"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("Chapter 3", True),
        ("Appendix A ", True),
        ("3.1", True),
        ("第3章", True),
        ("3 Pumps", False),
    ],
)
def test_numbers_on_a_line_of_their_own(text: str, is_number: bool) -> None:
    assert is_bare_number(text) is is_number


def test_a_number_above_its_title_belongs_to_it() -> None:
    data = WRITERS[".pdf"]("Pumps", "A pump lifts water. " * 30)
    assert isinstance(data, bytes)
    number = b"BT /B 16 Tf 50 730 Td (Chapter 3) Tj ET"
    data = data.replace(b"\nstream\n", b"\nstream\n" + number + b"\n")
    data = re.sub(rb"/Length (\d+)", lambda m: b"/Length %d" % (int(m[1]) + len(number) + 1), data)
    (document,) = read(data).documents
    assert [heading.title for heading in document.headings] == ["Chapter 3 Pumps"]
