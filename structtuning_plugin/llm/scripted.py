"""A client that answers from a function or from a file: for tests, demonstrations and runs without a server."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ConfigError, LLMError, nearest
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory
from structtuning_plugin.llm.types import Reply, Request

Answer = str | Reply
QUOTED = 200


class ScriptedClient:
    """Answers each request with `answer(request)`, which may be a coroutine and may raise what a client may raise.

    `requests` are those it got, in order. `script` stands for the function in the cache's key: another script, other answers.
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
        """Answers of JSON lines `{"contains": "...", "reply": "..." or JSON}`.

        The first row whose `contains` occurs in the question answers it; one without `contains` answers all.

        Raises:
            ConfigError: the file cannot be read, or a line is not such a row.
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
        """What decides the answer."""
        messages = [[message.role, message.content] for message in request.messages]
        return {
            "script": self._script,
            "messages": messages,
            "schema": request.schema,
            "seed": seed,
        }

    async def complete(self, request: Request, seed: int) -> Reply:
        """The scripted answer.

        Raises:
            LLMError: the script has none for this question.
        """
        self.requests.append(request)
        answer = self._answer(request)
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Reply) else Reply(text=answer)

    async def check_alive(self) -> list[str]:
        """It always is."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


def _row(line: str, place: str) -> tuple[str, str]:
    """What the question must contain, and the answer's text."""
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
            f'structtuning.llm.script: {place} must be like {{"contains": "text", "reply": "answer"}}: {line:.80}'
        )
    for key in row:
        if key not in ("contains", "reply"):
            raise ConfigError(
                f"structtuning.llm.script: {place}: unknown key `{key}`.{nearest(key, ('contains', 'reply'))}"
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
        f"The script {path} has no row that fits this question: {' '.join(questions[-1].split())[:QUOTED]!r}. "
        "Add a row whose `contains` occurs in it, or one without `contains` at the end."
    )


class ScriptedFactory:
    """`llm.client: scripted`."""

    name = "scripted"

    def check(self, config: LLMConfig) -> None:
        """Before any work.

        Raises:
            ConfigError: there is no script, or it cannot be used.
        """
        self.create(config)

    def create(self, config: LLMConfig) -> LLMClient:
        """A client that answers from `llm.script`; raises what `check` raises."""
        if config.script is None:
            raise ConfigError(
                "structtuning.llm.script is missing: the client `scripted` answers from a file of JSON lines."
            )
        return ScriptedClient.from_file(Path(config.script))


@hookimpl
def register_llm_clients() -> list[LLMClientFactory]:
    return [ScriptedFactory()]
