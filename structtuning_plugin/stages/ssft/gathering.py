"""The user's questions: read, cleared of what is held out, and linked to the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.planning import Plan
from structtuning_plugin.qa import reading
from structtuning_plugin.qa.decontamination import Decontaminator
from structtuning_plugin.qa.linking import Link, Linker, Question
from structtuning_plugin.stages.ssft.corpus import Corpus, kinds_of
from structtuning_plugin.stages.work import Work
from structtuning_plugin.types import Dropped, QAPair


@dataclass(frozen=True)
class Given:
    """The user's questions that may be trained on, and what each of them is about; `held_out` counts the others."""

    pairs: Sequence[QAPair]
    links: Sequence[Link]
    holdout: Decontaminator
    held_out: int
    dropped: Sequence[Dropped]

    def overlap(self, text: str, language: str) -> str:
        """Which held-out question a text overlaps, and how; empty for none."""
        found = self.holdout.overlap(text, language) if self.held_out else None
        return f"overlaps {found.holdout_id} ({found.how}, {found.score:.2f})" if found else ""


def gather(work: Work, corpus: Corpus) -> Given:
    """The block's questions.

    Held-out sets must be read whole, whatever `on_error` says: a record that was skipped could be trained on.

    Raises:
        CorpusError: a set cannot be read, or a record of it with `on_error: raise`.
        ConfigError: no format fits a set.
    """
    plan = work.plan
    holdout, _ = reading.read(plan.questions.holdout, plan.questions.formats, "raise")
    pairs, dropped = reading.read(plan.questions.train, plan.questions.formats, plan.block.on_error)
    guard = Decontaminator(holdout)
    pairs, overlapping = guard.split(pairs)
    if pairs:
        work.progress.say(f"linking questions: {len(pairs)}")
    return Given(pairs, _linked(plan, corpus, pairs), guard, len(holdout), [*dropped, *overlapping])


def _linked(plan: Plan, corpus: Corpus, pairs: Sequence[QAPair]) -> list[Link]:
    if not pairs or "reasoned" not in kinds_of(plan):
        return [Link(pair_id=pair.id, chunk_ids=(), topic_ids=(), fit=0.0) for pair in pairs]
    settings = plan.block.ssft
    linker = Linker(corpus.tree, corpus.chunks, plan.retriever, settings.retriever_options, settings.passages, settings.least_fit)
    return linker.link([Question(id=pair.id, text=_searched(pair), language=pair.language) for pair in pairs])


def _searched(pair: QAPair) -> str:
    """The question with its options; classes that all questions of a set share tell nothing."""
    return "\n".join([pair.question, *(text for _, text in pair.options if pair.correct)])
