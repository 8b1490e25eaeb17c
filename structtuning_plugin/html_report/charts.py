"""Charts of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from structtuning_plugin.html_report.svg import svg
from structtuning_plugin.html_report.values import Chart
from structtuning_plugin.plotting import COLOURS, Series

_AXIS = "percent"


def chart(anchor: str, caption: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Shares as percent; what each colour is stands beside it where there are several."""
    drawn = svg(anchor, caption, labels, [_percent(one) for one in series], _AXIS)
    keys = tuple((one.name, COLOURS[number % len(COLOURS)]) for number, one in enumerate(series))
    return Chart(caption=caption, svg=Markup(drawn), keys=keys if len(keys) > 1 else ())


def series_of(name: str, found: Sequence[Mapping[str, Any] | None]) -> Series:
    """Scores as `scores.json` has them, None where there is none."""
    return Series(
        name=name,
        means=[None if one is None else one["mean"] for one in found],
        ends=[None if one is None else (min(one["low"], one["mean"]), max(one["high"], one["mean"])) for one in found],
    )


def _percent(series: Series) -> Series:
    return Series(
        name=series.name,
        means=[None if mean is None else 100 * mean for mean in series.means],
        ends=[None if ends is None else (100 * ends[0], 100 * ends[1]) for ends in series.ends],
    )
