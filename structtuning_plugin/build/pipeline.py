"""The whole flow on one page: documents in, a knowledge tree out, every chunk at its place in it.

plan = make_plan(block, facts)          files, fingerprints, folders of the artifacts; cheap
build(plan, codec, progress, chat)      documents -> taxonomy, chunks -> study -> samples; each once
estimate(plan, codec, progress, chat)   requests to a language model, counted; nothing is sent
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from structtuning_plugin.build.context import BuildContext, open_context
from structtuning_plugin.build.dry_run import DryRunClient, Estimate
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.stages.documents import build_documents
from structtuning_plugin.build.stages.scpt import build_scpt
from structtuning_plugin.build.stages.ssft import build_ssft, rehearse_ssft
from structtuning_plugin.build.stages.study import build_study, rehearse_study
from structtuning_plugin.build.stages.taxonomy import build_taxonomy, extract_root
from structtuning_plugin.build.store import Store
from structtuning_plugin.config.llm import LLMBudget
from structtuning_plugin.config.stages import STAGES
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.tokens import Chat, Codec
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.session import Session
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files

# Each writes the artifact of a stage into a folder and returns its manifest.
BUILDERS: dict[str, Callable[[BuildContext, Path], dict[str, Any]]] = {
    "documents": build_documents,
    "taxonomy": build_taxonomy,
    "study": build_study,
    "scpt": build_scpt,
    "ssft": build_ssft,
}


def build(plan: Plan, codec: Codec, progress: Progress, chat: Chat | None = None) -> bool:
    """Build what is missing, stage by stage; return whether anything was.

    Raises:
        StructTuningError: If a stage cannot be built; finished stages stay.
    """
    context = open_context(plan, codec, progress, chat)
    context.budget  # noqa: B018 - refuse a row that cannot fit before any work
    asking = [stage for stage in plan.stages if stage in ("taxonomy", "study")]
    asking += [stage for stage in plan.block.stage if STAGES[stage].asks_llm]
    if not all(plan.has(stage) for stage in asking):
        plan.check_client()
    if not all(map(plan.has, plan.stages)):
        plan.engine.check()
    is_new = []
    store = Store(plan.store.root, progress.say)
    with closing(context):
        for stage in plan.stages:
            fill = partial(BUILDERS[stage], context)
            is_new.append(store.build(stage, plan.keys[stage], fill)[1])
            _check_readable(plan, stage)
        context.steps.save_counts()
    return any(is_new)


def _check_readable(plan: Plan, stage: str) -> None:
    """Refuse a stage that lacks records (`on_error: skip`), without that setting."""
    if fault := plan.read_fault(stage):
        raise fault


def load_or_build_documents(context: BuildContext) -> list[Document]:
    """Return the documents, read now if they are not there yet.

    Raises:
        StructTuningError: If they cannot be read.
    """
    context.budget  # noqa: B018 - as in `build`
    plan = context.plan
    plan.store.build("documents", plan.keys["documents"], partial(build_documents, context))
    _check_readable(plan, "documents")
    return plan.load_documents()


def estimate(plan: Plan, codec: Codec, progress: Progress, chat: Chat | None = None) -> Estimate:
    """Count what a build would still send to the block's language model; nothing is sent.

    Raises:
        StructTuningError: If the build could not come so far either.
    """
    context = open_context(plan, codec, progress, chat)
    with closing(context):
        return run(_rehearse(context, load_or_build_documents(context)))


async def _rehearse(context: BuildContext, documents: list[Document]) -> Estimate:
    plan, llm = context.plan, context.plan.block.llm
    if llm is None or plan.client is None:
        return Estimate()
    with Cache(plan.answers) as cache:
        client = DryRunClient(plan.client.create(llm), cache, context.extraction.count_tokens)
        unlimited = llm.model_copy(update={"budget": LLMBudget()})
        async with Session(client, unlimited, None, plan.seed, Usage()) as session:
            root = await _rehearse_taxonomy(context, documents, session)
            if plan.prompts:
                await rehearse_study(context, documents, root, session)
            if any(STAGES[stage].asks_llm for stage in plan.block.stage):
                await rehearse_ssft(context, documents, root, session)
    return client.estimate


async def _rehearse_taxonomy(
    context: BuildContext, documents: list[Document], session: Session
) -> Topic:
    path = context.plan.block.taxonomy.path
    if path is not None:
        return taxonomy_files.load(Path(path), documents)
    with context.progress.stage("counting questions", len(documents)) as step:
        return await extract_root(context, documents, session, step)
