"""Format `alpaca`: instruction, input and response, as in Stanford Alpaca (Taori et al. 2023).

    {"instruction": "Name the relation of the pairs.", "input": "Night : Day",
     "output": "Opposites.", "system": "Be brief.", "history": [["Hello", "Good day."]]}

`system` and `history` are those of LLaMA-Factory. Dolly has `context` and `response` in the places
of `input` and `output`, distilabel has `generation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.option_fields import find_name
from structtuning_plugin.questions.formats.turns import (
    Turn,
    build_pair,
    read_turns,
    system_turn,
)

_OUTPUTS = ("output", "response", "generation", "completion")
_INPUTS = ("input", "context")


class AlpacaFormat(StandardFormat):
    name = "alpaca"
    rank = 40
    field_names = (
        "instruction", "input", "output", "system", "history", "explanation", "language", "topic",
    )  # fmt: skip
    keeps_instruction = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        output = fields.get("output")
        has_output = output in record if output else any(name in record for name in _OUTPUTS)
        return values.has(record, fields, "instruction") and has_output

    def parse(self, request: QARequest) -> QAPair:
        instruction = values.needed(request, "instruction", "empty_question")
        about = _first(request, "input", _INPUTS)
        answer, thoughts = values.split_answer(_first(request, "output", _OUTPUTS))
        if not answer:
            raise RecordError("no_answer", f"`{_output_name(request)}` is empty")
        question = f"{instruction}\n\n{about}" if about else instruction
        turns = [
            *system_turn(request),
            *_history(request),
            Turn(message=Message(role="user", content=question)),
            Turn(
                message=Message(role="assistant", content=answer),
                thoughts=thoughts or values.thoughts(request),
            ),
        ]
        return build_pair(request, self.name, turns)


def _output_name(request: QARequest) -> str:
    return request.fields.get("output") or find_name(request.record, _OUTPUTS) or "output"


def _first(request: QARequest, role: str, names: tuple[str, ...]) -> str:
    """Return the text of a role's field: the user's, or the first known one with a value."""
    if role in request.fields:
        return values.text(request, role)
    name = find_name(request.record, names)
    return values.as_text(request.record.get(name), name)


def _history(request: QARequest) -> list[Turn]:
    """Return the earlier turns: pairs of a question and its answer, or messages."""
    history = values.structured(request, "history")
    if not history:
        return []
    if not isinstance(history, (list, tuple)):
        raise RecordError("bad_history", f"`history` is a {type(history).__name__}, not a list")
    if all(isinstance(item, Mapping) and ("role" in item or "from" in item) for item in history):
        return read_turns(history)
    return [turn for item in history for turn in _exchange(item)]


def _exchange(item: Any) -> list[Turn]:
    texts = list(item.values()) if isinstance(item, Mapping) else item
    if not isinstance(texts, (list, tuple)) or len(texts) != 2:
        raise RecordError("bad_history", "`history` has an entry that is no pair of texts")
    question, answer = texts
    return read_turns(
        [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    )


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [AlpacaFormat()]
