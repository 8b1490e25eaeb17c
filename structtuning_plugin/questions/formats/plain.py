"""Format `qa`: a question and its answer, under any names.

Names are mapped by `fields: {question: prompt, answer: gold}`.

    {"question": "What is a spleen?", "answer": "An organ.", "explanation": "It filters blood.",
     "topic": "Anatomy"}

A list as `answer` has several right answers. With `options` the answer is their letters or texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions import prompts as wording
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.choices import (
    Options,
    read_letters,
    read_options,
    texts_of,
)
from structtuning_plugin.questions.grading.answers import grade_choice, grade_text
from structtuning_plugin.questions.grading.normalise import folded


class PlainFormat:
    name = "plain"
    rank = 50
    field_names = ("question", "answer", "explanation", "options", "language", "topic")
    standard_metrics = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return values.has(record, fields, "question", "answer")

    def parse(self, request: QARequest) -> QAPair:
        question = values.needed(request, "question", "empty_question")
        options, correct = _choice(request)
        answers = texts_of(correct, options) if options else values.texts(request, "answer")
        if not answers:
            raise RecordError("no_answer", f"`{request.fields.get('answer', 'answer')}` is empty")
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=answers,
            language=values.language(request),
            explanation=values.text(request, "explanation"),
            options=options,
            correct=correct,
            several=len(correct) > 1,
            topic=values.text(request, "topic"),
        )

    def ask(self, pair: QAPair) -> str:
        return wording.ask(pair)

    def answer(self, pair: QAPair) -> str:
        return wording.answer(pair)

    def grade(self, pair: QAPair, reply: str) -> float:
        return grade_choice(pair, reply) if pair.correct else grade_text(pair, reply)


def _choice(request: QARequest) -> tuple[Options, tuple[str, ...]]:
    choices = values.structured(request, "options")
    if not choices:
        return (), ()
    options, names = read_options(choices)
    answer = values.structured(request, "answer")
    letter_of = {folded(text): letter for letter, text in reversed(options)}
    several = answer if isinstance(answer, (list, tuple)) else [answer]
    spelt = [letter_of.get(folded(item)) if isinstance(item, str) else None for item in several]
    if (
        several
        and all(spelt)
        and not all(isinstance(item, str) and item.strip() in names for item in several)
    ):
        return options, tuple(letter for letter, _ in options if letter in spelt)
    return options, read_letters(answer, options, names, not isinstance(choices, Mapping))


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [PlainFormat()]
