"""The documents as one tree, and their text as chunks that hang on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.counts import count_names
from structtuning_plugin.build.work import Work
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.extraction import extract_tree
from structtuning_plugin.taxonomy.io import json_file as taxonomy_files
from structtuning_plugin.taxonomy.tree import per_level


def fill(work: Work, folder: Path) -> dict[str, Any]:
    """Extracts the tree, or takes the one that the block gives, and cuts the chunks."""
    documents = work.plan.load_documents()
    root, faults = _tree_of(work, documents)
    with work.progress.stage("cutting chunks", len(documents)) as step:
        root, chunks = hang_chunks(root, documents, work.budget.chunk, work.codec, lambda _: step())
    artifacts.save_taxonomy(folder, root, documents)
    artifacts.save_chunks(folder, chunks)
    artifacts.save_faults(folder, faults)
    return {
        "version": __version__,
        "budget": asdict(work.budget),
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


def _tree_of(work: Work, documents: list[Document]) -> tuple[Topic, list[Fault]]:
    path = work.plan.block.taxonomy.path
    if path is not None:
        return taxonomy_files.load(Path(path), documents), []
    with work.progress.stage("extracting the taxonomy", len(documents)) as step:
        return run(_extracted(work, documents, step))


async def _extracted(
    work: Work, documents: list[Document], step: Callable[[], None]
) -> tuple[Topic, list[Fault]]:
    plan = work.plan
    async with work.session("taxonomy") as session:
        root = await extract_tree(
            plan.block, plan.extractor, documents, replace(work.context, llm=session), step
        )
        return root, session.faults if session else []
