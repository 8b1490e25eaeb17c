"""Format `alpaca`: instruction, input and response, as in Stanford Alpaca (Taori et al. 2023).

{"instruction": "Name the relation of the pairs.", "input": "Night : Day", "output": "Opposites."}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest
from structtuning_plugin.questions import prompts as wording
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.grading.answers import grade_text


class AlpacaFormat:
    name = "alpaca"
    rank = 40
    field_names = ("instruction", "input", "output", "language", "topic")
    standard_metrics = True
    keeps_instruction = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return values.has(record, fields, "instruction", "output")

    def parse(self, request: QARequest) -> QAPair:
        instruction = values.needed(request, "instruction", "empty_question")
        about = values.text(request, "input")
        return QAPair(
            id=request.id,
            format=self.name,
            question=f"{instruction}\n\n{about}" if about else instruction,
            answers=(values.needed(request, "output", "no_answer"),),
            language=values.language(request),
            topic=values.text(request, "topic"),
        )

    def ask(self, pair: QAPair) -> str:
        return wording.ask(pair)

    def answer(self, pair: QAPair) -> str:
        return wording.answer(pair)

    def grade(self, pair: QAPair, reply: str) -> float:
        return grade_text(pair, reply)


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [AlpacaFormat()]
