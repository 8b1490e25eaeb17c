"""The part of the tree that an answer spells out, from its widest form to the shortest that still says something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from structtuning_plugin.config.presets import ContextForm
from structtuning_plugin.core.types import Topic
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree


def spellings(tree: Tree, topics: Sequence[Topic], form: ContextForm) -> Iterator[str]:
    """The paths to the topics, top-down: a line each, or merged into one map; then fewer topics, then shorter paths.

    A path is written as `locate` teaches it (`samples.scpt`), so that what was learnt there is what is recalled here.
    """
    for count in range(len(topics), 0, -1):
        yield _spelt(tree, topics[:count], form)
    shorter = mindmap.path_lines(tree.path_titles(topics[0]))
    next(shorter)  # the whole path stood there already
    yield from shorter


def _spelt(tree: Tree, topics: Sequence[Topic], form: ContextForm) -> str:
    if form == "mindmap":
        return mindmap.render(mindmap.merged(tree, topics))
    return "\n".join(dict.fromkeys(PATH_JOINT.join(tree.path_titles(topic)) for topic in topics))
