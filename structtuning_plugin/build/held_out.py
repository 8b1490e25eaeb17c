"""Held-out parts of the corpus: text for evaluation, and knowledge points for probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structtuning_plugin.core.types import Chunk, Document, Dropped, SizedSample, Topic
from structtuning_plugin.questions.exclusion.holdout import hold_out
from structtuning_plugin.questions.exclusion.probes import LeakageFilter
from structtuning_plugin.questions.probes.files import Probe
from structtuning_plugin.questions.probes.generate import make_probes
from structtuning_plugin.questions.probes.points import hold_points
from structtuning_plugin.taxonomy.tree import Tree

if TYPE_CHECKING:
    from structtuning_plugin.build.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCorpus:
    """The corpus, and what instruction tuning may not use of it.

    Args:
        tree: The taxonomy, with chunks on its topics.
        documents: All documents.
        chunks: All chunks, in the order of the documents.
        held_out: Ids of the topics whose text is held out for evaluation.
        probed: Ids of the topics that are kept for probes.
    """

    tree: Tree
    documents: Sequence[Document]
    chunks: Sequence[Chunk]
    held_out: frozenset[str]
    probed: frozenset[str]

    @property
    def excluded(self) -> frozenset[str]:
        """Ids of the topics whose text instruction tuning may not use."""
        return self.held_out | self.probed

    @property
    def trainable_chunks(self) -> list[Chunk]:
        """The chunks that instruction tuning may use."""
        excluded = self.excluded
        return [chunk for chunk in self.chunks if chunk.topic_id not in excluded]

    @property
    def pretraining_chunks(self) -> list[Chunk]:
        """The chunks that pre-training may use: those of probed topics too."""
        return [chunk for chunk in self.chunks if chunk.topic_id not in self.held_out]


def split_corpus(
    plan: Plan, root: Topic, documents: Sequence[Document], chunks: Sequence[Chunk]
) -> SplitCorpus:
    """Choose what is held out, as `eval` and `probes` of the block say.

    Raises:
        ConfigError: If there is too little of the corpus for that.
    """
    by_id = {document.id: document for document in documents}
    tree = Tree(root, by_id, plan.block.taxonomy.apparatus)
    return split_tree(plan, tree, documents, chunks)


def split_tree(
    plan: Plan, tree: Tree, documents: Sequence[Document], chunks: Sequence[Chunk]
) -> SplitCorpus:
    """Choose what is held out of a corpus with its tree, as `split_corpus` does.

    Raises:
        ConfigError: If there is too little of the corpus for that.
    """
    held_out = hold_out(tree, chunks, plan.block.eval, plan.seed)
    probed = hold_points(tree, chunks, plan.block.probes, held_out, plan.seed)
    return SplitCorpus(
        tree=tree, documents=documents, chunks=chunks, held_out=held_out, probed=probed
    )


def build_probes(plan: Plan, corpus: SplitCorpus) -> list[Probe]:
    """Build the probes of the block, from the corpus alone; none without `probes`."""
    if plan.block.probes is None:
        return []
    return make_probes(
        corpus.tree,
        corpus.documents,
        corpus.chunks,
        plan.wordings["qa"],
        plan.block.probes,
        corpus.probed,
        corpus.held_out,
        plan.seed,
    )


def drop_probed(
    plan: Plan, corpus: SplitCorpus, rows: Sequence[SizedSample]
) -> tuple[list[SizedSample], list[Dropped]]:
    """Drop the rows that are about a probed point or repeat a probe; return the others first."""
    if plan.block.probes is None:
        return list(rows), []
    kinds = {kind.name for kind in plan.selected("ssft").kinds if kind.excludes_probes}
    keeper = LeakageFilter(corpus.tree, corpus.probed, build_probes(plan, corpus))
    return keeper.part(rows, kinds)
