"""A short run of the benchmark that damages sources; each seed is a source of its own."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "benchmarks"))

from mutations import check, read_sources, run_round

SOURCES = list(read_sources([PROJECT / "tests" / "data" / "cases"]))


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_damaged_sources_lose_nothing(first: int) -> None:
    failures = [run_round(SOURCES, seed) for seed in range(first, first + 10)]
    assert [failure.what for failure in failures if failure is not None] == []


def test_a_word_that_is_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutations.words_out", lambda documents: Counter())
    assert check("# Pumps\n\nThey lift water.\n", True, "auto", 64) == (
        "lost in reading: lift pumps they water"
    )
