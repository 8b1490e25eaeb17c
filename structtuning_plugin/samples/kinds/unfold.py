"""`unfold`: the outline of a chapter -> its sections in order, word for word, in one long row.

The chapter "Brakes" in full: Pads; Cables       masked
                                                 trained
Pads

A brake pad is ...

Cables

The cable runs ...

A chapter that is longer than a row becomes several rows, each with the outline of its sections.
Source: documents unfolded along their own sections, arXiv 2608.25826.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.taxonomy.titles import shorten
from structtuning_plugin.taxonomy.tree import Tree

# Part of a row that the text may fill: the outline and the lead-in need the rest.
_FILL = 0.9
_FEWEST_SECTIONS = 2
_LONGEST_TITLE = 80


def _is_chapter(topic: Topic, tree: Tree) -> bool:
    return tree.document_level(topic) == 1 and bool(topic.subtopics)


def _draft(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    runs = list(_runs(topic, context))
    for number, sections in enumerate(runs, start=1):
        if len(sections) < _FEWEST_SECTIONS:
            continue
        sample_id = f"unfold/{topic.id}/{number}"
        wording = context.wording(sample_id, topic, "unfold")
        outline = "\n".join(f"- {_title(section, context)}" for section in sections)
        parts = {"part": str(number), "parts": str(len(runs))} if len(runs) > 1 else {}
        texts = [f"{_title(section, context)}\n\n{_text(section, context)}" for section in sections]
        yield ScptDraft(
            id=sample_id,
            topic_id=topic.id,
            prompt=context.lead_in(wording, topic, text=outline, **parts) + "\n",
            template=wording.id,
            completions=("\n\n".join(texts),),
            chunk_ids=tuple(name for section in sections for name in section.chunk_ids),
            turn=number - 1,
        )


def _runs(topic: Topic, context: ScptContext) -> Iterator[Sequence[Topic]]:
    """Yield runs of sections with text that fit a row; a section that fits none is left out."""
    room = int(_FILL * (context.budget.sequence_len - context.budget.specials))
    run: list[Topic] = []
    used = 0
    for section in topic.walk():
        text = _text(section, context)
        if not text or not context.tree.is_knowledge(section):
            continue
        # The title is in the outline too.
        tokens = context.count_tokens(text) + 2 * context.count_tokens(_title(section, context)) + 8
        if run and used + tokens > room:
            yield run
            run, used = [], 0
        if tokens <= room:
            run.append(section)
            used += tokens
    if run:
        yield run


def _text(section: Topic, context: ScptContext) -> str:
    return context.text(section).strip()


def _title(section: Topic, context: ScptContext) -> str:
    return shorten(context.tree.title(section), _LONGEST_TITLE)


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `unfold`."""
    return [
        SampleKind(
            name="unfold",
            stage="scpt",
            source="topic",
            draft=_draft,
            order=16,
            description="The outline of a chapter, then its sections word for word in one long "
            "row.",
            share=0.20,
            presets=("compact",),
            applies=_is_chapter,
            use="recited",
        )
    ]
