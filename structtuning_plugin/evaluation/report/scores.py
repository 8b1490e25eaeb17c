"""Sections on the runs and their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from structtuning_plugin.evaluation import results as report
from structtuning_plugin.evaluation.predictions import load_scores
from structtuning_plugin.evaluation.report.charts import chart, series_of
from structtuning_plugin.evaluation.report.runs import FinishedRun, Runs
from structtuning_plugin.evaluation.report.types import Chart, Column, Section, Table
from structtuning_plugin.evaluation.report.wording import (
    NOTHING,
    TESTS,
    p_value,
    percent,
    points,
    score,
    sentence,
)

ALL = "all questions"
_FACTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "model": lambda scores: str(scores["model"]),
    "adapter": lambda scores: str(scores.get("adapter") or NOTHING),
    "server": lambda scores: str(scores.get("server") or NOTHING),
    "questions answered": lambda scores: f"{scores['questions']:,}",
    "likelihoods": lambda scores: _count_likelihoods(scores),
    "style": lambda scores: str(scores["style"]),
    "longest answer": lambda scores: f"{scores['max_new_tokens']:,} tokens",
}


def _count_likelihoods(scores: Mapping[str, Any]) -> str:
    figures = scores.get("likelihood")
    return f"{figures['questions']:,} questions" if figures else NOTHING


def evaluated(runs: Runs, domain: str) -> Section:
    """Build the section on what was asked, and in which way."""
    rows = [(name, *(fact(run.scores) for run in runs.shown)) for name, fact in _FACTS.items()]
    rows_with_values = tuple(row for row in rows if set(row[1:]) != {NOTHING})
    columns = (Column(title=""), *(Column(title=run.name, words=True) for run in runs.shown))
    lines: list[str] = [
        sentence(
            "Questions about {domain}, asked without any passage. Answers are graded by rules.",
            domain=domain,
        )
    ]
    if runs.before is not None:
        lines.append(sentence("Differences are to the run {name}.", name=runs.before.name))
    differing = [
        row[0]
        for row in rows_with_values
        if row[0] in ("style", "longest answer") and len(set(row[1:])) > 1
    ]
    lines += (
        [f"The runs were not asked alike: compare the rows {' and '.join(differing)}."]
        if differing
        else []
    )
    return Section(
        anchor="evaluated",
        title="What was evaluated",
        lines=tuple(lines),
        parts=(Table(caption="Runs", columns=columns, rows=rows_with_values),),
    )


def scored(runs: Runs, seed: int) -> Section | None:
    """Build the section of scores by file, language and metric; None without scores."""
    if not any(run.scores["score"] for run in runs.shown):
        return None
    lines, differences = _differences(runs, seed)
    parts = (*_by_file(runs.shown), *_by_language(runs.shown), *differences, _by_metric(runs.shown))
    caption = "Whiskers and brackets are 95 % bootstrap intervals over the questions."
    return Section(anchor="scores", title="Scores", lines=(caption, *lines), parts=parts)


def _by_file(shown: Sequence[FinishedRun]) -> tuple[Chart, Table]:
    names = _keys(shown, "files")
    scores = {
        _of_metric(name, shown): [run.scores["files"].get(name) for run in shown] for name in names
    }
    if len(names) > 1:
        scores[ALL] = [run.scores["score"] for run in shown]
    return _both("files", "Scores by set of questions", "set", shown, scores)


def _by_language(shown: Sequence[FinishedRun]) -> tuple[Chart | Table, ...]:
    names = _keys(shown, "languages")
    if len(names) < 2:
        return ()
    scores = {name: [run.scores["languages"].get(name) for run in shown] for name in names}
    scores["mean of the languages"] = [run.scores["macro_languages"] for run in shown]
    return _both("languages", "Scores by language", "language", shown, scores)


def _both(
    anchor: str,
    caption: str,
    what: str,
    shown: Sequence[FinishedRun],
    scores: Mapping[str, Sequence[Mapping[str, Any] | None]],
) -> tuple[Chart, Table]:
    """Build a chart and a table of the same scores, with a row for each label."""
    labels = list(scores)
    series = [
        series_of(run.name, [scores[label][at] for label in labels]) for at, run in enumerate(shown)
    ]
    rows = tuple((label, *map(score, values)) for label, values in scores.items())
    return chart(anchor, caption, labels, series), Table(
        caption=caption, columns=_columns(what, shown), rows=rows
    )


def _by_metric(shown: Sequence[FinishedRun]) -> Table:
    def cell(value: Mapping[str, Any] | None) -> str:
        return (
            NOTHING
            if value is None or value["mean"] is None
            else f"{percent(value['mean'])}, n = {value['n']:,}"
        )

    rows = tuple(
        (
            report.METRIC_NAMES.get(name, name),
            *(cell(run.scores["metrics"].get(name)) for run in shown),
        )
        for name in _keys(shown, "metrics")
    )
    return Table(caption="All metrics", columns=_columns("metric", shown), rows=rows)


def _differences(runs: Runs, seed: int) -> tuple[list[str], tuple[Table, ...]]:
    """Compute each run minus the baseline, over the questions of both."""
    if runs.before is None or not runs.before.scores["score"]:
        return [], ()
    theirs, lines, rows = load_scores(runs.before.folder), [], []
    for run in runs.compared:
        if run.scores["score"] is None:
            continue
        comparison = report.against(run.graded, theirs, seed)
        rows += list(_difference_rows(run.name, comparison))
        if comparison["only_here"] or comparison["only_there"]:
            lines.append(_alone(run.name, runs.before.name, comparison))
    titles = (
        ("run", True),
        ("set", True),
        ("difference in points", False),
        ("95 % interval", False),
        ("p", False),
    )
    columns = tuple(
        Column(title=title, words=words) for title, words in (*titles, ("test", True), ("n", False))
    )
    caption = f"Difference to {runs.before.name}, over the questions of both"
    return lines, (Table(caption=caption, columns=columns, rows=tuple(rows)),) if rows else ()


def _alone(name: str, before: str, comparison: Mapping[str, Any]) -> str:
    return sentence(
        "Not in common: {here:,} questions of {name} alone, {there:,} of {before} alone.",
        here=comparison["only_here"],
        there=comparison["only_there"],
        name=name,
        before=before,
    )


def _difference_rows(name: str, comparison: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if comparison["score"] is None:
        return
    sets = {ALL: comparison["score"]} if len(comparison["files"]) != 1 else {}
    for label, value in {**comparison["files"], **sets}.items():
        ends = f"{points(value['low'])} to {points(value['high'])}"
        test = TESTS.get(value["test"], value["test"])
        yield (
            name,
            label,
            points(value["difference"]),
            ends,
            p_value(value["p"]),
            test,
            f"{value['n']:,}",
        )


def _keys(shown: Sequence[FinishedRun], part: str) -> list[str]:
    """List the keys of a part of the scores, in the order of the first run that has them."""
    return list(dict.fromkeys(name for run in shown for name in run.scores[part]))


def _columns(what: str, shown: Sequence[FinishedRun]) -> tuple[Column, ...]:
    return (Column(title=what), *(Column(title=run.name) for run in shown))


def _of_metric(name: str, shown: Sequence[FinishedRun]) -> str:
    """Name a file with its metric."""
    entry = next(run.scores["files"][name] for run in shown if name in run.scores["files"])
    return f"{name} ({report.METRIC_NAMES.get(entry['metric'], 'score')})"
