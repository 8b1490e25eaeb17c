"""Scores of what reasoning models say: the answer counts, and thoughts never do."""

from __future__ import annotations

import json

import pytest

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.evaluation.tasks import metric_of, score_of
from structtuning_plugin.evaluation.types import Question
from tests.conftest import PROJECT
from tests.evaluation.asking import FORMATS
from tests.evaluation.reasoning_replies import CHOICE, FREE, OPTIONS

GRADED = PROJECT / "tests" / "data" / "cases" / "70-thoughts-are-graded" / "graded.jsonl"


def score(pair: QAPair, reply: str) -> float:
    metric = metric_of(pair, FORMATS[pair.format])
    question = Question(pair=pair, file="q.jsonl", dataset="", metric=metric)
    return score_of(question, reply, FORMATS)[0]


def choice(language: str) -> QAPair:
    options = tuple(zip("ABCD", OPTIONS[language], strict=True))
    return QAPair(
        id="q#1",
        format="mmedbench",
        question="?",
        answers=(options[1][1],),
        language=language,
        options=options,
        correct=("B",),
    )


@pytest.mark.parametrize(("language", "reply", "right"), CHOICE)
def test_the_option_after_the_thoughts_counts(language: str, reply: str, right: int) -> None:
    assert score(choice(language), reply) == right


@pytest.mark.parametrize(("language", "answer", "reply", "right"), FREE)
def test_the_free_answer_after_the_thoughts_counts(
    language: str, answer: str, reply: str, right: int
) -> None:
    pair = QAPair(id="q#1", format="plain", question="?", answers=(answer,), language=language)
    assert score(pair, reply) == right


@pytest.mark.parametrize("line", GRADED.read_text(encoding="utf-8").splitlines())
def test_replies_that_were_graded_wrongly(line: str) -> None:
    record = json.loads(line)
    reply, right = record.pop("reply"), record.pop("score")
    record["options"] = tuple(map(tuple, record.get("options", ())))
    record["correct"], record["answers"] = (
        tuple(record.get("correct", ())),
        tuple(record["answers"]),
    )
    assert score(QAPair(**record), reply) == right


def test_the_table_has_six_languages() -> None:
    assert len(CHOICE) + len(FREE) >= 90
    assert {language for language, *_ in CHOICE} == {"en", "zh", "ja", "fr", "ru", "es"}
