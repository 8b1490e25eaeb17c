"""The tree and its text, what of it is held out, and what is kept for probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.config import SsftKind
from structtuning_plugin.planning import Plan
from structtuning_plugin.probes.points import hold_points
from structtuning_plugin.samples.holdout import hold_out
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk, Document, Topic


@dataclass(frozen=True)
class Corpus:
    """`held` are the ids of the topics whose text is held out for evaluation, `probed` of those kept for probes."""

    tree: Tree
    documents: Sequence[Document]
    chunks: Sequence[Chunk]
    held: frozenset[str]
    probed: frozenset[str] = frozenset()

    @property
    def open_chunks(self) -> list[Chunk]:
        """The chunks that may be trained on."""
        aside = self.held | self.probed
        return [chunk for chunk in self.chunks if chunk.topic_id not in aside]


def corpus_of(plan: Plan, root: Topic, documents: Sequence[Document], chunks: Sequence[Chunk]) -> Corpus:
    """The corpus with what the block holds out of it.

    Raises:
        ConfigError: there is too little of it for that.
    """
    tree = Tree(root, {document.id: document for document in documents})
    held = hold_out(tree, chunks, plan.block.eval, plan.seed)
    return Corpus(tree, documents, chunks, held, hold_points(tree, chunks, plan.block.probes, held, plan.seed))


def kinds_of(plan: Plan) -> tuple[SsftKind, ...]:
    """The kinds of samples that the block wants."""
    return plan.block.ssft.sample_kinds(plan.block.llm is not None)
