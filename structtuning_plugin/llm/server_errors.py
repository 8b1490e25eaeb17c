"""Errors in a server's JSON: with status 200, in OpenAI's form, and refusals of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Characters of a server's words in a message.
QUOTED = 300


def error_status(data: Any) -> int | None:
    """Return the status of an error that a server answers with status 200; None without one.

    >>> error_status({"error": {"message": "Rate limit exceeded", "code": 429}})
    429
    """
    if not isinstance(data, dict):
        return None
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    errors = [data.get("error"), choice.get("error") if isinstance(choice, dict) else None]
    error = next((error for error in errors if error), None)
    if error is None:
        return None
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    # Without a code of HTTP, the provider behind the server failed: that may pass.
    return code if isinstance(code, int) and 400 <= code < 600 else 502


def error_message(content: bytes) -> str:
    """Return the message of an error in OpenAI's form with its sizes; empty for other content."""
    try:
        error = json.loads(content)["error"]
        message = error["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(message, str):
        return ""
    # llama.cpp: the context of one slot, which is a part of the server's.
    sizes = [f"{name} {error[name]}" for name in ("n_prompt_tokens", "n_ctx") if name in error]
    return f"{message} ({', '.join(sizes)})" if sizes else message


def refused_answer(message: Mapping[str, Any], finish: Any) -> str:
    """Return the words of a model or a filter that declines to answer; empty if none does."""
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        return " ".join(refusal.split())[:QUOTED]
    return "the content filter removed the answer" if finish == "content_filter" else ""
