"""Questions made from the tree, from its text and from walks."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.samples.ssft import SsftBuilder
from structtuning_plugin.taxonomy.tree import Tree
from tests.samples.building import BIKES
from tests.samples.ssft_building import bare_wordings, builder_of, choice, said, samples
from tests.trees import branch, document, grow, plant, titled

TREE = BIKES[0]
BRAKES = titled(TREE, "The Handbook", "1. Brakes")
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")
ADJUSTMENT = titled(TREE, "The Handbook", "1. Brakes", "Adjustment")
HANDBOOK = "Bicycles > The Handbook"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wordings]:
    return bare_wordings(tmp_path_factory.mktemp("bare"))


def test_what_is_asked_about_the_tree(bare: dict[str, Wordings]) -> None:
    builder = builder_of(TREE, wordings=bare)
    builder.add_structure()
    found = list(said(builder).values())
    assert [(asked, answer) for asked, answer in found if asked.startswith("Where")] == [
        ("Where is The Handbook?", HANDBOOK),
        ("Where is Brakes?", "The Handbook > Brakes"),
        ("Where is Pads?", "Brakes > Pads"),
        ("Where is Adjustment (Brakes)?", "Brakes > Adjustment"),
        ("Where is Gears?", "The Handbook > Gears"),
        ("Where is Adjustment (Gears)?", "Gears > Adjustment"),
        ("Where is Cable?", "Adjustment > Cable"),
        ("Where is Limit screws?", "Adjustment > Limit screws"),
        ("Where is History?", "Gears > History"),
        ("Where is Notes?", "Bicycles > Notes"),
    ]
    assert ("Map of Brakes?", "Brakes\n├─ Pads\n└─ Adjustment") in found
    gears = "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History"
    assert ("Map of Gears?", gears) in found
    assert [(asked, answer) for asked, answer in found if asked.startswith("After")] == [
        ("After The Handbook?", "Bicycles > The Handbook\nBicycles > Notes\n\nAnswer: Notes"),
        ("After Brakes?", "The Handbook > Brakes\nThe Handbook > Gears\n\nAnswer: Gears"),
        (
            "After Pads?",
            "Brakes > Pads\nBrakes > Adjustment\n\nAnswer: Adjustment",
        ),
        (
            "After Adjustment (Gears)?",
            "Gears > Adjustment\nGears > History\n\nAnswer: History",
        ),
        (
            "After Cable?",
            "Adjustment > Cable\nAdjustment > Limit screws\n\nAnswer: Limit screws",
        ),
    ]
    common = {asked: answer for asked, answer in found if asked.startswith("Above")}
    assert common["Above Cable and History?"] == (
        "Adjustment > Cable\nGears > History\n\nAnswer: Gears"
    )
    assert len(found) == 10 + 5 + 5 + len(common)


def test_nothing_is_asked_of_a_name_that_fits_several(bare: dict[str, Wordings]) -> None:
    tree, _ = grow([document("b.md", (1, "Book"), (2, "Case"), "x", (2, "Case"), "y")])
    builder = builder_of(tree, wordings=bare)
    builder.add_structure()
    assert all("Case" not in question for question, _ in said(builder).values())
    assert [(d.reason, d.detail) for d in builder.dropped] == [
        ("not_unique", "several topics are 'Case', with their paths too")
    ] * 2


def test_the_heading_above_two_points_is_not_asked_where_a_name_says_it() -> None:
    shape = branch(
        "D",
        branch("A", branch("B", branch("C"), branch("X")), branch("E", branch("C"), branch("Y"))),
    )
    builder = builder_of(Tree(plant(shape)))
    builder.add_structure()
    for sample in samples(builder):
        if sample.id.endswith("/common"):
            assert sample.messages[-1].content.rpartition(" ")[2] not in sample.messages[0].content


def test_a_map_that_is_too_long_is_drawn_with_fewer_levels() -> None:
    gears = titled(TREE, "The Handbook", "2. Gears")
    maps = {}
    for room in range(5, 60):
        builder = builder_of(TREE, sequence_len=room)
        builder.add_structure()
        maps |= {
            s.structure: s for s in samples(builder) if s.id == f"structure/{gears.id}/organised"
        }
        assert all(row.prompt_tokens + row.trained <= room for row in builder.rows)
        assert {d.reason for d in builder.dropped} <= {"too_long"}
    assert list(maps) == [
        "Gears\n├─ Adjustment\n└─ History",
        "Gears\n├─ Adjustment\n│  ├─ Cable\n│  └─ Limit screws\n└─ History",
    ]


def exercise(form: str, **more: object) -> Exercise:
    values = {
        "id": f"exercise/1/{form}",
        "form": form,
        "asked": PADS,
        "places": (PADS,),
        "chunk_ids": PADS.chunk_ids,
        **more,
    }
    return Exercise(**values)  # type: ignore[arg-type]


def test_exercises_are_answered_alone_or_after_their_places(bare: dict[str, Wordings]) -> None:
    builder = builder_of(TREE, wordings=bare)
    builder.add_exercises(
        [
            exercise("definition", term="pad", answer="A pad rubs.", spells_path=True),
            exercise(
                "cloze",
                text="Pads ____ down.",
                answer="wear",
                reasoning="Pads wear down.",
                spells_path=True,
                turn=1,
            ),
            exercise("heading", text="Pads wear down.", answer="Pads", turn=2),
            exercise(
                "extract_next",
                places=(PADS, ADJUSTMENT),
                term="screw",
                answer="Turn the screw.",
                spells_path=True,
                turn=3,
            ),
        ]
    )
    place = "Brakes > Pads"
    assert list(said(builder).values()) == [
        ("What is pad? Reason.", f"{place}\n\nAnswer: A pad rubs."),
        ("In Pads: Pads ____ down. Reason.", f"{place}\n\nPads wear down.\n\nAnswer: wear"),
        ("Heading of: Pads wear down.", "Pads"),
        (
            "After Pads on screw? Reason.",
            f"{place}\nBrakes > Adjustment\n\nAnswer: Turn the screw.",
        ),
    ]
    assert [row.turn for row in builder.rows] == [0, 1, 2, 3]
    assert {sample.chunk_ids for sample in samples(builder)} == {PADS.chunk_ids}


def test_a_question_from_a_walk_is_asked_like_a_given_one(bare: dict[str, Wordings]) -> None:
    pair = choice(
        "walk/3/0",
        ("a", "b", "c", "d"),
        "C",
        question="Which one?",
        explanation="One.\n\nTwo, for example.",
    )
    walked = WalkQuestion(
        pair=pair,
        shape="inside",
        topic_ids=(PADS.id, ADJUSTMENT.id),
        chunk_ids=(*PADS.chunk_ids, *ADJUSTMENT.chunk_ids),
        request="k",
        model="m",
        verdict="Right.",
    )
    builder = builder_of(TREE, wordings=bare)
    builder.add_walks([walked])
    (sample,) = samples(builder)
    places = "Brakes > Pads\nBrakes > Adjustment"
    assert said(builder) == {
        "walk/3/0": (
            "Which one?\n\nA. a\nB. b\nC. c\nD. d\n\n(one) Reason.",
            f"{places}\n\nOne.\n\nTwo, for example.\n\nAnswer: C. c",
        )
    }
    assert (sample.kind, sample.qa_id, sample.request, sample.model, sample.verdict) == (
        "walk",
        "",
        "k",
        "m",
        "Right.",
    )


def asked(builder: SsftBuilder) -> dict[str, str]:
    return dict(said(builder).values())


def test_a_map_of_what_is_organised_goes_three_levels_down(bare: dict[str, Wordings]) -> None:
    deep = branch("Two", branch("Three", branch("Four"), branch("Fourth")), branch("Third"))
    builder = builder_of(
        Tree(plant(branch("D", branch("Book", branch("One", deep, branch("Second")))))),
        wordings=bare,
    )
    builder.add_structure()
    assert (
        asked(builder)["Map of One?"]
        == "One\n├─ Two\n│  ├─ Three\n│  │  ├─ Four\n│  │  └─ Fourth\n│  └─ Third\n└─ Second"
    )
    deeper = branch("Zero", branch("One", deep, branch("Second")), branch("Last"))
    builder = builder_of(Tree(plant(branch("D", branch("Book", deeper)))), wordings=bare)
    builder.add_structure()
    assert (
        asked(builder)["Map of Zero?"]
        == "Zero\n├─ One\n│  ├─ Two\n│  │  ├─ Three\n│  │  └─ Third\n│  └─ Second\n└─ Last"
    )


def test_nothing_is_organised_that_has_one_part_only(bare: dict[str, Wordings]) -> None:
    builder = builder_of(
        Tree(plant(branch("D", branch("Book", branch("One", branch("Two")), branch("Other"))))),
        wordings=bare,
    )
    builder.add_structure()
    assert [question for question in asked(builder) if question.startswith("Map")] == [
        "Map of Book?"
    ]


def test_the_heading_above_two_sections_of_a_book_is_the_book(bare: dict[str, Wordings]) -> None:
    chapters = branch("Wheels", branch("Hub")), branch("Brakes", branch("Pads"))
    builder = builder_of(
        Tree(plant(branch("Bicycles", branch("Handbook", *chapters)))), wordings=bare
    )
    builder.add_structure()
    above = {
        question: answer.rpartition("\n")[2]
        for question, answer in asked(builder).items()
        if question.startswith("Above")
    }
    assert above == {
        "Above Hub and Pads?": "Answer: Handbook",
        "Above Pads and Hub?": "Answer: Handbook",
    }
