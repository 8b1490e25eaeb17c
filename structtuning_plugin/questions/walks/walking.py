"""Random walks over the tree (arXiv 2407.16724, section 3.3), with a share for every chapter.

    one_hop   one knowledge point of a chapter
    inside    two or three points of one chapter
    across    two or three points of different chapters, of different books if there are several

A chapter's share is its share of the knowledge points that have text: walks start in it, and
continue to it, in proportion. Walks of one shape from one chapter start at each of its points
before any point is used again. Otherwise many questions from few points would ask about one
passage twice in the same words. All else follows from a hash of the seed and the walk's number.
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
    """Return the chapters in which a walk can start.

    Text directly below a document's title is a chapter of its own. `chunks` are by topic id.
    """
    points: dict[str, list[Topic]] = {}
    for topic in tree.root.walk():
        if topic.id in chunks and tree.is_knowledge(topic):
            points.setdefault(tree.chapter(topic).id, []).append(topic)
    return [
        Chapter(tree.topics[chapter_id], tuple(topics)) for chapter_id, topics in points.items()
    ]


def shapes(count: int, config: WalkConfig) -> list[Shape]:
    """Return the shapes of `count` walks, in the configured shares, spread evenly.

    >>> from structtuning_plugin.config import WalkConfig
    >>> shapes(4, WalkConfig(one_hop=0.5, across=0.5))
    ['one_hop', 'across', 'inside', 'one_hop']
    """
    shares: dict[Shape, float] = {
        "one_hop": config.one_hop,
        "across": (1 - config.one_hop) * config.across,
        "inside": (1 - config.one_hop) * (1 - config.across),
    }
    counts: dict[Shape, int] = dict.fromkeys(shares, 0)
    sequence: list[Shape] = []
    for number in range(1, count + 1):
        shape = max(shares, key=lambda name: shares[name] * number - counts[name])
        counts[shape] += 1
        sequence.append(shape)
    return sequence


def starts(chapters: Sequence[Chapter], shapes: Sequence[Shape]) -> list[Chapter]:
    """Return the chapter in which each walk starts, by the chapters' shares of points.

    All shapes share one sequence, each in a part of it, so that the shares hold over all walks and
    within each shape. Walks inside a chapter need two points and are dealt first; the others make
    up for the difference.
    """
    total = sum(len(chapter.points) for chapter in chapters)
    every = range(len(chapters))
    roomy = [at for at in every if len(chapters[at].points) > 1] or every
    counts = [0] * len(chapters)
    chapter_of: dict[int, Chapter] = {}
    row = sorted(range(len(shapes)), key=lambda slot: _ROW.index(shapes[slot]))
    for number, slot in enumerate(row, start=1):
        pool = roomy if shapes[slot] == "inside" else every
        chosen = max(
            pool, key=lambda at: (len(chapters[at].points) / total * number - counts[at], -at)
        )
        counts[chosen] += 1
        chapter_of[slot] = chapters[chosen]
    return [chapter_of[slot] for slot in range(len(shapes))]


def _firsts(
    plan: Sequence[tuple[Shape, Chapter]], seed: int
) -> dict[int, tuple[list[Topic], int, int]]:
    """Return each slot's points, shuffled, with the index of the first and a turn's step.

    Walks of one shape from one chapter take the points one after another, and so do their next
    turns.
    """
    rows: dict[tuple[Shape, str], list[int]] = {}
    for slot, (shape, chapter) in enumerate(plan):
        rows.setdefault((shape, chapter.topic.id), []).append(slot)
    starts_of: dict[int, tuple[list[Topic], int, int]] = {}
    for (shape, _), slots in rows.items():
        chapter = plan[slots[0]][1]
        points = sorted(
            chapter.points, key=lambda point: pick(seed, f"walk/{shape}/{point.id}", 2**62)
        )
        starts_of |= {
            slot: (points, number, len(slots) % len(points) or 1)
            for number, slot in enumerate(slots)
        }
    return starts_of


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
        """Return the walk of a slot; each `turn` gives another one of the same shape and start."""
        shape, chapter = self.plan[slot]
        points, number, further = self._firsts[slot]
        topics = [points[(number + turn * further) % len(points)]]
        length = (
            1
            if shape == "one_hop"
            else 2 + pick(self._seed, f"walk/{slot}/{turn}/size", _MOST_POINTS - 1)
        )
        for step in range(1, length):
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
        """Return the unvisited points of this chapter; none once the walk has left it."""
        if self._shape(topics) == "across":
            return []
        ids = {topic.id for topic in topics}
        unseen = [topic for topic in chapter.points if topic.id not in ids]
        return [unseen] if unseen else []

    def _across(self, topics: Sequence[Topic]) -> list[Sequence[Topic]]:
        """Return unvisited points of unvisited chapters, of unvisited books if there are any."""
        if self._shape(topics) == "inside":
            return []
        chapters = {self._tree.chapter(topic).id for topic in topics}
        others = [other for other in self.chapters if other.topic.id not in chapters]
        books = {self._tree.book(topic).id for topic in topics}
        elsewhere = [other for other in others if self._books[other.topic.id] not in books]
        return [other.points for other in elsewhere or others]

    def _shape(self, topics: Sequence[Topic]) -> Shape:
        """Return the actual shape of a walk: it may be smaller if the tree has no more points."""
        if len(topics) == 1:
            return "one_hop"
        return (
            "inside" if len({self._tree.chapter(topic).id for topic in topics}) == 1 else "across"
        )

    def _point(self, pools: Sequence[Sequence[Topic]], name: str) -> Topic:
        """Choose one of all points of all pools."""
        at = pick(self._seed, f"walk/{name}", sum(map(len, pools)))
        for pool in pools:
            if at < len(pool):
                return pool[at]
            at -= len(pool)
        raise AssertionError("the index is below the sum")

    def _one(self, pool: Sequence[T], name: str) -> T:
        return pool[pick(self._seed, f"walk/{name}", len(pool))]
