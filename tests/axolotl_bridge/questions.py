"""Questions about the sample textbook, and what a recipe needs for rows of chat messages."""

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
        "question": "Why did riders of the Draisine push against the ground?",
        "answer": "It had no pedals.",
        "explanation": "It was a steerable machine with two wheels and a wooden beam to sit on.",
    },
    {
        "question": "Which accident was called a header?",
        "answer": "The rider was thrown over the handlebar of a high wheeler.",
        "explanation": "The saddle stood almost directly above the front axle.",
    },
    {"question": "Who reigned over Bohemia when Rabbi Loew wrote?", "answer": "Rudolf the Second."},
)


def write_questions(
    folder: Path, rows: Sequence[Mapping[str, Any]] = QUESTIONS, name: str = "questions.jsonl"
) -> Path:
    path = folder / name
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return path
