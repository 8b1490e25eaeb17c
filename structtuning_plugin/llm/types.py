"""Requests to a language model, its replies, and their faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.core.types import Message

__all__ = ["Fault", "Message", "Reply", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a language model.

    Attributes:
        schema: JSON schema of the answer, if there is one.
        about: What the request concerns, for people. Never sent, and not part of the cache key.
        subject: The question as a value, for a client that needs no text. Never sent either.
        without: Fields that the server refused and the client leaves out (`llm.features`). Not part
            of the cache key.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    about: str = ""
    subject: object = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply as received.

    Attributes:
        input_tokens, output_tokens: The server's own counts; 0 where it gives none.
        finish: The server's `finish_reason`; "length" means that the answer was cut off.
        thoughts: Reasoning that the server returned apart from the text.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish: str = "stop"
    thoughts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A reply that could not be used as received.

    Attributes:
        reason: A word that code can count.
        outcome: "asked_again", "repaired", "replaced" or "left_out".
        requests: Cache keys of the requests so far that this question took.
    """

    about: str
    reason: str
    outcome: str
    detail: str = ""
    requests: tuple[str, ...] = ()
