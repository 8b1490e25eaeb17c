"""What every stage works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.tokens import Chat, Codec, count_tokens
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.session import Session, open_session
from structtuning_plugin.samples.budget import Budget, plan_budget


@dataclass(frozen=True)
class Work:
    """The plan, and what turns text into tokens; `chat` is there if the block has the stage `ssft`."""

    plan: Plan
    codec: Codec
    progress: Progress
    chat: Chat | None = None

    @cached_property
    def budget(self) -> Budget:
        block = self.plan.block
        return plan_budget(self.plan.host.sequence_len, block.chunk_tokens, block.scpt, self.codec)

    @property
    def context(self) -> ExtractionContext:
        """What extractors may ask for, all but the model."""
        return ExtractionContext(
            count_tokens=lambda texts: count_tokens(self.codec, texts),
            chunk_tokens=self.budget.chunk,
            options=self.plan.block.taxonomy.options,
            prompts=self.plan.wordings["taxonomy"],
            seed=self.plan.seed,
        )

    @asynccontextmanager
    async def session(self, stage: str) -> AsyncIterator[Session | None]:
        """The questions of one stage to the block's model; None if it has none."""
        plan, llm = self.plan, self.plan.block.llm
        if llm is None or plan.client is None:
            yield None
            return
        async with open_session(
            plan.client, llm, plan.answers, plan.keys[stage], plan.seed, self.progress
        ) as session:
            yield session
