"""The values of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from structtuning_plugin.core.types import Dropped, Message, QAPair

Style = Literal["brief", "reason"]
# "grade" is whatever a plugin's format makes of an answer.
Metric = Literal["accuracy", "f1", "rouge_l", "classification", "grade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a task: `dataset` is the benchmark that its record names, `metric` what its score is."""

    pair: QAPair
    file: str
    metric: Metric
    dataset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the model gets it. `key` is a hash of the question and its right answers: two runs are paired by it.

    `prompt` is a hash of the messages: a prediction counts for these alone.
    """

    question: Question
    messages: tuple[Message, ...]
    key: str
    prompt: str

    @property
    def language(self) -> str:
        return self.question.pair.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said; `finish` is "stop", or "length" where the limit of new tokens cut it off."""

    text: str
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """An answer with its score, and what other metrics say of it (`exact_match`, `f1`, `rouge_l`, `accuracy`), all 0..1."""

    asked: Asked
    answer: Answer
    score: float
    metrics: dict[str, float]


class Answerer(Protocol):
    """A model that is asked."""

    def answer(
        self, asked: Sequence[Asked], done: Callable[[Asked, Answer], None]
    ) -> list[Dropped]:
        """Calls `done` for every answer, in any order, as soon as it is there; returns what could not be asked, and why.

        Raises:
            StructTuningError: the model cannot be asked at all.
        """
        ...


def summary_of(values: Sequence[Graded], metric: str) -> dict[str, Any]:
    """Mean and count of one metric over the answers that have it.

    >>> summary_of([], "f1")
    {'mean': None, 'n': 0}
    """
    found = [graded.metrics[metric] for graded in values if metric in graded.metrics]
    return {"mean": sum(found) / len(found) if found else None, "n": len(found)}
