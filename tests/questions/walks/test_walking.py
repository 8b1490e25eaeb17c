"""Walks: their shapes, where they start, and where they go."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import WalkConfig
from structtuning_plugin.questions.walks.prompts import Walk
from structtuning_plugin.questions.walks.walking import Walker, shapes
from tests.questions.walks.building import Grown, books, walker_of
from tests.taxonomy_strategies import examples
from tests.trees import document, grow

LIBRARY = books((3, 5, 2, 6), (4, 4, 8), (1, 7))


def walks_of(walker: Walker, turn: int = 0) -> list[Walk]:
    return [walker.walk(slot, turn) for slot in range(len(walker.plan))]


def chapters_of(grown: Grown, walk: Walk) -> list[str]:
    return [grown[0].title(grown[0].chapter(topic)) for topic in walk.topics]


@examples
@given(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_shapes_are_as_many_as_wanted(count: int, one_hop: float, across: float) -> None:
    found = Counter(shapes(count, WalkConfig(one_hop=one_hop, across=across)))
    several = (1 - one_hop) * count
    wanted = {
        "one_hop": one_hop * count,
        "across": several * across,
        "inside": several * (1 - across),
    }
    assert sum(found.values()) == count
    assert all(abs(found[shape] - wanted[shape]) <= 1 for shape in wanted)  # type: ignore[index]


@pytest.mark.parametrize(
    "walks",
    [{}, {"one_hop": 0.0}, {"one_hop": 0.5, "across": 0.2}, {"across": 1.0}, {"one_hop": 1.0}],
)
def test_walks_have_the_shapes_of_the_plan(walks: dict[str, float]) -> None:
    walker = walker_of(LIBRARY, 400, **walks)
    for turn in range(3):
        assert [(walk.shape, walk.start) for walk in walks_of(walker, turn)] == [
            (s, chapter.topic) for s, chapter in walker.plan
        ]


def fair(walker: Walker, count: int) -> dict[str, float]:
    total = sum(len(chapter.points) for chapter in walker.chapters)
    return {chapter.topic.title: count * len(chapter.points) / total for chapter in walker.chapters}


@pytest.mark.parametrize(
    ("grown", "count"), [(LIBRARY, 400), (books([4] * 60), 400), (books([3] * 20, [3] * 30), 700)]
)
def test_every_chapter_is_started_from_in_proportion(grown: Grown, count: int) -> None:
    walker = walker_of(grown, count)
    found = Counter(chapter.topic.title for _, chapter in walker.plan)
    share = fair(walker, count)
    assert "Chapter a0" in share
    for chapter, expected in share.items():
        assert abs(found[chapter] - expected) <= max(1.0, 0.2 * expected), chapter
    for shape in ("one_hop", "inside", "across"):
        own = Counter(chapter.topic.title for given, chapter in walker.plan if given == shape)
        expected_own = fair(walker, sum(own.values()))
        # Chapters of one point have no walks inside, and more of the others.
        assert all(abs(own[chapter] - expected_own[chapter]) <= 3 for chapter in expected_own)


def test_every_chapter_is_visited_in_proportion() -> None:
    grown = books((3, 5, 2, 6, 4, 4, 8, 1, 7))
    walker = walker_of(grown, 2000, across=1.0, one_hop=0.0)
    visited: Counter[str] = Counter()
    for walk in walks_of(walker):
        visited.update(chapters_of(grown, walk))
    share = fair(walker, sum(visited.values()))
    assert all(
        0.8 * share[chapter] <= visited[chapter] <= 1.2 * share[chapter] for chapter in share
    ), (visited, share)


def test_a_walk_inside_stays_and_one_across_leaves() -> None:
    tree = LIBRARY[0]
    walker = walker_of(LIBRARY, 400)
    sizes = Counter()
    for walk in walks_of(walker):
        points = [topic.id for topic in walk.topics]
        assert len(set(points)) == len(points)
        assert tree.chapter(walk.topics[0]).id == walk.start.id
        assert [chunk.topic_id for chunk in walk.chunks] == points
        sizes[walk.shape, len(points)] += 1
        chapters = set(chapters_of(LIBRARY, walk))
        if walk.shape == "inside":
            assert len(chapters) == 1
        if walk.shape == "across":
            assert (
                len(chapters) == len(points) == len({tree.book(topic).id for topic in walk.topics})
            )
    assert {size for _, size in sizes} == {1, 2, 3}
    assert all(sizes[shape, size] > 30 for shape in ("inside", "across") for size in (2, 3))


def test_two_books_are_crossed_then_chapters_not_seen() -> None:
    grown = books((3, 3), (3, 3))
    found = [
        walk
        for walk in walks_of(walker_of(grown, 100, one_hop=0, across=1))
        if len(walk.topics) == 3
    ]
    for walk in found:
        assert len({grown[0].book(topic).id for topic in walk.topics[:2]}) == 2
        assert len(set(chapters_of(grown, walk))) == 3
    assert found


def test_from_one_point_walks_cross_to_many_chapters() -> None:
    grown = books((1, 0), (2, 2, 2, 2, 2))
    walker = walker_of(grown, 200, one_hop=0, across=1)
    seconds = {
        chapters_of(grown, walk)[1] for walk in walks_of(walker) if walk.start.title == "Chapter a0"
    }
    assert len(seconds) > 3


def test_one_chapter_has_no_way_across() -> None:
    grown = books((5,))
    assert {walk.shape for walk in walks_of(walker_of(grown, 20, one_hop=0, across=1))} == {
        "inside"
    }


def test_chapters_of_one_point_have_no_way_but_across() -> None:
    walker = walker_of(books((1,), (1,), (1,)), 20, one_hop=0.5, across=0)
    assert Counter(walk.shape for walk in walks_of(walker)) == {"one_hop": 10, "across": 10}


def test_one_point_has_no_way_at_all() -> None:
    assert {walk.shape for walk in walks_of(walker_of(books((1,)), 20, one_hop=0))} == {"one_hop"}


def test_back_matter_blank_text_and_numbered_parts_are_no_points() -> None:
    grown = grow(
        [
            document(
                "b.md",
                (1, "Book"),
                (2, "One"),
                "Text.",
                (2, "Two"),
                (3, "Empty"),
                "  \n",
                (2, "References"),
                "Smith 1990.",
            )
        ]
    )
    walker = walker_of(grown, 10)
    assert [[point.title for point in chapter.points] for chapter in walker.chapters] == [["One"]]


def test_text_under_a_books_title_is_a_chapter_of_its_own() -> None:
    grown = grow([document("b.md", (1, "Book"), "Preface.", (2, "One"), "Text.")])
    assert [chapter.topic.title for chapter in walker_of(grown, 4).chapters] == ["Book", "One"]


def test_no_text_no_walks() -> None:
    assert walker_of(grow([document("b.md", (1, "Book"))]), 10).plan == []


def test_another_turn_is_another_walk_of_the_same_shape_and_start() -> None:
    walker = walker_of(LIBRARY, 200)
    firsts, seconds = walks_of(walker, 0), walks_of(walker, 1)
    for first, second in zip(firsts, seconds, strict=True):
        assert (first.slot, first.start) == (second.slot, second.start)
        assert (first.id, second.id) == (f"walk/{first.slot}/0", f"walk/{first.slot}/1")
    assert (
        sum(first.topics != second.topics for first, second in zip(firsts, seconds, strict=True))
        > 150
    )


@pytest.mark.parametrize("shape", ["one_hop", "inside", "across"])
def test_every_point_of_a_chapter_is_started_from_before_any_is_again(shape: str) -> None:
    walker = walker_of(LIBRARY, 200)
    for chapter in walker.chapters:
        own = [
            walk for walk in walks_of(walker) if (walk.shape, walk.start) == (shape, chapter.topic)
        ]
        times = Counter(walk.topics[0].id for walk in own)
        assert (
            max(times.values(), default=0)
            - (min(times.values()) if len(times) == len(chapter.points) else 0)
            <= 1
        )


def test_another_turn_starts_at_another_point_where_there_is_one() -> None:
    walker = walker_of(LIBRARY, 300)
    for first, second in zip(walks_of(walker, 0), walks_of(walker, 1), strict=True):
        assert first.topics[0] != second.topics[0] or first.start.title == "Chapter c0"


def test_a_seed_gives_the_same_walks() -> None:
    first, again, other = (walks_of(walker_of(LIBRARY, 100, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
