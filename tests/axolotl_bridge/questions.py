"""Questions about the tiny corpus, and what a recipe needs for rows of chat messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# A chat template with its control tokens, for a tokenizer that has neither.
CHAT: dict[str, Any] = {
    "chat_template": "chatml",
    "tokens": ["<|im_start|>", "<|im_end|>"],
    "eot_tokens": ["<|im_end|>"],
}
SSFT: dict[str, Any] = {"stage": "ssft", "ssft": {"qa": ["questions.jsonl"]}}

QUESTIONS: tuple[Mapping[str, Any], ...] = (
    {
        "question": "What does a rim of The Bicycle hold, and when is it true?",
        "answer": "The tyre; it is true when it turns without leaving its plane.",
        "explanation": "A rim that leaves its plane rubs against the pads.",
    },
    {
        "question": "Which spoke of The Tandem is pulled, never pushed?",
        "answer": "Every one of the thirty-six.",
        "explanation": "Thirty-six of them carry a rider.",
    },
    {"question": "Who reigned over Bohemia when Rabbi Loew wrote?", "answer": "Rudolf the Second."},
)


def write_questions(folder: Path, rows: Sequence[Mapping[str, Any]] = QUESTIONS, name: str = "questions.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
