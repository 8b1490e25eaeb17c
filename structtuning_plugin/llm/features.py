"""Fields of a request that some servers refuse, and the words that they refuse them with.

A field that was refused is left out of all later requests of a build. The order of the fields in
`_WORDS` decides where a refusal names several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from structtuning_plugin.llm.types import Message

# Left out, in this order, after a refusal that names no field.
_UNNAMED = ("response_format", "seed", "temperature")

# Refusals of a status outside these are no matter of a field.
_REFUSALS = ("400", "422", "500", "501")

_WORDS = (
    ("max_tokens", re.compile(r"\bmax_tokens\b", re.IGNORECASE)),
    ("max_completion_tokens", re.compile(r"\bmax_completion_tokens\b", re.IGNORECASE)),
    ("temperature", re.compile(r"\btemperature\b", re.IGNORECASE)),
    ("seed", re.compile(r"\bseed\b", re.IGNORECASE)),
    (
        "json_schema",
        re.compile(r"json[_ ]?schema|\bgrammar\b|\bguided|\bschemas?\b", re.IGNORECASE),
    ),
    (
        "response_format",
        re.compile(
            r"response_?format|structured output|json[_ ]?(?:schema|object|mode)|\bgrammar\b",
            re.IGNORECASE,
        ),
    ),
    (
        "system",
        re.compile(
            r"system[ '\"`]*(?:role|message|prompt|instruction)|role[s ]*[^.]{0,20}system"
            r"|developer instruction|roles must alternate",
            re.IGNORECASE,
        ),
    ),
)

_TOO_LONG = re.compile(
    r"context[_ ](?:length|size|window)|maximum context|exceed_context|too many tokens"
    r"|prompt is too long",
    re.IGNORECASE,
)

# Tokens of a context and of a request: vLLM and OpenAI, llama.cpp.
_CONTEXT = re.compile(r"context length (?:is|of) (\d+)|n_ctx\W+(\d+)", re.IGNORECASE)
_REQUESTED = re.compile(
    r"(?:requested|resulted in|has at least|contains at least) (?:about )?(\d+)"
    r"|n_prompt_tokens\W+(\d+)",
    re.IGNORECASE,
)

NOTICES = {
    "json_schema": "JSON schemas, so it is asked for a JSON object",
    "response_format": "JSON schemas (`response_format`), so it is asked without them",
    "max_tokens": "`max_tokens`, so `max_completion_tokens` is sent",
    "max_completion_tokens": "`max_completion_tokens`, so no limit of the answer is sent",
    "temperature": "`temperature`, so its own is used",
    "seed": "`seed`, so none is sent",
    "system": "system turns, so their text goes into the user's turn",
}


def is_too_long(words: str) -> bool:
    """Return True if a refusal says that the request exceeds the model's context.

    >>> is_too_long("This model's maximum context length is 4096 tokens.")
    True
    """
    return bool(_TOO_LONG.search(words))


def read_lengths(words: str) -> tuple[int, int] | None:
    """Read the tokens of a request and of the context from a refusal; None if they are not in it.

    >>> read_lengths("maximum context length is 4096 tokens. However, you requested 5012 tokens")
    (5012, 4096)
    >>> read_lengths("exceeds the available context size (n_prompt_tokens 1532, n_ctx 1024)")
    (1532, 1024)
    """
    context = _CONTEXT.search(words)
    request = _REQUESTED.search(words)
    if context is None or request is None:
        return None
    sizes = [int(next(filter(None, match.groups()))) for match in (request, context)]
    return sizes[0], sizes[1]


def refused_field(kind: str, words: str, fields: frozenset[str], guess: bool) -> str | None:
    """Return the field of `fields` to leave out after a refusal, or None.

    Args:
        kind: the HTTP status.
        words: the server's text.
        fields: the fields that the refused request had.
        guess: True to choose a field if the words name none.

    >>> sent = frozenset({"max_tokens", "temperature"})
    >>> refused_field("400", "Unsupported parameter: 'max_tokens'", sent, guess=False)
    'max_tokens'
    """
    if kind not in _REFUSALS or is_too_long(words):
        return None
    for name, pattern in _WORDS:
        if name in fields and pattern.search(words):
            return name
    # A server that fails for another reason answers 500, too.
    if kind == "500" or not guess:
        return None
    return next((name for name in _UNNAMED if name in fields), None)


def sent_fields(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields of a request's JSON that a refusal may concern."""
    names = {
        name
        for name in ("max_tokens", "max_completion_tokens", "temperature", "seed")
        if name in body
    }
    if "response_format" in body:
        names.add("response_format")
        if body["response_format"].get("type") == "json_schema":
            names.add("json_schema")
    if any(message["role"] == "system" for message in body["messages"]):
        names.add("system")
    return frozenset(names)


def without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Move the text of system turns into the user's turn after them."""
    result: list[Message] = []
    waiting: list[str] = []
    for message in messages:
        if message.role == "system":
            waiting.append(message.content)
        elif message.role == "user" and waiting:
            result.append(Message(role="user", content="\n\n".join([*waiting, message.content])))
            waiting = []
        else:
            result.append(message)
    return tuple(result)
