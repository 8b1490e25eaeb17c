"""Neighbours to groups, and documents into an order in which alike ones stand together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.taxonomy.offline import group_in_order, order_by_content
from structtuning_plugin.taxonomy.titles import is_one_line
from tests.strategies import examples, sentence_texts

TOPICS = (
    "The cell membrane is a layer of lipids, and proteins of the membrane carry ions into the cell.",
    "The violin has strings and a wooden body, and the violin maker tunes the strings.",
    "The glacier moves down the valley, and meltwater of the glacier carries sand and ice.",
)
CHINESE = ("细胞膜是包围细胞的一层脂质。", "小提琴有四根琴弦和木制琴身。", "冰川沿着山谷缓慢移动。")


@pytest.mark.parametrize(("topics", "language"), [(TOPICS, "en"), (CHINESE, "zh")])
def test_neighbours_of_one_subject_are_a_group(topics: tuple[str, ...], language: str) -> None:
    texts = [topic for topic in topics for _ in range(4)]
    groups = group_in_order(texts, [str(number) for number in range(12)], language, most=3)
    assert [(first, last) for first, last, _ in groups] == [(0, 4), (4, 8), (8, 12)]
    assert len({title for _, _, title in groups}) == 3


def test_alike_documents_become_neighbours() -> None:
    texts = [f"{TOPICS[number % 3]} Number {number}." for number in range(12)]
    order = order_by_content(texts, ["en"] * 12)
    assert sorted(order) == list(range(12))
    assert sum(left % 3 != right % 3 for left, right in itertools.pairwise(order)) == 2


def test_languages_stay_apart() -> None:
    texts = [TOPICS[0], CHINESE[0], TOPICS[1], CHINESE[1], TOPICS[2], CHINESE[2]]
    order = order_by_content(texts, ["en", "zh"] * 3)
    assert [index % 2 for index in order] == [0, 0, 0, 1, 1, 1]


def test_very_many_documents_are_ordered_too() -> None:
    texts = [TOPICS[number % 3] for number in range(2_400)]
    order = order_by_content(texts, ["en"] * 2_400)
    assert sorted(order) == list(range(2_400))
    assert sum(left % 3 != right % 3 for left, right in itertools.pairwise(order)) < 20


@examples
@given(st.lists(st.one_of(sentence_texts(), st.just("")), max_size=30), st.integers(1, 12))
def test_groups_cover_the_items_once(texts: list[str], most: int) -> None:
    groups = group_in_order(texts, ["x"] * len(texts), "en", most)
    assert len(groups) <= most
    assert [index for first, last, _ in groups for index in range(first, last)] == list(
        range(len(texts))
    )
    assert all(last > first and is_one_line(title) for first, last, title in groups)
    assert len({title.casefold() for _, _, title in groups}) == len(groups)
    assert sorted(order_by_content(texts, ["en"] * len(texts))) == list(range(len(texts)))
