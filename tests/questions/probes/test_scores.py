"""Scores of branches and kinds, and what changed."""

from __future__ import annotations

import pytest

from structtuning_plugin.questions.probes.scores import Score, scores_by_branch, unanswered
from tests.questions.probes.building import probe

# Branch A has two points, one of them with two probes; branch B has one.
PROBES = [
    probe("parent", "Brakes", name="1", topic="x", branch="A"),
    probe("cloze", "pads", name="2", topic="x", branch="A"),
    probe("parent", "Gears", name="3", topic="y", branch="A"),
    probe("parent", "Wheels", name="4", topic="z", branch="B"),
]
AFTER = {"1": "Brakes", "2": "wrong", "3": "Gears", "4": "wrong", "elsewhere": "Brakes"}


def found(**keys: str) -> Score:
    (score,) = [
        s
        for s in scores_by_branch(PROBES, AFTER)
        if all(getattr(s, k) == v for k, v in keys.items())
    ]
    return score


def test_points_count_alike_however_many_probes_they_have() -> None:
    a = found(branch="A", kind="all")
    assert (a.points, a.n, a.score, a.exact, a.change) == (
        2,
        3,
        0.75,
        0.75,
        None,
    )  # the mean of (1 + 0) / 2 and 1
    every = found(branch="all", kind="all")
    assert (every.points, every.n, every.score) == (3, 4, 0.5)
    parents = found(branch="all", kind="parent")
    assert (parents.points, parents.n, parents.score) == (3, 3, pytest.approx(2 / 3))


def test_the_interval_is_over_points_and_inside_zero_to_one() -> None:
    a = found(branch="A", kind="all")
    spread = 1.96 * (0.125 / 2) ** 0.5  # variance of 0.5 and 1 is 0.125
    assert (a.low, a.high) == (pytest.approx(0.75 - spread), 1.0)
    b = found(branch="B", kind="all")
    assert (b.low, b.score, b.high) == (0.0, 0.0, 0.0)


def test_rows_stand_by_branch_and_kind_where_there_are_answers() -> None:
    assert [(s.branch, s.kind) for s in scores_by_branch(PROBES, {"2": "pads"})] == [
        ("all", "all"), ("all", "cloze"), ("A", "all"), ("A", "cloze"),
    ]  # fmt: skip
    assert unanswered(PROBES, {"2": "pads"}) == ["1", "3", "4"]


def test_the_change_is_of_the_probes_that_both_runs_answered() -> None:
    before = {"1": "wrong", "2": "pads", "4": "wrong"}
    changes = {(s.branch, s.kind): s.change for s in scores_by_branch(PROBES, AFTER, before)}
    assert changes[("A", "all")] == 0.0  # of point x alone: one gained, one lost
    assert changes[("A", "parent")] == 1.0
    assert changes[("all", "all")] == 0.0
    assert changes[("B", "all")] == 0.0
    only = {(s.branch, s.kind): s.change for s in scores_by_branch(PROBES, AFTER, {"1": "Brakes"})}
    assert only[("B", "all")] is None
    assert only[("A", "parent")] == 0.0
