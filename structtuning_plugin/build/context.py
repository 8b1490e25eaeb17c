"""Context of a build: the plan, and what turns text into tokens; and the counts of manifests."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from structtuning_plugin import languages
from structtuning_plugin.build.by_document import DocumentSteps, open_sizes, open_tokens
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.step_results import NumberFile
from structtuning_plugin.core.tokens import Chat, Codec, CountingCodec, SizingChat, count_tokens
from structtuning_plugin.core.types import Chunk, Document, SizedSample
from structtuning_plugin.core.workers import Pool, PoolRequest
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.session import Session, open_session
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.samples.budget import Budget, plan_budget
from structtuning_plugin.taxonomy.tree import Tree


@dataclass(frozen=True)
class BuildContext:
    """All that the stages of one build work with.

    Args:
        plan: What is built, from what, and where.
        codec: The tokenizer.
        progress: Shows progress.
        chat: Sizes conversations; needed by stages that have any.
        numbers: Files of what `codec` and `chat` know from earlier builds.
    """

    plan: Plan
    codec: Codec
    progress: Progress
    chat: Chat | None = None
    numbers: tuple[NumberFile, ...] = ()

    @cached_property
    def budget(self) -> Budget:
        """Greatest lengths in tokens of the parts of a row.

        Raises:
            BudgetError: If no row can fit.
        """
        block = self.plan.block
        return plan_budget(self.plan.facts.sequence_len, block.chunk_tokens, block.scpt, self.codec)

    @cached_property
    def corpus(self) -> tuple[Tree, list[Document], list[Chunk]]:
        """The tree, the documents and the chunks, loaded once for all stages after `taxonomy`.

        Raises:
            ArtifactError: If the taxonomy is not built.
        """
        root, documents, chunks = self.plan.load_taxonomy()
        by_id = {document.id: document for document in documents}
        return Tree(root, by_id, self.plan.block.taxonomy.apparatus), documents, chunks

    @cached_property
    def index(self) -> CorpusIndex:
        """Facts and terms of the corpus, for all stages.

        Raises:
            ArtifactError: If the taxonomy is not built.
        """
        stage = self.plan.block.stage[0]
        known, phrases = self.steps.texts(stage), self.steps.phrases(stage)
        return CorpusIndex(*self.corpus, self.pool, known, phrases)

    @cached_property
    def steps(self) -> DocumentSteps:
        """Work on single documents that earlier builds have done."""
        return DocumentSteps(self.plan, self.budget.chunk, self.progress.say)

    @cached_property
    def pool(self) -> Pool:
        """Processes for the work on single documents."""
        return make_pool(self.plan, self.progress)

    @property
    def extraction(self) -> ExtractionContext:
        """Context of the extractor, without a session of the `llm`."""
        return ExtractionContext(
            count_tokens=partial(count_tokens, self.codec),
            chunk_tokens=self.budget.chunk,
            options=self.plan.block.taxonomy.options,
            prompts=self.plan.wordings["taxonomy"],
            seed=self.plan.seed,
        )

    def close(self) -> None:
        """End the processes, and write what later builds use."""
        for name in ("pool", "steps"):
            if name in self.__dict__:  # made when they are first needed
                getattr(self, name).close()
        for file in self.numbers:
            file.close()

    @asynccontextmanager
    async def session(self, stage: str) -> AsyncIterator[Session | None]:
        """Open a session of a stage with the block's `llm`; None if there is none."""
        plan, llm = self.plan, self.plan.block.llm
        if llm is None or plan.client is None:
            yield None
            return
        async with open_session(
            plan.client, llm, plan.answers, plan.keys[stage], plan.seed, self.progress
        ) as session:
            yield session


def make_pool(plan: Plan, progress: Progress) -> Pool:
    """Return the processes of a build; they are started when they are needed.

    Args:
        plan: Plan of the build: `engine` and `max_workers`.
        progress: Shows why work is done in one process.
    """
    request = PoolRequest(
        count=plan.block.max_workers,
        say=progress.say,
        setup=languages.use,
        arguments=(languages.registered(),),
    )
    return plan.engine.open(request)


def open_context(plan: Plan, codec: Codec, progress: Progress, chat: Chat | None) -> BuildContext:
    """Return the context of a build that uses what earlier builds have counted.

    Args:
        plan: What is built.
        codec: The tokenizer.
        progress: Shows progress.
        chat: Sizes conversations; needed by stages that have any.
    """
    tokens, sizes = open_tokens(plan, progress.say), open_sizes(plan, progress.say)
    return BuildContext(
        plan,
        CountingCodec(codec, known=tokens),
        progress,
        None if chat is None else SizingChat(chat, sizes),
        (tokens, sizes),
    )


# Counts


def count_names(names: Iterable[str]) -> dict[str, int]:
    """Count each name, ordered by name."""
    return dict(sorted(Counter(names).items()))


def count_rows(rows: Sequence[SizedSample], prefix: int) -> dict[str, Any]:
    """Count samples and tokens.

    Args:
        rows: Rows of a stage.
        prefix: Tokens in front of every prompt that `prompt_tokens` leaves out.
    """
    totals = [prefix + row.prompt_tokens + row.trained for row in rows]
    trained: Counter[str] = Counter()
    for row in rows:
        trained[row.sample.kind] += row.trained
    return {
        "samples": count_names(row.sample.kind for row in rows),
        "trained_tokens_by_kind": dict(sorted(trained.items())),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "trained_tokens": sum(trained.values()),
        "total_tokens": sum(totals),
        "longest_sample": max(totals, default=0),
    }
