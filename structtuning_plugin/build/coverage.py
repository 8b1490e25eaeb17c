"""Coverage of the facts: how often each is told, recited, and asked for, one way and the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from structtuning_plugin.build.store import read_jsonl, write_jsonl
from structtuning_plugin.core.types import ScptSample, SizedSample
from structtuning_plugin.hookspecs import Use
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.facts import Fact
from structtuning_plugin.questions.exercises.index import CorpusIndex

FACTS = "facts.jsonl"


@dataclass(slots=True, kw_only=True)
class FactCount:
    """One fact, and the number of samples of one stage that have it.

    Args:
        id: Id of the fact.
        topic_id: Its topic.
        kind: `definition`, `sentence`, `item` or `row`.
        text: Its text.
        told: Samples that have it as the corpus does.
        recited: Samples that have it word for word after another prompt.
        asked: Questions for it that name its subject.
        asked_back: Questions from what is said to its subject.
    """

    id: str
    topic_id: str
    kind: str
    text: str
    told: int = 0
    recited: int = 0
    asked: int = 0
    asked_back: int = 0


@dataclass(frozen=True, kw_only=True)
class FactCounter:
    """Counter of the facts of a corpus in the rows of one stage.

    Args:
        index: The facts.
        uses: Use of the facts by kind of sample.
        exercises: The exercises by id.
    """

    index: CorpusIndex
    uses: Mapping[str, Use]
    exercises: Mapping[str, Exercise]

    def count(self, rows: Iterable[SizedSample]) -> list[FactCount]:
        """Count the facts of all points, in reading order."""
        counts: dict[str, FactCount] = {}
        by_chunk: dict[str, list[Fact]] = {}
        for topic_id in self.index.points:
            for fact in self.index.facts(topic_id):
                counts[fact.id] = FactCount(
                    id=fact.id, topic_id=topic_id, kind=fact.kind, text=fact.text
                )
                by_chunk.setdefault(fact.chunk_id, []).append(fact)
        for row in rows:
            self._add(row, counts, by_chunk)
        return list(counts.values())

    def _add(
        self,
        row: SizedSample,
        counts: Mapping[str, FactCount],
        by_chunk: Mapping[str, Sequence[Fact]],
    ) -> None:
        use = self.uses.get(row.sample.kind, "")
        exercise = self.exercises.get(row.sample.id.removeprefix("question/"))
        if use == "asked" and exercise is not None:
            for fact_id in exercise.facts:
                if exercise.is_reverse:
                    counts[fact_id].asked_back += 1
                else:
                    counts[fact_id].asked += 1
        elif use in ("told", "recited"):
            text = _trained_text(row)
            for chunk_id in row.sample.chunk_ids:
                for fact in by_chunk.get(chunk_id, ()):
                    # The first letter and the last mark may be ours (`independence`).
                    if fact.sentence is None or fact.text[1:-1] in text:
                        count = counts[fact.id]
                        setattr(count, use, getattr(count, use) + 1)


def _trained_text(row: SizedSample) -> str:
    if isinstance(row.sample, ScptSample):
        return row.sample.completion
    return row.sample.messages[-1].content


def save_facts(folder: Path, counts: Iterable[FactCount]) -> None:
    """Write the counts of the facts."""
    write_jsonl(folder / FACTS, map(asdict, counts))


def load_facts(folder: Path) -> list[FactCount]:
    """Load the counts of the facts; none where a stage counted none."""
    path = folder / FACTS
    return [FactCount(**row) for row in read_jsonl(path)] if path.is_file() else []


def merge(stages: Iterable[Sequence[FactCount]]) -> list[FactCount]:
    """Add up the counts of several stages."""
    total: dict[str, FactCount] = {}
    for counts in stages:
        for count in counts:
            own = total.setdefault(count.id, FactCount(**{**asdict(count), **_ZERO}))
            for name in _ZERO:
                setattr(own, name, getattr(own, name) + getattr(count, name))
    return list(total.values())


_ZERO = {field.name: 0 for field in fields(FactCount) if field.type == "int"}


def describe(counts: Sequence[FactCount]) -> dict[str, Any]:
    """Return the figures of manifests and summaries.

    Args:
        counts: Counts of the facts.
    """
    asked = [count.asked + count.asked_back for count in counts]
    return {
        "facts": len(counts),
        "told": sum(count.told > 0 for count in counts),
        "recited": sum(count.recited > 0 for count in counts),
        "asked": sum(number > 0 for number in asked),
        "asked_both_ways": sum(count.asked > 0 and count.asked_back > 0 for count in counts),
        "questions_per_fact": round(sum(asked) / len(counts), 2) if counts else 0.0,
    }
