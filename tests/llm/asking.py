"""What the tests ask, and how they run it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.client import LLMClient
from structtuning_plugin.llm.openai_client import OpenAIClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Message
from tests.llm.fault_server import FaultServer

SCHEMA = {"type": "object", "properties": {"n": {"type": "array"}}}


def numbers(body: dict[str, Any]) -> str:
    """The right answer to `question(n)`."""
    first = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return json.dumps({"n": [int(first.split()[-1]), 7], "why": "because"})


def question(number: int) -> list[Message]:
    return [
        Message(role="system", content="Say JSON."),
        Message(role="user", content=f"number {number}"),
    ]


def check(data: Any) -> int:
    if not isinstance(data, dict) or not isinstance(data.get("n"), list) or data["n"][-1] != 7:
        raise ValueError("`n` must end with 7.")
    return int(data["n"][0])


def config_of(url: str, **settings: Any) -> LLMConfig:
    return LLMConfig.model_validate(
        {"base_url": url, "model": "m", "timeout": 5, "max_retries": 2, **settings}
    )


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """To its end, at most two minutes."""
    return asyncio.run(asyncio.wait_for(coroutine, 120))


async def ask_many(
    session: Session, count: int, repair: Callable[[Any], Any] = lambda data: None
) -> list[int | None]:
    asks = (session.ask(question(n), SCHEMA, check, f"q{n:04}", repair) for n in range(count))
    return list(await asyncio.gather(*asks))


def ask_server(
    server: FaultServer,
    count: int = 1,
    *,
    cache: Path | None = None,
    client: Callable[[LLMConfig], LLMClient] = OpenAIClient,
    repair: Callable[[Any], Any] = lambda data: None,
    **settings: Any,
) -> tuple[list[int | None], Session, Usage]:
    """Start the server, ask so many questions, and end both."""

    async def go() -> tuple[list[int | None], Session, Usage]:
        async with server:
            config = config_of(server.base_url, **settings)
            kept = Cache(cache) if cache else None
            usage = Usage(kept, "b")
            try:
                async with Session(client(config), config, kept, 42, usage) as session:
                    return await ask_many(session, count, repair), session, usage
            finally:
                if kept:
                    kept.close()

    result: tuple[list[int | None], Session, Usage] = run(go())
    return result
