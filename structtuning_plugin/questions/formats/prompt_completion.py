"""Format `prompt_completion`: a prompt and its completion, each a text or messages, as in TRL.

    {"prompt": "What is a spleen?", "completion": "An organ."}
    {"prompt": [{"role": "user", "content": "What is a spleen?"}],
     "completion": [{"role": "assistant", "content": "An organ."}]}

The same under the names of other sets: `prompt` and `response`, `query` and `response`, `input` and
`output`, `Question` and `Response` (with `Complex_CoT`), `problem` and `solution`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.turns import (
    Turn,
    build_pair,
    read_turns,
    system_turn,
)

_NAMES: tuple[tuple[str, str], ...] = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("query", "response"),
    ("question", "response"),
    ("Question", "Response"),
    ("input", "output"),
    ("problem", "solution"),
)


class PromptCompletionFormat(StandardFormat):
    name = "prompt_completion"
    rank = 60
    field_names = ("prompt", "completion", "system", "explanation", "language", "topic")
    keeps_instruction = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return _names(record, fields) is not None

    def parse(self, request: QARequest) -> QAPair:
        prompt, completion = _names(request.record, request.fields) or _NAMES[0]
        questions = _turns(request, prompt, "user", "empty_question")
        if questions[0].message.role != "system":
            questions = [*system_turn(request), *questions]
        answers = _turns(request, completion, "assistant", "no_answer")
        return build_pair(request, self.name, [*questions, *answers])


def _names(record: Mapping[str, Any], fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the fields of the prompt and of the completion; None if the record has them not."""
    names = _NAMES
    if "prompt" in fields or "completion" in fields:
        names = ((fields.get("prompt", "prompt"), fields.get("completion", "completion")),)
    return next((pair for pair in names if pair[0] in record and pair[1] in record), None)


def _turns(request: QARequest, name: str, role: str, reason: str) -> list[Turn]:
    """Read a field that is the text of one turn, or a list of messages.

    Raises:
        RecordError: with this reason, if it is empty.
    """
    field = values.structured_field(request.record[name])
    if isinstance(field, (list, tuple)) and field:
        return read_turns(field)
    content = values.as_text(None if values.is_missing(field) else field, name)
    thoughts = ""
    if role == "assistant":
        content, thoughts = values.split_answer(content)
        thoughts = thoughts or values.thoughts(request)
    if not content:
        raise RecordError(reason, f"`{name}` is empty")
    return [Turn(message=Message(role=role, content=content), thoughts=thoughts)]


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [PromptCompletionFormat()]
