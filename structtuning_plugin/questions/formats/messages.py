"""Format `messages`: a conversation in the form of OpenAI's API or of ShareGPT.

    {"messages": [{"role": "user", "content": "What is a spleen?"},
                  {"role": "assistant", "content": "An organ."}]}
    {"conversations": [{"from": "human", "value": "What is a spleen?"},
                       {"from": "gpt", "value": "An organ."}], "system": "Be brief."}

The last user turn is the question, the assistant turn after it the answer. `QAPair.turns` has the
whole conversation if there is more: a system turn, or more than one exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.formats.base import StandardFormat
from structtuning_plugin.questions.formats.turns import build_pair, read_turns, system_turn

_NAMES = ("messages", "conversations", "conversation")


class MessagesFormat(StandardFormat):
    name = "messages"
    rank = 30
    field_names = ("messages", "conversations", "system", "language", "topic")
    keeps_instruction = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return any(values.has(record, fields, name) for name in _NAMES)

    def parse(self, request: QARequest) -> QAPair:
        turns = read_turns(_items_of(request))
        if turns[0].message.role != "system":
            turns = [*system_turn(request), *turns]
        return build_pair(request, self.name, turns)


def _items_of(request: QARequest) -> list[Any]:
    turns = next((some for name in _NAMES if (some := values.structured(request, name))), None)
    if not isinstance(turns, (list, tuple)) or not turns:
        raise RecordError(
            "no_turns", "a list of turns is needed, and there is none, or an empty one"
        )
    return list(turns)


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [MessagesFormat()]
