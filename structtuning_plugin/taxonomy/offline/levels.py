"""Selection of boundaries, and grouping of the pieces between them into levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Pieces up to which a chapter needs no sections, and a section needs no level below it.
_FEW, _SIBLINGS = 12, 30
# Chapters of a book of n pieces: n ** 0.45, which is 8 of a hundred and 22 of a thousand.
_CHAPTERS = 0.45
# The shortest part of a division, as a share of the mean.
_LEAST_SHARE = 0.3
# Weight of the boundaries' strength against the similarity within the parts: one standard
# deviation counts as much as a fiftieth of a part.
_STRENGTH = 0.02
# The strongest boundaries, of which a division is chosen: its cost grows with their square.
_MOST_PLACES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pieces `first..last` (half-open) under one node; a single piece has no children."""

    first: int
    last: int
    children: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Pieces of a text as the grouping needs them, one entry a piece.

    Entry i of `sections` and `chapters` is the score of the boundary before piece i; i = 0 is
    unused. `vectors` are topic vectors (pieces x dimensions), `sizes` lengths. `forced` are the
    pieces that are known to begin a chapter.
    """

    sections: NDArray[np.float64]
    chapters: NDArray[np.float64]
    vectors: NDArray[np.float64]
    sizes: NDArray[np.float64]
    forced: tuple[int, ...] = ()


def best_count(chances: NDArray[np.float64]) -> int:
    """Return the number of boundaries to keep for the highest expected F1.

    With k kept, about sum(top k) of them are right and sum(all) exist.

    Source: Lewis 1995; Lipton et al. 2014.
    """
    import numpy as np

    if not len(chances):
        return 0
    ranked = np.sort(chances)[::-1]
    expected = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return int(np.argmax(np.round(expected, 9))) + 1


def stack(pieces: Pieces) -> tuple[Group, ...]:
    """Build the forest over the pieces: chapters, sections, pieces.

    It is deeper only where a section would have too many children.
    """
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
    """Choose the cuts of pieces `first..last` into `parts` parts of one subject each.

    A dynamic programme maximises the summed similarity of all pairs in a part, divided by its
    length: k-means over neighbours. Strong boundaries are preferred.

    Source: Fisher 1958; Ji and Zha 2003 for text.
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
    """Score the part between each pair of bounds (bounds x bounds).

    Parts that are too short get a score far below 0.
    """
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
    """Return the inner bounds of the best path from first to last in `parts` steps."""
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
