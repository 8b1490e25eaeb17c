"""The budget of one run: what was sent, and whether one more request fits."""

from __future__ import annotations

from structtuning_plugin.config import LLMBudget
from structtuning_plugin.errors import LLMError
from structtuning_plugin.llm.values import Reply, Request

# For a server that counts no tokens, and before the first answer: a low guess for Latin script.
CHARACTERS_PER_TOKEN = 4


class Spending:
    """Counts attempts and tokens against the budget.

    What a request will cost is known only afterwards: each one under way, and the next, is taken to cost as much as the
    dearest so far. So the budget of requests is never exceeded, that of tokens at most by a request dearer than all before.
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
            LLMError: it would exceed the budget.
        """
        cost = max(self._dearest, _tokens("".join(message.content for message in request.messages)))
        self._check("requests", self._budget.requests, self.requests, 1)
        self._check("tokens", self._budget.tokens, self.tokens, (self._under_way + 1) * cost)
        self.requests += 1
        self._under_way += 1

    def end(self, request: Request, reply: Reply | None) -> None:
        """The attempt has ended, with an answer or without one, which costs nothing."""
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
                f"The budget is spent: {self.requests} requests and {self.tokens} tokens were sent and answered in this run, and "
                f"the next request would exceed `structtuning.llm.budget.{what}: {limit}`. Everything answered so far is kept: "
                f"raise `structtuning.llm.budget.{what}` and run again."
            )


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
