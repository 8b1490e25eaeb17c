"""What a client of a language model must do, and how a plugin brings one: hook `register_llm_clients`.

A client makes one attempt at a time and says how it failed. When to try again, how many requests are under way, what was
spent, what is cached and when a server counts as dead is the session's business, so every client has it alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.llm.types import Reply, Request


class TransportError(Exception):
    """One attempt brought no answer.

    `kind` is a word that code can count: an HTTP status such as "429", or "timeout", "connection", "too_large",
    "not_json", "no_choices". `retry_after` is the server's wish in seconds. `again` is False where the same request
    would be refused again.
    """

    def __init__(
        self, kind: str, detail: str = "", *, retry_after: float | None = None, again: bool = True
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.retry_after = retry_after
        self.again = again


@runtime_checkable
class LLMClient(Protocol):
    """Asks one language model. Cancelling `complete` must end the attempt: the session's deadline does so."""

    name: str

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Everything that decides the answer, as JSON values, without any secret: the cache's key is made of it."""
        ...

    async def complete(self, request: Request, seed: int) -> Reply:
        """The answer to one attempt.

        Raises:
            TransportError: this attempt failed.
            LLMError: every attempt would fail; the session stops.
        """
        ...

    async def check_alive(self) -> list[str]:
        """Notices for people, if the server answers at all; called once, before the first request.

        Raises:
            LLMError: it does not answer, or refuses us.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class LLMClientFactory(Protocol):
    """Makes the client that `llm.client` names."""

    name: str

    def check(self, config: LLMConfig) -> None:
        """Called before any work; raises what `create` would raise. Nothing is sent."""
        ...

    def create(self, config: LLMConfig) -> LLMClient:
        """A new client; nothing is sent yet.

        Raises:
            ConfigError: the block's `llm` cannot work with this client.
            LLMError: its key is missing.
        """
        ...
