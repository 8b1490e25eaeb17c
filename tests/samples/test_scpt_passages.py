"""Passages: what stands before them, which of them are closed, and which are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.stages.scpt import with_steps
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Chunk
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.samples.scpt import ScptContext
from tests.codecs import CharCodec
from tests.samples.building import BARE, BIKES, built, filled, settings_of, told, wordings_of
from tests.trees import document, grow


def test_passages_after_their_path(bare: Wordings) -> None:
    assert told(built(BIKES, bare), "passage") == [
        ("Bicycles > The Handbook\n\n", "Bicycles need care.\n\n"),
        ("The Handbook > Brakes\n\n", "Brakes stop the wheel.\n\n"),
        ("Brakes > Pads\n\n", "Pads wear down.\n\n"),
        ("Brakes > Adjustment\n\n", "Turn the screw. "),
        ("Brakes > Adjustment\n\n", "Once more.\n\n"),
        ("Gears > Adjustment\n\n", "Turn the barrel.\n\n"),
        ("Adjustment > Cable\n\n", "Pull it.\n\n"),
        ("Adjustment > Limit screws\n\n", "Leave them.\n\n"),
        ("Gears > History\n\n", "Gears are old.\n\n"),
        ("The Handbook > References\n\n", "Smith 1990.\n"),
        ("Bicycles > Notes\n\n", "A short note."),
    ]


def test_passages_after_their_map(bare: Wordings) -> None:
    rows = told(built(BIKES, bare, preset="paper"), "passage")
    assert rows[0] == (
        "In Bicycles, The Handbook:\nBicycles\n└─ **The Handbook** (+9)\nText of The Handbook, that is The Handbook:\n\n",
        "The Handbook\n\nBicycles need care.\n\n",
    )
    assert rows[1] == (
        "In Bicycles, The Handbook:\nBicycles\n└─ The Handbook\n   ├─ **Brakes** (+2)\n   └─ Gears (+4)\n"
        "Text of Brakes, that is Brakes:\n\n",
        "Brakes\n\nBrakes stop the wheel.\n\n",
    )
    assert rows[5] == (
        "In Bicycles, The Handbook:\nBicycles\n└─ The Handbook\n   └─ Gears\n      ├─ **Adjustment** (+2)\n      └─ History\n"
        "Text of Adjustment, that is Adjustment (Gears):\n\n",
        "Adjustment\n\nTurn the barrel.\n\n",
    )
    assert rows[6] == (
        "In Bicycles, The Handbook:\n"
        "Bicycles\n└─ The Handbook\n   └─ Gears\n      ├─ Adjustment\n      │  ├─ **Cable**\n      │  └─ Limit screws\n"
        "      └─ History\nText of Cable, that is Cable:\n\n",
        "Cable\n\nPull it.\n\n",
    )
    assert rows[9] == (
        "In Bicycles, The Handbook:\nBicycles\n└─ The Handbook\n   ├─ Brakes (+2)\n   ├─ Gears (+4)\n   └─ **References**\n"
        "Text of References, that is References:\n\n",
        "References\n\nSmith 1990.\n",
    )


def test_bare_passages_have_no_prompt_and_all_else_is_as_with_paths(bare: Wordings) -> None:
    none, path = built(BIKES, bare, context="none"), built(BIKES, bare)
    assert told(none, "passage") == [("", completion) for _, completion in told(path, "passage")]
    assert {row.sample.template for row in none.rows if row.sample.kind == "passage"} == {"none"}
    assert [row for row in none.rows if row.sample.kind != "passage"] == [
        row for row in path.rows if row.sample.kind != "passage"
    ]


@pytest.mark.parametrize(
    ("settings", "open_passages"),
    [
        ({}, ["Turn the screw. "]),
        ({"eos_mid_topic": False}, ["Turn the screw. "]),
        ({"eos_mid_topic": True}, []),
        ({"preset": "paper"}, []),
    ],
)
def test_a_passage_that_breaks_off_may_go_without_eos(
    bare: Wordings, settings: dict[str, Any], open_passages: list[str]
) -> None:
    closed = {
        row.sample.completion: row.sample.eos
        for row in built(BIKES, bare, **settings).rows[: len(BIKES[1])]
    }
    assert [text for text, eos in closed.items() if not eos] == open_passages


def test_a_passage_of_a_topic_with_several_says_which_one_it_is(tmp_path: Path) -> None:
    """Only in places of one line, and only where there are several."""
    pools = {
        **BARE,
        "passage-path/01": "{{ path }}{% if parts %} ({{ part }}/{{ parts }}){% endif %}",
    }
    rows = told(built(BIKES, wordings_of(tmp_path, pools)), "passage")
    assert [prompt for prompt, _ in rows if "/" in prompt] == [
        "Brakes > Adjustment (1/2)\n\n",
        "Brakes > Adjustment (2/2)\n\n",
    ]


def test_blank_text_at_the_end_does_not_hide_that_a_topic_is_closed(bare: Wordings) -> None:
    tree, chunks = grow(
        [document("b.md", "First part. ", "Second part.", " " * 20)], chunk_tokens=15
    )
    assert [chunk.text for chunk in chunks] == ["First part. ", "Second part.", " " * 15, " " * 5]
    builder = built((tree, chunks), bare, eos_mid_topic=False)
    assert [
        (row.sample.completion, row.sample.eos)
        for row in builder.rows
        if row.sample.kind == "passage"
    ] == [
        ("First part. ", False),
        ("Second part.", True),
    ]
    assert [(item.id, item.reason) for item in builder.dropped] == [
        ("passage/b.md:24-39", "blank"),
        ("passage/b.md:39-44", "blank"),
    ]


def test_a_topic_with_text_after_its_subtopics_is_closed_by_its_last_passage(
    bare: Wordings,
) -> None:
    # As in a taxonomy of the user's own.
    tree, chunks = grow([document("b.md", (1, "Book"), "one", (2, "A"), "two", (2, "B"), "three")])
    moved = [
        chunk if chunk.text != "three" else _moved(chunk, tree.root.subtopics[0].id)
        for chunk in chunks
    ]
    rows = built((tree, moved), bare, eos_mid_topic=False).rows[:3]
    assert [(row.sample.completion, row.sample.eos) for row in rows] == [
        ("one", False),
        ("two", True),
        ("three", True),
    ]


def _moved(chunk: Chunk, topic_id: str) -> Chunk:
    return Chunk(
        id=chunk.id,
        document_id=chunk.document_id,
        topic_id=topic_id,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        tokens=chunk.tokens,
    )


def test_back_matter_is_kept_as_passages_or_left_out(bare: Wordings) -> None:
    kept, left_out = built(BIKES, bare), built(BIKES, bare, back_matter="leave_out")
    assert "Smith 1990.\n" in [completion for _, completion in told(kept, "passage")]
    assert "Smith 1990.\n" not in [completion for _, completion in told(left_out, "passage")]
    assert [
        (d.stage, d.id, d.reason, d.detail)
        for d in left_out.dropped
        if d.reason != "answer_in_prompt"
    ] == [("scpt", "passage/handbook.md:147-159", "back_matter", "under 'References'")]
    for builder in (kept, left_out):
        assert not [
            row
            for row in builder.rows
            if row.sample.kind != "passage" and "References" in str(row.sample)
        ]


def test_numbered_parts_are_places_but_nothing_is_asked_about_them(bare: Wordings) -> None:
    grown = grow(
        [document("b.md", (1, "Book"), "x" * 30, "y" * 30, (2, "A"), "z")],
        chunk_tokens=25,
        split_over=2,
    )
    builder = built(grown, bare)
    assert told(builder, "passage")[0][0] == "Book > Part 1\n\n"
    assert not [
        row for row in builder.rows if row.sample.kind != "passage" and "Part" in str(row.sample)
    ]
    assert builder.dropped == []


def test_step_is_called_once_a_chunk(bare: Wordings) -> None:
    steps: list[None] = []
    settings = settings_of(back_matter="leave_out")
    context = ScptContext(
        tree=BIKES[0],
        chunks=BIKES[1],
        wordings=bare,
        settings=settings,
        budget=plan_budget(500, None, settings, CharCodec()),
        codec=CharCodec(),
        seed=1,
    )
    filled(context, with_steps(BIKES[1], lambda: steps.append(None)))
    assert len(steps) == len(BIKES[1])
