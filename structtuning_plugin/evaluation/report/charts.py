"""Bar charts of a page, as SVG elements."""

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

# Inches of a series in its row, around a row's series, for the axis, and from end to end of the
# axis.
_BAR, _GAP, _AXIS, _REACH = 0.2, 0.12, 0.62, 5.0
_INCHES_PER_EM = 10 / 72
# Stands for the page's own colour of text until the page has it: no plot uses it otherwise.
_INK = "#010203"
_REFERENCE = re.compile(r"#([\w.-]+)")


def svg(
    name: str, title: str, labels: Sequence[str], series: Sequence[Series], axis: str = "score"
) -> str:
    """Draw the bars of all series, label by label, as one `<svg>` element; deterministic.

    Labels stay text, and `title` is read to those who cannot see. Ids begin with `name`, so that
    several charts fit into one page. The n-th series has the n-th of `COLOURS`, cyclically;
    everything else has the page's text colour.

    Raises:
        ConfigError: If matplotlib is missing, or the values do not match each other.
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
    margin = 0.15 + _INCHES_PER_EM * max(map(_ems, labels))
    size = (margin + _REACH + 0.2, _AXIS + row * len(labels))
    figure = matplotlib_part("figure").Figure(figsize=size)
    plot = figure.add_axes(
        (margin / size[0], (_AXIS - 0.05) / size[1], _REACH / size[0], row * len(labels) / size[1])
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
    """Estimate the drawn width of a label, in units of the font size."""
    return sum(1.0 if east_asian_width(c) in "WF" else 0.65 for c in shorten(label, LONGEST_LABEL))


@contextmanager
def _settings(own: dict[str, Any]) -> Iterator[None]:
    """Apply matplotlib's defaults with ours, so that no `matplotlibrc` of a user has an effect."""
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
    """Remove prolog, comments, metadata and the `<style>`, which would apply to the whole page."""
    root = ElementTree.fromstring(drawn)
    ids = {
        reference
        for item in root.iter()
        for value in item.attrib.values()
        for reference in _REFERENCE.findall(value)
    }
    for item in root.iter():
        for child in [c for c in item if _local(c.tag) in ("metadata", "style")]:
            item.remove(child)
        item.tag = _local(item.tag)
        attributes = {
            _local(key): value for key, value in item.attrib.items() if key != "id" or value in ids
        }
        item.attrib = {key: _in_page(key, value, name) for key, value in attributes.items()}
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
    """Build a chart of shares in percent, with a legend where there are several series."""
    drawn = svg(anchor, caption, labels, [_percent(one) for one in series], _AXIS_CHARTS)
    keys = tuple((one.name, COLOURS[number % len(COLOURS)]) for number, one in enumerate(series))
    return Chart(caption=caption, svg=Markup(drawn), keys=keys if len(keys) > 1 else ())


def series_of(name: str, values: Sequence[Mapping[str, Any] | None]) -> Series:
    """Build a series of scores as in `scores.json`; None where there is no score."""
    return Series(
        name=name,
        means=[None if one is None else one["mean"] for one in values],
        ends=[
            None if one is None else (min(one["low"], one["mean"]), max(one["high"], one["mean"]))
            for one in values
        ],
    )


def _percent(series: Series) -> Series:
    return Series(
        name=series.name,
        means=[None if mean is None else 100 * mean for mean in series.means],
        ends=[None if ends is None else (100 * ends[0], 100 * ends[1]) for ends in series.ends],
    )
