"""Scores of segmentations, against numbers worked out by hand."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "benchmarks"))

from segmentation import Score, boundaries, pk, score, title_overlap, uniform

PARAGRAPHS = (0, 10, 20, 30, 40, 50, 60, 70)


def test_the_start_of_the_text_is_no_boundary_and_depth_bounds_levels() -> None:
    levels = {0: 1, 10: 3, 30: 2, 50: 4}
    assert boundaries(levels, 2) == [30]
    assert boundaries(levels, 3) == [10, 30]
    assert boundaries(levels) == [10, 30, 50]


@pytest.mark.parametrize(
    ("found", "gold", "tolerance", "precision", "recall"),
    [
        ([10, 40], [10, 50, 60], 0, 1 / 2, 1 / 3),
        ([10, 40], [10, 50, 60], 1, 2 / 2, 2 / 3),
        # One boundary cannot match two.
        ([20], [10, 30], 1, 1.0, 1 / 2),
        ([10, 20, 30], [20], 1, 1 / 3, 1.0),
        # Inside a paragraph is no paragraph start, and half a paragraph from the next.
        ([15], [10], 0, 0.0, 0.0),
        ([15], [10], 1, 1.0, 1.0),
        ([], [10], 0, 0.0, 0.0),
        ([], [], 0, 1.0, 1.0),
    ],
)
def test_precision_and_recall(
    found: list[int], gold: list[int], tolerance: int, precision: float, recall: float
) -> None:
    assert score(found, gold, PARAGRAPHS, tolerance) == Score(precision=precision, recall=recall)


def test_f1() -> None:
    assert Score(precision=0.5, recall=1.0).f1 == pytest.approx(2 / 3)
    assert Score(precision=0.0, recall=0.0).f1 == 0.0


def test_pk_counts_pairs_on_which_the_two_disagree() -> None:
    # Eight paragraphs, two segments: pairs are two apart, and there are six of them.
    assert pk([40], [40], PARAGRAPHS) == 0.0
    # A boundary at paragraph 4 lies inside the pairs (2, 4) and (3, 5).
    assert pk([], [40], PARAGRAPHS) == pytest.approx(2 / 6)
    # Moved by one, it lies inside (3, 5) and (4, 6): one pair each is wrong.
    assert pk([50], [40], PARAGRAPHS) == pytest.approx(2 / 6)


def test_uniform_boundaries_are_equally_far_apart() -> None:
    assert uniform(1, PARAGRAPHS) == [40]
    assert uniform(3, PARAGRAPHS) == [20, 40, 60]
    assert uniform(0, PARAGRAPHS) == []


def test_title_overlap() -> None:
    assert title_overlap("The Cell", "the cell") == 1.0
    assert title_overlap("Cell Wall", "Wall of Plants") == pytest.approx(2 / 5)
    assert title_overlap("", "Cell") == 0.0
    # 细胞, 胞膜 against 细胞, 胞壁.
    assert title_overlap("细胞膜", "细胞壁") == pytest.approx(1 / 2)
