"""Format `mmedbench`: a question with options, one or several of them right (Qiu et al. 2024).

{"question": "Which organ filters blood?", "options": {"A": "Liver", "B": "Spleen", "C": "Heart"},
 "answer": "Spleen", "answer_idx": "B", "rationale": "Its red pulp retains worn cells."}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.choices import (
    Options,
    read_letters,
    read_options,
    texts_of,
)
from structtuning_plugin.questions.grading.text import folded


class MMedBenchFormat(StandardFormat):
    name = "mmedbench"
    rank = 10
    field_names = ("question", "options", "answer", "answer_idx", "rationale", "language", "topic")

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return values.has(record, fields, "question", "options", "answer_idx")

    def parse(self, request: QARequest) -> QAPair:
        question = values.needed(request, "question", "empty_question")
        choices = values.structured(request, "options")
        options, names = read_options(choices)
        correct = read_letters(
            values.structured(request, "answer_idx"),
            options,
            names,
            not isinstance(choices, Mapping),
        )
        _check_answer(values.texts(request, "answer"), options, correct)
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=texts_of(correct, options),
            language=values.language(request),
            explanation=values.text(request, "rationale"),
            options=options,
            correct=correct,
            several=len(correct) > 1,
            topic=values.text(request, "topic"),
        )


def _check_answer(answers: tuple[str, ...], options: Options, correct: tuple[str, ...]) -> None:
    """Check that `answer` is not the text of a wrong option. It may paraphrase the right one."""
    right = {folded(text) for text in texts_of(correct, options)}
    wrong = {
        folded(text): letter
        for letter, text in options
        if letter not in correct and folded(text) not in right
    }
    for answer in answers:
        if (letter := wrong.get(folded(answer))) is not None:
            raise RecordError(
                "answer_mismatch",
                f"`answer` is the text of {letter}, `answer_idx` says {', '.join(correct)}",
            )


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [MMedBenchFormat()]
