"""Choice of the points for probes: about `share` of them, in whole branches, over all chapters.

A point is excluded with all points below it: their paths contain its title.
"""

from __future__ import annotations

from collections.abc import Iterable

from structtuning_plugin.config.corpus import ProbesConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.taxonomy.tree import Tree


def is_point(tree: Tree, topic: Topic) -> bool:
    """Return True if a topic is a knowledge point of a document with a unique name."""
    return (
        tree.is_knowledge(topic)
        and tree.document_level(topic) >= 1
        and not tree.is_repeat(topic)
        and tree.name(topic) is not None
    )


def hold_points(
    tree: Tree,
    chunks: Iterable[Chunk],
    config: ProbesConfig | None,
    held: frozenset[str],
    seed: int,
) -> frozenset[str]:
    """Return the ids of the topics that instruction tuning excludes, with all topics below them.

    Args:
        tree: the tree.
        chunks: its chunks.
        config: the block's `probes`; without it there are none.
        held: topics whose text is held out for evaluation. Pre-training does not have them, so they
            are no points.
        seed: the block's seed.

    Raises:
        ConfigError: there are fewer than two points with text, one to keep and one to train on.
    """
    if config is None:
        return frozenset()
    points = [topic for topic in tree.root.walk() if is_point(tree, topic)]
    texts = {chunk.topic_id for chunk in chunks if chunk.text.strip()}
    free = [topic for topic in points if _is_free(topic, texts, held)]
    if len(free) < 2:
        raise ConfigError(
            f"`probes` finds {len(free)} knowledge point(s) with text and a name of their own; at "
            "least two are needed to keep one for probes. Leave `probes:` out."
        )
    ids = {topic.id for topic in points}
    sizes = {topic.id: sum(node.id in ids for node in topic.walk()) for topic in free}
    branches = _taken(_by_chapter(tree, points, seed), sizes, config.share)
    smallest = min(free, key=lambda topic: (sizes[topic.id], _rank(topic, seed)))
    return frozenset(node.id for topic in branches or [smallest] for node in topic.walk())


def _is_free(topic: Topic, texts: set[str], held: frozenset[str]) -> bool:
    ids_below = {node.id for node in topic.walk()}
    return bool(ids_below & texts) and not ids_below & held


def _by_chapter(tree: Tree, points: Iterable[Topic], seed: int) -> list[list[Topic]]:
    """Group the points by chapter, in an order that depends on the seed.

    In reading order, small first chapters would never have a probe.
    """
    chapters: dict[str, list[Topic]] = {}
    for topic in points:
        chapters.setdefault(tree.chapter(topic).id, []).append(topic)
    order = sorted(chapters, key=lambda name: stable_choice(seed, f"probes/chapter/{name}", 2**62))
    return [sorted(chapters[name], key=lambda topic: _rank(topic, seed)) for name in order]


def _taken(chapters: list[list[Topic]], sizes: dict[str, int], share: float) -> list[Topic]:
    """Choose branches of each chapter up to the share of all points so far.

    A branch of more than half of a chapter is never chosen. Later chapters make up for branches
    that are too large.
    """
    branches: list[Topic] = []
    covered: set[str] = set()
    most, points_so_far, spent = share * sum(map(len, chapters)), 0, 0
    for chapter in chapters:
        points_so_far += len(chapter)
        for topic in chapter:
            size = sizes.get(topic.id, 0)
            fits = (
                spent + min(size, 1) <= share * points_so_far
                and spent + size <= most
                and size <= max(1, len(chapter) / 2)
            )
            ids_below = {node.id for node in topic.walk()}
            # One above a taken point would count that twice.
            if size and fits and not ids_below & covered:
                branches.append(topic)
                covered |= ids_below
                spent += size
    return branches


def _rank(topic: Topic, seed: int) -> int:
    return stable_choice(seed, f"probes/{topic.id}", 2**62)
