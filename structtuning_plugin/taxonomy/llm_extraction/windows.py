"""Overlapping windows over a long list, and the merging of their answers.

items    0 1 2 3 4 5 6 7 8 9 window A |---------|               A decides up to the middle of the
overlap, window B         |---------|       B from there on: no group is cut because a window ends
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Neighbouring items `start..end` (half-open) under one title.

    `intro` says that the first item only introduces the others; `source` names who found the group.
    """

    start: int
    end: int
    title: str
    intro: bool = False
    source: str = "llm"


def windows(sizes: Sequence[int], limit: int, most: int, overlap: float) -> list[range]:
    """Cover all items with ranges of at most `limit` in size and `most` items, but at least two.

    Neighbouring ranges share about `overlap` (0 to 1) of their size, and at least one item.

    >>> windows([1] * 10, limit=5, most=9, overlap=0.4)
    [range(0, 5), range(3, 8), range(6, 10)]
    """
    ranges: list[range] = []
    start = 0
    while not ranges or ranges[-1].stop < len(sizes):
        stop = _stop(sizes, start, limit, most)
        ranges.append(range(start, stop))
        if stop < len(sizes):
            start = _next_start(sizes, ranges[-1], limit, most, overlap)
    return ranges


def _stop(sizes: Sequence[int], start: int, limit: int, most: int) -> int:
    stop, total = start, 0
    while stop < len(sizes) and (
        stop - start < 2 or (total + sizes[stop] <= limit and stop - start < most)
    ):
        total += sizes[stop]
        stop += 1
    return stop


def _next_start(sizes: Sequence[int], window: range, limit: int, most: int, overlap: float) -> int:
    """Return the next window's start, late enough for the item after this window to fit in."""
    start = window.stop - 1
    room, places = (
        min(limit * overlap, limit - sizes[window.stop]) - sizes[start],
        min(most * overlap, most - 1) - 1,
    )
    while start - 1 > window.start and room >= sizes[start - 1] and places >= 1:
        start -= 1
        room, places = room - sizes[start], places - 1
    return start


def merge(ranges: Sequence[range], answers: Sequence[Sequence[Group]]) -> list[Group]:
    """Merge the groups of all windows; `answers[i]` counts items from the start of `ranges[i]`.

    The first item of a window starts a group only because the window begins there, so the window
    before it decides.

    >>> left = [Group(start=0, end=3, title="a"), Group(start=3, end=5, title="b")]
    >>> right = [Group(start=0, end=1, title="?"), Group(start=1, end=5, title="b")]
    >>> [(g.start, g.end, g.title) for g in merge([range(0, 5), range(2, 7)], [left, right])]
    [(0, 3, 'a'), (3, 7, 'b')]
    """
    if not ranges:
        return []
    middles = [(left.stop + right.start + 1) // 2 for left, right in pairwise(ranges)]
    trusted = list(zip([0, *middles], [*middles, ranges[-1].stop], strict=True))
    starts = [
        replace(group, start=group.start + window.start)
        for window, (first, last), answer in zip(ranges, trusted, answers, strict=True)
        for group in answer
        if first <= group.start + window.start < last
    ]
    ends = [*(group.start for group in starts[1:]), ranges[-1].stop]
    return [replace(group, end=end) for group, end in zip(starts, ends, strict=True)]
