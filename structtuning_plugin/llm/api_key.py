"""Key of a server: read from the environment, and kept out of every text."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import LLMError

# Shorter ones are placeholders ("EMPTY", "x") that servers without keys are given, and occur in any
# text.
SHORTEST_SECRET = 6


def read_key(config: LLMConfig) -> str | None:
    """Read the key from the environment; None if the block names no variable.

    Raises:
        LLMError: If the variable is not set, or holds characters that no header can carry.
    """
    name = config.api_key_env
    if name is None:
        return None
    key = os.environ.get(name, "").strip()
    if not key:
        raise LLMError(
            f"The environment variable `{name}` is not set, but `structtuning.llm.api_key_env` "
            "names it: set it to the key of "
            f"{config.base_url}, or take `api_key_env` out if the server needs none."
        )
    if not (key.isascii() and key.isprintable()):
        raise LLMError(
            f"The key in the environment variable `{name}` holds characters that no key has: set "
            "it again."
        )
    return key


def redact(text: str, key: str | None) -> str:
    """Replace the key in a text.

    >>> redact("Incorrect key sk-12345.", "sk-12345")
    'Incorrect key [key].'
    """
    return text.replace(key, "[key]") if key and len(key) >= SHORTEST_SECRET else text


def redact_spellings(text: str, key: str | None) -> str:
    """Replace the key in a server's words, in any spelling (JSON, URL)."""
    key = key or ""
    for spelling in {key, json.dumps(key)[1:-1], quote(key, safe="")}:
        text = redact(text, spelling)
    return text
