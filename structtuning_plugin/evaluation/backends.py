"""Answers from an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.config import LLMBudget, LLMConfig
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.types import Answer, Asked
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.client import LLMClientFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Message


def config_for(url: str, model: str, max_new_tokens: int, llm: LLMConfig | None) -> LLMConfig:
    """How the server is asked: greedily. The block's `llm`, its key and limits of rate too, counts for its own server alone.

    Raises:
        ConfigError: the address is none.
    """
    said: dict[str, Any] = {"base_url": url, "model": model, "client": "openai"}
    if llm is not None and llm.client == "openai" and llm.base_url == url.rstrip("/"):
        said = {**llm.model_dump(exclude={"budget", "script", "seed"}), **said}
    return LLMConfig.model_validate(
        {**said, "temperature": 0.0, "max_output_tokens": max_new_tokens, "budget": LLMBudget()}
    )


def identity(config: LLMConfig) -> Mapping[str, Any]:
    """What decides the answers, as far as it can be seen from here: a server does not tell which files it has loaded."""
    return {"server": config.base_url, "model": config.model, "extra_body": config.extra_body}


class ServerAnswerer:
    """Asks the server, as many questions at once as the configuration says. No answer is cached but the run's own."""

    def __init__(
        self, factory: LLMClientFactory, config: LLMConfig, seed: int, progress: Progress
    ) -> None:
        self._factory = factory
        self._config = config
        self._seed = seed
        self._progress = progress

    def answer(
        self, asked: Sequence[Asked], done: Callable[[Asked, Answer], None]
    ) -> list[Dropped]:
        return run(self._answer(asked, done))

    async def _answer(
        self, asked: Sequence[Asked], done: Callable[[Asked, Answer], None]
    ) -> list[Dropped]:
        async with Session(
            self._factory.create(self._config), self._config, None, self._seed, Usage()
        ) as session:
            unanswered = await asyncio.gather(*(self._one(session, item, done) for item in asked))
            details = {fault.about: fault.detail for fault in session.faults}
            for notice in session.notices:
                self._progress.say(notice)
        return [
            Dropped(
                stage="evaluate",
                id=name,
                reason="unanswered",
                detail=details.get(name, "the server gave no answer"),
            )
            for name in unanswered
            if name
        ]

    async def _one(
        self, session: Session, item: Asked, done: Callable[[Asked, Answer], None]
    ) -> str:
        """Asks one question; its id if there is no answer, else nothing."""
        name = item.question.pair.id
        reply = await session.complete(
            [Message(role=m.role, content=m.content) for m in item.messages], name
        )
        if reply is None:
            return name
        done(item, Answer(text=reply.text, finish=reply.finish))
        return ""
