"""Extraction of one tree from all documents, many at once where a language model is asked.

The tree does not depend on the order in which the documents are finished.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.core.concurrency import gathered
from structtuning_plugin.core.types import Document, Outline, Topic
from structtuning_plugin.hookspecs import ExtractionContext, Extractor
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.taxonomy.llm_extraction.outliner import filler_for
from structtuning_plugin.taxonomy.subjects import place_documents

T = TypeVar("T")

# A document waits for its own answers, level by level: some more documents under way keep the
# server busy.
_DOCUMENTS_PER_REQUEST = 2


async def extract_tree(
    block: StructTuningConfig,
    extractor: Extractor,
    documents: Sequence[Document],
    context: ExtractionContext,
    step: Callable[[], None],
) -> Topic:
    """Extract the outline of every document and assemble them into the domain's tree."""
    concurrency = block.llm.max_concurrency if block.llm else 1
    outlines = await _outlines(
        extractor, documents, context, _DOCUMENTS_PER_REQUEST * concurrency, step
    )
    titled = [replace(document, title=outlines[document.id].title) for document in documents]
    mode = block.taxonomy.subjects
    gap_context = replace(context, llm=None) if mode == "offline" else context
    ordered, places = await place_documents(
        block.domain,
        titled,
        mode,
        block.taxonomy.subjects_over,
        filler_for(gap_context, GapOptions()),
    )
    return assemble(
        block.domain, [(document, outlines[document.id]) for document in ordered], places
    )


async def _outlines(
    extractor: Extractor,
    documents: Sequence[Document],
    context: ExtractionContext,
    at_once: int,
    step: Callable[[], None],
) -> dict[str, Outline]:
    """Extract the outlines by document id, about `at_once` documents at a time."""
    waiting = iter(documents)
    outlines: dict[str, Outline] = {}

    async def work() -> None:
        for document in waiting:
            outline = extractor.extract(document, context)
            outlines[document.id] = await outline if inspect.isawaitable(outline) else outline
            step()

    await gathered([work() for _ in range(at_once)])
    return outlines
