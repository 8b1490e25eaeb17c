"""Maps of sections, chapters and books, in both forms."""

from __future__ import annotations

from typing import Any

from structtuning_plugin.core.templates import Wordings
from tests.samples.building import BIKES, built, told
from tests.trees import document, grow

BOOKS = [
    ("Book Bicycles:\n", "Bicycles\n├─ The Handbook\n└─ Notes"),
    ("Book The Handbook:\n", "The Handbook\n├─ Brakes\n└─ Gears"),
]


def test_maps_in_the_form_of_paths(bare: Wordings) -> None:
    builder = built(BIKES, bare)
    assert told(builder, "book_map") == BOOKS
    assert told(builder, "chapter_map") == [
        ("Chapter Brakes of The Handbook:\n", "Brakes\n├─ Pads\n└─ Adjustment"),
        (
            "Chapter Gears of The Handbook:\n",
            "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History",
        ),
    ]
    assert told(builder, "section_map") == [
        ("Section Adjustment (Gears) in Bicycles:\n", "Adjustment\n├─ Cable\n└─ Limit screws"),
    ]


def test_maps_in_the_form_of_mind_maps(bare: Wordings) -> None:
    builder = built(BIKES, bare, context="mindmap")
    assert told(builder, "book_map") == BOOKS
    assert told(builder, "chapter_map") == [
        (
            "Chapter Brakes of\nBicycles\n└─ The Handbook\n   ├─ **Brakes** (+2)\n   └─ Gears (+4)\n:\n",
            "Brakes\n├─ Pads\n└─ Adjustment",
        ),
        (
            "Chapter Gears of\nBicycles\n└─ The Handbook\n   ├─ Brakes (+2)\n   └─ **Gears** (+4)\n:\n",
            "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History",
        ),
    ]
    # The chapter, with the section unfolded in it.
    assert told(builder, "section_map") == [
        (
            "Section Adjustment (Gears) in Bicycles:\n",
            "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History",
        ),
    ]


def test_a_map_too_deep_is_told_shallower(bare: Wordings) -> None:
    parts: list[Any] = [(1, "Book"), (2, "Chapter")]
    for number in range(4):
        parts += [
            (3, f"Section {number}"),
            *[(4, f"Point {number}.{point} with some words") for point in range(5)],
        ]
    grown = grow([document("b.md", *parts, "x")])
    deep = told(built(grown, bare, 2000), "chapter_map")
    shallow = told(built(grown, bare, 200), "chapter_map")
    assert [prompt for prompt, _ in deep] == [prompt for prompt, _ in shallow]
    assert deep[0][1].count("Point") == 20
    assert [completion for _, completion in shallow] == [
        "Chapter\n├─ Section 0\n├─ Section 1\n├─ Section 2\n└─ Section 3"
    ]


def test_a_chapter_map_without_room_for_its_place_is_told_by_name(bare: Wordings) -> None:
    builder = built(BIKES, bare, context="mindmap", map_tokens=36)
    rows = [row.sample for row in builder.rows if row.sample.kind == "chapter_map"]
    assert [(row.prompt, row.template) for row in rows] == [
        ("Chapter Brakes of The Handbook:\n", "en/chapter_map-path/01"),
        ("Chapter Gears of The Handbook:\n", "en/chapter_map-path/01"),
    ]


def test_a_chapter_map_goes_two_levels_down_and_a_book_map_one(bare: Wordings) -> None:
    parts = [
        (2, "One"),
        (3, "Two"),
        (4, "Three"),
        (5, "Four"),
        (4, "Third"),
        (3, "Second"),
        (2, "First"),
    ]
    builder = built(grow([document("b.md", (1, "Book"), *parts, "x")]), bare)
    assert [completion for _, completion in told(builder, "book_map")] == ["Book\n├─ One\n└─ First"]
    assert [completion for _, completion in told(builder, "chapter_map")] == [
        "One\n├─ Two\n│  ├─ Three\n│  └─ Third\n└─ Second"
    ]
