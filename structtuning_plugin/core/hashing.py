"""Hashes that are the same in every process and on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(*parts: Any) -> str:
    """Hash of values that JSON can hold; mappings in any order of keys.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    payload = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def pick(seed: int, name: str, choices: int) -> int:
    """An index below `choices`, from a hash: the same in every process and on every machine."""
    return (
        int.from_bytes(hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()[:8], "big") % choices
    )
