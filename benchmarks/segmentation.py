"""Scores of a tree against a gold one, by where its nodes begin. Pure functions; offsets count characters.

gold     |----A----|----B----|--C--|        boundaries 10, 20
found    |----A------|--B----|--C--|        boundaries 12, 20: precision 1/2, recall 1/2, exactly
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import regex

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def boundaries(levels: Mapping[int, int], deepest: int | None = None) -> list[int]:
    """Starts of nodes no deeper than `deepest`, in order; the text's own start is no boundary."""
    return sorted(
        start
        for start, level in levels.items()
        if start > 0 and (deepest is None or level <= deepest)
    )


def score(
    found: Collection[int], gold: Collection[int], paragraphs: Sequence[int], tolerance: int = 0
) -> Score:
    """Boundaries matched one to one, in order, at most `tolerance` paragraphs apart.

    An empty side scores 0, unless both are empty, which agree.
    """
    if not found and not gold:
        return Score(precision=1.0, recall=1.0)
    matched = _matched(_numbers(found, paragraphs), _numbers(gold, paragraphs), tolerance)
    return Score(
        precision=matched / len(found) if found else 0.0,
        recall=matched / len(gold) if gold else 0.0,
    )


def _numbers(offsets: Collection[int], paragraphs: Sequence[int]) -> list[float]:
    """Which paragraph each one starts; halves for those inside a paragraph, which match none exactly."""
    places = []
    for offset in sorted(offsets):
        place = bisect_left(paragraphs, offset)
        places.append(
            float(place) if place < len(paragraphs) and paragraphs[place] == offset else place - 0.5
        )
    return places


def _matched(found: list[float], gold: list[float], tolerance: int) -> int:
    """Greedy from the left, which is the most there can be on a line."""
    count = index = 0
    for place in gold:
        while index < len(found) and found[index] < place - tolerance:
            index += 1
        if (
            index < len(found)
            and abs(found[index] - place) <= tolerance
            and (tolerance or found[index] == place)
        ):
            count, index = count + 1, index + 1
    return count


def pk(found: Collection[int], gold: Collection[int], paragraphs: Sequence[int]) -> float:
    """The share of paragraph pairs, half a mean segment apart, on which the two disagree whether a boundary lies between.

    Beeferman, Berger, Lafferty 1999, "Statistical models for text segmentation".
    """
    ours, theirs = sorted(found), sorted(gold)
    count = len(paragraphs)
    apart = max(1, round(count / (len(theirs) + 1) / 2))
    if count <= apart:
        return 0.0
    wrong = sum(
        _split(ours, paragraphs[i], paragraphs[i + apart])
        != _split(theirs, paragraphs[i], paragraphs[i + apart])
        for i in range(count - apart)
    )
    return wrong / (count - apart)


def _split(cuts: list[int], first: int, second: int) -> bool:
    return bisect_right(cuts, second) > bisect_right(cuts, first)


def uniform(count: int, paragraphs: Sequence[int]) -> list[int]:
    """So many boundaries at paragraph starts, about equally many paragraphs apart."""
    return sorted(
        {
            paragraphs[round(number * len(paragraphs) / (count + 1))]
            for number in range(1, count + 1)
        }
        - {0}
    )


def title_overlap(found: str, gold: str) -> float:
    """F1 of the words two titles share; of pairs of characters where there are no blanks between words."""
    ours, theirs = Counter(_tokens(found)), Counter(_tokens(gold))
    shared = sum((ours & theirs).values())
    return 2 * shared / (sum(ours.values()) + sum(theirs.values())) if shared else 0.0


def _tokens(title: str) -> list[str]:
    line = title.casefold()
    if not _UNSPACED.search(line):
        return _WORD.findall(line)
    characters = "".join(_WORD.findall(line))
    return [characters[i : i + 2] for i in range(max(1, len(characters) - 1))]
