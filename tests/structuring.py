"""A model that structures text well enough for tests.

It groups whatever it is shown by fives, or as the numbers say.
"""

from __future__ import annotations

import json
import re
from typing import Any

_ITEM = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)


def grouped_by(size: int, content: str) -> str:
    """The answer to a question of `templates/taxonomy/`.

    Groups of `size`, titled by their first members.
    """
    items = [text for _, text in _ITEM.findall(content)]
    if not items:
        return json.dumps({"title": "A title from the model"})
    starts = range(0, len(items), size)
    return json.dumps(
        {
            "groups": [
                {
                    "title": f"About {items[start][:30]}",
                    "start": start + 1,
                    "end": min(start + size, len(items)),
                    "intro": False,
                }
                for start in starts
            ]
        }
    )


def answer(body: dict[str, Any], size: int = 4) -> str:
    """As a server gets the question; where it was asked again, the first question counts."""
    return grouped_by(
        size, next(message["content"] for message in body["messages"] if message["role"] == "user")
    )


def long_text(paragraphs: int, words: int = 30) -> str:
    """Paragraphs of different words, each of which starts with its number."""
    return "\n\n".join(
        f"P{place:05d} "
        + " ".join(f"word{(place * 7 + index) % 997}" for index in range(words))
        + "."
        for place in range(paragraphs)
    )
