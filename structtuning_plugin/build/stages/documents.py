"""The corpus as documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.step_results import StepResults, map_items
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.core.workers import Pool
from structtuning_plugin.corpus.cleaning.corpus import clean_corpus
from structtuning_plugin.corpus.discovery import CorpusFile
from structtuning_plugin.corpus.reading import drop_included, read_corpus, settle


def build_documents(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Read the corpus and write its documents; return their manifest.

    Raises:
        CorpusError: If a document cannot be read and `on_error` is `raise`, or if there is none.
    """
    plan = context.plan
    documents, unreadable = read_documents(
        plan, context.progress, context.pool, context.steps.read()
    )
    overlooked = [item for item in plan.overlooked if item.reason != "unknown_format"]
    dropped = [*overlooked, *unreadable]
    artifacts.save_documents(folder, documents)
    artifacts.save_dropped(folder, dropped)
    return {
        "version": __version__,
        "inputs": dict(sorted(plan.hashes.items())),
        "sources": {document.id: document.source for document in documents},
        "counts": {
            "documents": len(documents),
            "characters": sum(len(document.text) for document in documents),
            "languages": count_names(document.language for document in documents),
            "same_text_as_another": len(documents) - len({document.text for document in documents}),
            "headings": count_names(_origins(documents)),
            "doubtful_levels": count_names(_doubts(documents)),
            "dropped": count_names(item.reason for item in dropped),
        },
    }


def _origins(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        yield from (heading.origin for heading in document.headings)


def _doubts(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        yield from document.doubts


def read_documents(
    plan: Plan,
    progress: Progress,
    pool: Pool,
    known: StepResults[CorpusFile, ReadResult] | None = None,
) -> tuple[list[Document], list[Dropped]]:
    """Read and clean the corpus; return its documents and what was left out.

    Args:
        plan: The plan.
        progress: Shows progress.
        pool: Processes to read with.
        known: Files that earlier builds have read.

    Raises:
        CorpusError: If a document cannot be read and `on_error` is `raise`, or if there is none.
    """
    block, readers = plan.block, dict(plan.readers)

    def read_some(files: Sequence[CorpusFile]) -> Iterator[ReadResult]:
        return read_corpus(
            list(files),
            readers,
            pool,
            block.corpus_limits,
            block.taxonomy.headings,
            block.hygiene,
        )

    with progress.stage("reading documents", len(plan.files)) as step:
        results = []
        for result in map_items(known, plan.files, read_some):
            results.append(result)
            step()
    documents, dropped = settle(drop_included(results, plan.files), plan.block.on_error)
    documents, duplicates = clean_corpus(documents, plan.block.hygiene)
    return documents, [*dropped, *duplicates]
