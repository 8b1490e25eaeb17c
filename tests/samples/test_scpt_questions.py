"""What is said about topics: one answer to every question, and nothing false."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.taxonomy.tree import Tree
from tests.samples.building import BARE, BIKES, built, kinds_of, told, wordings_of
from tests.trees import branch, document, grow, plant, titled


@pytest.mark.parametrize("context", ["path", "mindmap"])
def test_what_is_said_about_topics(bare: Wordings, context: str) -> None:
    builder = built(BIKES, bare, context=context)
    assert told(builder, "siblings") == [
        ("Beside The Handbook under Bicycles:\n", "Notes"),
        ("Beside Brakes under The Handbook:\n", "Gears"),
        ("Beside Pads under Brakes:\n", "Adjustment"),
        ("Beside Adjustment (Brakes) under Brakes:\n", "Pads"),
        ("Beside Gears under The Handbook:\n", "Brakes"),
        ("Beside Adjustment (Gears) under Gears:\n", "History"),
        ("Beside Cable under Adjustment (Gears):\n", "Limit screws"),
        ("Beside Limit screws under Adjustment (Gears):\n", "Cable"),
        ("Beside History under Gears:\n", "Adjustment"),
        ("Beside Notes under Bicycles:\n", "The Handbook"),
    ]
    assert told(builder, "children") == [
        ("Below Bicycles:\n", "The Handbook; Notes"),
        ("Below The Handbook:\n", "Brakes; Gears"),
        ("Below Brakes:\n", "Pads; Adjustment"),
        ("Below Gears:\n", "Adjustment; History"),
        ("Below Adjustment (Gears):\n", "Cable; Limit screws"),
    ]
    assert told(builder, "parent") == [
        ("Above Brakes:\n", "The Handbook"),
        ("Above Pads:\n", "Brakes"),
        ("Above Gears:\n", "The Handbook"),
        ("Above Cable:\n", "Adjustment"),
        ("Above Limit screws:\n", "Adjustment"),
        ("Above History:\n", "Gears"),
    ]
    # A name that its parent makes unique would have the answer in the question.
    assert {item.detail for item in builder.dropped if item.reason == "answer_in_prompt"} == {
        "only its parent tells it from others: 'Adjustment (Brakes)'",
        "only its parent tells it from others: 'Adjustment (Gears)'",
    }


def test_every_place_is_asked_in_several_wordings(bare: Wordings) -> None:
    rows = [row for row in built(BIKES, bare, wordings=2).rows if row.sample.kind == "locate"]
    places = {
        "The Handbook": "Bicycles > The Handbook",
        "Brakes": "The Handbook > Brakes",
        "Pads": "Brakes > Pads",
        "Adjustment (Brakes)": "Brakes > Adjustment",
        "Gears": "The Handbook > Gears",
        "Adjustment (Gears)": "Gears > Adjustment",
        "Cable": "Adjustment > Cable",
        "Limit screws": "Adjustment > Limit screws",
        "History": "Gears > History",
        "Notes": "Bicycles > Notes",
    }
    forms = ("Where is {}?\n", "Place of {}:\n", "To {}:\n")
    for (name, place), first, second in zip(places.items(), rows[::2], rows[1::2], strict=True):
        said = {form.format(name): number for number, form in enumerate(forms)}
        assert first.sample.completion == second.sample.completion == place
        assert said[second.sample.prompt] == (said[first.sample.prompt] + 1) % 3
        assert (first.turn, second.turn) == (0, 1)
        assert first.sample.template == f"en/locate/0{said[first.sample.prompt] + 1}"


def test_there_are_no_more_wordings_than_there_are(bare: Wordings) -> None:
    builder = built(BIKES, bare, wordings=50)
    assert set(
        Counter(row.sample.topic_id for row in builder.rows if row.sample.kind == "locate").values()
    ) == {3}


def test_repeated_titles_are_told_apart_in_every_question() -> None:
    grown = grow(
        [
            document(
                "b.md",
                (1, "Drugs"),
                *[
                    part
                    for drug in ("Aspirin", "Statins")
                    for part in ((2, drug), (3, "Dose"), "x", (3, "Use"))
                ],
            )
        ]
    )
    rows = [row.sample for row in built(grown).rows if row.sample.kind != "passage"]
    about_dose = [sample for sample in rows if grown[0].topics[sample.topic_id].title == "Dose"]
    assert len(about_dose) == 2 * (3 + 1)
    for sample in about_dose:
        parent = grown[0].parent(grown[0].topics[sample.topic_id])
        assert parent is not None
        assert f"Dose ({parent.title})" in sample.prompt


def test_what_cannot_be_told_apart_is_dropped_with_a_reason() -> None:
    grown = grow(
        [
            document(
                "b.md",
                (1, "Book"),
                (2, "Case"),
                "x",
                (2, "Case"),
                "y",
                (3, "Deep"),
                "z",
                (3, "Deeper"),
                "!",
            )
        ]
    )
    builder = built(grown)
    cases = [topic.id for topic in grown[0].root.walk() if topic.title == "Case"]
    assert not [
        row for row in builder.rows if row.sample.topic_id in cases and row.sample.kind != "passage"
    ]
    assert sorted(item.id for item in builder.dropped) == sorted(
        [f"{kind}/{case}" for case in cases for kind in ("locate", "siblings", "parent")]
        + [f"{kind}/{cases[1]}" for kind in ("chapter_map", "children")]
    )
    assert {(item.stage, item.reason, item.detail) for item in builder.dropped} == {
        ("scpt", "not_unique", "several topics are 'Case', with their paths too")
    }
    assert kinds_of(builder, titled(grown[0], "Book")) == ["book_map", *["locate"] * 3, "children"]
    assert "Case" in [completion for _, completion in told(builder, "parent")]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        # A document alone: its place, and nothing about siblings, children or a map of one line.
        (branch("D", branch("A")), {"A": ["locate"]}),
        (branch("D", branch("A", branch("B"))), {"A": ["locate"], "B": ["locate", "parent"]}),
        # A chapter whose only child has one: a map of three lines is a map.
        (
            branch("D", branch("A", branch("B", branch("C", branch("E"))))),
            {
                "A": ["locate"],
                "B": ["chapter_map", "locate", "parent"],
                "C": ["locate", "parent"],
                "E": ["locate", "parent"],
            },
        ),
        (
            branch("D", branch("A"), branch("B")),
            {
                "D": ["book_map", "children"],
                "A": ["locate", "siblings"],
                "B": ["locate", "siblings"],
            },
        ),
        # Back matter is no sibling and no child.
        (
            branch("D", branch("A", branch("B"), branch("Index"))),
            {"A": ["locate"], "B": ["locate", "parent"]},
        ),
        (
            branch("D", branch("A", branch("B"), branch("Exercises", branch("C"), branch("E")))),
            {"A": ["locate"], "B": ["locate", "parent"]},
        ),
        # Domain and book of one name are shown as one: the one is spoken of, but has no place in
        # the other.
        (
            branch("A", branch("A", branch("B"), branch("C"))),
            {
                "A": ["book_map", "children"],
                "B": ["locate", "siblings", "parent"],
                "C": ["locate", "siblings", "parent"],
            },
        ),
        (branch("D"), {}),
    ],
)
def test_an_odd_tree_gives_rise_to_nothing_false(
    shape: Any, expected: dict[str, list[str]]
) -> None:
    tree = Tree(plant(shape))
    builder = built((tree, []), wordings=1)
    found = {
        topic.title: kinds for topic in tree.root.walk() if (kinds := kinds_of(builder, topic))
    }
    assert found == expected


def test_the_language_of_the_topic_decides_the_wording(tmp_path: Path) -> None:
    wordings_of(tmp_path, BARE)
    folder = tmp_path / "scpt" / "zh" / "locate"
    folder.mkdir(parents=True)
    (folder / "01.jinja").write_text("{{ name }}在哪里？", encoding="utf-8")
    grown = grow(
        [document("a.md", "甲", title="细胞", language="zh"), document("b.md", "b", title="Cells")]
    )
    builder = built(grown, Wordings([tmp_path], "scpt"), kinds=("passage", "locate"), wordings=1)
    rows = [row.sample for row in builder.rows if row.sample.kind == "locate"]
    assert (rows[0].prompt, rows[0].template) == ("细胞在哪里？\n", "zh/locate/01")
    assert rows[1].template.startswith("en/locate/")
