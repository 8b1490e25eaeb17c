"""`siblings`, `children`, `parent`: a lead-in that names a topic -> titles around it.

Next to "Adjustment" under "Gears":
History; Cables

A title is asked for only where the answer is complete and is not a part of the question.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.samples.kinds.locate import has_place
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.taxonomy.tree import Tree

LIST_JOINT = "; "


def _has_siblings(topic: Topic, tree: Tree) -> bool:
    parent = tree.parent(topic)
    return (
        parent is not None
        and has_place(topic, tree)
        and tree.is_knowledge(parent)
        and len(tree.children(parent)) > 1
    )


def _has_children(topic: Topic, tree: Tree) -> bool:
    return len(tree.children(topic)) > 1 and not tree.shares_name(topic)


def _has_parent(topic: Topic, tree: Tree) -> bool:
    parent = tree.parent(topic)
    return (
        parent is not None
        and has_place(topic, tree)
        and tree.is_knowledge(parent)
        and parent is not tree.root
    )


def _draft_siblings(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    titles = map(context.tree.title, context.tree.siblings(topic))
    yield from context.recall("siblings", topic, (LIST_JOINT.join(titles),))


def _draft_children(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    titles = map(context.tree.title, context.tree.children(topic))
    yield from context.recall("children", topic, (LIST_JOINT.join(titles),))


def _draft_parent(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    name = context.tree.name(topic)
    if name != context.tree.title(topic):
        detail = f"only its parent tells it from others: {name!r}"
        yield Dropped(
            stage="scpt", id=f"parent/{topic.id}", reason="answer_in_prompt", detail=detail
        )
        return
    yield from context.recall("parent", topic, (context.tree.path_titles(topic)[-2],))


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kinds that ask for neighbours in the tree."""
    return [
        SampleKind(
            name="siblings",
            stage="scpt",
            source="topic",
            draft=_draft_siblings,
            order=60,
            description="A lead-in that names a topic, then the other titles under its heading.",
            share=0.10,
            applies=_has_siblings,
        ),
        SampleKind(
            name="children",
            stage="scpt",
            source="topic",
            draft=_draft_children,
            order=70,
            description="A lead-in that names a topic, then the titles directly below it.",
            share=0.10,
            applies=_has_children,
        ),
        SampleKind(
            name="parent",
            stage="scpt",
            source="topic",
            draft=_draft_parent,
            order=80,
            description="A lead-in that names a topic, then the title directly above it.",
            share=0.05,
            applies=_has_parent,
        ),
    ]
