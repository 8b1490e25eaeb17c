"""Bars with intervals."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.evaluation.report.plots import bars
from tests.extras import need_plots

LABELS, MEANS, ENDS = ["all", "Brakes & $Co$"], [0.5, 0.25], [(0.4, 0.6), (0.25, 0.5)]


@pytest.fixture
def _plots() -> None:
    need_plots()


@pytest.mark.usefixtures("_plots")
def test_the_suffix_says_what_is_drawn_and_the_same_values_give_the_same_bytes(
    tmp_path: Path,
) -> None:
    for suffix, start in ((".png", b"\x89PNG\r\n"), (".svg", b"<?xml")):
        one, two = (
            bars("Arms", LABELS, MEANS, ENDS, tmp_path / f"{name}{suffix}")
            for name in ("one", "two")
        )
        assert one.read_bytes().startswith(start)
        assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one.png",
        "one.svg",
        "two.png",
        "two.svg",
    ]


@pytest.mark.usefixtures("_plots")
def test_every_label_and_bar_is_drawn(tmp_path: Path) -> None:
    drawn = bars("Arms", LABELS, MEANS, None, tmp_path / "a.svg", axis="accuracy").read_text(
        encoding="utf-8"
    )
    ElementTree.fromstring(drawn)
    for text in ("Arms", "all", "Brakes &amp; $Co$", "accuracy"):
        assert f"<!-- {text} -->" in drawn
    assert drawn.count("#4c78a8") == len(LABELS)


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    need_plots()
    with pytest.raises(ConfigError, match=r"`a\.pdf`\. Allowed suffixes: \.png, \.svg"):
        bars("T", LABELS, MEANS, ENDS, tmp_path / "a.pdf")
    with pytest.raises(ConfigError, match="given: 2, 1 and 2"):
        bars("T", LABELS, MEANS[:1], ENDS, tmp_path / "a.png")
    with pytest.raises(ConfigError, match="given: 0, 0 and 0"):
        bars("T", [], [], None, tmp_path / "a.png")
    with pytest.raises(
        ConfigError, match=r"The interval of 'all', 0\.6\.\.0\.7, does not hold its mean, 0\.5"
    ):
        bars("T", LABELS, MEANS, [(0.6, 0.7), (0, 1)], tmp_path / "a.png")
    with pytest.raises(ConfigError, match="does not hold its mean, nan"):
        bars("T", LABELS, [float("nan"), 0], None, tmp_path / "a.png")
    with pytest.raises(ConfigError, match="cannot be written"):
        bars("T", LABELS, MEANS, ENDS, tmp_path / "no folder" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r"pip install 'structtuning-plugin\[plots\]'"):
        bars("T", LABELS, MEANS, ENDS, tmp_path / "a.png")


@pytest.mark.usefixtures("_plots")
def test_control_characters_do_not_spoil_the_file(tmp_path: Path) -> None:
    drawn = bars("a\x00\nb", ["\x1b", "x\x07"], [1, 2], [None, (1, 3)], tmp_path / "a.svg")
    ElementTree.fromstring(drawn.read_bytes())
