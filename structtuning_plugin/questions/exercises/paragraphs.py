"""Paragraphs of a chunk, each with the kind of its block."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

import regex

from structtuning_plugin.core.types import Block, Chunk, Document

_BLANK_LINES = regex.compile(r"(\n\s*\n)")


def paragraphs(chunk: Chunk, document: Document) -> Iterator[tuple[int, int, str]]:
    """Yield the paragraphs of a chunk, each with the kind of its block."""
    blocks = document.blocks
    first = max(0, bisect_right(blocks, chunk.start, key=_start) - 1)
    inside = blocks[first : bisect_left(blocks, chunk.end, key=_start)]
    # The chunk may begin inside its first block.
    kinds = {max(block.start, chunk.start): block.kind for block in inside}
    starts = sorted({chunk.start, *kinds})
    for start, end in pairwise([*starts, chunk.end]):
        position = start
        for piece in _BLANK_LINES.split(document.text[start:end]):
            if piece.strip():
                yield position, position + len(piece), str(kinds.get(start, "paragraph"))
            position += len(piece)


def _start(block: Block) -> int:
    return block.start
