"""Random walks over the tree (arXiv 2407.16724, section 3.3), every chapter with its share.

    one_hop   one knowledge point of a chapter
    inside    two or three of one chapter
    across    two or three of different chapters, of different books where there are several

A chapter's share is its share of the knowledge points that have text; walks that cross chapters start in each as often.
Every choice follows from a hash of the seed and the walk's number: no walk depends on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from structtuning_plugin.config import WalkConfig
from structtuning_plugin.rendering import pick
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk, Topic
from structtuning_plugin.walks.values import Shape, Walk

T = TypeVar("T")

_MOST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter and its knowledge points that have text, in reading order."""

    topic: Topic
    points: tuple[Topic, ...]


def chapters_of(tree: Tree, chunks: Mapping[str, Sequence[Chunk]]) -> list[Chapter]:
    """The chapters that a walk can start in; a document without chapters is one. `chunks` by topic."""
    points: dict[str, list[Topic]] = {}
    for topic in tree.root.walk():
        if topic.id in chunks and tree.is_knowledge(topic):
            points.setdefault(_chapter(tree, topic).id, []).append(topic)
    return [Chapter(tree.topics[chapter_id], tuple(found)) for chapter_id, found in points.items()]


def _chapter(tree: Tree, topic: Topic) -> Topic:
    """The chapter; text right under a document's title is a chapter of its own."""
    return tree.chapter(topic)


def shapes(count: int, config: WalkConfig) -> list[Shape]:
    """The shapes of so many walks, in the shares that the block wants, spread evenly.

    >>> from structtuning_plugin.config import WalkConfig
    >>> shapes(4, WalkConfig(one_hop=0.5, across=0.5))
    ['one_hop', 'across', 'one_hop', 'inside']
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


def starts(chapters: Sequence[Chapter], count: int) -> list[Chapter]:
    """The chapter that each of so many walks starts in, by the chapters' shares of the points, spread evenly."""
    total = sum(len(chapter.points) for chapter in chapters)
    given = [0] * len(chapters)
    found = []
    for number in range(1, count + 1):
        chosen = max(range(len(chapters)), key=lambda at: (len(chapters[at].points) / total * number - given[at], -at))
        given[chosen] += 1
        found.append(chapters[chosen])
    return found


class Walker:
    """The walks of one build."""

    def __init__(self, tree: Tree, chunks: Sequence[Chunk], config: WalkConfig, count: int, seed: int) -> None:
        self._tree = tree
        self._seed = seed
        self._chunks: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            if chunk.text.strip():
                self._chunks.setdefault(chunk.topic_id, []).append(chunk)
        self.chapters = chapters_of(tree, self._chunks)
        self.plan: list[tuple[Shape, Chapter]] = []
        if self.chapters:
            by_shape = shapes(count, config)
            # Shares of chapters hold within each shape, not only over all.
            queue = {shape: iter(starts(self.chapters, by_shape.count(shape))) for shape in set(by_shape)}
            self.plan = [(shape, next(queue[shape])) for shape in by_shape]

    def walk(self, slot: int, turn: int) -> Walk:
        """The walk of a slot; with another `turn` another one of the same shape and start."""
        shape, chapter = self.plan[slot]
        first = self._one(chapter.points, f"{slot}/{turn}/0")
        topics = [first]
        wanted = 1 if shape == "one_hop" else 2 + pick(self._seed, f"walk/{slot}/{turn}/size", _MOST_POINTS - 1)
        for step in range(1, wanted):
            pool = self._next(shape, chapter, topics)
            if not pool:
                break
            topics.append(self._one(pool, f"{slot}/{turn}/{step}"))
        return Walk(
            slot=slot,
            turn=turn,
            shape="one_hop" if len(topics) == 1 else shape,
            start=chapter.topic,
            topics=tuple(topics),
            chunks=tuple(self._one(self._chunks[topic.id], f"{slot}/{turn}/chunk/{topic.id}") for topic in topics),
        )

    def _next(self, shape: Shape, chapter: Chapter, topics: Sequence[Topic]) -> Sequence[Topic]:
        """Where a walk may go on: to points that it has not seen, of this chapter or of one that it has not seen."""
        if shape == "inside" or len(self.chapters) == 1:
            seen = {topic.id for topic in topics}
            return [topic for topic in chapter.points if topic.id not in seen]
        seen = {_chapter(self._tree, topic).id for topic in topics}
        others = [other for other in self.chapters if other.topic.id not in seen]
        books = {self._tree.book(topic).id for topic in topics}
        elsewhere = [other for other in others if self._tree.book(other.topic).id not in books]
        pool = elsewhere or others
        if not pool:
            return []
        return self._one(pool, f"{topics[0].id}/{len(topics)}/chapter").points

    def _one(self, pool: Sequence[T], name: str) -> T:
        return pool[pick(self._seed, f"walk/{name}", len(pool))]
