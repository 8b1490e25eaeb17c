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


def test_a_path_is_shortened_for_its_budget(bare: Wordings) -> None:
    prompts = {
        tokens: told(built(BIKES, bare, map_tokens=tokens), "passage")[7][0]
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
