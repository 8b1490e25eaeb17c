"""Books with headings become training data for a structuring model."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from structtuning_plugin.core.types import Document
from structtuning_plugin.taxonomy.llm_extraction.distillation_data import (
    DistillationRow,
    hold_books_out,
    is_book,
    lessons,
)
from tests.codecs import CharCodec
from tests.taxonomy.test_auto import PROMPTS
from tests.trees import context_for, document

BOOK = document(
    "wheels.md",
    "About wheels.",
    (1, "Rims"), "Rims are round.", "Rims are hard.",
    (1, "Spokes"), "Spokes pull.", (2, "Butted Spokes"), "Thin in the middle.", (2, "Bladed Spokes"), "Flat.",
    (1, "Hubs"), "Hubs turn.",
    title="Wheels",
)  # fmt: skip


def of(*books: Document) -> list[DistillationRow]:
    async def collect() -> list[DistillationRow]:
        context = replace(context_for(CharCodec()), prompts=PROMPTS)
        return [lesson async for lesson in lessons(books, context)]

    return asyncio.run(collect())


def test_the_lessons_of_a_book() -> None:
    points, sections, title = of(BOOK)
    assert [turn["role"] for turn in points.messages] == ["system", "user", "assistant"]
    assert points.messages[1]["content"].endswith(
        "1. About wheels.\n2. Rims are round.\n3. Rims are hard.\n4. Spokes pull.\n"
        "5. Thin in the middle.\n6. Flat.\n7. Hubs turn."
    )
    assert json.loads(points.messages[2]["content"]) == {
        "groups": [
            {"title": "Wheels", "start": 1, "end": 1},
            {"title": "Rims", "start": 2, "end": 3},
            {"title": "Spokes", "start": 4, "end": 4},
            {"title": "Butted Spokes", "start": 5, "end": 5},
            {"title": "Bladed Spokes", "start": 6, "end": 6},
            {"title": "Hubs", "start": 7, "end": 7},
        ]
    }
    assert sections.messages[1]["content"].endswith(
        "1. Wheels\n2. Rims\n3. Spokes\n4. Butted Spokes\n5. Bladed Spokes\n6. Hubs"
    )
    assert json.loads(sections.messages[2]["content"]) == {
        "groups": [
            {"title": "Wheels", "start": 1, "end": 1, "intro": True},
            {"title": "Rims", "start": 2, "end": 2, "intro": True},
            {"title": "Spokes", "start": 3, "end": 5, "intro": True},
            {"title": "Hubs", "start": 6, "end": 6, "intro": True},
        ]
    }
    assert title.messages[1]["content"].endswith(
        "About wheels.Rims are round.Rims are hard.Spokes pull.Thin in the middle.Flat.Hubs turn."
    )
    assert json.loads(title.messages[2]["content"]) == {"title": "Wheels"}
    assert [row.kind for row in of(BOOK)] == ["points", "sections", "title"]
    assert {(row.document_id, row.held_out) for row in of(BOOK)} == {("wheels.md", False)}


def test_only_documents_with_headings_are_books() -> None:
    assert is_book(BOOK)
    assert not is_book(document("a.txt", "Text."))
    assert not is_book(document("a.md", (1, "Title"), "Text."))


def rows_of(**sizes: int) -> list[DistillationRow]:
    return [
        DistillationRow(document_id=book, kind="points", messages=())
        for book, size in sizes.items()
        for _ in range(size)
    ]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_books_are_held_out_whole_and_about_as_many_as_asked(share: float, seed: int) -> None:
    rows = hold_books_out(rows_of(a=10, b=20, c=30, d=40), share, seed)
    held = {row.document_id for row in rows if row.held_out}
    assert held
    assert held.isdisjoint(row.document_id for row in rows if not row.held_out)
    assert abs(sum(row.held_out for row in rows) - share * len(rows)) <= 20
    assert rows == hold_books_out(rows_of(a=10, b=20, c=30, d=40), share, seed)


def test_the_smallest_book_is_held_out_where_each_is_far_too_large() -> None:
    rows = hold_books_out(rows_of(a=30, b=20), 0.1, seed=1)
    assert {row.document_id for row in rows if row.held_out} == {"b"}


def test_one_book_is_trained_on_and_no_share_holds_nothing_out() -> None:
    assert not any(row.held_out for row in hold_books_out(rows_of(a=10), 0.5, seed=1))
    assert not any(row.held_out for row in hold_books_out(rows_of(a=10, b=10), 0, seed=1))
