"""Counts for manifests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from structtuning_plugin.core.types import SizedSample


def count_names(names: Iterable[str]) -> dict[str, int]:
    """Count each name, ordered by name."""
    return dict(sorted(Counter(names).items()))


def count_rows(rows: Sequence[SizedSample], prefix: int) -> dict[str, Any]:
    """Count samples and tokens.

    Args:
        rows: Rows of a stage.
        prefix: Tokens in front of every prompt that `prompt_tokens` leaves out.
    """
    totals = [prefix + row.prompt_tokens + row.trained for row in rows]
    trained: Counter[str] = Counter()
    for row in rows:
        trained[row.sample.kind] += row.trained
    return {
        "samples": count_names(row.sample.kind for row in rows),
        "trained_tokens_by_kind": dict(sorted(trained.items())),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "trained_tokens": sum(trained.values()),
        "total_tokens": sum(totals),
        "longest_sample": max(totals, default=0),
    }
