"""Interface of the clients of language models; plugins add them by `register_llm_clients`.

A client makes one attempt at a time and reports how it failed. The session does the rest, alike
for every client: retries, concurrency, budget, cache, and when a server counts as dead.

`GuardedFactory` checks what a factory and its client return; the registry gives every factory that
guard.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    is_count,
    is_sequence_of,
    is_text,
    quote,
)
from structtuning_plugin.llm.features import NOTICES
from structtuning_plugin.llm.types import Reply, Request


class TransportError(Exception):
    """Failure of one attempt.

    Attributes:
        kind: A word that code can count: an HTTP status such as "429", or "timeout", "connection",
            "too_large", "not_json", "no_choices".
        detail: The server's own words, without secrets.
        retry_after: Seconds that the server asks to wait.
        again: False if the same request would be refused again.
    """

    def __init__(
        self, kind: str, detail: str = "", *, retry_after: float | None = None, again: bool = True
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
        self.again = again


@runtime_checkable
class LLMClient(Protocol):
    """Client of one language model.

    Cancelling `complete` must end the attempt: the session's time-out does so.
    """

    name: str

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Return everything that decides the reply, as JSON values and without any secret.

        The cache key is made of it.
        """
        ...

    async def complete(self, request: Request, seed: int) -> Reply:
        """Make one attempt and return the reply.

        Raises:
            TransportError: If this attempt failed.
            LLMError: If every attempt would fail; the session stops.
        """
        ...

    async def check_alive(self) -> list[str]:
        """Return notices for people, if the server answers. Called once, before the first request.

        Raises:
            LLMError: If the server does not answer, or refuses.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class AdaptiveClient(Protocol):
    """Client that can leave out fields of a request which the server refuses.

    Other clients are asked without a JSON schema after a refusal.
    """

    def refused(self, request: Request, fault: TransportError, guess: bool) -> str | None:
        """Return the field of a refused request to leave out, or None.

        Args:
            request: the request that was refused.
            fault: the refusal.
            guess: True to choose a field if the server names none.
        """
        ...


@runtime_checkable
class LLMClientFactory(Protocol):
    """Factory of the client that `llm.client` names."""

    name: str

    def check(self, config: LLMConfig) -> None:
        """Check the configuration before any work; nothing is sent.

        Raises:
            StructTuningError: The same errors as `create`.
        """
        ...

    def create(self, config: LLMConfig) -> LLMClient:
        """Create a client; nothing is sent yet.

        Raises:
            ConfigError: If the block's `llm` cannot work with this client.
            LLMError: If the key is missing.
        """
        ...


# Checks of what factories and clients return.

_CLIENT_NAME = (
    FieldRule(name="name", accepts=is_text, expected="a name: it is in the cache's keys"),
)
_REPLY = (
    FieldRule(
        name="text", accepts=lambda value: isinstance(value, str), expected="the text of the reply"
    ),
    *(
        FieldRule(name=name, accepts=is_count, expected="a number of tokens, 0 if unknown")
        for name in ("input_tokens", "output_tokens")
    ),
    FieldRule(
        name="finish", accepts=lambda value: isinstance(value, str), expected="a `finish_reason`"
    ),
    FieldRule(
        name="thoughts", accepts=lambda value: isinstance(value, str), expected="a text or empty"
    ),
)


class GuardedFactory:
    """Factory whose clients are checked."""

    def __init__(self, factory: LLMClientFactory, entry: PluginEntry) -> None:
        self.name = entry.name
        self._factory = factory
        self._entry = entry

    def check(self, config: LLMConfig) -> None:
        """Check the configuration before any work; nothing is sent.

        Raises:
            StructTuningError: The same errors as `create`.
            PluginError: If the factory fails.
        """
        expected = "None, or a `ConfigError` or `LLMError`"
        with self._entry.call("check", f"the model {config.model}", expected):
            self._factory.check(config)

    def create(self, config: LLMConfig) -> LLMClient:
        """Create a client; nothing is sent yet.

        Raises:
            ConfigError: If the block's `llm` cannot work with this client.
            LLMError: If the key is missing.
            PluginError: If the factory fails or returns no client.
        """
        expected = "an `LLMClient` with `name`, `body`, `complete`, `check_alive` and `close`"
        call = self._entry.call("create", f"the model {config.model}", expected)
        with call:
            client = self._factory.create(config)
            is_client = isinstance(client, LLMClient)
        if not is_client:
            raise call.fault(quote(client))
        call.check_fields(client, _CLIENT_NAME)
        guarded = GuardedAdaptiveClient if isinstance(client, AdaptiveClient) else GuardedClient
        return guarded(client, self._entry)


class GuardedClient:
    """Client whose replies are checked."""

    def __init__(self, client: LLMClient, entry: PluginEntry) -> None:
        self.name = client.name
        self._client = client
        self._entry = entry

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Return everything that decides the reply.

        Raises:
            PluginError: If the client fails or returns no mapping of JSON values.
        """
        call = self._entry.call("body", request.about, "a mapping of JSON values")
        with call:
            body = self._client.body(request, seed)
        call.check_type(body, Mapping)
        try:
            json.dumps(body)
        except (TypeError, ValueError, RecursionError) as error:
            raise call.fault(f"{quote(body)}, which is no JSON ({error})") from error
        return body

    async def complete(self, request: Request, seed: int) -> Reply:
        """Make one attempt and return the reply.

        Raises:
            TransportError: If this attempt failed.
            LLMError: If every attempt would fail; the session stops.
            PluginError: If the client fails in another way or returns no reply.
        """
        # The session counts time-outs and asks again.
        passing = (TransportError, asyncio.TimeoutError)
        call = self._entry.call("complete", request.about, "a `Reply`", passing)
        with call:
            reply = await self._client.complete(request, seed)
        call.check_type(reply, Reply)
        call.check_fields(reply, _REPLY)
        return reply

    async def check_alive(self) -> list[str]:
        """Return notices for people, if the server answers.

        Raises:
            LLMError: If the server does not answer, or refuses.
            PluginError: If the client fails or returns anything else.
        """
        call = self._call_without_request(
            "check_alive", "a list of notices, empty if there is none"
        )
        with call:
            notices = await self._client.check_alive()
        if not is_sequence_of(str)(notices):
            raise call.fault(quote(notices))
        return list(notices)

    async def close(self) -> None:
        """Release connections.

        Raises:
            PluginError: If the client fails.
        """
        with self._call_without_request("close", "None"):
            await self._client.close()

    def _call_without_request(self, function: str, expected: str) -> PluginCall:
        return self._entry.call(function, "", expected)


class GuardedAdaptiveClient(GuardedClient):
    """Client whose replies are checked, and that can leave out refused fields."""

    def refused(self, request: Request, fault: TransportError, guess: bool) -> str | None:
        """Return the field of a refused request to leave out, or None.

        Raises:
            PluginError: If the client fails or returns no field of `llm.features`.
        """
        call = self._entry.call("refused", request.about, "a field of a request, or None")
        with call:
            field = self._client.refused(request, fault, guess)  # type: ignore[attr-defined]
        if field is not None and field not in NOTICES:
            raise call.fault(quote(field), f"one of {', '.join(NOTICES)}, or None")
        return str(field) if field is not None else None
