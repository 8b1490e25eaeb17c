"""Embedded data, marks of glyphs and padding are left out; the words around them stay."""

from __future__ import annotations

import base64
import random

import pytest

from structtuning_plugin.config.corpus import HygieneConfig
from structtuning_plugin.core.types import Block, Document, Heading, ReadResult
from structtuning_plugin.corpus.cleaning.corpus import clean_result
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest

DATA = base64.b64encode(random.Random(1).randbytes(900)).decode()
MAIL = "\n".join(DATA[start : start + 76] for start in range(0, len(DATA), 76))


def cleaned(source: str) -> tuple[str, list[str]]:
    """Read and clean a Markdown source; return its text and the reasons."""
    request = ReadRequest(document_id="a.md", text=source, source="markdown", language="en")
    result = clean_result(MarkdownReader().read(request), HygieneConfig())
    (document,) = result.documents
    return document.text, [item.reason for item in result.dropped]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"![Cutaway](data:image/png;base64,{DATA})", "Cutaway"),
        (f'See ![Schnitt](<data:image/png;base64,{DATA}> "Bild 1") here.', "See Schnitt here."),
        (f"Une ![coupe][1].\n\n[1]: data:image/png;base64,{DATA}\n", "Une coupe."),
        (f'A <img src="data:image/png;base64,{DATA}" alt="断面図"> b.', "A 断面図 b."),
        ("![x](data:image/svg+xml;utf8,<svg a='(1)'><path d='M0'/></svg>)", "x"),
        (f'url("data:font/woff2;base64,{DATA}")', 'url("")'),
        (f"Before.\n\n{MAIL}\n\nAfter.", "Before.\n\n\n\nAfter."),
        (f"-----BEGIN CERTIFICATE-----\n{MAIL}\n-----END CERTIFICATE-----",
         "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----"),
    ],
)  # fmt: skip
def test_embedded_data(source: str, text: str) -> None:
    assert cleaned(source) == (text, ["embedded_data"])


@pytest.mark.parametrize(
    "source",
    [
        "A URI such as `data:text/plain,hello` is short.",
        "The path /usr/share/" + "library/" * 30 + "end is long.",
        "ACGT" * 60,
        "The data: pressure, speed, and so on.",
    ],
)
def test_what_only_looks_like_data_stays(source: str) -> None:
    assert cleaned(source) == (source, [])


def test_the_list_says_how_much_and_what() -> None:
    request = ReadRequest(
        document_id="a.md", text=f"Text ![x](data:image/png;base64,{DATA})", source="", language=""
    )
    (dropped,) = clean_result(MarkdownReader().read(request), HygieneConfig()).dropped
    assert dropped.detail.startswith(
        f"{len(DATA) + 27} characters in 1 places: ![x](data:image/png;base64,"
    )


def test_marks_of_glyphs() -> None:
    assert cleaned("Flow (cid:12)(cid:7)rate GLYPH<21> GLYPH&lt;c=3,font=/AB&gt;bar") == (
        "Flow rate  bar",
        ["glyph_marks"],
    )
    assert cleaned("The mark (cid:12) is a fault of converters.")[1] == []


def test_padding_of_tables() -> None:
    source = "Ärmel  bleiben.\n\n| Typ     |   bar |\n|---------|------:|\n| P0      |   100 |\n"
    assert cleaned(source) == (
        "Ärmel  bleiben.\n\n| Typ | bar |\n|---|---:|\n| P0 | 100 |",
        ["table_padding"],
    )


def test_headings_and_blocks_stay_at_their_text() -> None:
    source = f"One.\n\n![x](data:image/png;base64,{DATA})\n\n# Two\n\nTwo.\n\n- three\n"
    request = ReadRequest(document_id="a.md", text=source, source="", language="en")
    (document,) = clean_result(MarkdownReader().read(request), HygieneConfig()).documents
    assert document.text == "One.\n\nx\n\nTwo.\n\n- three"
    assert document.headings == (Heading(level=1, title="Two", start=9),)
    assert document.blocks == (
        Block(kind="paragraph", start=0),
        Block(kind="paragraph", start=6),
        Block(kind="paragraph", start=9),
        Block(kind="list", start=15),
    )


def test_the_switch_keeps_all() -> None:
    document = Document(id="a", text=DATA, title="", language="en")
    result = ReadResult(documents=(document,))
    off = HygieneConfig(noise=False, repeated_lines=False)
    assert clean_result(result, off) == result
