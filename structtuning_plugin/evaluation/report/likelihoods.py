"""Section on the likelihood measures of runs, and the tables and charts that arms have too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.evaluation import results
from structtuning_plugin.evaluation.likelihood import MEASURES, build_graded_row
from structtuning_plugin.evaluation.report.charts import chart, series_of
from structtuning_plugin.evaluation.report.runs import Runs
from structtuning_plugin.evaluation.report.types import Chart, Column, Section, Table
from structtuning_plugin.evaluation.report.wording import NOTHING, TESTS, p_value

# Measures that are shares, which a chart shows.
_SHARES = ("pairs", "acc", "acc_norm", "acc_bytes")
LINES = (
    "Log-likelihoods of right and wrong answers, which the prompt never shows. Of bits a byte less "
    "is better, of all other measures more.",
    "The smallest difference is that which so many questions can show (80 % power, two-sided 5 %): "
    "a smaller one that is not seen is no evidence that there is none.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMeasures:
    """Measures of a run or an arm by name, and its comparisons by name; none for the baseline."""

    name: str
    measures: Mapping[str, Any]
    comparisons: Mapping[str, Any]


def measured(runs: Runs, seed: int) -> Section | None:
    """Build the section of likelihood measures; None where no run has any."""
    shown = [
        NamedMeasures(
            name=run.name,
            measures=results.compute_likelihood_figures(run.measured, seed)["forms"].get(
                results.MEAN_FORM, {}
            ),
            comparisons=_compared(runs, seed).get(run.name, {}),
        )
        for run in runs.shown
        if run.measured
    ]
    if not shown:
        return None
    before = runs.before.name if runs.before is not None else None
    return Section(
        anchor="likelihoods",
        title="Likelihood measures",
        lines=LINES,
        parts=(*build_parts("likelihood", "run", shown, before), _by_form(runs, seed)),
    )


def _compared(runs: Runs, seed: int) -> dict[str, Mapping[str, Any]]:
    """Compare each run with the baseline, over the questions of both."""
    if runs.before is None:
        return {}
    theirs = {item.key: build_graded_row(item) for item in runs.before.measured}
    return {
        run.name: results.compare_likelihoods(run.measured, theirs, seed)["forms"].get(
            results.MEAN_FORM, {}
        )
        for run in runs.compared
    }


def build_parts(
    anchor: str, what: str, shown: Sequence[NamedMeasures], before: str | None
) -> tuple[Chart | Table, ...]:
    """Build the chart of shares, the table of measures, and that of differences.

    Args:
        anchor: Start of the ids in the page.
        what: Title of the names, such as "arm".
        shown: The runs or arms in their order.
        before: Name of the baseline; None for none.
    """
    return (
        *_chart_shares(anchor, what, shown),
        _list_measures(what, shown),
        *_list_differences(what, shown, before),
    )


def _chart_shares(anchor: str, what: str, shown: Sequence[NamedMeasures]) -> tuple[Chart, ...]:
    names = [name for name in _SHARES if any(name in one.measures for one in shown)]
    if not names:
        return ()
    labels = [results.MEASURE_NAMES[name].removesuffix(", %") for name in names]
    series = [series_of(one.name, [one.measures.get(name) for name in names]) for one in shown]
    return (chart(anchor, f"Likelihood measures that are shares, by {what}", labels, series),)


def _list_measures(what: str, shown: Sequence[NamedMeasures]) -> Table:
    rows = []
    for name in _names(shown):
        for one in shown:
            if name in one.measures:
                value = one.measures[name]
                cells = (results.format_interval(name, value), f"{value['n']:,}")
                rows.append((results.MEASURE_NAMES[name], one.name, *cells))
    titles = (("measure", True), (what, True), ("mean (95 % interval)", False), ("n", False))
    columns = tuple(Column(title=title, words=words) for title, words in titles)
    return Table(caption=f"Measures by {what}", columns=columns, rows=tuple(rows))


def _list_differences(
    what: str, shown: Sequence[NamedMeasures], before: str | None
) -> tuple[Table, ...]:
    rows = []
    for name in _names(shown):
        for one in shown:
            if name in one.comparisons:
                cells = _difference_cells(name, one.comparisons[name])
                rows.append((results.MEASURE_NAMES[name], one.name, *cells))
    if not rows:
        return ()
    words = ("measure", what, "test")
    titles = ("measure", what, "difference", "95 % interval", "p", "test", "n", "smallest")
    columns = tuple(Column(title=title, words=title in words) for title in titles)
    caption = f"Difference to {before} by {what}, paired by question"
    return (Table(caption=caption, columns=columns, rows=tuple(rows)),)


def _difference_cells(name: str, comparison: Mapping[str, Any]) -> tuple[str, ...]:
    mean, low, high = (
        results.format_measure(name, comparison[key], "+") for key in ("difference", "low", "high")
    )
    smallest = comparison["detectable"]
    return (
        mean,
        f"{low} to {high}",
        p_value(comparison["p"]),
        TESTS.get(comparison["test"], comparison["test"]),
        f"{comparison['n']:,}",
        NOTHING if smallest is None else results.format_measure(name, smallest),
    )


def _names(shown: Sequence[NamedMeasures]) -> list[str]:
    """List the measures that anything has, in the order of `MEASURE_NAMES`."""
    return [name for name in results.MEASURE_NAMES if any(name in one.measures for one in shown)]


def _by_form(runs: Runs, seed: int) -> Table:
    """Build the table of the forms of prompt."""
    rows = []
    for run in runs.shown:
        forms = results.compute_likelihood_figures(run.measured, seed)["forms"]
        for form, values in forms.items():
            if form != results.MEAN_FORM:
                cells = (
                    results.format_interval(name, values[name]) if name in values else NOTHING
                    for name in MEASURES
                )
                rows.append((run.name, form, *cells))
    titles = ["run", "form", *(results.MEASURE_NAMES[name] for name in MEASURES)]
    columns = tuple(Column(title=title, words=title in ("run", "form")) for title in titles)
    return Table(caption="Likelihood measures by form", columns=columns, rows=tuple(rows))
