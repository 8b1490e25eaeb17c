"""Bars with intervals, as PNG or SVG. matplotlib, the extra `plots`, is imported when a plot is drawn."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin.errors import ConfigError
from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.writing import write_whole

SUFFIXES = (".png", ".svg")
_LONGEST_LABEL = 60
_WIDTH, _ROW, _FRAME = 8.0, 0.36, 1.3  # inches


def bars(
    title: str,
    labels: Sequence[str],
    means: Sequence[float],
    intervals: Sequence[tuple[float, float]] | None,
    path: str | Path,
    axis: str = "score",
) -> Path:
    """A horizontal bar for each label, the first one on top; the same bytes for the same values.

    Args:
        means: in the unit of `axis`.
        intervals: lower and upper end for each mean, in the same unit; None for bars without.
        path: the suffix says which of PNG and SVG.

    Returns:
        The file that was written, whole or not at all.

    Raises:
        ConfigError: matplotlib is missing, the suffix is another, or the values do not fit each other.
    """
    target = check_plot(path)
    _check_values(labels, means, intervals)
    figure = _figure(title, labels, means, intervals, axis)
    write_whole(target, lambda part: _save(figure, part))
    return target


def check_plot(path: str | Path) -> Path:
    """Whether a plot can be written there at all.

    Raises:
        ConfigError: it cannot.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"A plot cannot be written as `{target.name}`. Allowed suffixes: {', '.join(SUFFIXES)}.")
    _matplotlib("figure")
    return target


def _matplotlib(module: str) -> Any:
    try:
        return importlib.import_module(f"matplotlib.{module}" if module else "matplotlib")
    except ImportError as error:
        raise ConfigError(
            f"Plots need matplotlib ({error}): install the extra with `pip install 'structtuning-plugin[plots]'`."
        ) from None


def _check_values(labels: Sequence[str], means: Sequence[float], intervals: Sequence[tuple[float, float]] | None) -> None:
    counts = {len(labels), len(means), len(means) if intervals is None else len(intervals)}
    if len(counts) != 1 or not labels:
        several = "none" if intervals is None else len(intervals)
        raise ConfigError(
            f"A plot needs as many labels as means and intervals, one at least; given: {len(labels)}, {len(means)} and {several}."
        )
    for label, mean, (low, high) in zip(labels, means, intervals or [(mean, mean) for mean in means], strict=True):
        if not all(map(math.isfinite, (low, mean, high))) or not low <= mean <= high:
            raise ConfigError(f"The interval of {label!r}, {low}..{high}, does not hold its mean, {mean}.")


def _figure(
    title: str, labels: Sequence[str], means: Sequence[float], intervals: Sequence[tuple[float, float]] | None, axis: str
) -> Any:
    # Without pyplot, whose figures and settings belong to the whole process.
    figure = _matplotlib("figure").Figure(figsize=(_WIDTH, _FRAME + _ROW * len(labels)), layout="constrained")
    plot = figure.subplots()
    places = list(range(len(labels)))
    reach = None
    if intervals is not None:
        ends = list(zip(means, intervals, strict=True))
        reach = [[mean - low for mean, (low, _) in ends], [high - mean for mean, (_, high) in ends]]
    plot.barh(places, means, xerr=reach, capsize=3, color="#4c78a8", ecolor="#222222")
    # A title of the corpus may hold what matplotlib reads as a formula.
    plot.set_yticks(places, [_plain(shorten(label, _LONGEST_LABEL)) for label in labels])
    plot.invert_yaxis()
    plot.set_xlabel(_plain(axis))
    plot.set_title(_plain(title))
    plot.grid(axis="x", alpha=0.3)
    plot.set_axisbelow(True)
    return figure


def _plain(text: str) -> str:
    return text.replace("$", r"\$")


def _save(figure: Any, path: Path) -> None:
    kind = path.suffix.lower().lstrip(".")
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    # Ids of an SVG are random without a salt.
    with _matplotlib("").rc_context({"svg.hashsalt": "structtuning"}):
        figure.savefig(path, format=kind, dpi=150, metadata=metadata)
