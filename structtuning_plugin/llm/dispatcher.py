"""Dispatcher of requests: cache, retries, budget and bounded concurrency."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from weakref import WeakValueDictionary

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.llm.budget import Spending, Usage
from structtuning_plugin.llm.cache import Cache, cache_key
from structtuning_plugin.llm.client import LLMClient, TransportError
from structtuning_plugin.llm.types import Reply, Request

if sys.version_info >= (3, 11):
    from asyncio import timeout as deadline
else:
    # aiohttp brings it where asyncio has none.
    from async_timeout import timeout as deadline  # type: ignore[import-not-found, unused-ignore]


# Seconds before the first retry, doubled for each one more; what the server wishes comes first.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
LONGEST_RETRY_AFTER = 60.0

# Requests in a row that exhaust their retries, with no answer between, after which the server
# counts as dead.
UNANSWERED_IN_A_ROW = 8

# How servers say that they know no JSON schemas.
SCHEMA_REFUSALS = ("400", "422")


class UnansweredError(Exception):
    """A request that is refused for good or has no retries left; the text is the last fault."""


class Sender:
    """Dispatcher of many requests at once.

    The first LLMError stops it: requests under way finish and are cached, the others raise the same
    error.
    """

    def __init__(
        self, client: LLMClient, config: LLMConfig, cache: Cache | None, seed: int, usage: Usage
    ) -> None:
        self.notices: list[str] = []
        self._client = client
        self._config = config
        self._cache = cache
        # The block's seed may have 32 bits, servers take 31.
        self._seed = (seed if config.seed is None else config.seed) % 2**31
        self._usage = usage
        self._spending = Spending(config.budget)
        self._slots = asyncio.Semaphore(config.max_concurrency)
        self._same_question: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._checking = asyncio.Lock()
        self._alive = False
        self._schemas_refused = False
        self._unanswered_in_a_row = 0
        self._stopped: LLMError | None = None
        self._stopping = asyncio.Event()
        self._jitter = random.Random()

    def stop(self, error: LLMError) -> None:
        """Send no more requests; waiting ones raise the error."""
        self._stopped = self._stopped or error
        self._stopping.set()

    def key(self, request: Request) -> str:
        """Return the cache key of a request."""
        return cache_key(self._client.name, self._client.body(request, self._seed))

    async def answer(self, request: Request) -> Reply:
        """Return the reply to a request, from the cache if it is there.

        The same request is never under way twice.

        Raises:
            UnansweredError: If the server did not answer this request.
            LLMError: If the server fails or refuses, or the budget is spent.
            ArtifactError: If the cache cannot be used.
        """
        # The slot comes first: thousands of questions looked up before the first is sent would keep
        # the server waiting.
        async with self._slots:
            if self._cache is None:
                return await self._send(request)
            key = self.key(request)
            lock = self._same_question.setdefault(key, asyncio.Lock())
            async with lock:
                cached_reply = self._cache.get(key)
                if cached_reply is not None:
                    self._usage.add(from_cache=1)
                    return cached_reply
                return self._cache.put(key, await self._send(request))

    async def _send(self, request: Request) -> Reply:
        self._raise_if_stopped()
        try:
            await self._check_alive()
            return await self._attempt_until_answered(request)
        except LLMError as error:
            self.stop(error)
            raise

    async def _check_alive(self) -> None:
        if self._alive:
            return
        async with self._checking:
            self._raise_if_stopped()
            if not self._alive:
                self.notices += await self._client.check_alive()
                self._alive = True

    async def _attempt_until_answered(self, request: Request) -> Reply:
        retries = 0
        schema_dropped = False
        if self._schemas_refused:
            request = replace(request, schema=None)
        while True:
            try:
                reply = await self._attempt(request)
            except TransportError as fault:
                if request.schema is not None and fault.kind in SCHEMA_REFUSALS:
                    request, schema_dropped = replace(request, schema=None), True
                    continue
                if not fault.again or retries == self._config.max_retries:
                    self._give_up(fault)
                    raise UnansweredError(fault.kind) from None
                await self._pause(fault, retries)
                retries += 1
            else:
                self._unanswered_in_a_row = 0
                self._learn(schema_dropped)
                return reply

    async def _attempt(self, request: Request) -> Reply:
        self._raise_if_stopped()
        self._spending.start(request)
        self._usage.add(requests=1)
        reply = None
        try:
            async with deadline(self._config.timeout):
                reply = await self._client.complete(request, self._seed)
        except asyncio.TimeoutError:
            self._usage.add_fault("timeout")
            raise TransportError("timeout") from None
        except TransportError as fault:
            self._usage.add_fault(fault.kind)
            raise
        finally:
            self._spending.end(request, reply)
        self._usage.add(
            answers=1, input_tokens=reply.input_tokens, output_tokens=reply.output_tokens
        )
        return reply

    async def _pause(self, fault: TransportError, retries: int) -> None:
        """Wait before a retry, in the same slot, so an overloaded server gets fewer requests."""
        if fault.retry_after is not None:
            seconds = min(max(fault.retry_after, 0.0), LONGEST_RETRY_AFTER)
        else:
            seconds = min(FIRST_PAUSE * 2**retries, LONGEST_PAUSE) * self._jitter.uniform(0.75, 1.0)
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except asyncio.TimeoutError:
            return
        self._raise_if_stopped()

    def _give_up(self, fault: TransportError) -> None:
        self._usage.add(unanswered=1)
        self._unanswered_in_a_row += 1
        if self._unanswered_in_a_row >= UNANSWERED_IN_A_ROW:
            raise LLMError(
                f"The language model at {self._config.base_url} stopped answering: "
                f"{UNANSWERED_IN_A_ROW} requests in a row "
                f"failed, the last one with `{fault}`. Everything answered so far is kept: look at "
                "the server's log, then run "
                "again."
            )

    def _learn(self, schema_dropped: bool) -> None:
        """Remember that the server refuses schemas, after an answer without one has shown that.

        A question that is too long is refused in the same way.
        """
        if schema_dropped and not self._schemas_refused:
            self._schemas_refused = True
            self.notices.append(
                "The server refuses JSON schemas (`response_format`), so it was asked without them."
            )

    def _raise_if_stopped(self) -> None:
        if self._stopped is not None:
            raise LLMError(str(self._stopped))
