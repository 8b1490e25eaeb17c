"""Charts of a page."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width
from xml.etree import ElementTree

from markupsafe import Markup

from structtuning_plugin.evaluation.report.plots import (
    COLOURS,
    LONGEST_LABEL,
    Series,
    check_extra,
    check_values,
    draw_bars,
    dress,
    legible,
    matplotlib_part,
)
from structtuning_plugin.evaluation.report.types import Chart
from structtuning_plugin.taxonomy.titles import shorten

# --- Bars as an `<svg>` element of a page, which gives them its fonts and its colour of text.

# Inches of a series in its row, around a row's series, for the axis, and from end to end of the axis.
_BAR, _GAP, _AXIS, _REACH = 0.2, 0.12, 0.62, 5.0
_INCHES_PER_EM = 10 / 72
# Stands for the page's own colour of text until the page has it: no plot uses it otherwise.
_INK = "#010203"
_REFERENCE = re.compile(r"#([\w.-]+)")


def svg(
    name: str, title: str, labels: Sequence[str], series: Sequence[Series], axis: str = "score"
) -> str:
    """The bars of all series, label by label, as one `<svg>` element of a page; the same text for the same values.

    Labels stay text, `title` is told to who cannot see. Ids begin with `name`, so that several plots can stand in one page.
    What is no bar has the page's colour of text, the n-th series the n-th of `COLOURS`, again from the first where they end.

    Raises:
        ConfigError: matplotlib is missing, or the values do not fit each other.
    """
    check_extra()
    check_values(labels, series)
    with _settings(
        {
            "svg.hashsalt": name,
            "svg.fonttype": "none",
            "font.sans-serif": ["DejaVu Sans"],
            **_inks(),
        }
    ):
        drawn = BytesIO()
        _page_figure(labels, series, axis).savefig(drawn, format="svg", metadata={"Date": None})
    return _element(drawn.getvalue(), name, legible(title))


def _page_figure(labels: Sequence[str], series: Sequence[Series], axis: str) -> Any:
    # The reader's fonts are not known here, so room for the labels is estimated and not measured.
    row = _BAR * len(series) + _GAP
    left = 0.15 + _INCHES_PER_EM * max(map(_ems, labels))
    size = (left + _REACH + 0.2, _AXIS + row * len(labels))
    figure = matplotlib_part("figure").Figure(figsize=size)
    plot = figure.add_axes(
        (left / size[0], (_AXIS - 0.05) / size[1], _REACH / size[0], row * len(labels) / size[1])
    )
    for item in (figure, plot):
        item.patch.set_visible(False)
    for number, one in enumerate(series):
        shift = (number - (len(series) - 1) / 2) * _BAR / row
        places = [at + shift for at in range(len(labels))]
        draw_bars(plot, places, one, 0.85 * _BAR / row, COLOURS[number % len(COLOURS)], _INK)
    dress(plot, [float(at) for at in range(len(labels))], labels, axis)
    top = plot.get_xlim()[1] if any(mean for one in series for mean in one.means) else 1.0
    plot.set(xlim=(0.0, top), ylim=(len(labels) - 0.5, -0.5))
    return figure


def _ems(label: str) -> float:
    """About as wide as it is drawn, in units of the font's size."""
    return sum(1.0 if east_asian_width(c) in "WF" else 0.65 for c in shorten(label, LONGEST_LABEL))


@contextmanager
def _settings(own: dict[str, Any]) -> Iterator[None]:
    """matplotlib's own defaults with ours: a page does not depend on a user's `matplotlibrc`."""
    matplotlib = matplotlib_part("")
    with matplotlib.rc_context(), warnings.catch_warnings():
        # Signs that its font has not: the reader's fonts draw them.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(own)
        yield


def _inks() -> dict[str, str]:
    names = (
        "text.color",
        "axes.edgecolor",
        "axes.labelcolor",
        "xtick.color",
        "ytick.color",
        "grid.color",
    )
    return dict.fromkeys(names, _INK)


def _element(drawn: bytes, name: str, title: str) -> str:
    """The drawing without prolog, comments and metadata, and without its `<style>`, which would be the whole page's."""
    root = ElementTree.fromstring(drawn)
    wanted = {
        found
        for item in root.iter()
        for value in item.attrib.values()
        for found in _REFERENCE.findall(value)
    }
    for item in root.iter():
        for child in [c for c in item if _local(c.tag) in ("metadata", "style")]:
            item.remove(child)
        item.tag = _local(item.tag)
        kept = {
            _local(key): value
            for key, value in item.attrib.items()
            if key != "id" or value in wanted
        }
        item.attrib = {key: _in_page(key, value, name) for key, value in kept.items()}
        item.text, item.tail = item.text if item.tag == "text" else None, None
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "plot",
        "role": "img",
        "aria-label": title,
    }
    root.attrib = {**head, "viewBox": root.attrib["viewBox"]}
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _in_page(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return value.replace("#", f"#{name}-", 1)
    return value.replace("url(#", f"url(#{name}-").replace(_INK, "currentColor")


_AXIS_CHARTS = "percent"


def chart(anchor: str, caption: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Shares as percent; what each colour is stands beside it where there are several."""
    drawn = svg(anchor, caption, labels, [_percent(one) for one in series], _AXIS_CHARTS)
    keys = tuple((one.name, COLOURS[number % len(COLOURS)]) for number, one in enumerate(series))
    return Chart(caption=caption, svg=Markup(drawn), keys=keys if len(keys) > 1 else ())


def series_of(name: str, found: Sequence[Mapping[str, Any] | None]) -> Series:
    """Scores as `scores.json` has them, None where there is none."""
    return Series(
        name=name,
        means=[None if one is None else one["mean"] for one in found],
        ends=[
            None if one is None else (min(one["low"], one["mean"]), max(one["high"], one["mean"]))
            for one in found
        ],
    )


def _percent(series: Series) -> Series:
    return Series(
        name=series.name,
        means=[None if mean is None else 100 * mean for mean in series.means],
        ends=[None if ends is None else (100 * ends[0], 100 * ends[1]) for ends in series.ends],
    )
