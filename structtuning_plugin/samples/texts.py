"""Pieces of the corpus' text for samples whose prompt is about as long as their completion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from structtuning_plugin.core.types import Chunk
from structtuning_plugin.samples.scpt import ScptContext

_PARAGRAPH = regex.compile(r"\S.*?(?=\n\s*\n|\s*\Z)", regex.DOTALL)
# Part of a text's characters without blanks that are letters, at least.
_LETTERS = 0.75
# Part of the room that the text may take, so that other words or gaps instead of its own fit too.
_FILL = 0.38


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text and its offset in its document."""

    text: str
    start: int


def divide(chunk: Chunk, context: ScptContext) -> list[Piece]:
    """Divide a chunk at its paragraphs so that a row has room for each piece twice.

    A paragraph that is longer than that is left out.
    """
    room = int(_FILL * (context.budget.sequence_len - context.budget.specials))
    if chunk.tokens <= room:
        return [_piece(chunk, 0, len(chunk.text))]
    pieces: list[Piece] = []
    first: int | None = None
    used, end = 0, 0
    for match in _PARAGRAPH.finditer(chunk.text):
        tokens = context.count_tokens(match[0])
        if first is not None and (used + tokens > room or tokens > room):
            pieces.append(_piece(chunk, first, end))
            first, used = None, 0
        if tokens <= room:
            first = match.start() if first is None else first
            used, end = used + tokens, match.end()
    if first is not None:
        pieces.append(_piece(chunk, first, end))
    return pieces


def _piece(chunk: Chunk, start: int, end: int) -> Piece:
    text = chunk.text[start:end]
    bare = text.strip()
    return Piece(text=bare, start=chunk.start + start + text.index(bare) if bare else start)


def is_prose(text: str) -> bool:
    """Return True if most characters of a text are letters: no code, no table of numbers.

    >>> is_prose("A rim is round."), is_prose("x[1] = {2: 3}")
    (True, False)
    """
    dense = "".join(text.split())
    return bool(dense) and sum(map(str.isalpha, dense)) >= _LETTERS * len(dense)


def paragraphs_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the paragraphs of a text, without blanks around them."""
    for match in _PARAGRAPH.finditer(text):
        yield match.span()
