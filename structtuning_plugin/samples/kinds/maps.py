"""`section_map`, `chapter_map`, `book_map`: a lead-in that names a node -> its structure, drawn.

The chapter "Gears" of the handbook is organised as follows:
Gears
├─ Adjustment
└─ History
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.samples.kinds.passage import most_siblings
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import Tree

# Levels below the node that a map may show; fewer where they do not fit.
_LEVELS = {"book_map": 1, "chapter_map": 2, "section_map": 64}


def _is_book(topic: Topic, tree: Tree) -> bool:
    return tree.document_level(topic) <= 0 and len(tree.children(topic)) > 1


def _is_chapter(topic: Topic, tree: Tree) -> bool:
    return tree.document_level(topic) == 1 and _has_map(topic, tree)


def _is_section(topic: Topic, tree: Tree) -> bool:
    return tree.document_level(topic) > 1 and _has_map(topic, tree) and not tree.shares_name(topic)


def _has_map(topic: Topic, tree: Tree) -> bool:
    """Return whether there is more than one line below the node: a map of one line says nothing."""
    children = tree.children(topic)
    return len(children) + sum(len(tree.children(child)) for child in children) > 1


def _draft_book(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    if context.count_places(topic) == 0:
        return
    yield from context.recall("book_map", topic, _subtrees("book_map", topic, context.tree))


def _draft_chapter(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    if context.count_places(topic) == 0:
        return
    completions = _subtrees("chapter_map", topic, context.tree)
    if context.settings.context_form != "mindmap":
        yield from context.recall("chapter_map", topic, completions)
        return
    sample_id = f"chapter_map/{topic.id}"
    wording = context.wording(sample_id, topic, "chapter_map-mindmap", "chapter_map")

    def draw(beside: int | None) -> str:
        book = context.tree.book(topic)
        drawn = mindmap.render(mindmap.place_map(context.tree, topic, book, beside))
        return context.lead_in(wording, topic, map=drawn)

    prompt = mindmap.widest(draw, most_siblings(context, topic), context.fits_prompt)
    if prompt is None:
        wording = context.wording(sample_id, topic, "chapter_map-path", "chapter_map")
        yield context.recall_with(wording, sample_id, topic, completions)
        return
    yield ScptDraft(
        id=sample_id,
        topic_id=topic.id,
        prompt=prompt,
        template=wording.id,
        completions=completions,
    )


def _draft_section(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    if context.count_places(topic) == 0:
        return
    tree = context.tree
    if context.settings.context_form == "mindmap":
        # The paper draws a section inside its chapter, unfolded along the path to it.
        unfolded_ids = {node.id for node in tree.path(topic)}
        whole = mindmap.render(mindmap.unfolded(tree, tree.chapter(topic), unfolded_ids))
        yield from context.recall("section_map", topic, (whole,))
    else:
        yield from context.recall("section_map", topic, _subtrees("section_map", topic, tree))


def _subtrees(kind: str, topic: Topic, tree: Tree) -> Iterator[str]:
    """Yield the map below a topic, then shallower ones."""
    deepest = min(_LEVELS[kind], mindmap.height(tree, topic))
    for depth in range(deepest, 0, -1):
        yield mindmap.render(mindmap.subtree(tree, topic, depth))


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kinds of maps."""
    return [
        SampleKind(
            name="section_map",
            stage="scpt",
            source="topic",
            draft=_draft_section,
            order=20,
            description="A lead-in that names a section, then the map below it.",
            share=0.02,
            presets=("compact", "paper"),
            applies=_is_section,
        ),
        SampleKind(
            name="chapter_map",
            stage="scpt",
            source="topic",
            draft=_draft_chapter,
            order=30,
            description="A lead-in that names a chapter, then the two levels below it.",
            share=0.02,
            presets=("compact", "paper"),
            applies=_is_chapter,
        ),
        SampleKind(
            name="book_map",
            stage="scpt",
            source="topic",
            draft=_draft_book,
            order=40,
            description="A lead-in that names a document or what is above documents, then the "
            "level below it.",
            share=0.01,
            presets=("compact", "paper"),
            applies=_is_book,
        ),
    ]
