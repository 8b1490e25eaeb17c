"""Titles, paths, maps and answers that do not fit: shortened, dropped with a reason, or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.templates import Wordings
from tests.samples.building import BARE, BIKES, built, told, wordings_of
from tests.trees import document, grow


def test_a_title_before_the_text_is_shortened_for_its_budget(bare: Wordings) -> None:
    grown = grow(
        [document("b.md", (1, "The structure of the plasma membrane of eukaryotic cells"), "Thin.")]
    )
    lines = {
        size: told(built(grown, bare, size, title_in_completion=True), "passage")[0][1]
        for size in (1024, 720, 480, 320, 192)
    }
    assert lines == {
        1024: "The structure of the plasma membrane of eukaryotic cells\n\nThin.",
        720: "The structure of the plasma membrane…\n\nThin.",
        480: "The structure of…\n\nThin.",
        320: "The structure of…\n\nThin.",
        192: "The struc…\n\nThin.",
    }


def test_a_title_that_cannot_be_short_enough_is_told(bare: Wordings) -> None:
    grown = grow([document("b.md", (1, "Membranes"), "Thin.")])
    with pytest.raises(
        BudgetError,
        match=r"The title 'Membranes' does not fit 6 tokens\. Raise sequence_len, or set title_in",
    ):
        built(grown, bare, 96, title_in_completion=True)


def test_the_shortest_path_is_shortened_for_its_budget(bare: Wordings) -> None:
    prompts = {
        tokens: told(built(BIKES, bare, map_tokens=tokens), "passage")[7][0]
        for tokens in (70, 27, 26, 16)
    }
    assert prompts == {
        70: "Adjustment > Limit screws\n\n",
        27: "Adjustment > Limit screws\n\n",
        26: "Limit screws\n\n",
        16: "Limit screws\n\n",
    }


def test_a_published_path_is_shortened_for_its_budget(bare: Wordings) -> None:
    published = {"preset": "paper", "context": "path", "title_in_completion": False}
    prompts = {
        tokens: told(built(BIKES, bare, map_tokens=tokens, **published), "passage")[7][0]
        for tokens in (70, 58, 50, 40, 30, 16)
    }
    assert prompts == {
        70: "Bicycles > The Handbook > Gears > Adjustment > Limit screws\n\n",
        58: "Bicycles > … > Gears > Adjustment > Limit screws\n\n",
        50: "Bicycles > … > Gears > Adjustment > Limit screws\n\n",
        40: "Bicycles > … > Limit screws\n\n",
        30: "Bicycles > … > Limit screws\n\n",
        16: "Limit screws\n\n",
    }


def test_a_map_is_pruned_around_its_path(tmp_path: Path) -> None:
    wordings = wordings_of(tmp_path, {**BARE, "passage-mindmap/01": "{{ map }}"})
    parts = [part for number in range(10) for part in ((2, f"Chapter no. {number}."), f"{number}")]
    grown = grow([document("b.md", (1, "Book"), *parts)])

    def prompt(map_tokens: int) -> str:
        return told(built(grown, wordings, context="mindmap", map_tokens=map_tokens), "passage")[5][
            0
        ]

    assert prompt(300).count("Chapter no.") == 10
    assert prompt(150) == (
        "Bicycles\n└─ Book\n   ├─ … (+4)\n   ├─ Chapter no. 4.\n   ├─ **Chapter no. 5.**\n   ├─ Chapter no. 6.\n   └─ … (+3)\n\n"
    )
    assert (
        prompt(80) == "Bicycles\n└─ Book\n   ├─ … (+5)\n   ├─ **Chapter no. 5.**\n   └─ … (+4)\n\n"
    )
    assert prompt(50) == "Bicycles\n└─ Book\n   └─ **Chapter no. 5.**\n\n"
    assert prompt(42) == "Bicycles\n└─ …\n   └─ **Chapter no. 5.**\n\n"
    # No map fits: the path in one line.
    assert prompt(17) == "Chapter no. 5.\n\n"


def test_the_wording_of_a_row_is_the_one_it_was_made_with(bare: Wordings) -> None:
    def template(map_tokens: int) -> str:
        builder = built(BIKES, bare, context="mindmap", map_tokens=map_tokens)
        return builder.rows[0].sample.template

    assert (template(300), template(40)) == ("en/passage-mindmap/01", "en/passage-path/01")


def test_a_wording_too_long_for_any_place_is_told(tmp_path: Path) -> None:
    wordings = wordings_of(tmp_path, {**BARE, "passage-path/01": "long " * 20 + "{{ path }}"})
    with pytest.raises(BudgetError) as caught:
        built(BIKES, wordings, map_tokens=90)
    assert (
        "The place of 'The Handbook' does not fit 90 tokens (map_tokens 90, sequence_len 4000)"
        in str(caught.value)
    )
    assert f"{tmp_path}/scpt/en/passage-path/01.jinja" in str(caught.value)


def test_a_prompt_without_room_is_dropped_with_a_reason(bare: Wordings) -> None:
    grown = grow(
        [document("b.md", (1, "The structure of the plasma membrane"), "Thin.", (2, "Lipids"), "!")]
    )
    builder = built(grown, bare, map_tokens=20, kinds=("passage", "locate", "parent"))
    root = grown[0].root.subtopics[0]
    assert [(item.id, item.reason, item.detail) for item in builder.dropped] == [
        (f"locate/{root.id}/{turn}", "too_long", "the prompt does not fit 20 tokens")
        for turn in range(3)
    ]
    assert len(told(builder, "locate")) == 3


def test_a_completion_without_room_is_dropped_with_a_reason(bare: Wordings) -> None:
    parts = [(2, f"A chapter with a long title, number {number}") for number in range(20)]
    grown = grow([document("b.md", (1, "Book"), "x", *parts)])
    builder = built(grown, bare, 500, kinds=("passage", "children", "book_map"))
    book = grown[0].root.subtopics[0]
    assert [(item.id, item.reason, item.detail) for item in builder.dropped] == [
        (
            f"book_map/{book.id}",
            "too_long",
            f"the completion does not fit {500 - 2 - len('Book Book:') - 1} tokens",
        ),
        (
            f"children/{book.id}",
            "too_long",
            f"the completion does not fit {500 - 2 - len('Below Book:') - 1} tokens",
        ),
    ]


@pytest.mark.parametrize("kind", ["locate", "siblings", "children", "book_map"])
def test_a_row_of_exactly_sequence_len_is_kept_and_of_one_token_more_is_not(
    bare: Wordings, kind: str
) -> None:
    parts = [(2, f"A chapter with a long title, number {number}") for number in range(6)]
    grown = grow(
        [document("b.md", (1, "Book"), "x", *parts)],
        domain="Everything that is said about bicycles",
    )
    rows = [
        row
        for row in built(grown, bare, kinds=("passage", kind), map_tokens=60).rows
        if row.sample.kind == kind
    ]
    # With the token before it and the one that ends it, which is among the trained ones.
    longest = max(rows, key=lambda row: row.prompt_tokens + row.trained)
    size = 1 + longest.prompt_tokens + longest.trained

    def sizes(sequence_len: int) -> tuple[set[str], set[str]]:
        builder = built(grown, bare, sequence_len, kinds=("passage", kind), map_tokens=60)
        return {row.sample.id for row in builder.rows}, {
            item.id for item in builder.dropped if item.reason == "too_long"
        }

    kept, dropped = sizes(size)
    assert {row.sample.id for row in rows} <= kept
    assert dropped == set()
    kept, dropped = sizes(size - 1)
    assert longest.sample.id in dropped
    assert longest.sample.id not in kept


def test_a_map_of_exactly_its_budget_is_whole_and_with_a_token_less_it_is_pruned(
    tmp_path: Path,
) -> None:
    wordings = wordings_of(tmp_path, {**BARE, "passage-mindmap/01": "{{ map }}"})
    parts = [part for number in range(6) for part in ((2, f"Chapter no. {number}."), f"{number}")]
    grown = grow([document("b.md", (1, "Book"), *parts)])

    def prompt(map_tokens: int) -> str:
        return told(built(grown, wordings, context="mindmap", map_tokens=map_tokens), "passage")[3][
            0
        ]

    whole = prompt(1000)
    assert whole.count("Chapter no.") == 6
    assert prompt(len(whole)) == whole
    assert "… (+" in prompt(len(whole) - 1)


@pytest.mark.parametrize("context", ["path", "mindmap"])
def test_a_passage_longer_than_planned_takes_the_room_of_its_place(
    tmp_path: Path, context: str
) -> None:
    """It may be: a text that is cut out of another one can have more tokens than it had there."""
    wordings = wordings_of(tmp_path, {**BARE, "passage-mindmap/01": "{{ map }}"})
    grown = grow([document("b.md", (1, "Book"), (2, "A long heading of a chapter"), "x" * 300)])

    def passage(sequence_len: int) -> tuple[str, int]:
        (row,) = built(
            grown, wordings, sequence_len, context=context, map_tokens=80, kinds=("passage",)
        ).rows
        assert row.trained == 301
        return row.sample.prompt, 1 + row.prompt_tokens + row.trained

    whole, size = passage(2000)
    assert "Book" in whole
    assert passage(size) == (whole, size)
    shorter, fits = passage(size - 1)
    assert len(shorter) < len(whole)
    assert fits <= size - 1


def test_a_lead_in_of_exactly_its_budget_is_kept_and_of_one_token_more_is_not(
    bare: Wordings,
) -> None:
    grown = grow([document("b.md", (1, "Book"), "x", (2, "A chapter with a long heading"), "y")])
    prompt = "Above A chapter with a long heading:\n"

    def made(map_tokens: int) -> tuple[list[str], list[str]]:
        builder = built(grown, bare, kinds=("passage", "parent"), map_tokens=map_tokens)
        return [asked for asked, _ in told(builder, "parent")], [
            item.detail for item in builder.dropped
        ]

    assert made(len(prompt)) == ([prompt], [])
    assert made(len(prompt) - 1) == ([], [f"the prompt does not fit {len(prompt) - 1} tokens"])
