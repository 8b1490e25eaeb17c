"""Budget of one run, and counts of what was sent and received."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from structtuning_plugin.config.llm import LLMBudget
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.llm.types import Reply, Request

if TYPE_CHECKING:
    from structtuning_plugin.llm.cache import Cache


# For a server that counts no tokens, and before the first answer: a low guess for Latin script.
CHARACTERS_PER_TOKEN = 4


class RequestBudget:
    """Counter of attempts and tokens against the budget.

    The cost of a request is known only afterwards. So each request under way, and the next one, is
    assumed to cost as much as the most expensive one so far. The budget of requests is never
    exceeded. The budget of tokens is exceeded at most by one request that costs more than all
    before.
    """

    def __init__(self, budget: LLMBudget) -> None:
        self.requests = 0
        self.tokens = 0
        self._budget = budget
        self._under_way = 0
        self._dearest = 0

    def start(self, request: Request) -> None:
        """Count an attempt that is about to be sent.

        Raises:
            LLMError: If it would exceed the budget.
        """
        cost = max(self._dearest, _tokens("".join(message.content for message in request.messages)))
        self._check("requests", self._budget.requests, self.requests, 1)
        self._check("tokens", self._budget.tokens, self.tokens, (self._under_way + 1) * cost)
        self.requests += 1
        self._under_way += 1

    def end(self, request: Request, reply: Reply | None) -> None:
        """Count the end of an attempt. An attempt without a reply costs no tokens."""
        self._under_way -= 1
        if reply is None:
            return
        cost = reply.input_tokens + reply.output_tokens
        if not cost:
            cost = _tokens("".join(message.content for message in request.messages) + reply.text)
        self.tokens += cost
        self._dearest = max(self._dearest, cost)

    def _check(self, what: str, limit: int | None, spent: int, cost: int) -> None:
        if limit is not None and spent + cost > limit:
            raise LLMError(
                f"The budget is spent: {self.requests} requests and {self.tokens} tokens were sent "
                "and answered in this run, and "
                f"the next request would exceed `structtuning.llm.budget.{what}: {limit}`. "
                "Everything answered so far is kept: "
                f"raise `structtuning.llm.budget.{what}` and run again."
            )


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


class Usage:
    """Counters by kind, in memory; with a cache and the key of a build, also on disk.

    The counters on disk are sums over all runs of the build, killed and resumed ones included.

    Kinds: "requests" (attempts, retries included), "answers", "input_tokens", "output_tokens",
    "from_cache", "unanswered", and "fault:KIND" for each failed attempt ("fault:429",
    "fault:timeout", ...).
    """

    def __init__(self, cache: Cache | None = None, build: str = "") -> None:
        self.run: Counter[str] = Counter()
        self._cache = cache
        self._build = build

    def add(self, **counts: int) -> None:
        """Add to the counters at once, so that a killed run has counted what it sent.

        Raises:
            ArtifactError: If the cache cannot be written.
        """
        counts = {kind: count for kind, count in counts.items() if count}
        self.run.update(counts)
        if self._cache is not None and counts:
            self._cache.add(self._build, counts)

    def add_fault(self, kind: str) -> None:
        """Count an attempt that failed."""
        self.add(**{f"fault:{kind}": 1})

    def total(self) -> dict[str, int]:
        """Return the counts of all runs of the build, or of this run where nothing is on disk."""
        counts = self._cache.usage(self._build) if self._cache is not None else self.run
        return dict(sorted(counts.items()))
