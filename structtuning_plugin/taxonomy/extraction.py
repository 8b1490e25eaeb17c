"""Extraction of one tree from all documents, many at once where a language model is asked.

The tree does not depend on the order in which the documents are finished. `GuardedExtractor` checks
what an extractor returns; the registry gives every extractor that guard.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.core.concurrency import gather_all, run
from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.plugin_calls import (
    FieldRule,
    PluginCall,
    PluginEntry,
    is_count,
    is_sequence_of,
    is_text,
)
from structtuning_plugin.core.step_results import StepResults
from structtuning_plugin.core.types import Document, Outline, Topic
from structtuning_plugin.core.workers import Pool, WorkerDiedError, died_message
from structtuning_plugin.hookspecs import ExtractionContext, Extractor
from structtuning_plugin.taxonomy.assemble import assemble, check_outline
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.taxonomy.llm_extraction.outliner import filler_for
from structtuning_plugin.taxonomy.subjects import Shelf, Subjects, place_documents

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
    pool: Pool | None = None,
    known: StepResults[Document, Outline] | None = None,
    known_shelves: StepResults[Shelf, Subjects] | None = None,
) -> Topic:
    """Extract the outline of every document and assemble them into the domain's tree.

    Args:
        block: The block.
        extractor: Extractor of single documents.
        documents: The documents.
        context: Services and settings for the extractor.
        step: Called when a document is done.
        pool: Processes to extract with where no language model is asked; None for this one alone.
        known: Outlines of earlier builds, for where no language model is asked.
        known_shelves: Subjects of earlier builds, for where no language model is asked.

    Raises:
        LLMError: If the server of the block's `llm` cannot be asked any more.
        TaxonomyError: If a process that extracts is killed, or an outline does not fit.
    """
    outlines: dict[str, Outline] = {}
    if context.llm is not None:
        known = None
    if known is not None:
        for place, outline in known.find(documents).items():
            outlines[documents[place].id] = outline
            step()

    def collect(document: Document, outline: Outline) -> None:
        outlines[document.id] = outline
        if known is not None:
            known.keep(document, outline)
        step()

    missing = [document for document in documents if document.id not in outlines]
    size = sum(len(document.text) for document in missing)
    if context.llm is None and pool is not None and pool.is_faster(len(missing), size):
        await _extract_in(pool, extractor, missing, context, collect)
    else:
        concurrency = block.llm.max_concurrency if block.llm else 1
        at_once = _DOCUMENTS_PER_REQUEST * concurrency
        await _extract_here(extractor, missing, context, at_once, collect)
    titled = [replace(document, title=outlines[document.id].title) for document in documents]
    mode = block.taxonomy.subjects
    gap_context = replace(context, llm=None) if mode == "offline" else context
    ordered, places = await place_documents(
        block.domain,
        titled,
        mode,
        block.taxonomy.subjects_over,
        filler_for(gap_context, GapOptions()),
        known_shelves if gap_context.llm is None else None,
    )
    return assemble(
        block.domain, [(document, outlines[document.id]) for document in ordered], places
    )


async def _extract_here(
    extractor: Extractor,
    documents: Sequence[Document],
    context: ExtractionContext,
    at_once: int,
    collect: Callable[[Document, Outline], None],
) -> None:
    """Extract the outlines in this process, about `at_once` documents at a time."""
    waiting = iter(documents)

    async def work() -> None:
        for document in waiting:
            outline = extractor.extract(document, context)
            collect(document, await outline if inspect.isawaitable(outline) else outline)
            await asyncio.sleep(0)  # Ctrl-C reaches a coroutine only where it waits

    await gather_all([work() for _ in range(at_once)])


async def _extract_in(
    pool: Pool,
    extractor: Extractor,
    documents: Sequence[Document],
    context: ExtractionContext,
    collect: Callable[[Document, Outline], None],
) -> None:
    """Extract the outlines in several processes."""
    size = sum(len(document.text) for document in documents)

    def work() -> None:
        results = pool.map_large(_extract, (extractor, context), documents, size)
        for document, outline in zip(documents, results, strict=True):
            collect(document, outline)

    try:
        # In a thread, since Ctrl-C reaches a coroutine only where it waits.
        await asyncio.to_thread(work)
    except asyncio.CancelledError:
        pool.close()
        raise
    except WorkerDiedError as error:
        raise TaxonomyError(died_message("extracted the outline of", error)) from None


def _extract(setting: tuple[Extractor, ExtractionContext], document: Document) -> Outline:
    extractor, context = setting
    outline = extractor.extract(document, context)
    return run(_awaited(outline)) if inspect.isawaitable(outline) else outline


async def _awaited(outline: Awaitable[Outline]) -> Outline:
    return await outline


# Checks of what an extractor returns.

_OFFSETS = tuple(
    FieldRule(name=name, accepts=is_count, expected="an offset into the document's text")
    for name in ("start", "own_end", "end")
)
_OUTLINE = (
    FieldRule(name="title", accepts=is_text, expected="one line of text"),
    *_OFFSETS,
    FieldRule(name="source", accepts=is_text, expected="the extractor's name, or a text like it"),
    FieldRule(name="children", accepts=is_sequence_of(Outline), expected="a tuple of `Outline`s"),
)


class GuardedExtractor:
    """Extractor whose outlines are checked."""

    def __init__(self, extractor: Extractor, entry: PluginEntry) -> None:
        self.name = entry.name
        self._extractor = extractor
        self._entry = entry

    def check_options(self, options: dict[str, Any]) -> None:
        """Check `taxonomy.options`, before any work.

        Raises:
            ConfigError: If an option is wrong.
            PluginError: If the extractor fails.
        """
        with self._entry.call("check_options", "`taxonomy.options`", "None, or a `ConfigError`"):
            self._extractor.check_options(options)

    def extract(
        self, document: Document, context: ExtractionContext
    ) -> Outline | Awaitable[Outline]:
        """Return the outline of a document, or the awaitable of it.

        Raises:
            PluginError: If the extractor fails, or the outline does not fit the document.
        """
        call = self._entry.call("extract", document.id, "the `Outline` of the document")
        with call:
            outline = self._extractor.extract(document, context)
        if inspect.isawaitable(outline):
            return _await_outline(outline, document, call)
        return _check_outline(outline, document, call)


async def _await_outline(
    outline: Awaitable[Outline], document: Document, call: PluginCall
) -> Outline:
    with call:
        result = await outline
    return _check_outline(result, document, call)


def _check_outline(outline: Outline, document: Document, call: PluginCall) -> Outline:
    call.check_type(outline, Outline)
    nodes = [outline]
    while nodes:
        node = nodes.pop()
        call.check_fields(node, _OUTLINE)
        nodes.extend(node.children)
    try:
        check_outline(outline, document)
    except TaxonomyError as error:
        expected = f"an outline that covers 0..{len(document.text)} once and in order"
        raise call.fault(f"a wrong `Outline` ({str(error).rstrip('.')})", expected) from None
    return outline
