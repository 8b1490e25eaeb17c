"""Exercises of small books with apparatus, key terms and citations."""

from __future__ import annotations

from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.exercises.points import points_of
from tests.trees import document, grow

HARBOUR = (
    (1, "Harbour Studies"),
    (2, "Tides"),
    (3, "Learning Objectives"),
    "By the end of this section, you should be able to describe spring tides.\n\n",
    (3, "Spring Tides"),
    "Spring tides rise highest when sun and moon pull along one line.\n\n",
    (3, "Key Terms"),
    "**ebb**: the falling of the water between high tide and low tide.\n\n",
    (3, "Critical Thinking Questions"),
    "Discuss the pull of the sun with a partner.\n\n",
    (3, "Image Credits"),
    "All photographs of the harbour are used with permission of the port.\n\n",
    (2, "Currents"),
    (3, "Rip Currents"),
    "Rip currents carry swimmers away from the beach through gaps in the sand bars.\n\n",
)
SOILS = (
    (1, "Soil and Water"),
    (2, "Clay Soils"),
    "Clay holds water three times as long as sand (SCS, 2019). Drain tiles laid at one metre "
    "lower the water table within two seasons (Ortega et al., 2020).\n\n",
    (2, "Sandy Soils"),
    "Sand loses nitrate to the ground water after every heavy rain (SCS, 2020). Mulch of straw "
    "keeps the upper layer of sand moist (Ortega et al., 2021).\n\n",
)


def exercises_of(source: Document) -> list[Exercise]:
    """Make up to eight exercises of each point."""
    tree, chunks = grow([source])
    rows: list[Exercise] = []
    for row in make_exercises(tree, [source], chunks, 8, 1):
        rows += row
    return rows


def test_nothing_asks_about_apparatus_and_key_terms_belong_to_their_chapter() -> None:
    exercises = exercises_of(document("harbour.md", *HARBOUR))
    titles = {exercise.asked.title for exercise in exercises}
    assert "Tides" in titles
    assert titles <= {"Tides", "Spring Tides", "Rip Currents"}
    assert any("ebb" in e.term + e.answer + e.reasoning for e in exercises)


def test_key_terms_are_sentences_of_the_chapter() -> None:
    source = document("harbour.md", *HARBOUR)
    tree, chunks = grow([source])
    texts = {
        point.title: [s.text for s in point.sentences]
        for point in points_of(tree, [source], chunks)
    }
    assert texts["Tides"] == ["**ebb**: the falling of the water between high tide and low tide."]


def test_citations_are_no_terms() -> None:
    exercises = exercises_of(document("soils.md", *SOILS))
    assert exercises
    for exercise in exercises:
        gap = exercise.answer if exercise.form in ("cloze", "term") else ""
        for name in ("SCS", "Ortega", "et al", "2019"):
            assert name not in exercise.term
            assert name not in gap
