"""Windows cover a list with an overlap, and their answers become one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.taxonomy.llm_extraction.windows import Group, merge, windows


def group(start: int, end: int, title: str, intro: bool = False) -> Group:
    return Group(start=start, end=end, title=title, intro=intro)


sizes_lists = st.lists(st.integers(0, 30), min_size=1, max_size=60)
limits = st.integers(1, 60)
mosts = st.integers(2, 12)
overlaps = st.floats(0, 0.5)


@given(sizes_lists, limits, mosts, overlaps)
def test_windows_cover_everything_and_share_an_item(
    sizes: list[int], limit: int, most: int, overlap: float
) -> None:
    found = windows(sizes, limit, most, overlap)
    assert found[0].start == 0
    assert found[-1].stop == len(sizes)
    for left, right in pairwise(found):
        assert left.start < right.start < left.stop < right.stop
    for window in found:
        assert len(window) >= min(2, len(sizes))
        assert len(window) <= max(2, most)
        assert len(window) <= 2 or sum(sizes[place] for place in window) <= limit


def test_an_item_larger_than_the_limit_has_a_neighbour_beside_it() -> None:
    assert windows([50, 50, 50], limit=10, most=9, overlap=0.2) == [range(0, 2), range(1, 3)]


def test_one_item_is_one_window() -> None:
    assert windows([5], limit=10, most=9, overlap=0.2) == [range(0, 1)]


@given(sizes_lists, limits, mosts, overlaps, st.data())
def test_answers_that_agree_merge_to_what_they_are_parts_of(
    sizes: list[int], limit: int, most: int, overlap: float, data: st.DataObject
) -> None:
    starts = sorted({0, *data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=12))})
    whole = [
        group(s, e, f"from {s}", s % 2 == 0)
        for s, e in zip(starts, [*starts[1:], len(sizes)], strict=True)
    ]
    ranges = windows(sizes, limit, most, overlap)
    answers = [
        [clipped(g, window) for g in whole if g.start < window.stop and g.end > window.start]
        for window in ranges
    ]
    assert merge(ranges, answers) == whole


def clipped(whole: Group, window: range) -> Group:
    """What a window sees of a group; where it sees no beginning, it must guess a title."""
    start, end = max(whole.start, window.start), min(whole.end, window.stop)
    title, intro = (whole.title, whole.intro) if start == whole.start else ("a guess", False)
    return group(start - window.start, end - window.start, title, intro)


def test_each_window_decides_up_to_the_middle_of_the_overlap() -> None:
    left = [group(0, 5, "a"), group(5, 6, "left at 5"), group(6, 8, "left at 6")]
    right = [group(0, 1, "?"), group(1, 2, "right at 5"), group(2, 8, "right at 6")]
    merged = merge([range(0, 8), range(4, 12)], [left, right])
    assert [(g.start, g.end, g.title) for g in merged] == [
        (0, 5, "a"),
        (5, 6, "left at 5"),
        (6, 12, "right at 6"),
    ]


def test_no_window_no_groups() -> None:
    assert merge([], []) == []
