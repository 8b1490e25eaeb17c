"""Plots inside a page."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation.report.charts import svg
from structtuning_plugin.evaluation.report.plots import COLOURS, Series

LABELS = ["all", "Brakes & $Co$"]


def test_bars_of_several_series_in_a_page() -> None:
    series = [
        Series(name="before", means=[40, None], ends=[(30, 50), None]),
        Series(name="after", means=[60, 0], ends=[None, None]),
    ]
    drawn = svg("p", "Arms & <all>", LABELS, series, "percent")
    assert drawn == svg("p", "Arms & <all>", LABELS, series, "percent")
    root = ElementTree.fromstring(drawn)
    assert root.attrib["aria-label"] == "Arms & <all>"
    assert [drawn.count(colour) for colour in COLOURS[:3]] == [1, 2, 0]
    texts = [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in (*LABELS, "percent")] == ["percent", *LABELS]
    assert "#010203" not in drawn
    assert "<style" not in drawn
    ids = [item.attrib["id"] for item in root.iter() if "id" in item.attrib]
    assert ids
    assert all(name.startswith("p-") for name in ids)


def test_a_plot_in_a_page_does_not_depend_on_settings_of_the_user() -> None:
    import matplotlib

    one = Series(name="s", means=[0, 0], ends=[None, None])
    drawn = svg("p", "T", LABELS, [one])
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "text.usetex": True}):
        assert svg("p", "T", LABELS, [one]) == drawn
        assert matplotlib.rcParams["font.size"] == 20
    with pytest.raises(ConfigError, match="given: 2, 1 and 2"):
        svg("p", "T", LABELS, [Series(name="s", means=[1], ends=[None, None])])
