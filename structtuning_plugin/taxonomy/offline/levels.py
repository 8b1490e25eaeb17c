"""Which boundaries to keep, and how to stack the pieces between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A chapter with no more pieces than this needs no sections; a section with no more needs no level beneath.
_FEW, _SIBLINGS = 12, 30
# Chapters of a book of n pieces: n ** 0.45, which is 8 of a hundred and 22 of a thousand.
_CHAPTERS = 0.45
# The shortest part of a division, as a share of the mean.
_LEAST_SHARE = 0.3
# How much the strength of a boundary counts beside the likeness inside the parts; one spread of it against a fiftieth of a part.
_STRENGTH = 0.02
# A division is chosen among so many boundaries at most, the strongest: its cost grows with the square.
_MOST_PLACES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pieces `first..last` (half-open) under one node; no children where it is one piece."""

    first: int
    last: int
    children: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What the stacking looks at. Entry i of `sections` and `chapters` is the boundary before piece i, with i = 0 unused.

    `vectors` say what each piece is about, `sizes` how long it is. `forced` are pieces known to begin a chapter.
    """

    sections: NDArray[np.float64]
    chapters: NDArray[np.float64]
    vectors: NDArray[np.float64]
    sizes: NDArray[np.float64]
    forced: tuple[int, ...] = ()


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


def stack(pieces: Pieces) -> tuple[Group, ...]:
    """The forest over the pieces: chapters, sections, pieces; deeper only where a section would have too many."""
    count = len(pieces.sizes)
    if count <= _FEW:
        return _flat(0, count)
    cuts = list(pieces.forced) or divide(pieces, pieces.chapters, 0, count, round(count**_CHAPTERS))
    return _under(pieces, 0, cuts, count, _FEW)


def _under(pieces: Pieces, first: int, cuts: list[int], last: int, few: int) -> tuple[Group, ...]:
    return tuple(
        Group(first=low, last=high, children=_beneath(pieces, low, high, few))
        for low, high in zip([first, *cuts], [*cuts, last], strict=True)
    )


def _beneath(pieces: Pieces, first: int, last: int, few: int) -> tuple[Group, ...]:
    count = last - first
    if count == 1:
        return ()
    if count <= few:
        return _flat(first, last)
    strength = pieces.sections + 0.5 * pieces.chapters
    return _under(
        pieces, first, divide(pieces, strength, first, last, round(count**0.5)), last, _SIBLINGS
    )


def _flat(first: int, last: int) -> tuple[Group, ...]:
    return tuple(Group(first=index, last=index + 1) for index in range(first, last))


def divide(
    pieces: Pieces, strength: NDArray[np.float64], first: int, last: int, parts: int
) -> list[int]:
    """The cuts of pieces first..last into so many parts that are each of one subject, at strong boundaries.

    A dynamic programme maximises the summed likeness of all pairs in a part, divided by its length: that is k-means over
    neighbours (Fisher 1958; Ji and Zha 2003 for text).
    """
    import numpy as np

    parts = min(parts, last - first)
    if parts < 2:
        return []
    inner = np.arange(first + 1, last)
    if len(inner) > _MOST_PLACES:
        inner = np.sort(inner[np.argsort(-strength[inner], kind="stable")[:_MOST_PLACES]])
    bounds = np.array([first, *inner, last])
    bonus = strength[inner] - strength[inner].mean()
    bonus /= max(1e-9, float(bonus.std()))
    value = _likeness(pieces, bounds, parts)
    value[:, :-1] += np.concatenate(
        [[0.0], bonus * _STRENGTH * pieces.sizes[first:last].sum() / parts]
    )
    return [int(bounds[place]) for place in _best_path(np.round(value, 6), parts)]


def _likeness(pieces: Pieces, bounds: NDArray[np.int64], parts: int) -> NDArray[np.float64]:
    """Of every pair of bounds: what a part between them is worth; far below nought if it is too short."""
    import numpy as np

    norms = np.linalg.norm(pieces.vectors[bounds[0] : bounds[-1]], axis=1, keepdims=True)
    sizes = pieces.sizes[bounds[0] : bounds[-1]]
    rows = pieces.vectors[bounds[0] : bounds[-1]] / np.maximum(norms, 1e-9) * sizes[:, None]
    reach = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])[bounds - bounds[0]]
    length = np.concatenate([[0.0], np.cumsum(sizes)])[bounds - bounds[0]]
    products = reach @ reach.T
    squares = np.diag(products)
    apart = length[None, :] - length[:, None]
    value = (squares[None, :] + squares[:, None] - 2 * products) / np.maximum(apart, 1e-9)
    too_short = apart < _LEAST_SHARE * length[-1] / parts
    value[too_short] -= 10 * length[-1]
    value[np.tril_indices(len(bounds))] = -1e18
    return np.asarray(value)


def _best_path(value: NDArray[np.float64], parts: int) -> list[int]:
    """Bounds between the parts of the best way from the first bound to the last in so many steps."""
    import numpy as np

    best = np.full(len(value), -1e17)
    best[0] = 0.0
    came: list[NDArray[np.int64]] = []
    for _ in range(parts):
        ways = best[:, None] + value
        came.append(ways.argmax(axis=0))
        best = ways.max(axis=0)
    path, place = [], len(value) - 1
    for step in reversed(came):
        place = int(step[place])
        path.append(place)
    return sorted({place for place in path if place > 0})
