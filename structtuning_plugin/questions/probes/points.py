"""Which knowledge points are kept for probes: about `share` of them, spread over the chapters, whole branches at a time.

A point is taken with everything beneath it, for whatever is said of a point beneath it spells its path out.
"""

from __future__ import annotations

from collections.abc import Iterable

from structtuning_plugin.config.corpus import ProbesConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.taxonomy.tree import Tree


def is_point(tree: Tree, topic: Topic) -> bool:
    """Whether a topic can be asked about: knowledge, inside a document, with a name that fits it alone."""
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
    """Ids of the topics that no sample of instruction tuning may speak of, closed under "is beneath".

    Args:
        held: topics whose text is held out for evaluation: pre-training knows nothing of them, so they are no points here.

    Raises:
        ConfigError: there are fewer than two points with text, so that one could be kept and one trained on.
    """
    if config is None:
        return frozenset()
    points = [topic for topic in tree.root.walk() if is_point(tree, topic)]
    texts = {chunk.topic_id for chunk in chunks if chunk.text.strip()}
    free = [topic for topic in points if _is_free(topic, texts, held)]
    if len(free) < 2:
        raise ConfigError(
            f"`probes` finds {len(free)} knowledge point(s) with text and a name of their own; at least two are needed to keep "
            "one for probes. Leave `probes:` out."
        )
    ids = {topic.id for topic in points}
    sizes = {topic.id: sum(node.id in ids for node in topic.walk()) for topic in free}
    branches = _taken(_by_chapter(tree, points, seed), sizes, config.share)
    smallest = min(free, key=lambda topic: (sizes[topic.id], _rank(topic, seed)))
    return frozenset(node.id for topic in branches or [smallest] for node in topic.walk())


def _is_free(topic: Topic, texts: set[str], held: frozenset[str]) -> bool:
    beneath = {node.id for node in topic.walk()}
    return bool(beneath & texts) and not beneath & held


def _by_chapter(tree: Tree, points: Iterable[Topic], seed: int) -> list[list[Topic]]:
    """The points of each chapter; the chapters in an order of the seed's, else the first ones would never give any."""
    chapters: dict[str, list[Topic]] = {}
    for topic in points:
        chapters.setdefault(tree.chapter(topic).id, []).append(topic)
    order = sorted(chapters, key=lambda name: stable_choice(seed, f"probes/chapter/{name}", 2**62))
    return [sorted(chapters[name], key=lambda topic: _rank(topic, seed)) for name in order]


def _taken(chapters: list[list[Topic]], sizes: dict[str, int], share: float) -> list[Topic]:
    """Of every chapter as many as make up the share of all points seen so far, of none a branch of more than half.

    A branch that is larger than what is missing then is made up for by the chapters that follow.
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
            beneath = {node.id for node in topic.walk()}
            # One above a taken point would count that twice.
            if size and fits and not beneath & covered:
                branches.append(topic)
                covered |= beneath
                spent += size
    return branches


def _rank(topic: Topic, seed: int) -> int:
    return stable_choice(seed, f"probes/{topic.id}", 2**62)
