"""The best of many scores, the same ones on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Digits that every machine agrees on.
_DIGITS = 4


def best(scores: NDArray[np.floating], count: int) -> list[tuple[int, float]]:
    """Index and score of up to `count` greatest scores, the best first, of equals the first; NaN and -inf are no scores."""
    import numpy as np

    rounded = np.asarray(scores, dtype=np.float64).round(_DIGITS)
    found = np.flatnonzero(rounded > -np.inf)
    if len(found) > count:
        least = np.partition(rounded[found], -count)[-count]
        found = found[rounded[found] >= least]
    order = np.argsort(-rounded[found], kind="stable")[:count]
    return [(int(index), float(rounded[index])) for index in found[order]]
