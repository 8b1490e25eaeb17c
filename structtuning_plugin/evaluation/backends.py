"""Answers from an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.config import LLMBudget, LLMConfig
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.client import LLMClientFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Message


def config_for(url: str, model: str, max_new_tokens: int, llm: LLMConfig | None) -> LLMConfig:
    """Build the configuration of a server that decodes greedily.

    The block's `llm`, with its key and rate limits, applies to its own server only.

    Raises:
        ConfigError: If the URL is invalid.
    """
    settings: dict[str, Any] = {"base_url": url, "model": model, "client": "openai"}
    if llm is not None and llm.client == "openai" and llm.base_url == url.rstrip("/"):
        settings = {**llm.model_dump(exclude={"budget", "script", "seed"}), **settings}
    return LLMConfig.model_validate(
        {**settings, "temperature": 0.0, "max_output_tokens": max_new_tokens, "budget": LLMBudget()}
    )


def identity(config: LLMConfig) -> Mapping[str, Any]:
    """Return what is known to decide the answers; a server does not name its files."""
    return {"server": config.base_url, "model": config.model, "extra_body": config.extra_body}


class ServerAnswerer:
    """Answerer by a server, with the configured concurrency and without a cache."""

    def __init__(
        self, factory: LLMClientFactory, config: LLMConfig, seed: int, progress: Progress
    ) -> None:
        self._factory = factory
        self._config = config
        self._seed = seed
        self._progress = progress

    def answer(
        self,
        questions: Sequence[PromptedQuestion],
        done: Callable[[PromptedQuestion, Answer], None],
    ) -> list[Dropped]:
        """Answer questions through `done`; return the questions that could not be asked."""
        return run(self._answer(questions, done))

    async def _answer(
        self,
        questions: Sequence[PromptedQuestion],
        done: Callable[[PromptedQuestion, Answer], None],
    ) -> list[Dropped]:
        async with Session(
            self._factory.create(self._config), self._config, None, self._seed, Usage()
        ) as session:
            unanswered = await asyncio.gather(
                *(self._one(session, item, done) for item in questions)
            )
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
        self,
        session: Session,
        item: PromptedQuestion,
        done: Callable[[PromptedQuestion, Answer], None],
    ) -> str:
        """Ask one question; return its id if there is no answer, else an empty string."""
        name = item.question.pair.id
        reply = await session.complete(
            [Message(role=m.role, content=m.content) for m in item.messages], name
        )
        if reply is None:
            return name
        done(item, Answer(text=reply.text, finish=reply.finish))
        return ""
