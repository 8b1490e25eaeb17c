"""The whole flow on one page: documents go in, a knowledge tree comes out, every chunk finds its place in it.

plan = make_plan(block, host)              which files, which fingerprints, where everything will be; cheap
build(plan, codec, progress, chat)         documents -> taxonomy and chunks -> samples (scpt, ssft); each stage once
estimate(plan, codec, progress, chat)      what a language model would be asked on the way; nothing is sent
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from structtuning_plugin.build.dry_run import Estimate, Rehearsal
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.stages import documents, scpt, ssft, taxonomy
from structtuning_plugin.build.work import Work
from structtuning_plugin.config import STAGES, LLMBudget
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.tokens import Chat, Codec
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.session import Session
from structtuning_plugin.taxonomy.extraction import extract_tree
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files

FILL: dict[str, Callable[[Work, Path], dict[str, Any]]] = {
    "documents": documents.fill,
    "taxonomy": taxonomy.fill,
    "scpt": scpt.fill,
    "ssft": ssft.fill,
}


def build(plan: Plan, codec: Codec, progress: Progress, chat: Chat | None = None) -> bool:
    """Builds what is missing, stage by stage; False if everything was there.

    Raises:
        StructTuningError: whatever stands in the way; finished stages stay.
    """
    work = Work(plan, codec, progress, chat)
    work.budget  # noqa: B018 - a row that cannot fit is told before any work
    asking = ("taxonomy", *(stage for stage in plan.block.stage if STAGES[stage].asks_llm))
    if not all(plan.has(stage) for stage in asking):
        plan.check_client()
    made = [
        plan.store.build(stage, plan.keys[stage], partial(FILL[stage], work))[1]
        for stage in plan.stages
    ]
    return any(made)


def build_documents(work: Work) -> list[Document]:
    """The documents, read now if they are not there yet.

    Raises:
        StructTuningError: whatever stands in the way of reading them.
    """
    work.budget  # noqa: B018 - as in `build`
    work.plan.store.build("documents", work.plan.keys["documents"], partial(documents.fill, work))
    return work.plan.load_documents()


def estimate(plan: Plan, codec: Codec, progress: Progress, chat: Chat | None = None) -> Estimate:
    """What building would still send to the block's language model; nothing is sent.

    Raises:
        StructTuningError: whatever stands in the way of the build too.
    """
    work = Work(plan, codec, progress, chat)
    return run(_rehearse(work, build_documents(work)))


async def _rehearse(work: Work, found: list[Document]) -> Estimate:
    plan, llm = work.plan, work.plan.block.llm
    if llm is None or plan.client is None:
        return Estimate()
    with Cache(plan.answers) as cache:
        rehearsal = Rehearsal(plan.client.create(llm), cache, work.context.count_tokens)
        unlimited = llm.model_copy(update={"budget": LLMBudget()})
        async with Session(rehearsal, unlimited, None, plan.seed, Usage()) as session:
            root = await _tree(work, found, session)
            if any(STAGES[stage].asks_llm for stage in plan.block.stage):
                await ssft.rehearse(work, found, root, session)
    return rehearsal.estimate


async def _tree(work: Work, found: list[Document], session: Session) -> Topic:
    plan = work.plan
    if plan.block.taxonomy.path is not None:
        return taxonomy_files.load(Path(plan.block.taxonomy.path), found)
    with work.progress.stage("counting questions", len(found)) as step:
        return await extract_tree(
            plan.block, plan.extractor, found, replace(work.context, llm=session), step
        )
