"""What was sent and what came of it, counted by kind: for this run, and for all runs of one build."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structtuning_plugin.llm.cache import Cache


class Usage:
    """Counters by kind; with a cache and a build's key also kept on disk, summed over killed and resumed runs.

    Kinds: "requests" (attempts sent, retries too), "answers", "input_tokens", "output_tokens", "from_cache",
    "unanswered", and "fault:KIND" for every attempt that failed ("fault:429", "fault:timeout"...).
    """

    def __init__(self, cache: Cache | None = None, build: str = "") -> None:
        self.run: Counter[str] = Counter()
        self._cache = cache
        self._build = build

    def add(self, **counts: int) -> None:
        """Count at once, so that a killed run has counted what it sent.

        Raises:
            ArtifactError: the cache cannot be written.
        """
        counts = {kind: count for kind, count in counts.items() if count}
        self.run.update(counts)
        if self._cache is not None and counts:
            self._cache.add(self._build, counts)

    def add_fault(self, kind: str) -> None:
        """Count an attempt that failed."""
        self.add(**{f"fault:{kind}": 1})

    def total(self) -> dict[str, int]:
        """The counts of all runs of the build, or of this run if nothing keeps them."""
        counts = self._cache.usage(self._build) if self._cache is not None else self.run
        return dict(sorted(counts.items()))
