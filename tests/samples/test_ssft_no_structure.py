"""`ssft.context: none`: no answer holds a path or a map, and no question asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.core.templates import Wordings, builtin_templates
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.grading.final_answer import marker
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from tests.samples.building import BIKES
from tests.samples.ssft_building import (
    FORMATS,
    LANGUAGES,
    KindBuilder,
    bare_wordings,
    builder_of,
    choice,
    free,
    linked,
    said,
    samples,
    unlinked,
)
from tests.trees import titled

TREE = BIKES[0]
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")
ADJUSTMENT = titled(TREE, "The Handbook", "1. Brakes", "Adjustment")


@pytest.fixture
def builder(tmp_path: Path) -> KindBuilder:
    return builder_of(TREE, wordings=bare_wordings(tmp_path), context="none")


def test_questions_of_the_user(builder: KindBuilder) -> None:
    pairs = [
        free("q#1", explanation="They rub."),
        choice("q#2", ("Rubber", "Glass"), "A", question="What?", explanation=""),
        free("q#3"),
    ]
    builder.add_answers(pairs[:1])
    links = [linked(pairs[0], PADS), linked(pairs[1], PADS, ADJUSTMENT), unlinked(pairs[2])]
    builder.add_reasoned(pairs, links, {})
    assert said(builder) == {
        "answer/q#1": ("Why? Answer only.", "Because."),
        "reasoned/q#1": ("Why? Explain.", "They rub.\n\nAnswer: Because."),
        "reasoned/q#2": ("What?\n\nA. Rubber\nB. Glass\n\n(one) Explain.", "Answer: A. Rubber"),
    }
    # The rows are those of `path`: a question without a link has none here either.
    assert [(item.id, item.reason) for item in builder.dropped] == [("reasoned/q#3", "no_fit")]
    long = samples(builder)[1]
    assert (long.template, long.structure, long.topic_ids) == (
        "en/explain/01+en/reasoned-none/01",
        "",
        (PADS.id,),
    )


def test_questions_about_the_tree_are_those_with_a_title_as_answer(builder: KindBuilder) -> None:
    builder.add_structure()
    rows = list(said(builder).values())
    assert [(asked, answer) for asked, answer in rows if asked.startswith("After")] == [
        ("After The Handbook?", "Answer: Notes"),
        ("After Brakes?", "Answer: Gears"),
        ("After Pads?", "Answer: Adjustment"),
        ("After Adjustment (Gears)?", "Answer: History"),
        ("After Cable?", "Answer: Limit screws"),
    ]
    assert ("Above Cable and History?", "Answer: Gears") in rows
    assert {asked.split()[0] for asked, _ in rows} == {"After", "Above"}
    assert not any(" > " in answer or "─" in answer for _, answer in rows)


@pytest.mark.parametrize("spells_path", [False, True])
def test_exercises(builder: KindBuilder, spells_path: bool) -> None:
    exercise = Exercise(
        id="exercise/1",
        form="cloze",
        asked=PADS,
        places=(PADS,),
        chunk_ids=PADS.chunk_ids,
        text="Pads ____ down.",
        answer="wear",
        reasoning="Pads wear down.",
        spells_path=spells_path,
    )
    builder.add_exercises([exercise])
    assert said(builder) == {"exercise/1": ("In Pads: Pads ____ down.", "wear")}


def test_walks(builder: KindBuilder) -> None:
    pair = choice("walk/0", ("a", "b"), "B", question="Which one?", explanation="One.\n\nTwo.")
    walk = WalkQuestion(
        pair=pair,
        shape="inside",
        topic_ids=(PADS.id, ADJUSTMENT.id),
        chunk_ids=PADS.chunk_ids,
        request="k",
        model="m",
        verdict="Right.",
    )
    builder.add_walks([walk])
    assert said(builder) == {
        "walk/0": (
            "Which one?\n\nA. a\nB. b\n\n(one) Explain.",
            "One.\n\nTwo.\n\nAnswer: B. b",
        )
    }


def test_a_row_that_is_too_long_has_no_shorter_form(tmp_path: Path) -> None:
    builder = builder_of(TREE, wordings=bare_wordings(tmp_path), context="none", sequence_len=5)
    pair = free(explanation="They rub against the rim.")
    builder.add_reasoned([pair], [linked(pair, PADS)], {})
    assert samples(builder) == []
    assert [(item.id, item.reason) for item in builder.dropped] == [("reasoned/q#1", "too_long")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_own_wordings_and_the_grader_finds_the_answer(
    language: str,
) -> None:
    pair = free(answer="42 kg", language=language, explanation="2 + 40.\n\nSo it is.")
    templates = set()
    for seed in range(40):
        builder = builder_of(TREE, seed=seed, context="none")
        builder.add_reasoned([pair], [linked(pair, PADS)], {})
        (sample,) = samples(builder)
        mark = marker(language)
        joint = "" if mark.endswith("：") else " "
        answer = sample.messages[-1].content
        assert answer == f"{pair.explanation}\n\n{mark}{joint}42 kg"
        assert FORMATS["plain"].grade(pair, answer) == 1.0
        assert "Why?" in sample.messages[0].content
        templates.add(sample.template)
    assert {name for template in templates for name in template.split("+")} == {
        *(f"{language}/explain/{number:02}" for number in range(1, 11)),
        f"{language}/reasoned-none/01",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_asks_for_a_place(language: str) -> None:
    wordings = Wordings([builtin_templates()], "qa")
    values = {"domain": "D", "language": language, "question": "Q?"}
    explaining = {item.render(values) for item in wordings.pool(language, "explain")}
    reasoning = {item.render(values) for item in wordings.pool(language, "reason")}
    assert len(explaining) == 10
    assert not explaining & reasoning
