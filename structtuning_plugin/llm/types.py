"""What is asked of a language model, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.core.types import Message

__all__ = ["Fault", "Message", "Reply", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. `schema` is the JSON schema that the answer shall fit; `about` says for people what it concerns.

    `about`, and `subject` (the question as a value, for a client that needs no words), are never sent and are no part of
    the cache's key.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    about: str = ""
    subject: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer as it came, with the server's own count of tokens (0 where it gives none).

    `finish` is the server's `finish_reason`: "length" means that the answer was cut off.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An answer that could not be used as it came.

    `reason` is a word that code can count, `outcome` what was done about it: "asked_again", "repaired",
    "replaced" or "left_out".
    """

    about: str
    reason: str
    outcome: str
    detail: str = ""
