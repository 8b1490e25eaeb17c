"""Which boundaries to keep, and how to stack the pieces between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A node with no more pieces than this needs no level between.
MOST_LEAVES = 9
# Chapters of a book of n pieces: n ** 0.45, which is 8 of a hundred and 22 of a thousand.
_CHAPTERS = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pieces `first..last` (half-open) under one node; no children where it is one piece."""

    first: int
    last: int
    children: tuple[Group, ...] = ()


def best_count(chances: NDArray[np.float64]) -> int:
    """How many of the likeliest boundaries to keep so that the expected F1 is highest.

    With k kept, about sum(top k) of them are right and sum(all) are wanted (Lewis 1995; Lipton et al. 2014).
    """
    import numpy as np

    if not len(chances):
        return 0
    ranked = np.sort(chances)[::-1]
    expected = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return int(np.argmax(np.round(expected, 9))) + 1


def stack(strengths: Sequence[float], chapters: Sequence[float]) -> tuple[Group, ...]:
    """The forest over `len(strengths) + 1` pieces; entry i is the boundary between pieces i and i + 1.

    `chapters` are strengths for the first level, `strengths` for those beneath.
    """
    count = len(strengths) + 1
    if count <= MOST_LEAVES:
        return tuple(Group(first=index, last=index + 1) for index in range(count))
    cuts = strongest(chapters, 0, count, round(count**_CHAPTERS))
    return tuple(
        Group(first=first, last=last, children=_beneath(strengths, first, last))
        for first, last in zip([0, *cuts], [*cuts, count], strict=True)
    )


def _beneath(strengths: Sequence[float], first: int, last: int) -> tuple[Group, ...]:
    count = last - first
    if count == 1:
        return ()
    if count <= MOST_LEAVES:
        return tuple(Group(first=index, last=index + 1) for index in range(first, last))
    cuts = strongest(strengths, first, last, min(MOST_LEAVES, round(count**0.5)))
    return tuple(
        Group(first=low, last=high, children=_beneath(strengths, low, high))
        for low, high in zip([first, *cuts], [*cuts, last], strict=True)
    )


def strongest(strengths: Sequence[float], first: int, last: int, parts: int) -> list[int]:
    """The best places to cut pieces first..last into about so many parts, none of them far smaller than the others."""
    least = max(1, (last - first) // (4 * parts))
    taken: list[int] = []
    for index in sorted(range(first + 1, last), key=lambda place: (-strengths[place - 1], place)):
        if all(abs(index - other) >= least for other in (*taken, first, last)):
            taken.append(index)
        if len(taken) == parts - 1:
            break
    return sorted(taken)
