"""JSON of a model's message, strict, and storable in any file."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(text: str) -> Any:
    """Return the object or the list that the whole text is; None for any other text.

    >>> parse_json('{"answer": "B"}'), parse_json('{"answer": NaN}'), parse_json("B")
    ({'answer': 'B'}, None, None)
    """
    text = text.strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        return replace_surrogates(json.loads(text, parse_constant=_refuse_constant), text)
    except (ValueError, RecursionError):
        return None


def replace_surrogates(data: Any, source: str) -> Any:
    """Replace lone surrogates, which JSON can escape but no file can store.

    Args:
        data: The value.
        source: The text that it was parsed from.

    Raises:
        RecursionError: If the value is nested too deeply.
    """
    if "\\ud" not in source.lower():
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
