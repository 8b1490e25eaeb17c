"""Samples of continual pre-training: exact rows of a small tree, and what must hold for any tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from structtuning_plugin.config import ALL_KINDS, ScptConfig
from structtuning_plugin.errors import BudgetError
from structtuning_plugin.rendering import Wordings, builtin_templates
from structtuning_plugin.samples.budget import Budget, plan_budget
from structtuning_plugin.samples.scpt import ScptBuilder
from structtuning_plugin.samples.shares import SizedSample
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.mindmap import MapNode
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.tokenization import Codec, count_tokens
from structtuning_plugin.types import Chunk, Document, Topic
from tests.codecs import CharCodec, WordCodec
from tests.taxonomy_strategies import ODD_TITLES, documents, few_examples
from tests.trees import branch, document, grow, plant, titled

# One wording a pool, but for `locate`, so that rows can be written down.
BARE = {
    "passage-path/01": "{{ path }}",
    "passage-mindmap/01": "In {{ domain }}, {{ book }}:\n{{ map }}\nText of {{ title }}, that is {{ name }}:",
    "section_map/01": "Section {{ name }} in {{ domain }}:",
    "chapter_map-path/01": "Chapter {{ name }} of {{ book }}:",
    "chapter_map-mindmap/01": "Chapter {{ name }} of\n{{ map }}\n:",
    "book_map/01": "Book {{ name }}:",
    "locate/01": "Where is {{ name }}?",
    "locate/02": "Place of {{ name }}:",
    "locate/03": "To {{ name }}:",
    "siblings/01": "Beside {{ name }} under {{ parent }}:",
    "children/01": "Below {{ name }}:",
    "parent/01": "Above {{ name }}:",
}
SHIPPED = Wordings([builtin_templates()], "scpt")


def wordings_of(folder: Path, pools: dict[str, str]) -> Wordings:
    for key, text in pools.items():
        path = folder / "scpt" / "en" / f"{key}.jinja"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Wordings([folder], "scpt")


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Wordings:
    return wordings_of(tmp_path_factory.mktemp("bare"), BARE)


def settings_of(**scpt: Any) -> ScptConfig:
    return ScptConfig(**{"kinds": ALL_KINDS, **scpt})


def built(
    grown: tuple[Tree, Sequence[Chunk]],
    pools: Wordings = SHIPPED,
    sequence_len: int = 4000,
    seed: int = 1,
    codec: Codec | None = None,
    **scpt: Any,
) -> ScptBuilder:
    """Both halves of the samples, of all kinds unless told otherwise."""
    codec = codec or CharCodec()
    settings = settings_of(**scpt)
    builder = ScptBuilder(grown[0], pools, settings, plan_budget(sequence_len, None, settings, codec), codec, seed)
    builder.add_passages(grown[1])
    builder.add_structure()
    return builder


def told(builder: ScptBuilder, *kinds: str) -> list[tuple[str, str]]:
    return [(row.sample.prompt, row.sample.completion) for row in builder.rows if row.sample.kind in kinds]


def reasons(builder: ScptBuilder) -> Counter[tuple[str, str]]:
    return Counter((item.id.split("/")[0], item.reason) for item in builder.dropped)


def kinds_of(builder: ScptBuilder, topic: Topic) -> list[str]:
    return [row.sample.kind for row in builder.rows if row.sample.topic_id == topic.id and row.sample.kind != "passage"]


HANDBOOK = document(
    "handbook.md",
    (1, "The Handbook"),
    "Bicycles need care.\n\n",
    (2, "1. Brakes"),
    "Brakes stop the wheel.\n\n",
    (3, "Pads"),
    "Pads wear down.\n\n",
    (3, "Adjustment"),
    "Turn the screw. ",
    "Once more.\n\n",
    (2, "2. Gears"),
    (3, "Adjustment"),
    "Turn the barrel.\n\n",
    (4, "Cable"),
    "Pull it.\n\n",
    (4, "Limit screws"),
    "Leave them.\n\n",
    (3, "History"),
    "Gears are old.\n\n",
    (2, "References"),
    "Smith 1990.\n",
)
NOTES = document("notes.md", "A short note.", title="Notes")
BIKES = grow([HANDBOOK, NOTES], chunk_tokens=24)


# --- exact rows


def test_passages_after_their_path(bare: Wordings) -> None:
    assert told(built(BIKES, bare), "passage") == [
        ("Bicycles > The Handbook\n\n", "Bicycles need care.\n\n"),
        ("Bicycles > The Handbook > Brakes\n\n", "Brakes stop the wheel.\n\n"),
        ("Bicycles > The Handbook > Brakes > Pads\n\n", "Pads wear down.\n\n"),
        ("Bicycles > The Handbook > Brakes > Adjustment\n\n", "Turn the screw. "),
        ("Bicycles > The Handbook > Brakes > Adjustment\n\n", "Once more.\n\n"),
        ("Bicycles > The Handbook > Gears > Adjustment\n\n", "Turn the barrel.\n\n"),
        ("Bicycles > The Handbook > Gears > Adjustment > Cable\n\n", "Pull it.\n\n"),
        ("Bicycles > The Handbook > Gears > Adjustment > Limit screws\n\n", "Leave them.\n\n"),
        ("Bicycles > The Handbook > Gears > History\n\n", "Gears are old.\n\n"),
        ("Bicycles > The Handbook > References\n\n", "Smith 1990.\n"),
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


BOOKS = [
    ("Book Bicycles:\n", "Bicycles\n├─ The Handbook\n└─ Notes"),
    ("Book The Handbook:\n", "The Handbook\n├─ Brakes\n└─ Gears"),
]


def test_maps_in_the_form_of_paths(bare: Wordings) -> None:
    builder = built(BIKES, bare)
    assert told(builder, "book_map") == BOOKS
    assert told(builder, "chapter_map") == [
        ("Chapter Brakes of The Handbook:\n", "Brakes\n├─ Pads\n└─ Adjustment"),
        ("Chapter Gears of The Handbook:\n", "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History"),
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
        "Brakes": "Bicycles > The Handbook > Brakes",
        "Pads": "Bicycles > The Handbook > Brakes > Pads",
        "Adjustment (Brakes)": "Bicycles > The Handbook > Brakes > Adjustment",
        "Gears": "Bicycles > The Handbook > Gears",
        "Adjustment (Gears)": "Bicycles > The Handbook > Gears > Adjustment",
        "Cable": "Bicycles > The Handbook > Gears > Adjustment > Cable",
        "Limit screws": "Bicycles > The Handbook > Gears > Adjustment > Limit screws",
        "History": "Bicycles > The Handbook > Gears > History",
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
    assert set(Counter(row.sample.topic_id for row in builder.rows if row.sample.kind == "locate").values()) == {3}


def test_a_row_says_where_it_is_from(bare: Wordings) -> None:
    builder = built(BIKES, bare, wordings=1)
    tree, chunks = BIKES
    passage = builder.rows[3]
    assert passage.sample.id == "passage/handbook.md:62-78"
    assert passage.sample.chunk_ids == ("handbook.md:62-78",)
    assert tree.topics[passage.sample.topic_id].title == "Adjustment"
    assert (passage.prompt_tokens, passage.trained, passage.turn) == (47, 17, 0)
    assert [row.sample.chunk_ids for row in builder.rows[: len(chunks)]] == [(chunk.id,) for chunk in chunks]

    pads = titled(tree, "The Handbook", "1. Brakes", "Pads")
    about = [row.sample for row in builder.rows if row.sample.topic_id == pads.id][1:]
    assert [sample.id for sample in about] == [f"locate/{pads.id}/0", f"siblings/{pads.id}", f"parent/{pads.id}"]
    assert {sample.chunk_ids for sample in about} == {()}
    assert all(sample.eos for sample in about)


def test_only_the_kinds_that_are_wanted(bare: Wordings) -> None:
    assert {row.sample.kind for row in built(BIKES, bare, kinds=("passage",)).rows} == {"passage"}
    assert {row.sample.kind for row in built(BIKES, bare, kinds=("passage", "parent")).rows} == {"passage", "parent"}
    assert {row.sample.kind for row in built(BIKES, bare, kinds=None).rows} == {
        "passage",
        "section_map",
        "chapter_map",
        "book_map",
        "locate",
    }


# --- passages


def test_a_passage_that_breaks_off_may_go_without_eos(bare: Wordings) -> None:
    closed = {row.sample.completion: row.sample.eos for row in built(BIKES, bare, eos_mid_topic=False).rows[: len(BIKES[1])]}
    assert [text for text, eos in closed.items() if not eos] == ["Turn the screw. "]
    assert all(row.sample.eos for row in built(BIKES, bare).rows)


def test_blank_text_at_the_end_does_not_hide_that_a_topic_is_closed(bare: Wordings) -> None:
    tree, chunks = grow([document("b.md", "First part. ", "Second part.", " " * 20)], chunk_tokens=15)
    assert [chunk.text for chunk in chunks] == ["First part. ", "Second part.", " " * 15, " " * 5]
    builder = built((tree, chunks), bare, eos_mid_topic=False)
    assert [(row.sample.completion, row.sample.eos) for row in builder.rows if row.sample.kind == "passage"] == [
        ("First part. ", False),
        ("Second part.", True),
    ]
    assert [(item.id, item.reason) for item in builder.dropped] == [
        ("passage/b.md:24-39", "blank"),
        ("passage/b.md:39-44", "blank"),
    ]


def test_a_topic_with_text_after_its_subtopics_is_closed_by_its_last_passage(bare: Wordings) -> None:
    # As in a taxonomy of the user's own.
    tree, chunks = grow([document("b.md", (1, "Book"), "one", (2, "A"), "two", (2, "B"), "three")])
    moved = [chunk if chunk.text != "three" else _moved(chunk, tree.root.subtopics[0].id) for chunk in chunks]
    rows = built((tree, moved), bare, eos_mid_topic=False).rows[:3]
    assert [(row.sample.completion, row.sample.eos) for row in rows] == [("one", False), ("two", True), ("three", True)]


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
    assert [(d.stage, d.id, d.reason, d.detail) for d in left_out.dropped if d.reason != "answer_in_prompt"] == [
        ("scpt", "passage/handbook.md:147-159", "back_matter", "under 'References'")
    ]
    for builder in (kept, left_out):
        assert not [row for row in builder.rows if row.sample.kind != "passage" and "References" in str(row.sample)]


def test_numbered_parts_are_places_but_nothing_is_asked_about_them(bare: Wordings) -> None:
    grown = grow([document("b.md", (1, "Book"), "x" * 30, "y" * 30, (2, "A"), "z")], chunk_tokens=25, split_over=2)
    builder = built(grown, bare)
    assert told(builder, "passage")[0][0] == "Bicycles > Book > Part 1\n\n"
    assert not [row for row in builder.rows if row.sample.kind != "passage" and "Part" in str(row.sample)]
    assert builder.dropped == []


def test_step_is_called_once_a_chunk(bare: Wordings) -> None:
    steps: list[None] = []
    settings = settings_of(back_matter="leave_out")
    builder = ScptBuilder(BIKES[0], bare, settings, plan_budget(500, None, settings, CharCodec()), CharCodec(), 1)
    builder.add_passages(BIKES[1], lambda: steps.append(None))
    assert len(steps) == len(BIKES[1])


def test_a_title_before_the_text_is_shortened_for_its_budget(bare: Wordings) -> None:
    grown = grow([document("b.md", (1, "The structure of the plasma membrane of eukaryotic cells"), "Thin.")])
    lines = {
        size: told(built(grown, bare, size, title_in_completion=True), "passage")[0][1] for size in (1024, 720, 480, 320, 192)
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
    with pytest.raises(BudgetError, match=r"The title 'Membranes' does not fit 6 tokens\. Raise sequence_len, or set title_in"):
        built(grown, bare, 96, title_in_completion=True)


def test_a_path_is_shortened_for_its_budget(bare: Wordings) -> None:
    prompts = {tokens: told(built(BIKES, bare, map_tokens=tokens), "passage")[7][0] for tokens in (70, 58, 50, 40, 30, 16)}
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
        return told(built(grown, wordings, context="mindmap", map_tokens=map_tokens), "passage")[5][0]

    assert prompt(300).count("Chapter no.") == 10
    assert prompt(150) == (
        "Bicycles\n└─ Book\n   ├─ … (+4)\n   ├─ Chapter no. 4.\n   ├─ **Chapter no. 5.**\n   ├─ Chapter no. 6.\n   └─ … (+3)\n\n"
    )
    assert prompt(80) == "Bicycles\n└─ Book\n   ├─ … (+5)\n   ├─ **Chapter no. 5.**\n   └─ … (+4)\n\n"
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
    assert "The place of 'The Handbook' does not fit 90 tokens (map_tokens 90, sequence_len 4000)" in str(caught.value)
    assert f"{tmp_path}/scpt/en/passage-path/01.jinja" in str(caught.value)


# --- what is said about topics


def test_repeated_titles_are_told_apart_in_every_question() -> None:
    grown = grow(
        [
            document(
                "b.md",
                (1, "Drugs"),
                *[part for drug in ("Aspirin", "Statins") for part in ((2, drug), (3, "Dose"), "x", (3, "Use"))],
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
    grown = grow([document("b.md", (1, "Book"), (2, "Case"), "x", (2, "Case"), "y", (3, "Deep"), "z", (3, "Deeper"), "!")])
    builder = built(grown)
    cases = [topic.id for topic in grown[0].root.walk() if topic.title == "Case"]
    assert not [row for row in builder.rows if row.sample.topic_id in cases and row.sample.kind != "passage"]
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
            {"A": ["locate"], "B": ["chapter_map", "locate", "parent"], "C": ["locate", "parent"], "E": ["locate", "parent"]},
        ),
        (
            branch("D", branch("A"), branch("B")),
            {"D": ["book_map", "children"], "A": ["locate", "siblings"], "B": ["locate", "siblings"]},
        ),
        # Back matter is no sibling and no child.
        (branch("D", branch("A", branch("B"), branch("Index"))), {"A": ["locate"], "B": ["locate", "parent"]}),
        (
            branch("D", branch("A", branch("B"), branch("Exercises", branch("C"), branch("E")))),
            {"A": ["locate"], "B": ["locate", "parent"]},
        ),
        # Domain and book of one name are shown as one: the one is spoken of, but has no place in the other.
        (
            branch("A", branch("A", branch("B"), branch("C"))),
            {"A": ["book_map", "children"], "B": ["locate", "siblings", "parent"], "C": ["locate", "siblings", "parent"]},
        ),
        (branch("D"), {}),
    ],
)
def test_an_odd_tree_gives_rise_to_nothing_false(shape: Any, expected: dict[str, list[str]]) -> None:
    tree = Tree(plant(shape))
    builder = built((tree, []), wordings=1)
    found = {topic.title: kinds for topic in tree.root.walk() if (kinds := kinds_of(builder, topic))}
    assert found == expected


def test_a_prompt_without_room_is_dropped_with_a_reason(bare: Wordings) -> None:
    grown = grow([document("b.md", (1, "The structure of the plasma membrane"), "Thin.", (2, "Lipids"), "!")])
    builder = built(grown, bare, map_tokens=20, kinds=("passage", "locate", "parent"))
    root = grown[0].root.subtopics[0]
    assert [(item.id, item.reason, item.detail) for item in builder.dropped] == [
        (f"locate/{root.id}/{turn}", "too_long", "the prompt does not fit 20 tokens") for turn in range(3)
    ]
    assert len(told(builder, "locate")) == 3


def test_a_completion_without_room_is_dropped_with_a_reason(bare: Wordings) -> None:
    parts = [(2, f"A chapter with a long title, number {number}") for number in range(20)]
    grown = grow([document("b.md", (1, "Book"), "x", *parts)])
    builder = built(grown, bare, 500, kinds=("passage", "children", "book_map"))
    book = grown[0].root.subtopics[0]
    assert [(item.id, item.reason, item.detail) for item in builder.dropped] == [
        (f"book_map/{book.id}", "too_long", f"the completion does not fit {500 - 2 - len('Book Book:') - 1} tokens"),
        (f"children/{book.id}", "too_long", f"the completion does not fit {500 - 2 - len('Below Book:') - 1} tokens"),
    ]


def test_a_map_too_deep_is_told_shallower(bare: Wordings) -> None:
    parts: list[Any] = [(1, "Book"), (2, "Chapter")]
    for number in range(4):
        parts += [(3, f"Section {number}"), *[(4, f"Point {number}.{point} with some words") for point in range(5)]]
    grown = grow([document("b.md", *parts, "x")])
    deep = told(built(grown, bare, 2000), "chapter_map")
    shallow = told(built(grown, bare, 200), "chapter_map")
    assert [prompt for prompt, _ in deep] == [prompt for prompt, _ in shallow]
    assert deep[0][1].count("Point") == 20
    assert [completion for _, completion in shallow] == ["Chapter\n├─ Section 0\n├─ Section 1\n├─ Section 2\n└─ Section 3"]


def test_a_chapter_map_without_room_for_its_place_is_told_by_name(bare: Wordings) -> None:
    builder = built(BIKES, bare, context="mindmap", map_tokens=36)
    rows = [row.sample for row in builder.rows if row.sample.kind == "chapter_map"]
    assert [(row.prompt, row.template) for row in rows] == [
        ("Chapter Brakes of The Handbook:\n", "en/chapter_map-path/01"),
        ("Chapter Gears of The Handbook:\n", "en/chapter_map-path/01"),
    ]


@pytest.mark.parametrize("context", ["path", "mindmap"])
@pytest.mark.parametrize("odd", ODD_TITLES, ids=range(len(ODD_TITLES)))
def test_hostile_titles_and_texts_pass_unchanged(bare: Wordings, odd: str, context: str) -> None:
    text = f"{odd} {{{{ 7*7 }}}} {{% raw %}} </s> **x** ├─ \x00\n"
    grown = grow([document("b.md", (1, "Book"), (2, "Before"), "a", (2, " ".join(odd.split())), text, (2, "After"), "b")])
    tree, _ = grown
    topic = tree.root.subtopics[0].subtopics[1]
    builder = built(grown, bare, context=context)
    passage = next(row.sample for row in builder.rows if row.sample.completion == text)
    title = tree.title(topic)
    if context == "path":
        assert passage.prompt == f"Bicycles > Book > {title}\n\n"
    else:
        assert f"Text of {title}, that is {title}:" in passage.prompt
        marked = mindmap.render(MapNode(title=title, marked=True))
        assert f"\n   ├─ {marked}\n" in passage.prompt
        assert passage.prompt.count("\n   ├─ Before\n") == 1
    if tree.is_knowledge(topic):
        assert (f"Above {title}:\n", "Book") in told(builder, "parent")
    assert "49" not in "".join(prompt for prompt, _ in told(builder, *ALL_KINDS))


# --- languages


def test_the_language_of_the_topic_decides_the_wording(tmp_path: Path) -> None:
    wordings_of(tmp_path, BARE)
    folder = tmp_path / "scpt" / "zh" / "locate"
    folder.mkdir(parents=True)
    (folder / "01.jinja").write_text("{{ name }}在哪里？", encoding="utf-8")
    grown = grow([document("a.md", "甲", title="细胞", language="zh"), document("b.md", "b", title="Cells")])
    builder = built(grown, Wordings([tmp_path], "scpt"), kinds=("passage", "locate"), wordings=1)
    rows = [row.sample for row in builder.rows if row.sample.kind == "locate"]
    assert (rows[0].prompt, rows[0].template) == ("细胞在哪里？\n", "zh/locate/01")
    assert rows[1].template.startswith("en/locate/")


# --- for any tree

sizes = st.integers(64, 700)
contexts = st.sampled_from(("path", "mindmap"))
codecs = st.sampled_from((CharCodec(), CharCodec(bos=False), WordCodec()))


def any_build(
    docs: list[Document], sequence_len: int, codec: CharCodec, **scpt: Any
) -> tuple[Tree, list[Chunk], Budget, ScptBuilder]:
    settings = settings_of(**scpt)
    budget = plan_budget(sequence_len, None, settings, codec)
    tree, chunks = grow(docs, chunk_tokens=budget.chunk, codec=codec)
    builder = ScptBuilder(tree, SHIPPED, settings, budget, codec, 1)
    try:
        builder.add_passages(chunks)
    except BudgetError as error:
        # Only a budget of a few tokens cannot hold ten letters of a title.
        assume("The title" not in str(error))
        raise
    builder.add_structure()
    return tree, chunks, budget, builder


@few_examples
@given(documents(), sizes, contexts, codecs, st.booleans())
def test_every_row_fits_and_is_counted_right(
    docs: list[Document], sequence_len: int, context: str, codec: CharCodec, title: bool
) -> None:
    _, _, budget, builder = any_build(docs, sequence_len, codec, context=context, title_in_completion=title)
    for row in builder.rows:
        assert row.prompt_tokens == count_tokens(codec, [row.sample.prompt])[0]
        assert row.trained == count_tokens(codec, [row.sample.completion])[0] + 1
        assert len(codec.prefix) + row.prompt_tokens + row.trained <= sequence_len
        assert row.prompt_tokens <= budget.prompt
        assert row.sample.completion.strip()
        assert row.sample.prompt.endswith("\n\n" if row.sample.kind == "passage" else "\n")


@few_examples
@given(documents(), sizes, contexts, codecs, st.booleans())
def test_passages_are_the_corpus(docs: list[Document], sequence_len: int, context: str, codec: CharCodec, title: bool) -> None:
    tree, chunks, _, builder = any_build(docs, sequence_len, codec, context=context, title_in_completion=title)
    rows = [row for row in builder.rows if row.sample.kind == "passage"]
    blank = {item.id for item in builder.dropped if item.reason == "blank"}
    text: dict[str, str] = {}
    for row in rows:
        own = row.sample.completion
        if title:
            line, own = own.split("\n\n", 1)
            assert tree.title(tree.topics[row.sample.topic_id]).startswith(line.removesuffix("…"))
        text[row.sample.id] = own
    for doc in docs:
        ids = [f"passage/{chunk.id}" for chunk in chunks if chunk.document_id == doc.id]
        blanks = {f"passage/{chunk.id}": chunk.text for chunk in chunks if not chunk.text.strip()}
        assert "".join(text[name] if name in text else blanks[name] for name in ids) == doc.text
    assert blank == set(blanks)
    assert [row.sample.id for row in rows] == [f"passage/{chunk.id}" for chunk in chunks if chunk.text.strip()]


@few_examples
@given(documents(), contexts)
def test_eos_is_missing_only_where_a_topic_goes_on(docs: list[Document], context: str) -> None:
    _, chunks, _, builder = any_build(docs, 128, CharCodec(), context=context, eos_mid_topic=False)
    chunk_of = {chunk.id: chunk for chunk in chunks}
    rows = [row.sample for row in builder.rows if row.sample.kind == "passage"]
    for number, sample in enumerate(rows):
        goes_on = any(chunk_of[later.chunk_ids[0]].topic_id == sample.topic_id for later in rows[number + 1 :])
        assert sample.eos is not goes_on
    assert all(row.sample.eos for row in builder.rows if row.sample.kind != "passage")


@few_examples
@given(documents(), contexts, st.integers(1, 20))
def test_every_knowledge_point_is_located_or_dropped(docs: list[Document], context: str, wordings: int) -> None:
    tree, _, _, builder = any_build(docs, 700, CharCodec(), context=context, wordings=wordings)
    asked: dict[str, list[SizedSample]] = {}
    for row in builder.rows:
        if row.sample.kind == "locate":
            asked.setdefault(row.sample.topic_id, []).append(row)
    dropped = Counter(item.id.split("/")[1] for item in builder.dropped if item.id.startswith("locate/"))
    pool = len(SHIPPED.pool("en", "locate"))
    for topic in tree.root.walk():
        rows = asked.get(topic.id, [])
        if topic is tree.root or not tree.is_knowledge(topic) or tree.is_repeat(topic):
            assert not rows
            assert not dropped[topic.id]
        elif tree.name(topic) is None:
            assert not rows
            assert dropped[topic.id] == 1
        else:
            assert len(rows) + dropped[topic.id] == min(wordings, pool)
            assert len({row.sample.template for row in rows}) == len(rows)
            assert {row.sample.completion for row in rows} <= {" > ".join(tree.path_titles(topic))}


@few_examples
@given(documents(), contexts)
def test_everything_that_is_said_is_true_and_asked_of_one_topic(docs: list[Document], context: str) -> None:
    tree, _, _, builder = any_build(docs, 700, CharCodec(), context=context)
    answers: dict[tuple[str, str], str] = {}
    for sample in (row.sample for row in builder.rows if row.sample.kind != "passage"):
        topic = tree.topics[sample.topic_id]
        assert answers.setdefault((sample.template, sample.prompt), sample.completion) == sample.completion
        assert (tree.name(topic) or "\x00") in sample.prompt
        parent = tree.parent(topic)
        if sample.kind == "parent":
            assert parent is not None
            # Of titles that differ in case alone and are shown as one, the upper is shown.
            assert sample.completion.casefold() == tree.title(parent).casefold()
        elif sample.kind == "siblings":
            assert sample.completion == "; ".join(map(tree.title, tree.siblings(topic)))
        elif sample.kind == "children":
            assert len(tree.children(topic)) > 1
            assert sample.completion == "; ".join(map(tree.title, tree.children(topic)))
        elif sample.kind.endswith("_map"):
            top = tree.chapter(topic) if (sample.kind, context) == ("section_map", "mindmap") else topic
            lines = sample.completion.split("\n")
            assert lines[0] == mindmap.render(MapNode(title=tree.title(top)))
            assert len(lines) > 1
            shown = [mindmap.render(MapNode(title=tree.title(below))) for below in tree.children(top)]
            drawn = [line[3:] for line in lines[1:] if line[:3] in ("├─ ", "└─ ")]
            assert drawn == shown


@few_examples
@given(documents(), contexts, st.integers(0, 3))
def test_the_same_inputs_give_the_same_rows(docs: list[Document], context: str, seed: int) -> None:
    first, second = (built(grow(docs), seed=seed, context=context) for _ in range(2))
    assert first.rows == second.rows
    assert first.dropped == second.dropped


@pytest.mark.parametrize("context", ["path", "mindmap"])
def test_another_seed_changes_wordings_and_nothing_else(context: str) -> None:
    one, other = built(BIKES, seed=1, context=context), built(BIKES, seed=2, context=context)
    assert [row.sample.id for row in one.rows] == [row.sample.id for row in other.rows]
    assert [row.sample.completion for row in one.rows] == [row.sample.completion for row in other.rows]
    assert [row.sample.template for row in one.rows] != [row.sample.template for row in other.rows]


def test_a_sample_does_not_depend_on_others() -> None:
    alone = built(grow([HANDBOOK, NOTES]), kinds=("passage", "locate"))
    among = built(grow([HANDBOOK, NOTES]))
    assert [row for row in among.rows if row.sample.kind in ("passage", "locate")] == alone.rows


def test_a_row_without_eos_is_counted_without_it() -> None:
    grown = grow([document("b.md", (1, "Book"), "one two three four five six. " * 90)])
    builder = built(grown, eos_mid_topic=False)
    passages = [row for row in builder.rows if row.sample.kind == "passage"]
    assert [row.sample.eos for row in passages] == [*[False] * (len(passages) - 1), True]
    assert len(passages) > 1
    assert [row.trained for row in passages] == [len(row.sample.completion) + row.sample.eos for row in passages]
