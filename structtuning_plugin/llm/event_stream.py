"""Streams of events, which some servers answer unasked.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from typing import Any


def read_events(content: bytes) -> Any:
    """Join the chunks of a chat completion that was streamed unasked; None for other content."""
    text, finish, usage, chunks = "", None, None, 0
    for line in content.decode("utf-8", "replace").splitlines():
        value = line.removeprefix("data:").strip()
        if not line.startswith("data:") or value == "[DONE]":
            continue
        try:
            event = json.loads(value)
            choice = (event.get("choices") or [{}])[0]
            delta = choice.get("delta") or choice.get("message") or {}
        except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
            return None
        piece = delta.get("content")
        text += piece if isinstance(piece, str) else ""
        finish, usage = choice.get("finish_reason") or finish, event.get("usage") or usage
        chunks += 1
    if not chunks:
        return None
    choice = {"message": {"content": text}, "finish_reason": finish}
    return {"choices": [choice], "usage": usage}
