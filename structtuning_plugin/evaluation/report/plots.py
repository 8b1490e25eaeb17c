"""Bars with intervals, as PNG or SVG. Needs matplotlib, the extra `plots`."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.core.atomic_files import write_whole
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.taxonomy.titles import shorten

SUFFIXES = (".png", ".svg")
# Of the series in a page, in this order; they can be told apart on white and on black.
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#9d755d", "#8a8a8a")
LONGEST_LABEL = 60
_WIDTH, _ROW, _FRAME = 8.0, 0.36, 1.3  # inches
# What XML cannot hold, and other controls.
_UNFIT = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One bar for each label, in the unit of the axis.

    A mean of None draws no bar, an end of None no whisker.
    """

    name: str
    means: Sequence[float | None]
    ends: Sequence[Ends | None]


def bars(
    title: str,
    labels: Sequence[str],
    means: Sequence[float],
    intervals: Sequence[Ends | None] | None,
    path: str | Path,
    axis: str = "score",
) -> Path:
    """Draw a horizontal bar for each label, the first one on top; deterministic.

    Args:
        means: In the unit of `axis`.
        intervals: Lower and upper end for each mean, in the same unit; None for a bar without one,
            or for all.
        path: File to write; its suffix chooses PNG or SVG.

    Returns:
        The path of the file, which is written atomically.

    Raises:
        ConfigError: If matplotlib is missing, the suffix is another one, or the values do not
            match.
    """
    target = check_plot(path)
    series = Series(
        name=title, means=means, ends=[None] * len(means) if intervals is None else intervals
    )
    check_values(labels, [series])
    figure = _figure(title, labels, series, axis)
    write_whole(target, lambda part: _save(figure, part))
    return target


def check_plot(path: str | Path) -> Path:
    """Check that a plot can be written to the path.

    Raises:
        ConfigError: If it cannot.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"A plot cannot be written as `{target.name}`. Allowed suffixes: {', '.join(SUFFIXES)}."
        )
    check_extra()
    return target


def check_extra() -> None:
    """Check that matplotlib is installed.

    Raises:
        ConfigError: If it is not.
    """
    matplotlib_part("figure")


def legible(text: str) -> str:
    r"""Replace control characters, which neither XML nor a page can hold.

    >>> legible("a\x00b\n")
    'a\ufffdb\n'
    """
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def matplotlib_part(module: str) -> Any:
    """Import a module of matplotlib, or matplotlib itself for an empty name.

    Raises:
        ConfigError: If matplotlib is not installed.
    """
    try:
        return importlib.import_module(f"matplotlib.{module}" if module else "matplotlib")
    except ImportError as error:
        raise ConfigError(
            f"Plots need matplotlib ({error}): install the extra with `pip install "
            "'structtuning-plugin[plots]'`."
        ) from None


def check_values(labels: Sequence[str], series: Sequence[Series]) -> None:
    """Check that each series matches the labels, and each mean its interval.

    Raises:
        ConfigError: If one does not match.
    """
    for one in series:
        if len({len(labels), len(one.means), len(one.ends)}) != 1 or not labels:
            raise ConfigError(
                "A plot needs as many labels as means and intervals, one at least; given: "
                f"{len(labels)}, {len(one.means)} and {len(one.ends)}."
            )
        for label, mean, ends in zip(labels, one.means, one.ends, strict=True):
            if mean is not None:
                _check_mean(label, mean, (mean, mean) if ends is None else ends)


def _check_mean(label: str, mean: float, ends: Ends) -> None:
    low, high = ends
    if not all(map(math.isfinite, (low, mean, high))) or not low <= mean <= high:
        raise ConfigError(
            f"The interval of {label!r}, {low}..{high}, does not hold its mean, {mean}."
        )


def _figure(title: str, labels: Sequence[str], series: Series, axis: str) -> Any:
    # Without pyplot, whose figures and settings belong to the whole process.
    figure = matplotlib_part("figure").Figure(
        figsize=(_WIDTH, _FRAME + _ROW * len(labels)), layout="constrained"
    )
    plot = figure.subplots()
    places = [float(row) for row in range(len(labels))]
    draw_bars(plot, places, series, 0.8, COLOURS[0], "#222222")
    dress(plot, places, labels, axis)
    plot.set_title(_plain(title))
    return figure


def draw_bars(
    plot: Any, places: Sequence[float], series: Series, height: float, colour: str, ink: str
) -> None:
    """Draw one series on matplotlib axes: bars around `places`, whiskers in the colour `ink`."""
    shown = [(at, mean) for at, mean in zip(places, series.means, strict=True) if mean is not None]
    plot.barh([at for at, _ in shown], [mean for _, mean in shown], height=height, color=colour)
    bars = [
        (at, mean, *ends)
        for at, mean, ends in zip(places, series.means, series.ends, strict=True)
        if mean is not None and ends is not None
    ]
    if bars:
        reach = [
            [mean - low for _, mean, low, _ in bars],
            [high - mean for _, mean, _, high in bars],
        ]
        at, means = [place for place, *_ in bars], [mean for _, mean, *_ in bars]
        plot.errorbar(means, at, xerr=reach, fmt="none", capsize=3, ecolor=ink)


def dress(plot: Any, places: Sequence[float], labels: Sequence[str], axis: str) -> None:
    """Add labels from the top down, the name of the axis, and a grid."""
    plot.set_yticks(places, [_plain(shorten(label, LONGEST_LABEL)) for label in labels])
    plot.invert_yaxis()
    plot.set_xlabel(_plain(axis))
    plot.grid(axis="x", alpha=0.3)
    plot.set_axisbelow(True)


def _plain(text: str) -> str:
    """Reduce a title to one line, without characters that matplotlib reads as a formula."""
    return legible(" ".join(text.split())).replace("$", r"\$")


def _save(figure: Any, path: Path) -> None:
    kind = path.suffix.lower().lstrip(".")
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    # Ids of an SVG are random without a salt.
    with matplotlib_part("").rc_context({"svg.hashsalt": "structtuning"}):
        figure.savefig(path, format=kind, dpi=150, metadata=metadata)
