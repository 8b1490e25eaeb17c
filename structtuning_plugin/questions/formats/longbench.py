"""Format `longbench`: a question about a passage with all right answers (Bai et al. 2024).

    {"input": "Who wrote Elizabeth and After?", "context": "Matt Cohen (1942-1999) was...",
     "answers": ["Matt Cohen"], "language": "en", "all_classes": null, "dataset": "musique",
     "_id": "0f3a"}

The passage is kept in `QAPair.context` and is never part of a prompt: the model answers
closed-book. `all_classes` are kept as `QAPair.options` with empty letters. They are part of the
prompt: without the passage's examples nothing else names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions import prompts as wording
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.grading.answers import grade_class, grade_text


class LongBenchFormat(StandardFormat):
    name = "longbench"
    rank = 20
    field_names = ("input", "context", "answers", "all_classes", "language", "topic")
    names_benchmark = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return values.has(record, fields, "input", "answers")

    def parse(self, request: QARequest) -> QAPair:
        question = values.needed(request, "input", "empty_question")
        answers = values.texts(request, "answers")
        if not answers:
            raise RecordError("no_answer", "`answers` is empty")
        classes = values.texts(request, "all_classes")
        if unknown := [answer for answer in answers if classes and answer not in classes]:
            raise RecordError(
                "unknown_class", f"the answer `{unknown[0]}` is none of the {len(classes)} classes"
            )
        return QAPair(
            id=request.id,
            format=self.name,
            question=question,
            answers=answers,
            language=values.language(request),
            options=tuple(("", name) for name in classes),
            context=values.text(request, "context"),
            topic=values.text(request, "topic"),
        )

    def ask(self, pair: QAPair) -> str:
        # Some questions of LongBench make no sense without their topic.
        question = wording.ask(pair)
        return f"{pair.topic}\n\n{question}" if pair.topic else question

    def grade(self, pair: QAPair, reply: str) -> float:
        return grade_class(pair, reply) if pair.options else grade_text(pair, reply)


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [LongBenchFormat()]
