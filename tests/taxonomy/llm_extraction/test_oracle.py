"""With the right answers the extractor `llm` rebuilds the right tree.

What assembles answers loses nothing.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.build.dry_run import typical_answer
from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.core.types import Block, Document, Outline
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ExtractionContext, ReadRequest
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.llm import LLMExtractor
from structtuning_plugin.taxonomy.llm_extraction.distillation_data import Oracle
from tests.strategies import examples, titles
from tests.test_gold_toc import BOOKS

# As in the filler: so few titles need no sections.
FEW = 5

PROMPTS = Wordings([builtin_templates()], "taxonomy")


def rebuilt(document: Document, tree: Outline, **options: Any) -> tuple[Outline, int]:
    """What the extractor makes of a document if the model answers from the tree, and how many
    requests that took.
    """

    client = ScriptedClient(Oracle({document.id: tree}))
    outline = extracted(document, client, **options)
    return outline, len(client.requests)


def asked_of(document: Document, client: ScriptedClient) -> list[Request]:
    extracted(document, client)
    return client.requests


def extracted(document: Document, client: ScriptedClient, **options: Any) -> Outline:
    async def ask() -> Outline:
        async with Session(
            client, LLMConfig(model="m", max_concurrency=8), None, 1, Usage()
        ) as session:
            context = ExtractionContext(
                count_tokens=lambda texts: [len(text) // 4 for text in texts],
                chunk_tokens=400,
                options=options,
                llm=session,
                prompts=PROMPTS,
            )
            outline = await LLMExtractor().extract(document, context)
            assert session.faults == []
            return outline

    return asyncio.run(ask())


def shape(node: Outline) -> tuple[Any, ...]:
    return (
        node.title,
        node.start,
        node.own_end,
        node.end,
        tuple(shape(child) for child in node.children),
    )


def gold_outline(node: dict[str, Any], end: int, is_root: bool = True) -> Outline:
    """The gold's node up to the start of the next one.

    Its ends leave the blank lines between two nodes out.
    """
    children = node["children"]
    stops = [*(child["start_char"] for child in children[1:]), end]
    return Outline(
        title=node["title"],
        start=node["start_char"],
        own_end=children[0]["start_char"] if children else end,
        end=end,
        source="gold",
        children=tuple(
            gold_outline(child, stop, False) for child, stop in zip(children, stops, strict=False)
        ),
    )


def flat_book(folder: Path) -> tuple[Document, dict[str, Any]]:
    """A book's text without headings, and the root of its table of contents."""
    source = (folder / "flat.txt").read_bytes().decode("utf-8")
    gold = json.loads((folder / "gold_toc.json").read_text(encoding="utf-8"))
    document = (
        TextReader().read(ReadRequest(document_id="book.txt", text=source, source="")).documents[0]
    )
    return replace(document, title=gold["meta"]["title"]), {
        **gold["tree"][0],
        "title": gold["meta"]["title"],
    }


@pytest.mark.parametrize("book", BOOKS)
def test_every_book_is_rebuilt_from_its_own_table_of_contents(shared_data: Path, book: str) -> None:
    document, gold = flat_book(shared_data / book)
    tree = gold_outline(gold, len(document.text))
    check_outline(tree, document)
    found, requests = rebuilt(document, tree)
    check_outline(found, document)
    assert shape(found) == shape(tree)
    assert requests > 5


@pytest.mark.parametrize("book", BOOKS)
def test_an_estimate_is_near_what_is_asked_about_a_real_book(shared_data: Path, book: str) -> None:
    document, gold = flat_book(shared_data / book)
    sent = asked_of(
        document, ScriptedClient(Oracle({document.id: gold_outline(gold, len(document.text))}))
    )
    told = asked_of(document, ScriptedClient(typical_answer))
    assert tokens_of(told) == pytest.approx(tokens_of(sent), rel=0.1)
    # A short text's few rounds of titles are one question each.
    assert len(told) == pytest.approx(len(sent), rel=0.1, abs=2)


def tokens_of(requests: list[Request]) -> int:
    return sum(len(message.content) // 4 for request in requests for message in request.messages)


def test_a_book_of_470_000_words_is_rebuilt(shared_data: Path) -> None:
    """Two real books in one file: 345,587 and 124,452 words."""
    (first, toc), (second, other) = (
        flat_book(shared_data / "books" / name)
        for name in ("microbiology-en", "practical-physiology-pd-en")
    )
    text, offset = f"{first.text}\n\n{second.text}", len(first.text) + 2
    blocks = (
        *first.blocks,
        *(Block(kind=block.kind, start=block.start + offset) for block in second.blocks),
    )
    document = replace(first, title="Two Books", text=text, blocks=blocks)
    both = {
        "title": "Two Books",
        "start_char": 0,
        "children": [*toc["children"], *moved(other, offset)["children"]],
    }
    tree = gold_outline(both, len(text))
    check_outline(tree, document)
    found, _ = rebuilt(document, tree)
    assert shape(found) == shape(tree)


def moved(node: dict[str, Any], offset: int) -> dict[str, Any]:
    return {
        **node,
        "start_char": node["start_char"] + offset,
        "children": [moved(child, offset) for child in node["children"]],
    }


@st.composite
def books(draw: st.DrawFn) -> tuple[Document, Outline]:
    """A document of short paragraphs and a tree over it, with empty openings, only children and
    equal titles.
    """
    count = draw(st.integers(8, 60))
    starts = [10 * place for place in range(count)]
    text = "".join(f"text {place:04d}\n"[:10].ljust(10, ".") for place in range(count))
    document = Document(
        id="book.txt",
        text=text,
        title="The Book",
        language="en",
        blocks=tuple(Block(kind="paragraph", start=s) for s in starts),
    )
    return document, draw(nodes("The Book", 0, count, 4))


@st.composite
def nodes(draw: st.DrawFn, title: str, first: int, last: int, depth: int) -> Outline:
    cuts: list[int] = []
    if depth and last - first > 1 and draw(st.booleans()):
        cuts = sorted(draw(st.sets(st.integers(first, last - 1), min_size=1, max_size=9)))
    ends = [*cuts[1:], last]
    children = tuple(
        draw(nodes(draw(titles), start, stop, depth - 1))
        for start, stop in zip(cuts, ends, strict=False)
    )
    own_end = 10 * (cuts[0] if cuts else last)
    return Outline(
        title=title,
        start=10 * first,
        own_end=own_end,
        end=10 * last,
        source="gold",
        children=children,
    )


def is_plain(node: Outline) -> bool:
    """No node repeats the title above it.

    Of one that holds just such a node, a model could not say that it is another.
    """
    return all(
        child.title.casefold() != node.title.casefold() and is_plain(child)
        for child in node.children
    )


@examples
@given(books(), st.integers(4, 12), st.floats(0, 0.5))
def test_any_tree_is_rebuilt_whatever_the_windows(
    book: tuple[Document, Outline], items: int, overlap: float
) -> None:
    document, tree = book
    if len(tree.children) <= FEW or not is_plain(tree):  # few titles are not grouped any further
        return
    found, _ = rebuilt(document, tree, window_items=items, overlap=overlap)
    check_outline(found, document)
    assert shape(found) == shape(tree)
