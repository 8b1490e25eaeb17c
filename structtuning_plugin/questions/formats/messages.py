"""Format `messages`: a conversation in the form of OpenAI's API or of ShareGPT.

    {"messages": [{"role": "user", "content": "What is a spleen?"},
                  {"role": "assistant", "content": "An organ."}]}
    {"conversations": [{"from": "human", "value": "What is a spleen?"},
                       {"from": "gpt", "value": "An organ."}]}

The last user turn is the question, the assistant turn after it the answer. `QAPair.turns` has the
whole conversation if there is more: a system turn, or more than one exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import QAFormat, QARequest, RecordError
from structtuning_plugin.questions import prompts as wording
from structtuning_plugin.questions.formats import fields as values
from structtuning_plugin.questions.grading.answers import grade_text

_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "model": "assistant", "bot": "assistant",
    "chatgpt": "assistant",
}  # fmt: skip
_TOOLS = frozenset(
    (
        "tool",
        "tools",
        "function",
        "function_call",
        "function_response",
        "observation",
        "tool_call",
        "tool_response",
    )
)


class MessagesFormat:
    name = "messages"
    rank = 30
    field_names = ("messages", "conversations", "language", "topic")
    standard_metrics = True
    keeps_instruction = True

    def fits(self, record: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
        return values.has(record, fields, "messages") or values.has(record, fields, "conversations")

    def parse(self, request: QARequest) -> QAPair:
        turns = tuple(_turn(number, item) for number, item in enumerate(_given(request), start=1))
        _check(turns)
        alone = len(turns) == 2
        return QAPair(
            id=request.id,
            format=self.name,
            question=turns[-2].content,
            answers=(turns[-1].content,),
            language=values.language(request),
            topic=values.text(request, "topic"),
            turns=() if alone else turns,
        )

    def ask(self, pair: QAPair) -> str:
        return wording.ask(pair)

    def answer(self, pair: QAPair) -> str:
        return wording.answer(pair)

    def grade(self, pair: QAPair, reply: str) -> float:
        return grade_text(pair, reply)


def _given(request: QARequest) -> list[Any]:
    turns = values.structured(request, "messages") or values.structured(request, "conversations")
    if not isinstance(turns, (list, tuple)) or not turns:
        raise RecordError(
            "no_turns", "a list of turns is needed, and there is none, or an empty one"
        )
    return list(turns)


def _turn(number: int, item: Any) -> Message:
    if not isinstance(item, Mapping):
        raise RecordError(
            "unknown_role",
            f"turn {number} is a {type(item).__name__}; {{role, content}} or {{from, value}} is "
            "needed",
        )
    role = str(item.get("role") or item.get("from") or "").strip().casefold()
    if role in _TOOLS or item.get("tool_calls") or item.get("function_call"):
        raise RecordError(
            "tool_turn",
            f"turn {number} calls a tool or is one's answer; that is no question on the corpus",
        )
    if role not in _ROLES:
        raise RecordError(
            "unknown_role",
            f"turn {number} has the role `{role}`; known are {', '.join(sorted(_ROLES))}",
        )
    content = _content(
        item["content"] if item.get("content") is not None else item.get("value"), number
    )
    if not content:
        raise RecordError("empty_turn", f"turn {number} ({role}) is empty")
    return Message(role=_ROLES[role], content=content)


def _content(content: Any, number: int) -> str:
    """Return a text, or the texts of OpenAI's list of parts."""
    if not isinstance(content, (list, tuple)):
        return values.as_text(content, f"turn {number}")
    if any(not isinstance(part, Mapping) or part.get("type", "text") != "text" for part in content):
        raise RecordError("not_text", f"turn {number} has a part that is no text")
    return "\n".join(values.as_text(part.get("text"), f"turn {number}") for part in content).strip()


def _check(turns: tuple[Message, ...]) -> None:
    """Check the order of the roles: [system,] user, assistant, user, assistant, ..."""
    roles = [turn.role for turn in turns]
    for number, (first, second) in enumerate(pairwise(roles), start=1):
        if first == second:
            raise RecordError(
                "same_role_twice", f"turns {number} and {number + 1} are both the {first}'s"
            )
    if "system" in roles[1:]:
        raise RecordError("late_system", "a system's turn stands after the first")
    if roles[-1] != "assistant":
        raise RecordError("no_answer", f"the last turn is the {roles[-1]}'s, not the assistant's")
    if next(role for role in roles if role != "system") != "user":
        raise RecordError("no_question", "the assistant speaks before any user")


@hookimpl
def register_qa_formats() -> list[QAFormat]:
    return [MessagesFormat()]
