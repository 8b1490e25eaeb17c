"""Open the questions of one build, with the answers of earlier runs, and tell people now and then how they go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.clients import LLMClientFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.usage import Usage
from structtuning_plugin.progress import Progress

# Seconds between two lines about requests.
_TELL_EVERY = 15.0


@asynccontextmanager
async def open_session(
    factory: LLMClientFactory, config: LLMConfig, answers: Path, build: str, seed: int, progress: Progress
) -> AsyncIterator[Session]:
    """A session whose answers are kept in the file `answers` and whose use is counted for `build`.

    Nothing is sent before the first question.

    Raises:
        LLMError: the client cannot be made (a key is missing), or the server is dead.
        ArtifactError: the file of answers cannot be used.
    """
    with Cache(answers) as cache:
        usage = Usage(cache, build)
        async with Session(factory.create(config), config, cache, seed, usage) as session:
            telling = asyncio.ensure_future(_tell(usage, progress))
            try:
                yield session
            finally:
                telling.cancel()
                for notice in session.notices:
                    progress.say(notice)


async def _tell(usage: Usage, progress: Progress) -> None:
    """A line now and then: a long document's questions are many, and its step comes once."""
    while True:
        await asyncio.sleep(_TELL_EVERY)
        run = usage.run
        progress.say(
            f"asked: {run['requests']:,} requests sent, {run['answers']:,} answered, {run['from_cache']:,} from the cache"
        )
