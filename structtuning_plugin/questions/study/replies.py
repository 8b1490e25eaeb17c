"""Requests of the study as text, the schemas of their replies, and the checks of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Message
from structtuning_plugin.hookspecs import StudyReply
from structtuning_plugin.questions.study.forms import Item

_STRING: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer"}
# Rows that one reply can give.
MOST_ITEMS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRequest:
    """One request to the model.

    Args:
        reply: `text`, `facts`, `questions`, or `verdict` of the judge.
        messages: Messages to send.
        schema: JSON schema of the reply.
        passages: Texts that are shown.
        facts: Facts to write about.
        instruction: Words of the prompt without the texts, which no reply may repeat.
    """

    reply: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    passages: tuple[str, ...]
    facts: tuple[str, ...] = ()
    instruction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Reason of the judge, and the places (from 0 on) of the items that are not supported."""

    reason: str
    unsupported: frozenset[int]


# Variables of the frame that hold texts; blank for the words of the prompt alone.
_TEXTS = ("domain", "path", "outline", "siblings")


def write_request(
    wordings: Wordings, name: str, reply: StudyReply, language: str, values: Mapping[str, Any]
) -> StudyRequest:
    """Render a request: the task of a prompt within the frame.

    Args:
        wordings: Templates of `templates/study`.
        name: Name of the prompt.
        reply: Form of the reply.
        language: ISO 639-1 code.
        values: Variables of the frame except `task`.

    Raises:
        TemplateError: If a template is missing or fails.
    """
    task = wordings.pool(language, name)[0]
    frame = wordings.pool(language, "frame")[0]
    values = {**values, "language": language, "reply": reply}
    text = frame.render({**values, "task": task.render(values)})
    bare = {**values, **dict.fromkeys(_TEXTS, ""), "parts": [], "facts": [], "name": ""}
    instruction = frame.render({**bare, "task": task.render(bare)})
    return StudyRequest(
        reply=reply,
        messages=(Message(role="user", content=text),),
        schema=_SCHEMAS[reply],
        passages=tuple(part["text"] for part in values["parts"]),
        facts=tuple(values["facts"]),
        instruction=instruction,
    )


def write_judge_request(
    wordings: Wordings, language: str, domain: str, request: StudyRequest, items: Sequence[Item]
) -> StudyRequest:
    """Render the request to judge the items of the reply to a request.

    Raises:
        TemplateError: If the template is missing or fails.
    """
    values = {
        "domain": domain,
        "language": language,
        "passages": list(request.passages),
        "items": [item.whole for item in items],
    }
    text = wordings.pool(language, "judge")[0].render(values)
    return StudyRequest(
        reply="verdict",
        messages=(Message(role="user", content=text),),
        schema=_verdict_schema(len(items)),
        passages=request.passages,
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_ITEMS}


def _verdict_schema(count: int) -> dict[str, Any]:
    # Without a bound, a small model that is held to the schema lists numbers until it is cut off.
    places = {"type": "array", "items": _NUMBER, "maxItems": count}
    return _object({"reason": _STRING, "unsupported": places})


_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "text": _object({"text": _STRING}),
    "facts": _object({"facts": _list(_STRING)}),
    "questions": _object({"questions": _list(_object({"question": _STRING, "answer": _STRING}))}),
}


def check_reply(reply: StudyReply) -> Callable[[Any], tuple[Item, ...]]:
    """Return a parser of the replies of a form. Its ValueError states the fault."""
    return {"text": _check_text, "facts": _check_facts, "questions": _check_questions}[reply]


def check_judgement(count: int) -> Callable[[Any], Judgement]:
    """Return a parser of the judge's replies about so many items."""

    def check(data: Any) -> Judgement:
        numbers = _value(data, "unsupported")
        if not isinstance(numbers, list) or not all(_is_number(n, count) for n in numbers):
            raise ValueError(f'"unsupported" must be a list of numbers from 1 to {count}.')
        reason = _value(data, "reason")
        return Judgement(
            reason=" ".join(reason.split()) if isinstance(reason, str) else "",
            unsupported=frozenset(int(number) - 1 for number in numbers),
        )

    return check


def _is_number(value: Any, count: int) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return (is_whole or (isinstance(value, str) and value.isdecimal())) and 1 <= int(value) <= count


def _value(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, Mapping) else None


def _check_text(data: Any) -> tuple[Item, ...]:
    text = _value(data, "text")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "\n".join(text)
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"text" must be a text.')
    return (Item(text=text.strip()),)


def _check_facts(data: Any) -> tuple[Item, ...]:
    facts = _value(data, "facts")
    if not isinstance(facts, list) or not facts or not all(_is_line(fact) for fact in facts):
        raise ValueError('"facts" must be a list of sentences.')
    return tuple(Item(text=_join(fact)) for fact in facts[:MOST_ITEMS])


def _check_questions(data: Any) -> tuple[Item, ...]:
    entries = _value(data, "questions")
    if not isinstance(entries, list) or not entries:
        raise ValueError('"questions" must be a list of questions with answers.')
    items = []
    for entry in entries[:MOST_ITEMS]:
        question, answer = _value(entry, "question"), _value(entry, "answer")
        if not _is_line(question) or not _is_line(answer):
            raise ValueError('Each of "questions" must have a "question" and an "answer".')
        items.append(Item(question=_join(question), text=_join(answer)))
    return tuple(items)


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _join(text: str) -> str:
    return " ".join(text.split())
