"""Interface of the clients of language models; plugins add them by `register_llm_clients`.

A client makes one attempt at a time and reports how it failed. The session does the rest, alike
for every client: retries, concurrency, budget, cache, and when a server counts as dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from structtuning_plugin.config.llm import LLMConfig
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
