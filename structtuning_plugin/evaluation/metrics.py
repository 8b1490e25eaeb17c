"""Scores of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.evaluation.types import Answer, Asked, Graded, Question
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.llm.message import read_final_text
from structtuning_plugin.questions.grading.answers import says_one_of
from structtuning_plugin.questions.grading.final_answer import final_answer
from structtuning_plugin.questions.grading.text import exact_match, rouge_l


def grade(asked: Asked, answer: Answer, formats: Mapping[str, QAFormat]) -> Graded:
    """Score an answer by the question's metric and by its other metrics, each from 0 to 1."""
    score, metrics = score_of(asked.question, answer.text, formats)
    return Graded(asked=asked, answer=answer, score=score, metrics=metrics)


def score_of(
    question: Question, text: str, formats: Mapping[str, QAFormat]
) -> tuple[float, dict[str, float]]:
    """Compute the score by the question's metric, and all metrics for such questions.

    Choices have `accuracy`, classes `classification`; free answers have `exact_match`, `f1` and
    `rouge_l`. Thoughts are not scored: text that ends within a thought has no answer.
    """
    text = read_final_text(text)
    pair = replace(
        question.pair, answers=tuple(read_final_text(answer) for answer in question.pair.answers)
    )
    given = formats[pair.format].grade(pair, text)
    if question.metric not in ("f1", "rouge_l"):
        return given, {question.metric: given}
    metrics = {"exact_match": float(_exact(pair, text)), "f1": given, "rouge_l": _rouge(pair, text)}
    return metrics[question.metric], metrics


def _exact(pair: QAPair, text: str) -> bool:
    return says_one_of(pair, text) or exact_match(
        final_answer(text, pair.language), pair.answers, pair.language
    )


def _rouge(pair: QAPair, text: str) -> float:
    if _exact(pair, text):
        return 1.0
    return rouge_l(final_answer(text, pair.language), pair.answers, pair.language)
