"""Uncertainty of scores: bootstrap intervals (Efron 1979) and paired tests of two runs.

All random draws come from a seed. The same scores in the same order give the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist, stdev
from typing import Any

RESAMPLES = 1_000
LEVEL = 0.95
POWER = 0.8
_FLIPS = 10_000
# Numbers drawn at once.
_CHUNK = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Mean of `n` scores with its percentile interval; for one score the interval is that score."""

    mean: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Return the values for `scores.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Difference of the means, ours minus theirs, with its interval and a two-sided p-value.

    `test` is "mcnemar" (exact) where all scores are 0 or 1, else "permutation" (of the signs of the
    differences). `detectable` is the smallest difference that so many questions can show
    (`compute_smallest_difference`); None for a single question.
    """

    difference: float
    low: float
    high: float
    p: float
    test: str
    n: int
    detectable: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the values for `scores.json`."""
        return asdict(self)


def bootstrap(
    scores: Sequence[float], seed: int, resamples: int = RESAMPLES, level: float = LEVEL
) -> Interval:
    """Compute the percentile interval of the mean over resamples of the questions.

    Raises:
        ValueError: If there is no score.
    """
    return macro_bootstrap({"": scores}, seed, resamples, level)


def macro_bootstrap(
    groups: Mapping[str, Sequence[float]],
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """Compute the interval of the mean of group means; questions are drawn within each group.

    Raises:
        ValueError: If there is no group, or an empty one.
    """
    import numpy as np

    if not groups or not all(groups.values()):
        raise ValueError("A mean needs scores.")
    generator = np.random.default_rng(seed)
    drawn = np.mean(
        [_means(np.asarray(scores, float), generator, resamples) for scores in groups.values()],
        axis=0,
    )
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    mean = float(np.mean([np.mean(scores) for scores in groups.values()]))
    return Interval(mean=mean, low=float(low), high=float(high), n=sum(map(len, groups.values())))


def _means(scores: Any, generator: Any, resamples: int) -> Any:
    """Draw resamples with replacement and return their means, an array of shape (resamples,)."""
    import numpy as np

    rows = max(1, _CHUNK // len(scores))
    parts = [
        scores[
            generator.integers(0, len(scores), (min(rows, resamples - start), len(scores)))
        ].mean(axis=1)
        for start in range(0, resamples, rows)
    ]
    return np.concatenate(parts)


def compare(
    ours: Sequence[float], theirs: Sequence[float], seed: int, resamples: int = RESAMPLES
) -> Comparison:
    """Compare two runs on the same questions, in the same order.

    Scores of 0 and 1 are compared by the exact test of McNemar (1947), other scores by the paired
    permutation test (Noreen 1989) with 10,000 draws of the signs.

    Raises:
        ValueError: If there is no score, or the runs have different lengths.
    """
    import numpy as np

    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"Paired scores are needed, not {len(ours)} and {len(theirs)}.")
    differences = np.asarray(ours, float) - np.asarray(theirs, float)
    interval = bootstrap(differences.tolist(), seed, resamples)
    binary = set(ours) | set(theirs) <= {0.0, 1.0}
    p = _mcnemar(differences) if binary else _permutation(differences, seed)
    test = "mcnemar" if binary else "permutation"
    return Comparison(
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p=p,
        test=test,
        n=len(ours),
        detectable=compute_smallest_difference(differences.tolist()),
    )


def compute_smallest_difference(
    differences: Sequence[float], power: float = POWER, level: float = LEVEL
) -> float | None:
    """Compute the minimum detectable effect of a paired comparison.

    A true difference of this size is found with probability `power` by a two-sided test at
    1 - `level`, in the normal approximation: (z(level) + z(power)) * s / sqrt(n), with s the
    standard deviation of the paired differences (Bloom 1995).

    Returns:
        The difference in units of the scores; None for fewer than two questions.

    >>> round(compute_smallest_difference([1.0, -1.0, 1.0, -1.0]), 3)
    1.617
    """
    if len(differences) < 2:
        return None
    normal = NormalDist()
    factor = normal.inv_cdf((1 + level) / 2) + normal.inv_cdf(power)
    return float(factor * stdev(differences) / len(differences) ** 0.5)


def _mcnemar(differences: Any) -> float:
    from scipy.stats import binomtest

    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _permutation(differences: Any, seed: int) -> float:
    """Return the share of sign flips as far from 0 as the observed one, which counts too."""
    import numpy as np

    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    # A stream of its own: scores that were drawn from the same seed would go with the signs.
    generator = np.random.default_rng([seed, _FLIPS])
    observed = abs(moved.sum()) - 1e-9
    rows = max(1, _CHUNK // len(moved))
    extreme = 0
    for start in range(0, _FLIPS, rows):
        signs = (
            generator.integers(0, 2, (min(rows, _FLIPS - start), len(moved)), dtype=np.int8) * 2 - 1
        )
        extreme += int((np.abs(signs @ moved) >= observed).sum())
    return (extreme + 1) / (_FLIPS + 1)
