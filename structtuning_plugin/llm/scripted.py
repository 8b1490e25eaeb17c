"""Client that answers from a function or a file: for tests, demos and runs without a server."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.errors import ConfigError, LLMError, nearest
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory
from structtuning_plugin.llm.types import Reply, Request

Answer = str | Reply
QUOTED = 200


class ScriptedClient:
    """Client that answers each request with `answer(request)`.

    `answer` may be a coroutine function and may raise what a client may raise.

    Attributes:
        requests: The requests so far, in order.
    """

    name = "scripted"

    def __init__(
        self, answer: Callable[[Request], Answer | Awaitable[Answer]], script: str = ""
    ) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._script = script

    @classmethod
    def from_file(cls, path: Path) -> ScriptedClient:
        """Create a client from JSON lines `{"contains": "...", "reply": "..." or JSON}`.

        The first row whose `contains` occurs in the question answers it. A row without `contains`
        answers every question.

        Raises:
            ConfigError: If the file cannot be read, or a line is not such a row.
        """
        try:
            content = path.read_bytes()
            lines = content.decode("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise ConfigError(f"structtuning.llm.script: {path} cannot be read: {error}.") from None
        rows = [
            _row(line, f"{path}:{number}")
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]
        return cls(
            lambda request: _first_fit(rows, request, path),
            script=hashlib.sha256(content).hexdigest(),
        )

    def body(self, request: Request, seed: int) -> Mapping[str, Any]:
        """Return what decides the reply. The hash of the script is part of it."""
        messages = [[message.role, message.content] for message in request.messages]
        return {
            "script": self._script,
            "messages": messages,
            "schema": request.schema,
            "seed": seed,
        }

    async def complete(self, request: Request, seed: int) -> Reply:
        """Return the scripted reply.

        Raises:
            LLMError: If the script has none for this question.
        """
        self.requests.append(request)
        answer = self._answer(request)
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Reply) else Reply(text=answer)

    async def check_alive(self) -> list[str]:
        """Return no notices: there is no server."""
        return []

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def _row(line: str, place: str) -> tuple[str, str]:
    """Text that the question must contain, and the text of the answer."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"structtuning.llm.script: {place} is no JSON: {error}.") from None
    if (
        not isinstance(row, dict)
        or "reply" not in row
        or not isinstance(row.get("contains", ""), str)
    ):
        raise ConfigError(
            f'structtuning.llm.script: {place} must be like {{"contains": "text", '
            f'"reply": "answer"}}: {line:.80}'
        )
    for key in row:
        if key not in ("contains", "reply"):
            raise ConfigError(
                f"structtuning.llm.script: {place}: unknown key "
                f"`{key}`.{nearest(key, ('contains', 'reply'))}"
            )
    reply = row["reply"]
    return row.get("contains", ""), reply if isinstance(reply, str) else json.dumps(
        reply, ensure_ascii=False
    )


def _first_fit(rows: list[tuple[str, str]], request: Request, path: Path) -> str:
    questions = [
        message.content for message in reversed(request.messages) if message.role == "user"
    ] or [""]
    # The latest first; where it only says what was wrong, the one before it.
    for question in questions:
        for contains, reply in rows:
            if contains in question:
                return reply
    raise LLMError(
        f"The script {path} has no row that fits this question: "
        f"{' '.join(questions[-1].split())[:QUOTED]!r}. "
        "Add a row whose `contains` occurs in it, or one without `contains` at the end."
    )


class ScriptedFactory:
    """Factory of `llm.client: scripted`."""

    name = "scripted"

    def check(self, config: LLMConfig) -> None:
        """Check the script before any work.

        Raises:
            ConfigError: If there is no script, or it cannot be used.
        """
        self.create(config)

    def create(self, config: LLMConfig) -> LLMClient:
        """Create a client that answers from `llm.script`.

        Raises:
            ConfigError: If there is no script, or it cannot be used.
        """
        if config.script is None:
            raise ConfigError(
                "structtuning.llm.script is missing: the client `scripted` answers from a file of "
                "JSON lines."
            )
        return ScriptedClient.from_file(Path(config.script))


@hookimpl
def register_llm_clients() -> list[LLMClientFactory]:
    """Register the client `scripted`."""
    return [ScriptedFactory()]
