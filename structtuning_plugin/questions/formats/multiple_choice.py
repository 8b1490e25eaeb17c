"""Format `multiple_choice`: a question with options, under the names of public benchmarks.

    MMLU            {"question": ..., "choices": ["a", "b", "c", "d"], "answer": 1}
    C-Eval, CMMLU   {"question": ..., "A": ..., "B": ..., "C": ..., "D": ..., "answer": "B"}
    LongBench v2    {"question": ..., "choice_A": ..., ..., "context": ..., "answer": "B"}
    MedMCQA         {"question": ..., "opa": ..., ..., "opd": ..., "cop": 1, "exp": ...}
    ARC             {"question": ..., "choices": {"text": [...], "label": [...]}, "answerKey": "B"}
    OpenBookQA      {"question_stem": ..., "choices": {...}, "answerKey": "B"}
    SciQ, GPQA      {"question": ..., "correct_answer": ..., "distractor1": ..., ...}

Numbers of options count from 0, or from 1 in a file that has the number of options as a number and
no 0. The options of SciQ and GPQA are put in an order by hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.choices import (
    Names,
    Options,
    read_letters,
    read_options,
    texts_of,
)
from structtuning_plugin.questions.formats.option_fields import (
    find_correct,
    find_name,
    find_options,
)
from structtuning_plugin.questions.grading.text import folded

_QUESTION = ("question", "Question", "question_stem", "query", "problem", "stem")
_ANSWER = (
    "answer", "Answer", "answerKey", "answer_key", "answer_idx", "answer_index", "cop", "label",
    "correct", "correct_answer", "correct_option", "target", "gold",
)  # fmt: skip
_EXPLANATION = (
    "explanation", "Explanation", "exp", "rationale", "solution", "support", "fact1",
    "cot_content", "reasoning",
)  # fmt: skip
_CONTEXT = ("context", "passage", "article")
_TOPIC = ("topic", "subject_name", "sub_domain", "subject", "Subdomain")


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleChoiceFormat(StandardFormat):
    """Multiple choice.

    Args:
        first: Number of the first option where answers are numbers, 0 or 1.
    """

    first: int = 0

    name = "multiple_choice"
    rank = 55
    field_names = (
        "question", "options", "answer", "explanation", "context", "language", "topic",
    )  # fmt: skip

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        if not _name(record, fields, "question", _QUESTION):
            return False
        if find_correct(record) is not None:
            return True
        answer = _name(record, fields, "answer", _ANSWER)
        return bool(answer) and find_options(record, fields.get("options")) is not None

    def for_file(
        self, records: Sequence[Mapping[str, Any]], fields: Mapping[str, str]
    ) -> MultipleChoiceFormat:
        """Return the format of a file, which counts options from 0 or from 1."""
        numbers = [_number_and_count(record, fields) for record in records]
        known = [pair for pair in numbers if pair is not None]
        counts_from_1 = any(number == count for number, count in known) and all(
            number for number, _ in known
        )
        return MultipleChoiceFormat(first=int(counts_from_1))

    def parse(self, request: QARequest) -> QAPair:
        question = _text(request, "question", _QUESTION)
        if not question:
            raise RecordError("empty_question", "the question is empty")
        options, correct = self._choices(request, question)
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=texts_of(correct, options),
            language=values.language(request),
            explanation=_text(request, "explanation", _EXPLANATION),
            options=options,
            correct=correct,
            several=len(correct) > 1,
            context=_text(request, "context", _CONTEXT),
            topic=_text(request, "topic", _TOPIC),
        )

    def _choices(self, request: QARequest, question: str) -> tuple[Options, tuple[str, ...]]:
        """Return the options and the letters of the right ones."""
        fields = find_options(request.record, request.fields.get("options"))
        if fields is None:
            return _shuffled(request, question)
        choices, listed = fields
        options, names = read_options(choices)
        name = _name(request.record, request.fields, "answer", _ANSWER)
        answer = values.structured_field(request.record.get(name))
        return options, self._right(answer, options, names, listed)

    def _right(self, answer: Any, options: Options, names: Names, listed: bool) -> tuple[str, ...]:
        if isinstance(answer, str) and answer.strip() not in names:
            letter_of = {folded(text): letter for letter, text in reversed(options)}
            if letter := letter_of.get(folded(answer)):
                return (letter,)
        number = _number(answer)
        if number is None or str(number) in names:
            return read_letters(answer, options, names, listed)
        if number < 0:
            raise RecordError("no_answer", f"the answer is {number}: the file names none")
        if not self.first <= number < self.first + len(options):
            raise RecordError(
                "unknown_letter", f"there is no option {number}, counted from {self.first}"
            )
        return (options[number - self.first][0],)


def _shuffled(request: QARequest, question: str) -> tuple[Options, tuple[str, ...]]:
    """Return the right and the wrong answers in an order that depends on their texts alone."""
    texts = find_correct(request.record)
    if texts is None:
        raise RecordError("no_options", "the record has no options")
    right, *wrong = [" ".join(values.as_text(text, "an option").split()) for text in texts]
    if not right:
        raise RecordError("no_answer", "the right answer is empty")
    ordered = sorted(
        dict.fromkeys((right, *filter(None, wrong))),
        key=lambda text: hashlib.sha256(f"{question}\n{text}".encode()).digest(),
    )
    options, _ = read_options(ordered)
    return options, tuple(letter for letter, text in options if text == right)


def _name(
    record: Mapping[str, Any], fields: Mapping[str, str], role: str, names: Sequence[str]
) -> str:
    """Return the record's field for a role: the user's, or the first known one; else empty."""
    if role in fields:
        return fields[role] if fields[role] in record else ""
    return find_name(record, names)


def _text(request: QARequest, role: str, names: Sequence[str]) -> str:
    name = _name(request.record, request.fields, role, names)
    content = request.record.get(name)
    return values.as_text(None if values.is_missing(content) else content, name)


def _number(answer: Any) -> int | None:
    if isinstance(answer, bool):
        return None
    if isinstance(answer, (int, float)) and answer == answer and answer == int(answer):
        return int(answer)
    text = answer.strip() if isinstance(answer, str) else ""
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() else None


def _number_and_count(
    record: Mapping[str, Any], fields: Mapping[str, str]
) -> tuple[int, int] | None:
    """Return the number that is a record's answer, and the number of its options."""
    options = find_options(record, fields.get("options"))
    number = _number(record.get(_name(record, fields, "answer", _ANSWER)))
    if options is None or number is None or number < 0:
        return None
    try:
        return number, len(read_options(options[0])[0])
    except RecordError:
        return None


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [MultipleChoiceFormat()]
