"""Kinds of reply and of refusal of real servers, for every part that asks a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]


def completion(content: Any, finish: str = "stop", **message: Any) -> Body:
    choice = {"finish_reason": finish, "message": {"content": content, **message}}
    return {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}


DRAFT = '{"n": [99, 7]}'

# Kinds of reply that have the right answer.
ANSWERS: dict[str, Callable[[str], Any]] = {
    "plain": completion,
    "thoughts before": lambda text: completion(f"<think>{DRAFT}?</think>{text}"),
    "no opening tag": lambda text: completion(f"Well, {DRAFT}</think>{text}"),
    "harmony": lambda text: completion(
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|channel|>final<|message|>{text}"
    ),
    "harmony without marks": lambda text: completion(
        f"analysisWe say {DRAFT}.assistantfinal{text}"
    ),
    "thoughts apart": lambda text: completion(text, reasoning_content=f"Say {DRAFT}"),
    "only in the field of thoughts": lambda text: completion(None, reasoning_content=text),
    "parts": lambda text: completion(
        [{"type": "thinking", "thinking": DRAFT}, {"type": "text", "text": text}]
    ),
    "tool call": lambda text: completion(
        None, "tool_calls", tool_calls=[{"function": {"name": "answer", "arguments": text}}]
    ),
    "fence": lambda text: completion(f"Sure!\n```json\n{text}\n```\nMore?"),
    "text/plain": lambda text: json.dumps(completion(text)).encode(),
    "stream": lambda text: (
        b"".join(
            b"data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}).encode() + b"\n\n"
            for piece in (text[:5], text[5:])
        )
        + b"data: [DONE]\n\n"
    ),
}

# Kinds of reply without an answer, and the first words of the fault that is recorded.
NO_ANSWERS: dict[str, tuple[Callable[[], Any], str]] = {
    "cut thoughts with a draft": (
        lambda: completion(f"<think>First: {DRAFT}. But wait", "length"),
        "cut_off",
    ),
    "cut thoughts apart": (
        lambda: completion("", "length", reasoning=f"I think {DRAFT}"),
        "cut_off",
    ),
    "thoughts alone": (lambda: completion(None, reasoning="I think"), "only_thoughts"),
    "empty": (lambda: completion(""), "empty"),
    "refusal": (lambda: completion(None, refusal="I cannot help."), "unanswered"),
    "content filter": (lambda: completion(None, "content_filter"), "unanswered"),
    "error in a choice": (
        lambda: {**completion(None), "error": {"message": "Provider error", "code": 429}},
        "unanswered",
    ),
    "error alone": (lambda: {"error": {"message": "No capacity"}}, "unanswered"),
}

# Kinds of refusal: the field, and the words of a server that names it.
REFUSALS: dict[str, tuple[int, str]] = {
    "max_tokens": (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."),
    "temperature": (400, "Unsupported value: 'temperature' does not support 0."),
    "seed": (400, 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'),
    "json_schema": (500, "Failed to compile grammar: unsupported feature"),
    "response_format": (422, "response_format is not supported"),
    "system": (400, "System role not supported"),
}


def has(body: Body, field: str) -> bool:
    if field == "system":
        return any(message["role"] == "system" for message in body["messages"])
    if field == "json_schema":
        return body.get("response_format", {}).get("type") == "json_schema"
    return field in body
