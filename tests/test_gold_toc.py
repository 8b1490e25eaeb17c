"""The tree of real books equals their table of contents, node for node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.types import Outline
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ExtractionContext, ReadRequest
from structtuning_plugin.taxonomy.extractors.headings import HeadingsExtractor

BOOKS = (
    "books/fisica-vol1-es",
    "books/microbiology-en",
    "books/microbiology-small-en",
    "books/pharmacology-en",
    "books/practical-physiology-pd-en",
    "books/psychologia-pl",
    "books/python-programming-en",
    *(
        f"multilingual/{language}/installation-guide"
        for language in ("en", "es", "fr", "ja", "ru", "zh")
    ),
)

Row = tuple[int, str, str | None]


def outline_rows(node: Outline, level: int = 1, parent: str | None = None) -> Iterator[Row]:
    yield level, node.title, parent
    for child in node.children:
        yield from outline_rows(child, level + 1, node.title)


def gold_rows(node: dict[str, Any], level: int = 1, parent: str | None = None) -> Iterator[Row]:
    yield level, node["title"], parent
    for child in node["children"]:
        yield from gold_rows(child, level + 1, node["title"])


@pytest.mark.parametrize("book", BOOKS)
def test_tree_equals_gold(shared_data: Path, book: str) -> None:
    folder = shared_data / book
    source = (folder / "structured.md").read_text(encoding="utf-8")
    document = (
        MarkdownReader()
        .read(ReadRequest(document_id="book.md", text=source, source=""))
        .documents[0]
    )
    never_divide = ExtractionContext(
        count_tokens=lambda texts: [0] * len(texts), chunk_tokens=10**9, options={}
    )
    outline = HeadingsExtractor().extract(document, never_divide)

    gold = json.loads((folder / "gold_toc.json").read_text(encoding="utf-8"))["tree"]
    assert len(gold) == 1
    assert list(outline_rows(outline)) == list(gold_rows(gold[0]))


@pytest.mark.parametrize("book", ["books/practical-physiology-pd-en"])
def test_text_and_spans_equal_gold(shared_data: Path, book: str) -> None:
    """This book's flat text differs from the structured one by its headings alone, so offsets can
    be compared too.
    """
    folder = shared_data / book
    source = (folder / "structured.md").read_text(encoding="utf-8")
    flat = (folder / "flat.txt").read_text(encoding="utf-8").rstrip()
    document = (
        MarkdownReader()
        .read(ReadRequest(document_id="book.md", text=source, source=""))
        .documents[0]
    )
    assert document.text == flat

    gold = json.loads((folder / "gold_toc.json").read_text(encoding="utf-8"))["tree"][0]
    never_divide = ExtractionContext(
        count_tokens=lambda texts: [0] * len(texts), chunk_tokens=10**9, options={}
    )
    outline = HeadingsExtractor().extract(document, never_divide)
    ours, theirs = [outline], [gold]
    while ours:
        node, other = ours.pop(), theirs.pop()
        # Ours include the blank lines up to the next node.
        assert (node.start, document.text[node.start : node.end].rstrip()) == (
            other["start_char"],
            flat[other["start_char"] : other["end_char"]].rstrip(),
        )
        ours += node.children
        theirs += other["children"]
