"""Extractor `parts`: numbered parts, the last resort for text without headings.

22 chunks of text   ->   Part 1, Part 2, Part 3   (about equal, cut at blocks)
"""

from __future__ import annotations

import itertools
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.options import parse

# Written by hand, since "Part 3" in an English word would be strange inside a Chinese path.
_WORDS = {
    "en": "Part {}",
    "de": "Teil {}",
    "fr": "Partie {}",
    "es": "Parte {}",
    "ru": "Часть {}",
    "pl": "Część {}",
    "zh": "第{}部分",
    "ja": "パート{}",
}


# A character has at most four bytes of UTF-8, and no tokenizer cuts finer than bytes.
MOST_TOKENS_PER_CHARACTER = 4


class PartsOptions(BaseModel):
    """Options of `headings` and `parts`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    split_over: int = Field(
        default=8,
        ge=1,
        le=10_000,
        description="Chunks of text without headings that may stay together.",
    )


class PartsExtractor:
    """Extractor `parts`."""

    name = "parts"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `parts`."""
        parse_options(options, self.name)

    def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document."""
        size = len(document.text)
        leaf = Outline(
            title=document.title or placeholder(document),
            start=0,
            own_end=size,
            end=size,
            source=NUMBERED_PARTS,
        )
        return divide(leaf, document, context)


@hookimpl
def register_taxonomy_extractors() -> list[PartsExtractor]:
    """Register the extractor `parts`."""
    return [PartsExtractor()]


def parse_options(options: dict[str, Any], extractor: str) -> PartsOptions:
    """Parse the options of `parts` or `headings`.

    Raises:
        ConfigError: If an option is unknown or out of bounds.
    """
    return parse(PartsOptions, options, extractor)


def divide(node: Outline, document: Document, context: ExtractionContext) -> Outline:
    """Divide the own text of a node into numbered parts, if it is far longer than a chunk.

    The parts precede the node's children, so that the order of the text is kept.
    """
    limit = parse_options(context.options, NUMBERED_PARTS).split_over * context.chunk_tokens
    if (node.own_end - node.start) * MOST_TOKENS_PER_CHARACTER <= limit:
        return node
    text_blocks = _blocks(node, document)
    counts = context.count_tokens([document.text[start:end] for start, end in text_blocks])
    if sum(counts) <= limit or len(text_blocks) < 2:
        return node
    number = -(-sum(counts) // limit)
    cuts = _equal_cuts(counts, number)
    bounds = [node.start, *(text_blocks[cut][0] for cut in cuts), node.own_end]
    word = _word(document)
    parts = tuple(
        Outline(title=word.format(number), start=start, own_end=end, end=end, source=NUMBERED_PARTS)
        for number, (start, end) in enumerate(itertools.pairwise(bounds), start=1)
    )
    return Outline(
        title=node.title,
        start=node.start,
        own_end=node.start,
        end=node.end,
        source=node.source,
        children=(*parts, *node.children),
    )


def placeholder(document: Document) -> str:
    """Name a document without a title by its number among the records of its file.

    >>> placeholder(Document(id="notes.jsonl#12", text="", title="", language="fr"))
    'Partie 12'
    """
    number = document.id.rpartition("#")[2]
    return _word(document).format(number if number.isdecimal() else 1)


def _word(document: Document) -> str:
    return _WORDS.get(document.language, _WORDS["en"])


def _blocks(node: Outline, document: Document) -> list[tuple[int, int]]:
    starts = sorted(
        {node.start, *(b.start for b in document.blocks if node.start <= b.start < node.own_end)}
    )
    return list(zip(starts, [*starts[1:], node.own_end], strict=True))


def _equal_cuts(counts: list[int], parts: int) -> list[int]:
    """Find the blocks at which parts 2, 3, ... begin, so that the parts have about equal length."""
    cuts: list[int] = []
    total, done = sum(counts), 0
    for index, count in enumerate(counts[:-1], start=1):
        done += count
        if done * parts >= total * (len(cuts) + 1) and len(cuts) < parts - 1:
            cuts.append(index)
    return cuts
