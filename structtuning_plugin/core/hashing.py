"""Hashes that are the same in every process and on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(*parts: Any) -> str:
    """Hash values that JSON can hold; 20 hexadecimal digits.

    The order of a mapping's keys does not matter.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    payload = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def stable_choice(seed: int, name: str, choices: int) -> int:
    """Choose an index in `0..choices - 1` by a hash of the seed and a name.

    No other sample, process or run has an influence on it.

    >>> stable_choice(42, "locate/1", 3) == stable_choice(42, "locate/1", 3)
    True
    """
    return (
        int.from_bytes(hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()[:8], "big") % choices
    )
