"""The documents as one tree, and their text as chunks on its topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.extraction import extract_tree
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files
from structtuning_plugin.taxonomy.tree import per_level


def build_taxonomy(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Write the tree and the chunks of the documents; return their manifest.

    Raises:
        LLMError: If the server of the block's `llm` cannot be asked any more.
        TaxonomyError: If the tree does not fit the documents.
    """
    documents = context.plan.load_documents()
    root, faults = _root_of(context, documents)
    with context.progress.stage("cutting chunks", len(documents)) as step:
        root, chunks = hang_chunks(
            root,
            documents,
            context.budget.chunk,
            context.codec,
            lambda _: step(),
            context.pool,
            context.steps.pieces(),
        )
    artifacts.save_taxonomy(folder, root, documents)
    artifacts.save_chunks(folder, chunks)
    artifacts.save_faults(folder, faults)
    return {
        "version": __version__,
        "budget": asdict(context.budget),
        "counts": {
            "llm_faults": count_names(f"{fault.reason}, {fault.outcome}" for fault in faults),
            "topics_per_level": per_level(root),
            "topics_by_source": count_names(topic.source for topic in root.walk()),
            "documents_without_headings": sum(not document.headings for document in documents),
            "chunks": len(chunks),
            "corpus_tokens": sum(chunk.tokens for chunk in chunks),
            "longest_chunk": max((chunk.tokens for chunk in chunks), default=0),
            "chunks_under_16_tokens": sum(chunk.tokens < 16 for chunk in chunks),
        },
    }


async def extract_root(
    context: BuildContext,
    documents: list[Document],
    session: Session | None,
    step: Callable[[], None],
) -> Topic:
    """Extract the tree of the documents; questions go to the session, if there is one.

    Raises:
        LLMError: If the server of the block's `llm` cannot be asked any more.
        TaxonomyError: If an extractor breaks its promise.
    """
    plan = context.plan
    extraction = replace(context.extraction, llm=session)
    return await extract_tree(
        plan.block,
        plan.extractor,
        documents,
        extraction,
        step,
        context.pool,
        context.steps.outlines(),
        context.steps.shelves(),
    )


def _root_of(context: BuildContext, documents: list[Document]) -> tuple[Topic, list[Fault]]:
    path = context.plan.block.taxonomy.path
    if path is not None:
        return taxonomy_files.load(Path(path), documents), []
    with context.progress.stage("extracting the taxonomy", len(documents)) as step:
        return run(_extract(context, documents, step))


async def _extract(
    context: BuildContext, documents: list[Document], step: Callable[[], None]
) -> tuple[Topic, list[Fault]]:
    async with context.session("taxonomy") as session:
        root = await extract_root(context, documents, session, step)
        return root, session.faults if session else []
