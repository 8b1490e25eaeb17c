"""All probes of a tree: up to `per_point` of each probed point, every kind about as often as the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from structtuning_plugin.config import ProbesConfig
from structtuning_plugin.exercises.making import make_exercises
from structtuning_plugin.probes.asking import Asker, exercises_in
from structtuning_plugin.probes.values import PROBE_KINDS, Probe, ProbeKind
from structtuning_plugin.rendering import Wordings
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk, Document

# Exercises to choose from: they come as definition, gap and said sentence in turn.
_CHOICE = 3


def make_probes(
    tree: Tree,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    wordings: Wordings,
    config: ProbesConfig,
    probed: frozenset[str],
    held: frozenset[str],
    seed: int,
) -> list[Probe]:
    """The probes in reading order: a pure function of its arguments, whatever stage they are asked before or after.

    Args:
        wordings: those of `qa`.
        probed: what `points.hold_points` gave.
        held: topics whose text is held out for evaluation.
    """
    made = make_exercises(tree, documents, chunks, _CHOICE * config.per_point, seed) if chunks else ()
    asker = Asker(tree, wordings, probed, held, exercises_in(made, probed), seed)
    used: Counter[ProbeKind] = Counter()
    asked: set[tuple[str, str]] = set()
    found = []
    for point in asker.points:
        new = [probe for probe in asker.about(point) if (probe.pair.language, probe.pair.question) not in asked]
        for probe in _chosen(new, config.per_point, used):
            used[probe.kind] += 1
            asked.add((probe.pair.language, probe.pair.question))
            found.append(probe)
    return found


def _chosen(probes: Sequence[Probe], most: int, used: Counter[ProbeKind]) -> list[Probe]:
    """First one of each kind, the kind that there are fewest of first, then a second of each, and so on."""
    order = sorted(PROBE_KINDS, key=lambda kind: (used[kind], PROBE_KINDS.index(kind)))
    rows = [[probe for probe in probes if probe.kind == kind] for kind in order]
    turns = range(max(map(len, rows), default=0))
    return list(chain.from_iterable([row[turn] for row in rows if turn < len(row)] for turn in turns))[:most]
