"""What is kept for probes: the probes themselves, and the rows that may still be trained on."""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.planning import Plan
from structtuning_plugin.probes.keeping import Keeper
from structtuning_plugin.probes.making import make_probes
from structtuning_plugin.probes.values import Probe
from structtuning_plugin.samples.shares import SizedSample
from structtuning_plugin.stages.ssft.corpus import Corpus
from structtuning_plugin.types import Dropped


def probes_of(plan: Plan, corpus: Corpus) -> list[Probe]:
    """The block's probes; none if it wants none. They do not depend on any stage's samples."""
    if plan.block.probes is None:
        return []
    return make_probes(
        corpus.tree,
        corpus.documents,
        corpus.chunks,
        plan.wordings["qa"],
        plan.block.probes,
        corpus.probed,
        corpus.held,
        plan.seed,
    )


def without_probed(plan: Plan, corpus: Corpus, rows: Sequence[SizedSample]) -> tuple[list[SizedSample], list[Dropped]]:
    """The rows that neither speak of a probed point nor repeat a probe, and those left out."""
    if plan.block.probes is None:
        return list(rows), []
    return Keeper(corpus.tree, corpus.probed, probes_of(plan, corpus)).part(rows)
