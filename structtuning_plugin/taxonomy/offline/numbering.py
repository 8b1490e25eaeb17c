"""Chapters from the numbers in captions of figures, tables and examples.

Figure 2.4 ...  Table 2.1 ...  Figure 3.1 ...   chapter 3 begins after Table 2.1, at Figure 3.1 at
                                                the latest
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.taxonomy.offline.words import Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CAPTION = regex.compile(r"(?:\p{L}+\.?\s?|[图圖表図例]\s?)(\d{1,3})[.\-–](\d{1,3})(?![.\d])")
# Fewer chapters, or a smaller share of numbers in order, may be chance.
_LEAST_CHAPTERS = 3
_IN_ORDER = 0.9
# Weight of one unit of logarithmic odds against the mean similarity of words, which is a share.
_STRENGTH = 0.02
# Weight of the share of chapters that begin at the same distance from their first caption.
_ALIKE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Range of units, `after + 1 .. by`, in which the next chapter begins."""

    after: int
    by: int


def turns(text: str, units: Units) -> tuple[Turn, ...]:
    """Find the units between which the first number of captions such as "Figure 3.1" rises.

    Returns:
        One turn a chapter; none unless the numbers rise in order through the text.
    """
    captions = [
        (unit, int(match[1]))
        for unit, start in enumerate(units.starts)
        if (match := _CAPTION.match(text, start, units.ends[unit]))
    ]
    if len({number for _, number in captions}) < _LEAST_CHAPTERS:
        return ()
    steps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(captions)]
    if sum(step in (0, 1) for step in steps) < _IN_ORDER * len(steps):
        return ()
    return tuple(_risen(captions))


def _risen(captions: Sequence[tuple[int, int]]) -> list[Turn]:
    """Keep the rises that are chapters.

    A number that is lower than one before it, or that the next caption takes back, is a reference.
    """
    rises: list[Turn] = []
    last, chapter = captions[0]
    for (unit, number), (_, following) in zip(
        captions[1:], [*captions[2:], captions[-1]], strict=True
    ):
        if number > chapter and following >= number:
            rises.append(Turn(after=last, by=unit))
            chapter = number
        if number == chapter:
            last = unit
    return rises


def chapter_starts(
    chapters: Sequence[Turn],
    strength: NDArray[np.float64],
    vectors: NDArray[np.float64],
    sizes: NDArray[np.float64],
) -> tuple[int, ...]:
    """Choose the unit at which each chapter begins.

    A unit is good if its boundary is strong and the text on each side of it has one subject. A book
    opens its chapters alike: the usual distance from the caption counts for all chapters.
    """
    if not chapters:
        return ()
    worths = _worths(chapters, strength, vectors, sizes)
    usual = Counter(len(worth) - 1 - _best(worth) for worth in worths)
    for worth in worths:
        for distance, count in usual.items():
            if distance < len(worth):
                worth[-1 - distance] += _ALIKE * count / len(worths)
    return tuple(
        turn.after + 1 + _best(worth) for turn, worth in zip(chapters, worths, strict=True)
    )


def _best(worth: NDArray[np.float64]) -> int:
    import numpy as np

    return int(np.argmax(np.round(worth, 9)))


def _worths(
    chapters: Sequence[Turn],
    strength: NDArray[np.float64],
    vectors: NDArray[np.float64],
    sizes: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """Score all candidate units of each turn.

    The caption that has a chapter's number is part of the chapter: a boundary right after the
    caption counts for the boundary right before it.
    """
    import numpy as np

    rows = (
        vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9) * sizes[:, None]
    )
    reach = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    length = np.concatenate([[0.0], np.cumsum(sizes)])
    lows = [0, *(turn.by for turn in chapters[:-1])]
    highs = [*(turn.after + 1 for turn in chapters[1:]), len(sizes)]
    worths = []
    for turn, low, high in zip(chapters, lows, highs, strict=True):
        places = np.arange(turn.after + 1, turn.by + 1)
        odds = strength[places]
        odds[-1] = max(odds[-1], strength[min(turn.by + 1, len(strength) - 1)])
        likeness = _worth(reach, length, low, places) + _worth(reach, length, high, places)
        worths.append(likeness / (length[high] - length[low]) + _STRENGTH * odds)
    return worths


def _worth(
    reach: NDArray[np.float64], length: NDArray[np.float64], end: int, places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the similarity within the text between `end` and each place."""
    import numpy as np

    apart = np.abs(length[places] - length[end])
    return np.asarray(((reach[places] - reach[end]) ** 2).sum(axis=1) / np.maximum(apart, 1e-9))
