"""Which arms there are, and how each differs from the user's block."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.config import StageName, StructTuningConfig, parse_block
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation.ablation.arms import ARMS, MAIN, arms_of, block_of_arm
from structtuning_plugin.samples.selection import select_kinds
from tests.kinds import KINDS

BLOCK: dict[str, Any] = {
    "domain": "Bicycles",
    "corpus": ["book.md"],
    "eval": {"share": 0.1},
    "scpt": {"wordings": 2, "kinds": ["passage", "siblings"]},
    "ssft": {"qa": ["qa.jsonl"], "holdout": ["exam.jsonl"], "exercises": 7},
}
LLM = {"model": "m"}
# Kinds of the preset `compact` that have the text of a passage, in order.
TEXTS = ("passage", "recover", "variant", "unfold")


def block_of(**changes: Any) -> StructTuningConfig:
    return parse_block({**BLOCK, **changes})


def stage_of(name: str, stage: StageName, **changes: Any) -> StructTuningConfig:
    block = block_of(**changes)
    (arm,) = arms_of(block, [name])
    return parse_block(block_of_arm(block.model_dump(mode="json"), arm, stage, 64))


def test_the_main_arms_by_default() -> None:
    assert tuple(arm.name for arm in arms_of(block_of(), [])) == MAIN


def test_only_what_an_arm_is_about_differs() -> None:
    for arm in ARMS:
        scpt, ssft = stage_of(arm.name, "scpt"), stage_of(arm.name, "ssft")
        assert (scpt.stage, ssft.stage) == (("scpt",), ("ssft",))
        assert {scpt.chunk_tokens, ssft.chunk_tokens} == {64}
        assert scpt.scpt.wordings == 2
        assert (ssft.ssft.exercises, len(ssft.ssft.qa), len(ssft.ssft.holdout)) == (7, 1, 1)


@pytest.mark.parametrize(
    ("name", "kinds", "shown", "answers"),
    [
        ("cpt+sft", ("passage",), False, ("answer",)),
        (
            "scpt+sft",
            (*TEXTS, "section_map", "chapter_map", "book_map", "locate"),
            True,
            ("answer",),
        ),
        ("cpt+ssft", ("passage",), False, ("answer", "reasoned", "structure", "exercise", "tell")),
        (
            "scpt+ssft",
            (*TEXTS, "section_map", "chapter_map", "book_map", "locate"),
            True,
            ("answer", "reasoned", "structure", "exercise", "tell"),
        ),
        (
            "paper+ssft",
            ("passage", "section_map", "chapter_map", "book_map"),
            True,
            ("answer", "reasoned", "structure"),
        ),
        (
            "no-locate",
            (*TEXTS, "section_map", "chapter_map", "book_map"),
            True,
            ("answer", "reasoned", "structure", "exercise", "tell"),
        ),
        (
            "no-maps",
            (*TEXTS, "locate"),
            True,
            ("answer", "reasoned", "structure", "exercise", "tell"),
        ),
    ],
)
def test_kinds_of_samples(
    name: str, kinds: tuple[str, ...], shown: bool, answers: tuple[str, ...]
) -> None:
    scpt, ssft = stage_of(name, "scpt"), stage_of(name, "ssft")
    assert (select_kinds(scpt, "scpt", KINDS).names, scpt.scpt.shows_place) == (kinds, shown)
    assert select_kinds(ssft, "ssft", KINDS).names == answers


def test_walks_are_an_arm_where_there_is_a_model() -> None:
    assert select_kinds(stage_of("no-walks", "ssft", llm=LLM), "ssft", KINDS).names == (
        "answer",
        "reasoned",
        "structure",
        "exercise",
        "tell",
    )
    with pytest.raises(ConfigError, match=r"There is no arm `no-walks`\. Did you mean `no-maps`\?"):
        arms_of(block_of(), ["no-walks"])


def test_questions_are_needed() -> None:
    with pytest.raises(ConfigError) as caught:
        arms_of(block_of(ssft={}), [])
    assert str(caught.value) == (
        "An ablation needs questions to train on: give `ssft.qa`, and `ssft.holdout` to be evaluated on."
    )
