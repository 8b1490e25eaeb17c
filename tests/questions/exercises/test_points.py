"""What the spread of words over the points of a corpus tells of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from structtuning_plugin.core.types import Topic
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.points import Point, Spread


def points(*texts: Sequence[str], titles: Sequence[str] = ()) -> list[Point]:
    """A point for each text: its sentences, each given by its stems with blanks between."""
    return [
        _point(number, text, titles[number] if titles else f"#{number}")
        for number, text in enumerate(texts)
    ]


def _point(number: int, text: Sequence[str], title: str) -> Point:
    topic = Topic(id=str(number), title=title, kind="topic", source="test")
    sentences = tuple(
        Sentence(
            chunk_id="c",
            text=stems,
            start=at,
            end=at + 1,
            rank=0,
            stems=tuple(sorted(set(stems.split()))),
        )
        for at, stems in enumerate(text)
    )
    return Point(topic, title, title, "en", "d", sentences)


def others(count: int) -> list[list[str]]:
    return [[f"o{number}"] for number in range(count)]


@pytest.mark.parametrize(
    ("having", "all_points", "expected"),
    [
        (4, 10, False),
        (5, 10, True),
        (4, 80, False),
        (5, 80, True),
        (5, 100, False),
        (6, 100, True),
        (10, 200, False),
        (11, 200, True),
    ],
)
def test_a_stem_of_more_than_four_points_and_a_twentieth_of_them_is_everybody_s(
    having: int, all_points: int, expected: bool
) -> None:
    spread = Spread(points(*[["hub"]] * having, *others(all_points - having)))
    assert spread.is_common("hub") is expected
    assert not spread.is_common("nowhere")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((2,), False),  # said twice in one point
        ((3,), True),
        ((2, 1), False),  # said three times in two
        ((2, 2), True),
        ((3, 2, 1), True),  # six times is often: here one and a half times a point are enough
        ((2, 2, 1), False),
        ((2, 2, 1, 1), True),
        ((5, 1, 1, 1), True),
        ((2, 1, 1, 1), False),
        ((6, 1, 1, 1, 1), False),  # of five points: everybody's
    ],
)
def test_a_stem_that_comes_back_where_it_comes_is_telling(
    times: tuple[int, ...], expected: bool
) -> None:
    spread = Spread(points(*[["hub"] * count for count in times], *others(6)))
    assert spread.is_telling("hub") is expected


@pytest.mark.parametrize(("first", "expected"), [(2, False), (3, False), (4, True)])
def test_of_five_points_a_stem_that_is_said_eight_times_comes_back(
    first: int, expected: bool
) -> None:
    """Of a hundred points five are few; eight times are more than one and a half a point."""
    spread = Spread(points(["hub"] * first, *[["hub"]] * 4, *others(95)))
    assert spread.is_telling("hub") is expected


def test_a_stem_of_a_title_is_telling_unless_everybody_has_it() -> None:
    spread = Spread(
        points(["hub"], ["rim"], *others(6), titles=["Hub", *[f"#{number}" for number in range(7)]])
    )
    assert (spread.is_telling("hub"), spread.is_telling("rim"), spread.is_telling("nowhere")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(("again", "expected"), [(0, False), (1, True), (2, True)])
def test_a_sentence_is_topical_that_shares_a_stem_with_another_of_its_point(
    again: int, expected: bool
) -> None:
    found = points(["hub rim", *["hub axle"] * again], *others(3))
    assert Spread(found).is_topical(found[0], found[0].sentences[0]) is expected


@pytest.mark.parametrize(("shared", "expected"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_sentence_is_near_to_its_point_by_two_stems_that_stand_elsewhere_in_it(
    shared: int, expected: bool
) -> None:
    stems = ["hub", "rim", "axle", "cone"]
    found = points([" ".join(stems), " ".join(["pin", *stems[:shared]])], *others(3))
    assert Spread(found).is_nearest(found[0], found[0].sentences[0]) is expected


@pytest.mark.parametrize(
    ("elsewhere", "expected"), [(0, True), (3, True), (4, True), (5, False), (6, False)]
)
def test_a_sentence_is_near_to_its_point_if_no_other_comes_near(
    elsewhere: int, expected: bool
) -> None:
    """A stem of its own weighs log(2), one of both points log(5/3).

    With four of these it shares 1.34 times as much as the other point, with five 1.27 times.
    """
    both = [f"b{number}" for number in range(elsewhere)]
    sentence = " ".join(["hub", *both] if elsewhere else ["hub", "rim"])
    found = points([sentence, sentence], [" ".join(both)] if both else ["pin"])
    assert Spread(found).is_nearest(found[0], found[0].sentences[0]) is expected
