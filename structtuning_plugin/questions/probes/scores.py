"""Scores of the tree's branches and of the kinds of probes, and their change between two runs.

A score is the mean over knowledge points of the mean over each point's probes: the probes of one
point are not independent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from structtuning_plugin import languages
from structtuning_plugin.questions.grading.answers import grade_text
from structtuning_plugin.questions.grading.final_answer import final_answer
from structtuning_plugin.questions.grading.text import normalise
from structtuning_plugin.questions.probes.files import PROBE_KINDS, Probe
from structtuning_plugin.taxonomy.tree import PATH_JOINT

# --- How right an answer to a probe is, from 0 to 1.

_JOINT = re.compile(r"\s*[>→›＞]\s*")
# A title may hold one of these itself, so each is tried alone; the best reading counts.
_MARKS_BETWEEN_TITLES = (r"\n", r"[;；\n]", r"[,，、;；\n]")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s*")


@dataclass(frozen=True, slots=True)
class Graded:
    """Grade of an answer: `score` in 0..1; `exact` if nothing is missing, wrong or superfluous."""

    score: float
    exact: bool


def grade(probe: Probe, reply: str) -> Graded:
    """Grade a model's answer, with its reasoning."""
    if probe.kind == "path":
        return _path(probe, reply)
    if probe.titles:
        score = _titles(probe, final_answer(reply, probe.pair.language))
        return Graded(score, score == 1.0)
    score = grade_text(probe.pair, reply)
    return Graded(score, score == 1.0)


def _path(probe: Probe, reply: str) -> Graded:
    language = probe.pair.language
    right = _steps(probe.pair.answers[0], language)
    steps = _steps(_line_of(final_answer(reply, language)), language)
    if steps == right:
        return Graded(1.0, True)
    hidden = {step for title in probe.titles for step in _steps(title, language)}
    # What the question says, the domain and the point, is no memory; it costs nothing either.
    shown = set(right) - hidden
    return Graded(_f1(set(steps) - shown, hidden), False)


def _line_of(text: str) -> str:
    """Return the first line that is a path, or the whole text."""
    return next(
        (line for line in text.splitlines() if PATH_JOINT.strip() in line or "→" in line), text
    )


def _steps(path: str, language: str) -> list[str]:
    return [
        normalise(step, language) for step in _JOINT.split(path.strip(" \t\n`*\"'")) if step.strip()
    ]


def _titles(probe: Probe, reply: str) -> float:
    language = probe.pair.language
    right = {normalise(title, language) for title in probe.titles}
    readings = [
        {normalise(_ITEM.sub("", item), language) for item in cut.split(reply)} - {""}
        for cut in _between_titles()
    ]
    return max(_f1(reading, right) for reading in readings)


def _f1(answer: set[str], right: set[str]) -> float:
    return 2 * len(answer & right) / (len(answer) + len(right)) if answer else 0.0


ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Score of one branch and one kind, either of which may be `all`.

    `points` counts the points with an answered probe, `n` the answered probes. `score` and `exact`
    are shares, 0..1. `low` and `high` are the score's 95 % interval (normal, over points), equal to
    the score for one point. `change` is the difference to another run over the probes that both
    answered, None without such probes.
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
    """Return a score for all probes, each kind, each branch, and each kind of each branch.

    Args:
        probes: the probes.
        predictions: a model's answers by the probe's id; probes without one do not count.
        before: those of another run to compare with.
    """
    after = _graded(probes, predictions)
    earlier = _graded(probes, before) if before is not None else None
    branches = [ALL, *dict.fromkeys(probe.branch for probe in probes)]
    scores = []
    for branch in branches:
        for kind in (ALL, *PROBE_KINDS):
            here = [
                p
                for p in probes
                if branch in (ALL, p.branch) and kind in (ALL, p.kind) and p.id in after
            ]
            if here:
                scores.append(_score(branch, kind, here, after, earlier))
    return scores


def unanswered(probes: Iterable[Probe], predictions: Mapping[str, str]) -> list[str]:
    """Return the ids of the probes without an answer."""
    return [probe.id for probe in probes if probe.id not in predictions]


def _graded(probes: Iterable[Probe], predictions: Mapping[str, str]) -> dict[str, Graded]:
    return {
        probe.id: grade(probe, predictions[probe.id]) for probe in probes if probe.id in predictions
    }


def _score(
    branch: str,
    kind: str,
    probes: Sequence[Probe],
    after: Mapping[str, Graded],
    before: Mapping[str, Graded] | None,
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


def _change(
    probes: Sequence[Probe], after: Mapping[str, Graded], before: Mapping[str, Graded]
) -> float | None:
    both = [probe for probe in probes if probe.id in before]
    if not both:
        return None
    return fmean(
        _means(both, {probe.id: after[probe.id].score - before[probe.id].score for probe in both})
    )


def _means(probes: Sequence[Probe], values: Mapping[str, float]) -> list[float]:
    """Return the mean of each point's probes."""
    points: dict[str, list[float]] = {}
    for probe in probes:
        points.setdefault(probe.topic_id, []).append(values[probe.id])
    return [fmean(found) for found in points.values()]


@languages.cached
def _between_titles() -> tuple[re.Pattern[str], ...]:
    """Compile the patterns of what divides a list of titles: marks, and marks or "and"."""
    words: dict[bool, list[str]] = {True: [], False: []}
    for language in languages.registered():
        if language.grading.list_and:
            words[language.spaced].append(language.grading.list_and)
    spaced = [rf"\s(?:{'|'.join(words[True])})\s"] if words[True] else []
    last = "|".join([_MARKS_BETWEEN_TITLES[-1], *spaced, *words[False]])
    return tuple(re.compile(pattern) for pattern in (*_MARKS_BETWEEN_TITLES, last))
