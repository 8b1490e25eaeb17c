"""`locate`: a question or a lead-in that names a topic -> its path from the root.

Where is the adjustment of brakes?
Bicycles > Brakes > Adjustment

The path is in the very form that passages show, and that instruction tuning spells out. A topic
without a fact is not asked about, nor one whose title was made up; no path is trained more often
than there are facts at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, Topic
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.taxonomy.tree import Tree

# Facts for each time that a path is trained, after the first.
FACTS_A_PATH = 4


def has_place(topic: Topic, tree: Tree) -> bool:
    """Return whether a topic is at a place of its own: below another topic of another title."""
    return tree.parent(topic) is not None and not tree.is_repeat(topic)


def _draft(topic: Topic, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    pool = context.pool("locate", topic)
    first = stable_choice(context.seed, f"locate/{topic.id}", len(pool))
    path, most = context.place(topic), context.count_places(topic)
    times = context.settings.wordings
    if most is not None:
        times = min(times, most, max(1, most // FACTS_A_PATH))
    for turn in range(min(times, len(pool))):
        wording = pool[(first + turn) % len(pool)]
        yield context.recall_with(wording, f"locate/{topic.id}/{turn}", topic, (path,), turn)


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `locate`."""
    return [
        SampleKind(
            name="locate",
            stage="scpt",
            source="topic",
            draft=_draft,
            order=50,
            description="A lead-in that names a topic, then its path, in several wordings.",
            share=0.05,
            presets=("compact",),
            applies=has_place,
        )
    ]
