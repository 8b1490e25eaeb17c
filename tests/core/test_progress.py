"""Lines of progress where there is no terminal, and the bar where there is one."""

from __future__ import annotations

import io
import re

import pytest

from structtuning_plugin.core import progress
from structtuning_plugin.core.progress import Progress, describe_rate


class Clock:
    """A clock that moves by itself: so many seconds at each look."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_lines_have_the_rate_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", Clock(4.0))
    stream = io.StringIO()
    with Progress(stream).stage("reading documents", 1000) as step:
        for _ in range(6):
            step()
    assert stream.getvalue().splitlines() == [
        "[structtuning] reading documents: 1000",
        "[structtuning] reading documents: 3 of 1000, 15.0 a minute, about 1 h 6 min left",
        "[structtuning] reading documents: 6 of 1000, 15.0 a minute, about 1 h 6 min left",
    ]


def test_quick_work_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", Clock(0.01))
    stream = io.StringIO()
    with Progress(stream).stage("cutting chunks", 900) as step:
        for _ in range(900):
            step()
    assert stream.getvalue() == "[structtuning] cutting chunks: 900\n"


def test_a_terminal_has_a_bar_with_the_rate_and_the_time_left() -> None:
    stream = Terminal()
    with Progress(stream).stage("cutting chunks", 3) as step:
        for _ in range(3):
            step()
    last = stream.getvalue().split("\r")[-1]
    assert re.search(r"cutting chunks: 100%.+ 3/3 \[\d\d:\d\d<\d\d:\d\d, +[\d.]+it/s\]", last)


def test_a_quiet_one_says_nothing() -> None:
    stream = io.StringIO()
    with Progress(stream, quiet=True).stage("cutting chunks", 1) as step:
        step()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("done", "total", "seconds", "expected"),
    [
        (1000, 1000, 10.0, "100.0 a second, about 0 s left"),
        (100, 190, 100.0, "1.0 a second, about 90 s left"),
        (100, 192, 100.0, "1.0 a second, about 2 min left"),
        (20_000, 20_100, 1.0, "20,000.0 a second, about 0 s left"),
        (1, 61, 60.0, "1.0 a minute, about 1 h 0 min left"),
    ],
)
def test_rates(done: int, total: int, seconds: float, expected: str) -> None:
    assert describe_rate(done, total, seconds) == expected
