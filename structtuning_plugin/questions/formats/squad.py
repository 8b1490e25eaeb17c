"""Format `squad`: a question with a list of right answers, as in SQuAD (Rajpurkar et al. 2016).

    SQuAD      {"question": ..., "context": ..., "answers": {"text": [...], "answer_start": [...]}}
    TriviaQA   {"question": ..., "answer": {"value": ..., "aliases": [...]}}
    DROP       {"question": ..., "passage": ..., "answers_spans": {"spans": [...], "types": [...]}}

The passage is kept in `QAPair.context` and is never part of a prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.option_fields import find_name


class SquadFormat(StandardFormat):
    name = "squad"
    rank = 48
    field_names = ("question", "answers", "context", "explanation", "language", "topic")

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        name = _answers_name(record, fields)
        return values.has(record, fields, "question") and bool(name)

    def parse(self, request: QARequest) -> QAPair:
        question = values.needed(request, "question", "empty_question")
        name = _answers_name(request.record, request.fields)
        answers = _texts(values.structured_field(request.record.get(name)), name)
        if not answers:
            raise RecordError("no_answer", f"`{name}` has no text: the question has no answer")
        context = request.fields.get("context") or find_name(request.record, ("context", "passage"))
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=answers,
            language=values.language(request),
            explanation=values.text(request, "explanation"),
            context=_context(request.record.get(context)),
            topic=values.text(request, "topic"),
        )


def _answers_name(record: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    """Return the field with the answers; empty if the record has none of this shape."""
    if "answers" in fields:
        return fields["answers"] if fields["answers"] in record else ""
    for name in ("answers", "answers_spans"):
        if name in record:
            return name
    return "answer" if isinstance(record.get("answer"), Mapping) else ""


def _texts(value: Any, name: str) -> tuple[str, ...]:
    """Return the different texts of the answers, the one to be trained on first."""
    if isinstance(value, Mapping):
        texts = value.get("text", value.get("spans", value.get("value")))
        several = list(texts) if isinstance(texts, (list, tuple)) else [texts]
        aliases = value.get("aliases")
        several += aliases if isinstance(aliases, (list, tuple)) else []
    elif isinstance(value, (list, tuple)):
        several = [item.get("text") if isinstance(item, Mapping) else item for item in value]
    else:
        several = [value]
    cleaned = [values.as_text(item, name) for item in several]
    return tuple(dict.fromkeys(text for text in cleaned if text))


def _context(value: Any) -> str:
    """Return the passage; a list of paragraphs, as in HotpotQA, has no single text."""
    return values.as_text(value, "context") if isinstance(value, str) else ""


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [SquadFormat()]
