"""Scores of the branches of the tree and of the kinds of probes, and what changed between two runs.

A score is the mean over knowledge points of the mean over each point's probes, for the probes of one point hang together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from structtuning_plugin.probes.grading import Graded, grade
from structtuning_plugin.probes.values import PROBE_KINDS, Probe

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Of one branch and one kind, either of which may be `all`.

    `points` have an answer to at least one probe, `n` probes have one; `score` and `exact` are shares, 0..1. `low` and
    `high` are the score's 95 % interval (normal, over points), both the score itself for one point. `change` is the
    difference to another run over the probes that both answered, None without such.
    """

    branch: str
    kind: str
    points: int
    n: int
    score: float
    exact: float
    low: float
    high: float
    change: float | None = None


def scores_by_branch(
    probes: Sequence[Probe], predictions: Mapping[str, str], before: Mapping[str, str] | None = None
) -> list[Score]:
    """A score for all probes, each kind, each branch, and each kind of each branch, where there are answers.

    Args:
        predictions: a model's answers by the probe's id; probes without one do not count.
        before: those of another run to compare with.
    """
    after = _graded(probes, predictions)
    earlier = _graded(probes, before) if before is not None else None
    branches = [ALL, *dict.fromkeys(probe.branch for probe in probes)]
    found = []
    for branch in branches:
        for kind in (ALL, *PROBE_KINDS):
            here = [p for p in probes if branch in (ALL, p.branch) and kind in (ALL, p.kind) and p.id in after]
            if here:
                found.append(_score(branch, kind, here, after, earlier))
    return found


def unanswered(probes: Iterable[Probe], predictions: Mapping[str, str]) -> list[str]:
    """Ids of the probes without an answer."""
    return [probe.id for probe in probes if probe.id not in predictions]


def _graded(probes: Iterable[Probe], predictions: Mapping[str, str]) -> dict[str, Graded]:
    return {probe.id: grade(probe, predictions[probe.id]) for probe in probes if probe.id in predictions}


def _score(
    branch: str, kind: str, probes: Sequence[Probe], after: Mapping[str, Graded], before: Mapping[str, Graded] | None
) -> Score:
    means = _means(probes, {name: found.score for name, found in after.items()})
    middle = fmean(means)
    reach = 1.96 * stdev(means) / math.sqrt(len(means)) if len(means) > 1 else 0.0
    return Score(
        branch=branch,
        kind=kind,
        points=len(means),
        n=len(probes),
        score=middle,
        exact=fmean(_means(probes, {name: float(found.exact) for name, found in after.items()})),
        low=max(0.0, middle - reach),
        high=min(1.0, middle + reach),
        change=_change(probes, after, before) if before is not None else None,
    )


def _change(probes: Sequence[Probe], after: Mapping[str, Graded], before: Mapping[str, Graded]) -> float | None:
    both = [probe for probe in probes if probe.id in before]
    if not both:
        return None
    return fmean(_means(both, {probe.id: after[probe.id].score - before[probe.id].score for probe in both}))


def _means(probes: Sequence[Probe], values: Mapping[str, float]) -> list[float]:
    """The mean of each point's probes."""
    points: dict[str, list[float]] = {}
    for probe in probes:
        points.setdefault(probe.topic_id, []).append(values[probe.id])
    return [fmean(found) for found in points.values()]
