"""Tables are cut between rows, each piece with its header, and are no text to divide."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.chunking import MeasuredText, cut
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.table_text import header_of, mask_tables, row_ends
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.taxonomy.offline import Segmenter
from tests.codecs import CharCodec

PIPES = "| Typ | bar |\n|---|---|\n" + "".join(f"| P{n} | {n + 100} |\n" for n in range(300))
HAN = "| 型号 | 压力 |\n|---|---|\n" + "".join(f"| 泵{n} | {n + 100} 巴 |\n" for n in range(300))
HTML_HEAD = "<table><tr><th>Pump</th><th>bar</th></tr>"
HTML = HTML_HEAD + "".join(f"<tr><td>P{n}</td><td>{n}</td></tr>" for n in range(300)) + "</table>"
PLAIN = (
    "<html><body><table>" + "<tr><td>pump</td><td>9 bar</td></tr>" * 300 + "</table></body></html>"
)


def read(source: str) -> Document:
    """Read a Markdown source."""
    request = ReadRequest(document_id="a.md", text=source, source="", language="en")
    return MarkdownReader().read(request).documents[0]


@pytest.mark.parametrize(
    ("table", "header", "ends"),
    [
        (PIPES, "| Typ | bar |\n|---|---|\n", " |\n"),
        (HAN, "| 型号 | 压力 |\n|---|---|\n", " |\n"),
        (HTML, HTML_HEAD, "</tr>"),
        (PLAIN, "", "</tr>"),
    ],
)
def test_a_long_table_is_cut_between_rows_and_its_pieces_repeat_the_header(
    table: str, header: str, ends: str
) -> None:
    document = read(f"A list.\n\n{table}")
    codec = CharCodec()
    ((first, *pieces),) = cut(MeasuredText(document, codec), [(0, len(document.text))], 400, codec)
    assert (document.text[first.start : first.end], first.header) == ("A list.\n\n", "")
    assert pieces[0].header == ""
    for piece in pieces[1:]:
        assert piece.header == header
        assert piece.tokens + len(header) <= 400
    for piece in pieces[:-1]:
        assert document.text[: piece.end].endswith(ends)
    assert "".join(document.text[p.start : p.end] for p in (first, *pieces)) == document.text


@pytest.mark.parametrize("table", [PIPES, HAN, HTML, PLAIN])
def test_tables_are_no_topics(table: str) -> None:
    document = read(f"The pumps of the works are listed with their pressure.\n\n{table}\n\nMore.")
    assert Segmenter(document).divide(0, len(document.text)) == ()


def test_no_topic_begins_with_a_table_or_is_named_after_one() -> None:
    text = " ".join(f"The membrane of cell {n} is thin and lets water pass." for n in range(60))
    other = " ".join(f"The engine of type {n} burns oil in its chamber." for n in range(60))
    document = read(f"{text}\n\n{PIPES}\n\n{other}\n\n{PIPES}")
    outlines = Segmenter(document).divide(0, len(document.text))
    starts = [outline.start for outline in outlines]
    assert not {document.text[start] for start in starts} & {"|"}
    assert not any("P1" in outline.title or "Typ" in outline.title for outline in outlines)


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ("| a |\n|---|\n| 1 |\n", "| a |\n|---|\n"),
        ("+---+\n| a |\n+===+\n| 1 |\n+---+\n", "+---+\n| a |\n+===+\n"),
        ("a\tb\n1\t2\n3\t4\n", "a\tb\n"),
        ("1\t2\n3\t4\n5\t6\n", ""),
        ("<table><thead><tr><td>a</td></tr></thead><tr><td>1</td></tr></table>",
         "<table><thead><tr><td>a</td></tr></thead>"),
    ],
)  # fmt: skip
def test_headers(table: str, header: str) -> None:
    assert header_of(table) == header


def test_rows_and_masks() -> None:
    assert row_ends("| a |\n\n| b |\n") == [7, 13]
    assert mask_tables(read("One.\n\n| a |\n|---|\n| 1 |\n")) == "One.\n\n     \n     \n     "
    assert mask_tables(read("| a |\n|---|\n| 1 |\n")) == "| a |\n|---|\n| 1 |"
