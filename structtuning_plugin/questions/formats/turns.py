"""Turns of a conversation, and the question that a conversation ends with, for all formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.hookspecs import QARequest, RecordError
from structtuning_plugin.questions.formats import fields as values

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
# Fields of a turn with the thoughts before it: DeepSeek, OpenRouter, gpt-oss.
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
# Fields of a record with the turn of the system.
SYSTEM = ("system", "system_prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn, and the thoughts of the assistant before it."""

    message: Message
    thoughts: str = ""


def read_turns(items: Sequence[Any]) -> list[Turn]:
    """Read the turns of a conversation; thoughts are no part of a turn's text.

    Raises:
        RecordError: unknown_role, tool_turn, empty_turn, not_text or no_answer.
    """
    return [_turn(number, item) for number, item in enumerate(items, start=1)]


def system_turn(request: QARequest) -> list[Turn]:
    """Return the turn of the system that a record has as a field, if any."""
    names = ["system"] if "system" in request.fields else list(SYSTEM)
    texts = [text for name in names if (text := values.text(request, name))]
    return [Turn(message=Message(role="system", content=text)) for text in texts[:1]]


def build_pair(request: QARequest, name: str, turns: Sequence[Turn]) -> QAPair:
    """Build the pair of the last question of a conversation.

    `turns` of the pair has the conversation if it is more than one question and its answer.

    Raises:
        RecordError: same_role_twice, late_system, no_answer or no_question.
    """
    messages = tuple(turn.message for turn in turns)
    _check(messages)
    return QAPair(
        id=request.id,
        format=name,
        question=messages[-2].content,
        answers=(messages[-1].content,),
        language=values.language(request),
        explanation=turns[-1].thoughts or values.text(request, "explanation"),
        topic=values.text(request, "topic"),
        turns=() if len(messages) == 2 else messages,
    )


def _turn(number: int, item: Any) -> Turn:
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
    thoughts = ""
    if _ROLES[role] == "assistant":
        content, thoughts = values.split_answer(content)
        thoughts = thoughts or _thoughts(item)
    if not content:
        raise RecordError("empty_turn", f"turn {number} ({role}) is empty")
    return Turn(message=Message(role=_ROLES[role], content=content), thoughts=thoughts)


def _thoughts(item: Mapping[str, Any]) -> str:
    texts = [item[name] for name in _THOUGHTS if isinstance(item.get(name), str)]
    return values.as_text(texts[0], "thoughts") if texts else ""


def _content(content: Any, number: int) -> str:
    """Return a text, or the texts of OpenAI's list of parts."""
    if not isinstance(content, (list, tuple)):
        return values.as_text(content, f"turn {number}")
    if any(not isinstance(part, Mapping) or part.get("type", "text") != "text" for part in content):
        raise RecordError("not_text", f"turn {number} has a part that is no text")
    return "\n".join(values.as_text(part.get("text"), f"turn {number}") for part in content).strip()


def _check(messages: tuple[Message, ...]) -> None:
    """Check the order of the roles: [system,] user, assistant, user, assistant, ..."""
    roles = [message.role for message in messages]
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
