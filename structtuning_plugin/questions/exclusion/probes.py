"""Exclusion of probed knowledge points from the rows of instruction tuning.

Generated rows, and the user's questions with structure in their answers, are left out if they
refer to a probed point: ask about it, name it as a place, draw it in a map. Rows that overlap a
probe in words are left out too. The user's own questions stay, without structure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from structtuning_plugin.core.types import Dropped, SizedSample, SsftSample, Topic
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.probes.files import Probe
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import Tree


@dataclass(frozen=True)
class Keeper:
    """Filter of rows that refer to `probed` points, or repeat one of the probes."""

    tree: Tree
    probed: frozenset[str]
    probes: Sequence[Probe]

    def part(
        self, rows: Sequence[SizedSample], kinds: Collection[str]
    ) -> tuple[list[SizedSample], list[Dropped]]:
        """Split rows into those to train on, in order, and others; only `kinds` are checked."""
        guard = Decontaminator([probe.pair for probe in self.probes]) if self.probes else None
        clean: list[SizedSample] = []
        dropped = []
        for row in rows:
            detail = self._why(row, guard) if row.sample.kind in kinds else ""
            if detail:
                dropped.append(
                    Dropped(stage="ssft", id=row.sample.id, reason="probed", detail=detail)
                )
            else:
                clean.append(row)
        return clean, dropped

    def _why(self, row: SizedSample, guard: Decontaminator | None) -> str:
        sample = row.sample
        assert isinstance(sample, SsftSample)
        if self.probed & set(sample.topic_ids):
            return "it speaks of a knowledge point that is kept for probes"
        if sample.id.endswith("/organised") and self._maps_one(
            self.tree.topics[sample.topic_ids[0]]
        ):
            return "its map holds a knowledge point that is kept for probes"
        overlap = guard.overlap(spoken(sample), sample.language) if guard else None
        return (
            f"overlaps {overlap.holdout_id} ({overlap.how}, {overlap.score:.2f})" if overlap else ""
        )

    def _maps_one(self, topic: Topic) -> bool:
        level: Iterable[Topic] = (topic,)
        for _ in range(mindmap.DEEPEST):
            level = [child for above in level for child in self.tree.children(above)]
            if any(child.id in self.probed for child in level):
                return True
        return False


def spoken(sample: SsftSample) -> str:
    """Return the text of the questions and answers of a sample."""
    return "\n".join(message.content for message in sample.messages if message.role != "system")
