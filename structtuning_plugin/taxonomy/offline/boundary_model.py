"""Two logistic regressions: the odds of a section and of a chapter at each unit.

Their weights were fitted by `benchmarks/fit_offline.py` on a public-domain textbook and a manual
in six languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structtuning_plugin.taxonomy.offline import cohesion as cohesions
from structtuning_plugin.taxonomy.offline import cues as shapes
from structtuning_plugin.taxonomy.offline import weights
from structtuning_plugin.taxonomy.offline.words import Units, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Which neighbours' features count too; minus one is the unit before.
_SHAPES_AROUND = (0, -1, -2, 1)
_COHESION_AROUND = (0, -1, 1)


def feature_names() -> tuple[str, ...]:
    """Return the columns of `features`; "length-1" is the length of the unit before."""
    return tuple(
        f"{name}{offset:+d}" if offset else name
        for names, around in ((cohesions.NAMES, _COHESION_AROUND), (shapes.NAMES, _SHAPES_AROUND))
        for offset in around
        for name in names
    )


def features(
    text: str, words: Words, units: Units, language: str, vectors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Build one row of features for each unit.

    Args:
        text: the text.
        words: its words.
        units: its units.
        language: ISO 639-1 code.
        vectors: the units' topic vectors (units x dimensions).
    """
    import numpy as np

    change = cohesions.cohesion(words, units, vectors)
    shape = shapes.cues(text, units, language)
    return np.hstack(
        [_shifted(change, offset) for offset in _COHESION_AROUND]
        + [_shifted(shape, offset) for offset in _SHAPES_AROUND]
    )


def section_odds(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithmic odds that a node of any level begins at each unit."""
    return _odds(rows, weights.SECTION, weights.SECTION_BIAS)


def chapter_odds(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithmic odds that a node directly below the root begins at each unit."""
    return _odds(rows, weights.CHAPTER, weights.CHAPTER_BIAS)


def _odds(rows: NDArray[np.float64], table: dict[str, float], bias: float) -> NDArray[np.float64]:
    import numpy as np

    vector = np.array([table.get(name, 0.0) for name in feature_names()])
    # Rounded, so that sums in another order of addition choose the same boundaries.
    odds: NDArray[np.float64] = np.round(rows @ vector + bias, 6)
    return odds


def _shifted(rows: NDArray[np.float64], offset: int) -> NDArray[np.float64]:
    """Move the rows: row i of the result is row i + `offset`, zeros past the ends."""
    import numpy as np

    moved = np.zeros_like(rows)
    if offset == 0 or abs(offset) >= len(rows):
        return rows if offset == 0 else moved
    if offset < 0:
        moved[-offset:] = rows[:offset]
    else:
        moved[:-offset] = rows[offset:]
    return moved
