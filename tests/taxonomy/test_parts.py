"""Extractor `parts`: numbered parts, only where text is far longer than a chunk."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.parts import PartsExtractor, PartsOptions
from tests.codecs import CharCodec
from tests.trees import context_for, document, sketch


def outline_of(doc: Document, chunk_tokens: int, **options: Any) -> Outline:
    outline = PartsExtractor().extract(doc, context_for(CharCodec(), chunk_tokens, **options))
    check_outline(outline, doc)
    return outline


def blocks(count: int, size: int) -> list[str]:
    return ["x" * (size - 2) + "\n\n" for _ in range(count)]


@pytest.mark.parametrize(
    ("count", "parts"), [(1, 0), (8, 0), (9, 2), (16, 2), (17, 3), (24, 3), (25, 4)]
)
def test_text_is_divided_only_over_the_limit(count: int, parts: int) -> None:
    # Eight chunks of 100 tokens may stay together.
    outline = outline_of(document("b.md", *blocks(count, 100)), 100)
    assert [child.title for child in outline.children] == [
        f"Part {number}" for number in range(1, parts + 1)
    ]


def test_parts_are_about_equal_and_cut_at_blocks() -> None:
    outline = outline_of(document("b.md", *blocks(30, 100)), 100, split_over=10)
    assert [(child.start, child.own_end, child.end) for child in outline.children] == [
        (0, 1000, 1000),
        (1000, 2000, 2000),
        (2000, 3000, 3000),
    ]
    uneven = outline_of(
        document("b.md", *blocks(5, 100), *blocks(1, 700), *blocks(8, 100)), 100, split_over=10
    )
    assert [child.end - child.start for child in uneven.children] == [1200, 800]


def test_the_node_itself_keeps_no_text() -> None:
    outline = outline_of(document("b.md", *blocks(20, 100), title="Notes"), 100)
    assert (outline.title, outline.start, outline.own_end, outline.end) == ("Notes", 0, 0, 2000)
    assert {child.source for child in outline.children} == {"parts"}


def test_one_block_stays_whole_however_long() -> None:
    assert sketch(outline_of(document("b.md", "x" * 5000, title="Notes"), 100)) == "Notes"


def test_headings_play_no_role() -> None:
    assert (
        sketch(outline_of(document("b.md", (1, "A"), "x", (1, "B"), "y", title="Notes"), 100))
        == "Notes"
    )


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("en", "Part 1"),
        ("de", "Teil 1"),
        ("fr", "Partie 1"),
        ("es", "Parte 1"),
        ("ru", "Часть 1"),
        ("pl", "Część 1"),
        ("zh", "第1部分"),
        ("ja", "パート1"),
        ("sw", "Part 1"),
    ],
)
def test_parts_are_named_in_the_documents_language(language: str, first: str) -> None:
    outline = outline_of(document("b.md", *blocks(9, 100), language=language), 100)
    assert outline.children[0].title == first


def test_split_over_counts_chunks() -> None:
    doc = document("b.md", *blocks(4, 100))
    assert len(outline_of(doc, 100, split_over=4).children) == 0
    assert len(outline_of(doc, 100, split_over=3).children) == 2
    assert len(outline_of(doc, 100, split_over=1).children) == 4


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"splitover": 3},
            "Unknown option `splitover` of the extractor `parts`. Did you mean `split_over`? Allowed: split_over.",
        ),
        (
            {"split_over": 0},
            "Option `split_over` of the extractor `parts`: Input should be greater than or equal to 1 (given: 0).",
        ),
        ({"split_over": 10_001}, "less than or equal to 10000 (given: 10001)"),
        ({"split_over": "many"}, "(given: 'many')"),
    ],
)
def test_options_are_checked(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        PartsExtractor().check_options(options)
    assert expected in str(caught.value)


def test_good_options_pass() -> None:
    PartsExtractor().check_options({})
    PartsExtractor().check_options({"split_over": 1})
    assert PartsOptions().split_over == 8
