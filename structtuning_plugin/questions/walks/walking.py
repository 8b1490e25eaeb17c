"""Random walks over the tree (arXiv 2407.16724, section 3.3), every chapter with its share.

    one_hop   one knowledge point of a chapter
    inside    two or three of one chapter
    across    two or three of different chapters, of different books where there are several

A chapter's share is its share of the knowledge points that have text: walks start in it, and go on to it, in proportion.
Walks of one shape from one chapter start at each of its points before they come to one again: where few points are many
questions, the same passage would be asked about twice in the same words. All else follows from a hash of the seed and the
walk's number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from structtuning_plugin.config.ssft import WalkConfig
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.questions.walks.prompts import Shape, Walk
from structtuning_plugin.taxonomy.tree import Tree

T = TypeVar("T")

_MOST_POINTS = 3
_ROW: tuple[Shape, ...] = ("inside", "one_hop", "across")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter and its knowledge points that have text, in reading order."""

    topic: Topic
    points: tuple[Topic, ...]


def chapters_of(tree: Tree, chunks: Mapping[str, Sequence[Chunk]]) -> list[Chapter]:
    """The chapters that a walk can start in; text right under a document's title is one of its own. `chunks` by topic."""
    points: dict[str, list[Topic]] = {}
    for topic in tree.root.walk():
        if topic.id in chunks and tree.is_knowledge(topic):
            points.setdefault(tree.chapter(topic).id, []).append(topic)
    return [Chapter(tree.topics[chapter_id], tuple(found)) for chapter_id, found in points.items()]


def shapes(count: int, config: WalkConfig) -> list[Shape]:
    """The shapes of so many walks, in the shares that the block wants, spread evenly.

    >>> from structtuning_plugin.config import WalkConfig
    >>> shapes(4, WalkConfig(one_hop=0.5, across=0.5))
    ['one_hop', 'across', 'inside', 'one_hop']
    """
    wanted: dict[Shape, float] = {
        "one_hop": config.one_hop,
        "across": (1 - config.one_hop) * config.across,
        "inside": (1 - config.one_hop) * (1 - config.across),
    }
    given: dict[Shape, int] = dict.fromkeys(wanted, 0)
    found: list[Shape] = []
    for number in range(1, count + 1):
        shape = max(wanted, key=lambda name: wanted[name] * number - given[name])
        given[shape] += 1
        found.append(shape)
    return found


def starts(chapters: Sequence[Chapter], wanted: Sequence[Shape]) -> list[Chapter]:
    """The chapter that each walk starts in, by the chapters' shares of the points, spread evenly.

    All shapes are dealt with in one row, each in a piece of it, so that the shares hold over all and within each shape.
    Walks inside a chapter start where there are two points, and come first: the others then make up for it.
    """
    total = sum(len(chapter.points) for chapter in chapters)
    every = range(len(chapters))
    roomy = [at for at in every if len(chapters[at].points) > 1] or every
    given = [0] * len(chapters)
    found: dict[int, Chapter] = {}
    row = sorted(range(len(wanted)), key=lambda slot: _ROW.index(wanted[slot]))
    for number, slot in enumerate(row, start=1):
        pool = roomy if wanted[slot] == "inside" else every
        chosen = max(
            pool, key=lambda at: (len(chapters[at].points) / total * number - given[at], -at)
        )
        given[chosen] += 1
        found[slot] = chapters[chosen]
    return [found[slot] for slot in range(len(wanted))]


def _firsts(
    plan: Sequence[tuple[Shape, Chapter]], seed: int
) -> dict[int, tuple[list[Topic], int, int]]:
    """By slot: the points of its chapter, shuffled, which of them is its first, and how much further on the next turn's is.

    Walks of one shape from one chapter take them one after another, and then their next turns do.
    """
    rows: dict[tuple[Shape, str], list[int]] = {}
    for slot, (shape, chapter) in enumerate(plan):
        rows.setdefault((shape, chapter.topic.id), []).append(slot)
    found: dict[int, tuple[list[Topic], int, int]] = {}
    for (shape, _), slots in rows.items():
        chapter = plan[slots[0]][1]
        points = sorted(
            chapter.points, key=lambda point: pick(seed, f"walk/{shape}/{point.id}", 2**62)
        )
        found |= {
            slot: (points, number, len(slots) % len(points) or 1)
            for number, slot in enumerate(slots)
        }
    return found


class Walker:
    """The walks of one build."""

    def __init__(
        self, tree: Tree, chunks: Sequence[Chunk], config: WalkConfig, count: int, seed: int
    ) -> None:
        self._tree = tree
        self._seed = seed
        self._chunks: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if chunk.text.strip():
                self._chunks.setdefault(chunk.topic_id, []).append(chunk)
        self.chapters = chapters_of(tree, self._chunks)
        self._books = {chapter.topic.id: tree.book(chapter.topic).id for chapter in self.chapters}
        self.plan: list[tuple[Shape, Chapter]] = []
        if self.chapters:
            by_shape = shapes(count, config)
            self.plan = list(zip(by_shape, starts(self.chapters, by_shape), strict=True))
        self._firsts = _firsts(self.plan, seed)

    def walk(self, slot: int, turn: int) -> Walk:
        """The walk of a slot; with another `turn` another one of the same shape and start."""
        shape, chapter = self.plan[slot]
        points, number, further = self._firsts[slot]
        topics = [points[(number + turn * further) % len(points)]]
        wanted = (
            1
            if shape == "one_hop"
            else 2 + pick(self._seed, f"walk/{slot}/{turn}/size", _MOST_POINTS - 1)
        )
        for step in range(1, wanted):
            inside, across = self._inside(chapter, topics), self._across(topics)
            pool = inside or across if shape == "inside" else across or inside
            if not pool:
                break
            topics.append(self._point(pool, f"{slot}/{turn}/{step}"))
        return Walk(
            slot=slot,
            turn=turn,
            shape=self._shape(topics),
            start=chapter.topic,
            topics=tuple(topics),
            chunks=tuple(
                self._one(self._chunks[topic.id], f"{slot}/{turn}/chunk/{topic.id}")
                for topic in topics
            ),
        )

    def _inside(self, chapter: Chapter, topics: Sequence[Topic]) -> list[Sequence[Topic]]:
        """Points of this chapter that a walk has not seen; none for a walk that has left it."""
        if self._shape(topics) == "across":
            return []
        seen = {topic.id for topic in topics}
        left = [topic for topic in chapter.points if topic.id not in seen]
        return [left] if left else []

    def _across(self, topics: Sequence[Topic]) -> list[Sequence[Topic]]:
        """Points of chapters that a walk has not seen, of books that it has not seen where there are any."""
        if self._shape(topics) == "inside":
            return []
        seen = {self._tree.chapter(topic).id for topic in topics}
        others = [other for other in self.chapters if other.topic.id not in seen]
        books = {self._tree.book(topic).id for topic in topics}
        elsewhere = [other for other in others if self._books[other.topic.id] not in books]
        return [other.points for other in elsewhere or others]

    def _shape(self, topics: Sequence[Topic]) -> Shape:
        """What a walk has become, which is less than was wanted where the tree has no more to offer."""
        if len(topics) == 1:
            return "one_hop"
        return (
            "inside" if len({self._tree.chapter(topic).id for topic in topics}) == 1 else "across"
        )

    def _point(self, pools: Sequence[Sequence[Topic]], name: str) -> Topic:
        """One of all points of all pools."""
        at = pick(self._seed, f"walk/{name}", sum(map(len, pools)))
        for pool in pools:
            if at < len(pool):
                return pool[at]
            at -= len(pool)
        raise AssertionError("the index is below the sum")

    def _one(self, pool: Sequence[T], name: str) -> T:
        return pool[pick(self._seed, f"walk/{name}", len(pool))]
