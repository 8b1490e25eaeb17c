"""Intervals and tests: they find what was planted, and nothing where nothing is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structtuning_plugin.evaluation.statistics import bootstrap, compare, macro_bootstrap


def coins(count: int, share: float, seed: int) -> list[float]:
    return [float(x) for x in np.random.default_rng(seed).random(count) < share]


def test_the_interval_shrinks_with_the_root_of_n() -> None:
    widths = []
    for count in (100, 400, 1600, 6400):
        interval = bootstrap([0.0, 1.0] * (count // 2), seed=1)
        widths.append(interval.high - interval.low)
        # Of a share p: 2 * 1.96 * sqrt(p (1 - p) / n).
        assert widths[-1] == pytest.approx(3.92 * 0.5 / count**0.5, rel=0.1)
    for wide, narrow in pairwise(widths):
        assert wide / narrow == pytest.approx(2, rel=0.15)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    found = [bootstrap(coins(200, 0.6, seed), seed=0) for seed in range(200)]
    assert sum(i.low <= 0.6 <= i.high for i in found) >= 184  # 190 expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_an_interval_lies_within_the_scores(scores: list[float], seed: int) -> None:
    interval = bootstrap(scores, seed)
    assert min(scores) - 1e-9 <= interval.low <= interval.high <= max(scores) + 1e-9
    assert interval.mean == pytest.approx(sum(scores) / len(scores))
    assert (interval.n, interval) == (len(scores), bootstrap(scores, seed))


def test_a_macro_mean_gives_every_group_the_same_weight() -> None:
    found = macro_bootstrap({"en": [1.0] * 90, "zh": [0.0] * 10}, seed=0)
    assert (found.mean, found.low, found.high, found.n) == (0.5, 0.5, 0.5, 100)


@pytest.mark.parametrize("groups", [{}, {"en": []}])
def test_no_scores_have_no_mean(groups: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="needs scores"):
        macro_bootstrap(groups, seed=0)


def planted(seed: int) -> tuple[list[float], list[float]]:
    """2,000 questions, 0.60 against 0.55: each question as hard for both, and some noise."""
    generator = np.random.default_rng(seed)
    hard = generator.random(2000)
    ours, theirs = (hard + generator.normal(0, 0.1, 2000) < share for share in (0.60, 0.55))
    return ours.astype(float).tolist(), theirs.astype(float).tolist()


def test_a_planted_difference_of_five_points_is_found() -> None:
    for seed in range(20):
        found = compare(*planted(seed), seed=seed)
        assert (found.test, found.n) == ("mcnemar", 2000)
        assert found.p < 0.01
        assert found.low > 0
        assert found.difference == pytest.approx(0.05, abs=0.03)
    ours, theirs = (np.array(scores) * 0.9 for scores in planted(3))
    assert compare(ours.tolist(), theirs.tolist(), seed=0).p < 0.01


def one_model_twice(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    hard = generator.random(count)
    return hard + generator.normal(0, 0.2, count), hard + generator.normal(0, 0.2, count)


def test_two_runs_of_one_model_do_not_differ() -> None:
    seen = 0
    for seed in range(100):
        ours, theirs = (run < 0.55 for run in one_model_twice(seed, 2000))
        found = compare(
            ours.astype(float).tolist(), theirs.astype(float).tolist(), seed=seed, resamples=20
        )
        assert found.test == "mcnemar"
        seen += found.p < 0.05
    assert seen <= 5


def test_the_permutation_test_keeps_its_level() -> None:
    """A level of 5 % over 400 simulations: 20 expected, standard deviation 4.4."""
    seen = 0
    for seed in range(400):
        ours, theirs = (run.clip(0, 1).tolist() for run in one_model_twice(seed, 100))
        found = compare(ours, theirs, seed=seed, resamples=20)
        assert found.test == "permutation"
        seen += found.p < 0.05
    assert seen <= 29


def test_mcnemar_is_the_exact_binomial() -> None:
    # 8 to 2 of the questions on which they differ: 2 * (1 + 10 + 45) / 2**10.
    ours, theirs = [1.0] * 8 + [0.0] * 2 + [1.0] * 5, [0.0] * 8 + [1.0] * 2 + [1.0] * 5
    assert compare(ours, theirs, seed=0).p == pytest.approx(2 * 56 / 1024)
    assert compare(ours, ours, seed=0).p == 1.0


def test_the_permutation_test_is_near_the_exact_one() -> None:
    # Five differences of one sign: 2 of 2**5 sign flips are as far from 0.
    assert compare([0.5] * 5, [0.2] * 5, seed=0).p == pytest.approx(2 / 32, abs=0.01)
    assert compare([0.5] * 5, [0.5] * 5, seed=0).p == 1.0


def test_no_p_is_nought_however_far_the_runs_are_apart() -> None:
    # Of 2**40 sign flips two are as far from 0: none of the 10,000 that are drawn. The observed one
    # counts among them.
    assert compare([0.5] * 40, [0.2] * 40, seed=0).p == 1 / 10_001


@pytest.mark.parametrize("seed", range(5))
def test_flips_that_are_as_far_but_for_rounding_count(seed: int) -> None:
    # 0.2, -0.2 and 0.001: no flip is nearer to 0 than what was seen. But 0.1 - 0.3 is
    # -0.19999999999999998.
    found = compare([0.2, 0.1, 0.501], [0.0, 0.3, 0.5], seed=seed)
    assert (found.test, found.p) == ("permutation", 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_flips_that_are_a_little_nearer_do_not_count(seed: int) -> None:
    # Two of 2**7 flips are as far from 0; two more are nearer by twice the smallest difference.
    found = compare([*[0.5] * 6, 0.501], [*[0.2] * 6, 0.5], seed=seed)
    assert found.p == pytest.approx(2 / 128, abs=0.005)


def test_which_run_is_ours_changes_no_p_and_turns_the_difference() -> None:
    one, other = [0.5, 0.4, 0.7, 0.9, 0.6, 0.3], [0.2, 0.5, 0.1, 0.3, 0.2, 0.1]
    found, turned = compare(one, other, seed=0), compare(other, one, seed=0)
    assert found.p == turned.p < 0.2
    assert found.difference == pytest.approx(-turned.difference) == pytest.approx(2 / 6)


def test_a_question_that_both_runs_answer_alike_changes_no_p() -> None:
    with_them = [
        compare([0.5] * 5 + [0.7] * 20, [0.2] * 5 + [0.7] * 20, seed=seed).p for seed in range(3)
    ]
    assert with_them == [compare([0.5] * 5, [0.2] * 5, seed=seed).p for seed in range(3)]


def test_runs_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not 1 and 2"):
        compare([1.0], [1.0, 0.0], seed=0)
