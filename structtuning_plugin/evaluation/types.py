"""Values of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from structtuning_plugin.core.types import Dropped, Message, QAPair

# "grade" is what the format of a plugin returns for an answer.
Metric = Literal["accuracy", "f1", "rouge_l", "classification", "grade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a task.

    Args:
        pair: The question with its answers.
        file: Id of its file.
        metric: Metric of its score.
        dataset: Benchmark that its record names.
        wrong: Wrong answers of the right one's kind, never shown: candidates of the likelihood
            measures for a question without options.
        rewordings: The question in other words, for the likelihood measures.
    """

    pair: QAPair
    file: str
    metric: Metric
    dataset: str = ""
    wrong: tuple[str, ...] = ()
    rewordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedQuestion:
    """A question with its messages.

    `key` hashes the question and its right answers, and pairs two runs. `prompt` hashes the
    messages, and identifies a prediction.
    """

    question: Question
    messages: tuple[Message, ...]
    key: str
    prompt: str

    @property
    def language(self) -> str:
        """Language of the question."""
        return self.question.pair.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer of a model; `finish` is "stop", or "length" if the token limit cut it off."""

    text: str
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Answer with its score and metrics (`exact_match`, `f1`, `rouge_l`, `accuracy`), 0 to 1."""

    asked: PromptedQuestion
    answer: Answer
    score: float
    metrics: dict[str, float]


class Answerer(Protocol):
    """A model that answers questions."""

    def answer(
        self,
        questions: Sequence[PromptedQuestion],
        done: Callable[[PromptedQuestion, Answer], None],
    ) -> list[Dropped]:
        """Call `done` for every answer, in any order; return what could not be asked, with reasons.

        Raises:
            StructTuningError: If the model cannot be asked at all.
        """
        ...


def summary_of(values: Sequence[Graded], metric: str) -> dict[str, Any]:
    """Compute mean and count of one metric over the answers that have it.

    >>> summary_of([], "f1")
    {'mean': None, 'n': 0}
    """
    scores = [graded.metrics[metric] for graded in values if metric in graded.metrics]
    return {"mean": sum(scores) / len(scores) if scores else None, "n": len(scores)}
