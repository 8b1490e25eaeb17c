"""Rows of what the model wrote: texts with their place, questions without their passage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from structtuning_plugin.core.types import ScptSample, SsftSample
from structtuning_plugin.hookspecs import StudyPrompt
from structtuning_plugin.plugins import study_kinds
from structtuning_plugin.questions.study.forms import StudyForm
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.samples.scpt import ScptBuilder, ScptContext
from tests.codecs import CharCodec
from tests.samples import ssft_building
from tests.samples.building import BIKES, SHIPPED, settings_of
from tests.trees import titled

TREE = BIKES[0]
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")
CABLE = titled(TREE, "The Handbook", "2. Gears", "Adjustment", "Cable")
TEXT = StudyPrompt(name="essay", reply="text", description="An essay.", order=1)
ASKED = StudyPrompt(name="quiz", reply="questions", description="A quiz.", order=2)
FORM = StudyForm(
    id="study-essay/handbook.md:0-9/0",
    prompt="essay",
    language="en",
    topic_ids=(PADS.id,),
    chunk_ids=PADS.chunk_ids,
    turn=3,
    facts=(),
    question="",
    text="Pads press on the rim.",
    tokens=22,
    request="key",
    model="m",
    verdict="So it says.",
)


def texts_of(*forms: StudyForm, sequence_len: int = 600, **scpt: Any) -> ScptBuilder:
    settings = settings_of(**scpt)
    codec = CharCodec()
    context = ScptContext(
        tree=TREE,
        chunks=BIKES[1],
        wordings=SHIPPED,
        settings=settings,
        budget=plan_budget(sequence_len, None, settings, codec),
        codec=codec,
        seed=1,
    )
    builder = ScptBuilder(context=context)
    kind = study_kinds([TEXT])["study-essay"]
    builder.add(kind, kind.draft(forms, context))
    return builder


def text_sample(builder: ScptBuilder) -> ScptSample:
    (row,) = builder.rows
    assert isinstance(row.sample, ScptSample)
    return row.sample


def test_a_text_has_its_place() -> None:
    builder = texts_of(FORM, replace(FORM, prompt="other"))
    sample = text_sample(builder)
    assert sample == ScptSample(
        id=FORM.id,
        kind="study-essay",
        topic_id=PADS.id,
        prompt="Brakes > Pads\n\n",
        completion="Pads press on the rim.",
        template="en/passage-path/01",
        chunk_ids=PADS.chunk_ids,
    )
    assert (builder.rows[0].trained, builder.rows[0].turn) == (23, 3)


def test_a_text_about_two_topics_has_both_places() -> None:
    sample = text_sample(texts_of(replace(FORM, topic_ids=(PADS.id, CABLE.id))))
    assert sample.prompt == "Brakes > Pads\nAdjustment > Cable\n\n"
    narrow = text_sample(texts_of(replace(FORM, topic_ids=(PADS.id, CABLE.id)), map_tokens=20))
    assert narrow.prompt == "Pads\nCable\n\n"


def test_without_places_there_is_none() -> None:
    sample = text_sample(texts_of(FORM, context="none"))
    assert (sample.prompt, sample.template) == ("", "none")


def test_a_text_longer_than_a_row_is_left_out() -> None:
    builder = texts_of(replace(FORM, text="x" * 590))
    assert builder.rows == []
    (item,) = builder.dropped
    assert (item.id, item.reason) == (FORM.id, "too_long")


def questions_of(count: int, **ssft: Any) -> list[SsftSample]:
    forms = [
        replace(
            FORM,
            id=f"study-quiz/handbook.md:0-9/{number}.1",
            prompt="quiz",
            question="What do pads press on?",
            text="The rim.",
        )
        for number in range(count)
    ]
    builder = ssft_building.builder_of(TREE, **ssft)
    kind = study_kinds([ASKED])["study-quiz"]
    builder.add(kind, kind.draft(forms, builder.context))
    return [row.sample for row in builder.rows if isinstance(row.sample, SsftSample)]


def test_half_of_the_questions_have_the_bare_answer() -> None:
    samples = questions_of(40)
    bare = [sample for sample in samples if not sample.structure]
    assert 12 <= len(bare) <= 28
    for sample in samples:
        question, answer = (message.content for message in sample.messages)
        assert "What do pads press on?" in question
        assert sample.topic_ids == (PADS.id,)
        assert (sample.request, sample.model, sample.verdict) == ("key", "m", "So it says.")
        if sample in bare:
            assert answer == "The rim."
        else:
            assert answer.startswith("Brakes > Pads\n")
            assert answer.endswith("Answer: The rim.")


def test_without_structure_all_answers_are_bare() -> None:
    assert {sample.messages[-1].content for sample in questions_of(10, context="none")} == {
        "The rim."
    }


@pytest.mark.parametrize("turn", [0, 5])
def test_rounds_are_turns(turn: int) -> None:
    assert texts_of(replace(FORM, turn=turn)).rows[0].turn == turn
