"""Dispatcher of requests: cache, retries, budget and bounded concurrency."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from weakref import WeakValueDictionary

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.llm.budget import RequestBudget, Usage
from structtuning_plugin.llm.cache import Cache, cache_key
from structtuning_plugin.llm.client import AdaptiveClient, LLMClient, TransportError
from structtuning_plugin.llm.features import NOTICES, read_lengths
from structtuning_plugin.llm.reply import has_answer
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

# Statuses by which servers without JSON schemas refuse a request.
SCHEMA_REFUSALS = ("400", "422")

# Fields that one request may lose to refusals.
MOST_LEFT_OUT = 4

# Faults of the answer, not of the server: they are no sign that it is dead.
OF_THE_ANSWER = ("refused_answer", "too_long")


class UnansweredError(Exception):
    """A request that is refused for good or has no retries left; the text is the last fault."""


class Dispatcher:
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
        self._budget = RequestBudget(config.budget)
        self._slots = asyncio.Semaphore(config.max_concurrency)
        self._same_question: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._checking = asyncio.Lock()
        self._alive = False
        self._without: frozenset[str] = frozenset()
        self._probing = asyncio.Lock()
        self._probed = not isinstance(client, AdaptiveClient)
        self._last_fault, self._may_pass = "", False
        self._told_about_thoughts = False
        self._told_about_length = False
        self._told_about_limit = False
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
                reply = await self._send(request)
                self._has_answer(reply)
                return reply
            key = self.key(request)
            lock = self._same_question.setdefault(key, asyncio.Lock())
            async with lock:
                cached_reply = self._cache.get(key)
                if cached_reply is not None:
                    self._usage.add(from_cache=1)
                    return cached_reply
                reply = await self._send(request)
                return self._cache.put(key, reply) if self._has_answer(reply) else reply

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
        while True:
            async with self._one_at_first():
                outcome = await self._attempt_without_refused_fields(request)
            if isinstance(outcome, Reply):
                self._unanswered_in_a_row = 0
                return outcome
            if not outcome.again or retries == self._config.max_retries:
                self._give_up(outcome)
                raise UnansweredError(str(outcome)) from None
            await self._pause(outcome, retries)
            retries += 1

    @asynccontextmanager
    async def _one_at_first(self) -> AsyncIterator[None]:
        """Send one request alone until the server has answered or failed.

        Otherwise all requests under way would be refused before the refused fields are known.
        """
        if not self._probed:
            async with self._probing:
                if not self._probed:
                    try:
                        yield
                    finally:
                        self._probed = True
                    return
        yield

    async def _attempt_without_refused_fields(self, request: Request) -> Reply | TransportError:
        """Make one attempt, and further ones without the fields that the server refuses."""
        without, words = self._without, dict[str, str]()
        guess = not self._usage.run["answers"]
        while True:
            try:
                reply = await self._attempt(_leave_out(request, without))
            except TransportError as fault:
                field = self._refused(_leave_out(request, without), fault, guess)
                if field is None or len(without) >= MOST_LEFT_OUT:
                    return fault
                without = without | {field}
                words[field] = fault.detail
            else:
                self._learn(without, words)
                return reply

    def _refused(self, request: Request, fault: TransportError, guess: bool) -> str | None:
        if isinstance(self._client, AdaptiveClient):
            return self._client.refused(request, fault, guess)
        return (
            "response_format"
            if request.schema is not None and fault.kind in SCHEMA_REFUSALS
            else None
        )

    async def _attempt(self, request: Request) -> Reply:
        self._raise_if_stopped()
        self._budget.start(request)
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
            self._budget.end(request, reply)
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
        self._last_fault, self._may_pass = str(fault), fault.again
        if fault.kind == "too_long" and not self._told_about_length:
            self._told_about_length = True
            lengths = read_lengths(fault.detail)
            sizes = f" of {lengths[1]:,} tokens, it has {lengths[0]:,}" if lengths else ""
            self.notices.append(
                f"A request is longer than the model's context{sizes} ({fault.detail}): lower "
                "`structtuning.llm.max_output_tokens` or the extractor's `window_tokens`, or start "
                "the server with a longer context for each slot."
            )
        if fault.kind in OF_THE_ANSWER:
            return
        self._unanswered_in_a_row += 1
        if self._unanswered_in_a_row >= UNANSWERED_IN_A_ROW:
            raise LLMError(
                f"The language model at {self._config.base_url} stopped answering: "
                f"{UNANSWERED_IN_A_ROW} requests in a row "
                f"failed, the last one with `{fault}`. Everything answered so far is kept: look at "
                "the server's log, then run "
                "again."
            )

    def _learn(self, without: frozenset[str], words: Mapping[str, str]) -> None:
        """Remember the refused fields, after an answer without them has shown that they matter.

        Each field has the words of its refusal.

        A request may be refused for another reason, such as its length.
        """
        for field in sorted(without - self._without):
            reason = f" ({words[field]})" if words.get(field) else ""
            self.notices.append(f"The server refuses {NOTICES[field]}.{reason}")
        self._without |= without

    def _has_answer(self, reply: Reply) -> bool:
        """Return False for a reply without an answer; tell people once of one that only thinks."""
        if has_answer(reply):
            return True
        if reply.thoughts or reply.text:
            self._tell_about_thoughts(reply)
        return False

    def _tell_about_thoughts(self, reply: Reply) -> None:
        """Tell people once about answers that have nothing but thoughts, with what to change."""
        if self._told_about_thoughts:
            return
        self._told_about_thoughts = True
        cause = (
            "An answer was cut off within its thoughts: raise `structtuning.llm.max_output_tokens`"
            if reply.finish == "length"
            else "An answer has nothing but thoughts: start the server without a reasoning parser"
        )
        self.notices.append(
            f"{cause}, or switch thinking off, for many models with "
            "`extra_body: {chat_template_kwargs: {enable_thinking: false}}`."
        )

    def tell_about_limit(self, reply: Reply) -> None:
        """Tell people once about an answer that broke off at the greatest length."""
        if self._told_about_limit or reply.finish != "length" or not has_answer(reply):
            return
        self._told_about_limit = True
        self.notices.append(
            "An answer broke off at its greatest length, `structtuning.llm.max_output_tokens: "
            f"{self._config.max_output_tokens}`: raise it, or ask for less at once."
        )

    def check_any_answer(self) -> None:
        """Check at the end of a run that the server answered at least one request.

        Raises:
            LLMError: If requests were sent and none was answered.
        """
        run = self._usage.run
        if run["unanswered"] and not run["answers"] and not run["from_cache"]:
            raise LLMError(
                f"The language model at {self._config.base_url} answered none of "
                f"{run['unanswered']} requests, the last one with `{self._last_fault}`. "
                f"{self._cure()} Then run again."
            )

    def _cure(self) -> str:
        if self._may_pass:
            return "Wait, or raise `max_retries` and `timeout` of `structtuning.llm`."
        return "Correct `structtuning.llm`: a field that `extra_body` sets to null is not sent."

    def _raise_if_stopped(self) -> None:
        if self._stopped is not None:
            raise LLMError(str(self._stopped))


def _leave_out(request: Request, without: frozenset[str]) -> Request:
    schema = None if "response_format" in without else request.schema
    return replace(request, schema=schema, without=without)
