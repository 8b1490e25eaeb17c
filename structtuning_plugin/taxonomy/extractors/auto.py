"""Extractor `auto`: the headings of the document, with gaps filled.

A gap is a document without headings, text below one heading that is far longer than a chunk, or a
heading with hundreds of siblings. The block's `llm:` fills it if there is one, else the offline
segmentation. The `source` of each node says where it comes from. Where the levels of the headings
are doubtful (`Document.doubts`), the `llm` is asked for them.

    # Cells                              Cells            headings
    (twenty pages)                ->     ├─ Membrane      offline
    # Plants                             └─ Nucleus       offline
    (one page)                           Plants           headings
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Outline
from structtuning_plugin.corpus.table_text import mask_tables
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.headings import SOURCE, outline_of
from structtuning_plugin.taxonomy.extractors.options import GapOptions, parse_gap_options
from structtuning_plugin.taxonomy.extractors.parts import MOST_TOKENS_PER_CHARACTER
from structtuning_plugin.taxonomy.gap_filling import GapFiller
from structtuning_plugin.taxonomy.llm_extraction.heading_levels import LLM_LEVELS, with_levels
from structtuning_plugin.taxonomy.llm_extraction.outliner import filler_for
from structtuning_plugin.taxonomy.offline.cues import weight
from structtuning_plugin.taxonomy.titles import is_file_name

# Letters of a chunk's worth of text under a heading, with any tokenizer: a section of
# the source that is not far longer has the structure that its writer gave it.
_LONGEST_SECTION = 6_000

# A table that was masked: its blanks are no text.
_BLANKS = re.compile(r" {16,}")


class AutoExtractor:
    """Extractor `auto`."""

    name = "auto"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `auto`."""
        parse_gap_options(options, self.name)

    async def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document."""
        options = parse_gap_options(context.options, self.name)
        levelled = await with_levels(document, context, options) if document.doubts else None
        gaps = _Gaps(document, context, options, filler_for(context, options))
        source = LLM_LEVELS if levelled else SOURCE
        outline = outline_of(levelled or document, source)
        return await gaps.fill(await gaps.named(outline))


@hookimpl
def register_taxonomy_extractors() -> list[AutoExtractor]:
    """Register the extractor `auto`."""
    return [AutoExtractor()]


class _Gaps:
    """Gaps of one document's outline, and the filler for them."""

    def __init__(
        self, document: Document, context: ExtractionContext, options: GapOptions, filler: GapFiller
    ) -> None:
        self.document = document
        self._prose = mask_tables(document)
        self.context = context
        self.options = options
        self.filler = filler

    async def named(self, root: Outline) -> Outline:
        """Give the root a title from the text, where the source has a number or a file's name."""
        document = self.document
        is_named = bool(document.headings) or not is_file_name(document.title, document.id)
        if not document.text.strip() or (root.source != NUMBERED_PARTS and is_named):
            return root
        if root.source != NUMBERED_PARTS and not self._is_gap(root):
            return root
        title, source = await self.filler.name(self.document)
        return replace(root, title=title, source=source)

    async def fill(self, node: Outline) -> Outline:
        """Add structure to a node's own text if it is too long, and above its children if many."""
        children = [await self.fill(child) for child in node.children]
        if len(children) > self.options.max_siblings:
            children = list(
                await self.filler.gather(self.document, children, self.options.max_siblings)
            )
        if self._is_gap(node):
            topics = await self.filler.divide(self.document, node.start, node.own_end, node.title)
            if topics:
                return replace(node, own_end=topics[0].start, children=(*topics, *children))
        return replace(node, children=tuple(children))

    def _is_gap(self, node: Outline) -> bool:
        text = self._prose[node.start : node.own_end]
        chunks = self.options.split_over if self.document.headings else 1
        if self.document.headings and weight(text) <= chunks * _LONGEST_SECTION:
            return False
        limit = chunks * self.context.chunk_tokens
        if len(text) * MOST_TOKENS_PER_CHARACTER <= limit:
            return False
        return self.context.count_tokens([_BLANKS.sub(" ", text)])[0] > limit
