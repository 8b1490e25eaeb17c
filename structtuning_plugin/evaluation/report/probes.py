"""Section on probes: knowledge points excluded from instruction tuning, chapter by chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from markupsafe import Markup

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation.report.charts import chart
from structtuning_plugin.evaluation.report.plots import Series
from structtuning_plugin.evaluation.report.runs import FinishedRun, Runs
from structtuning_plugin.evaluation.report.types import Chart, Column, Section, Table
from structtuning_plugin.evaluation.report.wording import (
    NOTHING,
    interval,
    percent,
    points,
    sentence,
)
from structtuning_plugin.questions.probes.files import PROBE_KINDS, Probe, read_predictions
from structtuning_plugin.questions.probes.scores import ALL, Score, scores_by_branch, unanswered
from structtuning_plugin.taxonomy.tree import PATH_JOINT

# More bars than this no reader can follow: the table has all.
_MOST_BARS = 40
_MOST_NAMED = 3
_ALL_CHAPTERS = "all chapters"
_ABOUT = (
    "A score is the mean over knowledge points; brackets and whiskers are its 95 % interval over "
    "points. Exact are answers "
    "that are wholly right, n is the number of knowledge points; changes are in points of a "
    "hundred, over the probes that both "
    "runs answered."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Scores of one run by branch and by kind; `compared` if they are shown with changes."""

    run: FinishedRun
    branches: Mapping[str, Score]
    kinds: Mapping[str, Score]
    missing: int
    compared: bool


def remembered(runs: Runs, probes: Sequence[Probe]) -> Section | None:
    """Build the section of probes by chapter and by kind; None where no run answers any."""
    results = _all_known(runs, probes)
    if not results:
        return None
    shared = _shared([probe.branch for probe in probes])
    chapters = _by_chapter(results, probes, len(shared))
    kinds = _rows({kind: [one.kinds.get(kind) for one in results] for kind in PROBE_KINDS})
    drawn = _drawn(chapters)
    lines = (
        *_weakest(results, len(shared)),
        *_left_away(results, len(probes), chapters, drawn),
        *_beneath(shared),
        _ABOUT,
    )
    parts = (
        _chart("chapters", "Probes by chapter", results, drawn),
        _table("Probes by chapter, in the order of the tree", "chapter", results, chapters),
        _chart("kinds", "Probes by kind", results, kinds),
        _table("Probes by kind", "kind", results, kinds, full=True),
    )
    return Section(anchor="memory", title="Probes of memory", lines=lines, parts=parts)


def _shared(branches: Sequence[str]) -> str:
    """Return the headings with which all paths begin, without the last heading of each path.

    >>> _shared(["A > B > C", "A > B > D > E"]), _shared(["A > B"]), _shared(["A > B", "C"])
    ('A > B > ', 'A > ', '')
    """
    levels = zip(*(branch.split(PATH_JOINT)[:-1] for branch in branches), strict=False)
    return "".join(
        f"{level[0]}{PATH_JOINT}" for level in takewhile(lambda level: len(set(level)) == 1, levels)
    )


def _answers(run: FinishedRun, probes: Sequence[Probe]) -> dict[str, str]:
    if not run.answer_rows:  # it measures likelihoods alone
        return {}
    try:
        return read_predictions(str(run.folder), probes)
    except ConfigError:  # it answers other questions
        return {}


def _all_known(runs: Runs, probes: Sequence[Probe]) -> list[_Known]:
    answers = {run.name: _answers(run, probes) for run in runs.shown}
    earlier = answers[runs.before.name] if runs.before is not None else {}
    return [
        _known(
            run, probes, answers[run.name], earlier if run in runs.compared and earlier else None
        )
        for run in runs.shown
        if answers[run.name]
    ]


def _known(
    run: FinishedRun,
    probes: Sequence[Probe],
    answers: Mapping[str, str],
    earlier: Mapping[str, str] | None,
) -> _Known:
    scores = scores_by_branch(probes, answers, earlier)
    return _Known(
        run=run,
        branches={score.branch: score for score in scores if score.kind == ALL},
        kinds={score.kind: score for score in scores if score.branch == ALL},
        missing=len(unanswered(probes, answers)),
        compared=earlier is not None,
    )


def _by_chapter(
    results: Sequence[_Known], probes: Sequence[Probe], shared: int
) -> dict[str, list[Score | None]]:
    """Collect the scores of all chapters, then of each in the order of the tree.

    The first `shared` characters of a path, which all have in common, are left out.
    """
    names = dict.fromkeys(probe.branch for probe in probes)
    scores = {name[shared:]: [one.branches.get(name) for one in results] for name in names}
    return _rows({_ALL_CHAPTERS: [one.branches.get(ALL) for one in results], **scores})


def _rows(scores_of: Mapping[Any, list[Score | None]]) -> dict[str, list[Score | None]]:
    return {str(name): scores for name, scores in scores_of.items() if any(scores)}


def _left_away(
    results: Sequence[_Known],
    probes: int,
    chapters: Mapping[str, object],
    drawn: Mapping[str, object],
) -> list[str]:
    lines: list[str] = []
    if len(drawn) < len(chapters):
        lines.append(
            f"The chart has the {len(drawn) - 1:,} chapters of {len(chapters) - 1:,} that score "
            "lowest; the table has all."
        )
    without = "{n:,} of {all:,} probes have no answer in {run}; they do not count."
    return lines + [
        sentence(without, n=one.missing, all=probes, run=one.run.name)
        for one in results
        if one.missing
    ]


def _beneath(shared: str) -> list[str]:
    return (
        [sentence("All chapters are below {path}.", path=shared.removesuffix(PATH_JOINT))]
        if shared
        else []
    )


def _weakest(results: Sequence[_Known], shared: int) -> list[str]:
    """Write a sentence for each run on its weakest chapters; none if there is one chapter."""
    lines: list[str] = []
    for one in results:
        ranked = sorted(
            (score for name, score in one.branches.items() if name != ALL),
            key=lambda score: score.score,
        )
        least = ranked[: min(_MOST_NAMED, len(ranked) // 2)]
        if least:
            names = Markup(", ").join(_named(score, shared) for score in least)
            lines.append(sentence("{run} knows least of: {names}.", run=one.run.name, names=names))
    return lines


def _named(score: Score, shared: int) -> Markup:
    return sentence(
        "{branch} ({share:.1f} %)", branch=score.branch[shared:], share=100 * score.score
    )


def _drawn(chapters: Mapping[str, list[Score | None]]) -> dict[str, list[Score | None]]:
    """Select all chapters, or the weakest ones of the last run, in the order of the tree."""
    first, *names = chapters
    lowest = sorted(
        names,
        key=lambda name: next(
            score.score for score in reversed(chapters[name]) if score is not None
        ),
    )
    shown = set(lowest[:_MOST_BARS])
    return {name: chapters[name] for name in (first, *names) if name == first or name in shown}


def _chart(
    anchor: str, caption: str, results: Sequence[_Known], rows: Mapping[str, Sequence[Score | None]]
) -> Chart:
    def of_run(at: int) -> Series:
        scores = [row[at] for row in rows.values()]
        means = [None if score is None else score.score for score in scores]
        ends = [None if score is None else _ends(score) for score in scores]
        return Series(name=results[at].run.name, means=means, ends=ends)

    return chart(anchor, caption, list(rows), [of_run(at) for at in range(len(results))])


def _table(
    caption: str,
    what: str,
    results: Sequence[_Known],
    rows: Mapping[str, Sequence[Score | None]],
    full: bool = False,
) -> Table:
    columns = [Column(title=what, words=True)]
    for one in results:
        columns += [
            Column(title=one.run.name),
            *([Column(title=f"change, {one.run.name}")] if one.compared else []),
        ]
    cells = [
        (label, *(cell for at, one in enumerate(results) for cell in _cells(row[at], one, full)))
        for label, row in rows.items()
    ]
    return Table(caption=caption, columns=tuple(columns), rows=tuple(cells))


def _ends(score: Score) -> tuple[float, float] | None:
    return (score.low, score.high) if score.points > 1 else None


def _cells(score: Score | None, result: _Known, full: bool) -> list[str]:
    if score is None:
        return [NOTHING] * (2 if result.compared else 1)
    middle = (
        percent(score.score) if score.points == 1 else interval(score.score, score.low, score.high)
    )
    shown = f"{middle}, n = {score.points:,}" + (
        f", probes {score.n:,}, exact {percent(score.exact)}" if full else ""
    )
    return (
        [shown, NOTHING if score.change is None else points(score.change)]
        if result.compared
        else [shown]
    )
