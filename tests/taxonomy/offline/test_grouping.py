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
    groups = group_in_order(
        texts, [(str(number), str(number)) for number in range(12)], language, most=3
    )
    assert [(first, last) for first, last, _ in groups] == [(0, 4), (4, 8), (8, 12)]
    assert len({title for _, _, title in groups}) == 3


def _titles_of(titles: list[str], text: str = "", language: str = "en", most: int = 1) -> list[str]:
    pairs = [(title, title) for title in titles]
    groups = group_in_order([text or title for title in titles], pairs, language, most)
    return [title for _, _, title in groups]


def test_a_group_is_named_by_a_phrase_that_half_of_its_items_have() -> None:
    titles = ["Heart valves", "Heart rate", "Heart valves of fish", "Aorta"]
    assert _titles_of(titles) == ["Heart Valves"]
    assert _titles_of([*titles, "Vena cava"]) == ["Heart valves – Vena cava"]


@pytest.mark.parametrize(
    ("titles", "language", "expected"),
    [
        (["Clause 0: bolt 0", "Clause 1: valve 1"], "en", "Clause 0 – Clause 1"),
        (["Clause 0: bolt 0", "Clause 0: valve 1"], "en", "Clause 0: bolt 0 – Clause 0: valve 1"),
        (["Clause 0: bolt 0", "Valves"], "en", "Clause 0: bolt 0 – Valves"),
        (["1.1 Aorta", "1.2 Vena cava"], "en", "Aorta – Vena cava"),
        (["主动脉", "上腔静脉"], "zh", "主动脉 – 上腔静脉"),
        (["A" * 39, "B" * 38], "en", f"{'A' * 39} – {'B' * 38}"),
        (["A" * 39, "B" * 39], "en", "Part 1"),
        (["A" * 39, "B" * 39], "ru", "Часть 1"),
    ],
)
def test_a_group_without_a_phrase_is_named_by_its_ends(
    titles: list[str], language: str, expected: str
) -> None:
    assert _titles_of(titles, language=language) == [expected]


def test_groups_of_equal_ends_have_numbers() -> None:
    assert sorted(_titles_of(["Notes"] * 9, most=3)) == ["Notes", "Part 2", "Part 3"]


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
    groups = group_in_order(texts, [("x", "x")] * len(texts), "en", most)
    assert len(groups) <= most
    assert [index for first, last, _ in groups for index in range(first, last)] == list(
        range(len(texts))
    )
    assert all(last > first and is_one_line(title) for first, last, title in groups)
    assert len({title.casefold() for _, _, title in groups}) == len(groups)
    assert sorted(order_by_content(texts, ["en"] * len(texts))) == list(range(len(texts)))
