"""Chapters told by the numbers of figures, tables and examples.

Figure 2.4 ...    Table 2.1 ...    Figure 3.1 ...         chapter 3 begins after Table 2.1, at Figure 3.1 at the latest
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.languages.unicode import FIGURE_SIGNS
from structtuning_plugin.taxonomy.offline.words import Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CAPTION = regex.compile(
    rf"(?:\p{{L}}+\.?\s?|[{FIGURE_SIGNS}例]\s?)(\d{{1,3}})[.\-–](\d{{1,3}})(?![.\d])"
)
# Fewer chapters than this may be chance; so may numbers that go on in order less often.
_LEAST_CHAPTERS = 3
_IN_ORDER = 0.9
# How much one unit of logarithmic odds counts beside the mean likeness of words, which is a share.
_STRENGTH = 0.02
# And the share of chapters that begin as far from their first caption.
_ALIKE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Between two captions of different chapters: the next chapter begins at one of the units `after + 1 .. by`."""

    after: int
    by: int


def turns(text: str, units: Units) -> tuple[Turn, ...]:
    """Where the first number of captions "word 3.1" goes up; empty unless they go on in order through the text."""
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
    """A number that is lower than one before, or that the next caption takes back, is a reference and no turn."""
    found: list[Turn] = []
    last, chapter = captions[0]
    for (unit, number), (_, following) in zip(
        captions[1:], [*captions[2:], captions[-1]], strict=True
    ):
        if number > chapter and following >= number:
            found.append(Turn(after=last, by=unit))
            chapter = number
        if number == chapter:
            last = unit
    return found


def chapter_starts(
    found: Sequence[Turn],
    strength: NDArray[np.float64],
    vectors: NDArray[np.float64],
    sizes: NDArray[np.float64],
) -> tuple[int, ...]:
    """The best unit for each turn: strong, and such that what stands on either side is of one subject.

    A book opens its chapters alike: how far from the caption most of them begin counts for the others too.
    """
    if not found:
        return ()
    worths = _worths(found, strength, vectors, sizes)
    usual = Counter(len(worth) - 1 - _best(worth) for worth in worths)
    for worth in worths:
        for distance, count in usual.items():
            if distance < len(worth):
                worth[-1 - distance] += _ALIKE * count / len(worths)
    return tuple(turn.after + 1 + _best(worth) for turn, worth in zip(found, worths, strict=True))


def _best(worth: NDArray[np.float64]) -> int:
    import numpy as np

    return int(np.argmax(np.round(worth, 9)))


def _worths(
    found: Sequence[Turn],
    strength: NDArray[np.float64],
    vectors: NDArray[np.float64],
    sizes: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """For each turn, what each unit it may stand at is worth.

    The caption that bears a chapter's number is part of it: what speaks for a boundary after it speaks for one before.
    """
    import numpy as np

    rows = (
        vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9) * sizes[:, None]
    )
    reach = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    length = np.concatenate([[0.0], np.cumsum(sizes)])
    lows = [0, *(turn.by for turn in found[:-1])]
    highs = [*(turn.after + 1 for turn in found[1:]), len(sizes)]
    worths = []
    for turn, low, high in zip(found, lows, highs, strict=True):
        places = np.arange(turn.after + 1, turn.by + 1)
        odds = strength[places]
        odds[-1] = max(odds[-1], strength[min(turn.by + 1, len(strength) - 1)])
        likeness = _worth(reach, length, low, places) + _worth(reach, length, high, places)
        worths.append(likeness / (length[high] - length[low]) + _STRENGTH * odds)
    return worths


def _worth(
    reach: NDArray[np.float64], length: NDArray[np.float64], end: int, places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Likeness inside the stretches between an end and each place."""
    import numpy as np

    apart = np.abs(length[places] - length[end])
    return np.asarray(((reach[places] - reach[end]) ** 2).sum(axis=1) / np.maximum(apart, 1e-9))
