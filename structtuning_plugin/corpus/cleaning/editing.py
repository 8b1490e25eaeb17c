"""Edits of a document's text, with its headings and blocks kept at their places."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from structtuning_plugin.core.types import Block, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replacement of `text[start:end]`; `reason` names what is left out."""

    start: int
    end: int
    reason: str
    replacement: str = ""


def apply_edits(document: Document, edits: Iterable[Edit]) -> Document:
    """Apply edits to a document; where two overlap, the one that starts first is applied.

    Headings and blocks inside a removed stretch begin after it. A block of which nothing is left is
    removed, a heading never is.

    >>> document = Document(id="a", text="one two", title="", language="en")
    >>> apply_edits(document, [Edit(start=0, end=4, reason="noise")]).text
    'two'
    """
    ordered = without_overlaps(edits)
    if not ordered:
        return document
    text = document.text
    pieces: list[str] = []
    position = 0
    for edit in ordered:
        pieces += [text[position : edit.start], edit.replacement]
        position = edit.end
    new_text = "".join([*pieces, text[position:]])
    stripped = new_text.rstrip()
    move = _mover(ordered, len(stripped))
    return replace(
        document,
        text=stripped,
        headings=tuple(
            replace(heading, start=move(heading.start)) for heading in document.headings
        ),
        blocks=_blocks(document.blocks, move, len(stripped)),
    )


def without_overlaps(edits: Iterable[Edit]) -> list[Edit]:
    """Order edits, without those that begin inside an earlier one."""
    ordered: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if not ordered or edit.start >= ordered[-1].end:
            ordered.append(edit)
    return ordered


def _mover(edits: Sequence[Edit], length: int) -> Callable[[int], int]:
    """Return the function from offsets in the old text to offsets in the new one."""
    starts = [edit.start for edit in edits]
    growth = [len(edit.replacement) - (edit.end - edit.start) for edit in edits]
    shifts = [0, *accumulate(growth)]

    def move(offset: int) -> int:
        index = bisect_right(starts, offset)
        if index and offset < edits[index - 1].end and offset > starts[index - 1]:
            edit = edits[index - 1]
            return min(length, edit.start + shifts[index - 1] + len(edit.replacement))
        if index and offset == starts[index - 1]:
            return min(length, offset + shifts[index - 1])
        return min(length, offset + shifts[index])

    return move


def _blocks(blocks: Sequence[Block], move: Callable[[int], int], length: int) -> tuple[Block, ...]:
    """Move blocks; of several that begin at one place, the last one has the text there."""
    moved = {move(block.start): block for block in blocks}
    return tuple(
        replace(block, start=start) for start, block in sorted(moved.items()) if start < length
    )
