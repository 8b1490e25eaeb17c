"""The one reading of a reply: its answer without thoughts, and the JSON in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.llm.json_text import parse_json, replace_surrogates
from structtuning_plugin.llm.message import split_thoughts
from structtuning_plugin.llm.types import Reply

# Characters of an answer that are looked at; mending is slow, so a long broken answer is asked for
# again instead.
LONGEST_ANSWER = 1_000_000
LONGEST_MENDED = 50_000

_FENCE = re.compile(r"```[a-zA-Z0-9]*[ \t]*\n(.*?)```", re.DOTALL)
_TOKENS = re.compile(r'\\.|["{}\[\]]', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The JSON of a reply.

    Attributes:
        data: An object or a list; None if there is none.
        reason: Empty if `data` is usable. Otherwise `data` is at best what could be repaired.
        detail: Description of the fault, to be shown to the model.
    """

    data: Any = None
    reason: str = ""
    detail: str = ""


def answer_of(reply: Reply) -> str:
    """Return the text of the answer, without thoughts; empty if there is none.

    Thoughts are the answer if they are one whole JSON value and the text is empty: servers put the
    answer to a schema there when a reasoning parser meets a model that does not think.
    """
    answer = split_thoughts(_writable(reply.text)).answer
    if answer or reply.finish == "length":
        return answer
    thoughts = _writable(reply.thoughts)
    return thoughts if parse_json(thoughts) is not None else ""


def has_answer(reply: Reply) -> bool:
    """Return False if a reply has nothing but thoughts; such a reply is never cached."""
    return bool(answer_of(reply))


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().strip()


def read_answer(reply: Reply) -> Reading:
    """Extract the JSON of a reply: the whole, in a fence, between outer brackets, or repaired."""
    text = answer_of(reply)
    if len(text) > LONGEST_ANSWER:
        return Reading(reason="too_long", detail=f"It is longer than {LONGEST_ANSWER} characters.")
    data = _valid_json(text)
    if data is not None:
        return Reading(data=data)
    if not text and (reply.thoughts or not split_thoughts(reply.text).complete):
        return Reading(
            reason="cut_off" if reply.finish == "length" else "only_thoughts",
            detail="It ended within the reasoning. Reason less, and give the answer.",
        )
    if reply.finish == "length" or _breaks_off(text):
        return Reading(
            data=_mended(text),
            reason="cut_off",
            detail="It broke off before its end. Answer more briefly.",
        )
    if not text:
        return Reading(reason="empty", detail="It was empty.")
    mended = _mended(text)
    if mended is None:
        return Reading(reason="no_json", detail="There was no valid JSON in it.")
    return Reading(data=mended)


def _valid_json(text: str) -> Any:
    results = (parse_json(candidate) for candidate in _candidates(text))
    return next((data for data in results if data is not None), None)


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from _FENCE.findall(text)
    for start, closing in sorted(
        (text.find(opening), closing) for opening, closing in ("{}", "[]") if opening in text
    ):
        # A bracket inside of another may be whole where the outer one is not, but it is not the
        # answer.
        if _open_at_end(text[:start]) == (0, False):
            yield text[start : text.rfind(closing) + 1]


def _breaks_off(text: str) -> bool:
    """Return True if the text ends inside a value.

    Missing brackets alone at the end do not count.
    """
    depth, in_string = _open_at_end(text)
    return in_string or (depth > 0 and not text.endswith(("}", "]", "```")))


def _open_at_end(text: str) -> tuple[int, bool]:
    """Count the brackets that are open at the end, and tell if a string is open there too."""
    depth, in_string = 0, False
    for match in _TOKENS.finditer(text):
        token = match.group()
        if token == '"':
            in_string = depth > 0 and not in_string
        elif token in "{[" and not in_string:
            depth += 1
        elif token in "}]" and not in_string:
            depth = max(depth - 1, 0)
    return depth, in_string


def _mended(text: str) -> Any:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=None)
    if start is None or len(text) > LONGEST_MENDED:
        return None
    import json_repair

    try:
        data: Any = replace_surrogates(json_repair.loads(text[start:], skip_json_loads=True), text)
    except (ValueError, RecursionError):
        return None
    return data if data and isinstance(data, (dict, list)) else None
