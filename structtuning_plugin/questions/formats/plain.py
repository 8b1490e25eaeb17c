"""Format `qa`: a question and its answer, under any names.

Names are mapped by `fields: {question: prompt, answer: gold}`.

    {"question": "What is a spleen?", "answer": "An organ.", "explanation": "It filters blood.",
     "topic": "Anatomy"}

A list as `answer` has several right answers. With `options` the answer is their letters or texts.
Thoughts before the answer, and the steps before the line `#### 4` of GSM8K (Cobbe et al. 2021), are
the explanation. A record with options under other names is `multiple_choice`.
"""

from __future__ import annotations

import re
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
from structtuning_plugin.questions.formats.option_fields import find_options
from structtuning_plugin.questions.grading.text import folded

# GSM8K: the last line of an answer, and notes for a calculator within its steps.
_FINAL_LINE = re.compile(r"^####[ \t]+(?P<answer>\S[^\n]*)\s*\Z", re.MULTILINE)
_CALCULATION = re.compile(r"<<[^<>\n]*>>")


class PlainFormat(StandardFormat):
    name = "plain"
    rank = 50
    field_names = ("question", "answer", "explanation", "options", "language", "topic")

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        if not values.has(record, fields, "question", "answer"):
            return False
        return values.has(record, fields, "options") or not find_options(
            record, fields.get("options")
        )

    def parse(self, request: QARequest) -> QAPair:
        question = values.needed(request, "question", "empty_question")
        options, correct = _choice(request)
        if options:
            answers, thoughts = texts_of(correct, options), ""
        else:
            answers, thoughts = _answers(request)
        if not answers:
            raise RecordError("no_answer", f"`{request.fields.get('answer', 'answer')}` is empty")
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=answers,
            language=values.language(request),
            explanation=values.text(request, "explanation") or thoughts or values.thoughts(request),
            options=options,
            correct=correct,
            several=len(correct) > 1,
            topic=values.text(request, "topic"),
        )


def _answers(request: QARequest) -> tuple[tuple[str, ...], str]:
    """Return the right answers, and the thoughts or steps before the first one."""
    answers, explanations = [], []
    for text in values.texts(request, "answer"):
        answer, thoughts = values.split_answer(text)
        if not thoughts and (final := _FINAL_LINE.search(answer)):
            answer, thoughts = final["answer"], _CALCULATION.sub("", answer[: final.start()])
        answers.append(answer)
        explanations.append(thoughts.strip())
    return tuple(dict.fromkeys(filter(None, answers))), next(filter(None, explanations), "")


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
