"""Shares are counted in trained tokens, so that thousands of one-line samples do not drown the passages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from structtuning_plugin.config.stages import StageName
from structtuning_plugin.core.types import Dropped, ScptSample, SizedSample
from structtuning_plugin.samples.selection import SelectedKinds


def limit_shares(
    rows: Sequence[SizedSample],
    shares: Mapping[str, float],
    always_first: frozenset[str],
    seed: int,
    stage: str = "scpt",
) -> tuple[list[SizedSample], list[Dropped]]:
    """Keeps of each kind as much as its share of all trained tokens allows, in the given order.

    Which samples go is decided by a hash, later wordings of a topic before earlier ones. Kinds without a share are
    kept whole; kinds in `always_first` keep at least one sample of every topic.
    """
    spent: Counter[str] = Counter()
    floor: Counter[str] = Counter()
    for row in rows:
        spent[row.sample.kind] += row.trained
        if _is_forced(row, shares, always_first):
            floor[row.sample.kind] += row.trained
    queue = sorted(rows, key=lambda row: (row.turn, _rank(seed, row.sample.id)))
    kept = {row.sample.id for row in rows}
    # Rows are no fluid: what a kind cannot fill of its allowance is missing from the total that all shares are of.
    while (allowed := _allowances(spent, floor, shares)) != spent:
        spent, kept = Counter(dict.fromkeys(spent, 0)), set()
        for row in queue:
            kind = row.sample.kind
            if _is_forced(row, shares, always_first) or spent[kind] + row.trained <= allowed[kind]:
                spent[kind] += row.trained
                kept.add(row.sample.id)
    dropped = [
        Dropped(
            stage=stage,
            id=row.sample.id,
            reason="share",
            detail=f"{row.sample.kind} is limited to {shares[row.sample.kind]:.0%}",
        )
        for row in rows
        if row.sample.id not in kept
    ]
    return [row for row in rows if row.sample.id in kept], dropped


def from_first(rows: Sequence[SizedSample], kind: str) -> list[SizedSample]:
    """The rows, those of one kind with the turns of each topic from 0 on, for the first ones may have been left out."""
    least: dict[str, int] = {}
    for row in rows:
        if row.sample.kind == kind:
            least[_topic(row)] = min(row.turn, least.get(_topic(row), row.turn))
    return [
        replace(row, turn=row.turn - least[_topic(row)]) if row.sample.kind == kind else row
        for row in rows
    ]


def _topic(row: SizedSample) -> str:
    return row.sample.topic_id if isinstance(row.sample, ScptSample) else row.sample.topic_ids[0]


def _is_forced(row: SizedSample, shares: Mapping[str, float], always_first: frozenset[str]) -> bool:
    return row.sample.kind not in shares or (row.turn == 0 and row.sample.kind in always_first)


def _allowances(
    natural: Mapping[str, int], floor: Mapping[str, int], shares: Mapping[str, float]
) -> dict[str, int]:
    """The greatest tokens per kind such that no share is exceeded: from above, each round lowers them until they hold."""
    allowed = dict(natural)
    while True:
        total = sum(allowed.values())
        lower = {
            kind: tokens
            if kind not in shares
            else max(floor.get(kind, 0), min(tokens, int(shares[kind] * total)))
            for kind, tokens in allowed.items()
        }
        if lower == allowed:
            return allowed
        allowed = lower


def _rank(seed: int, sample_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1fshare\x1f{sample_id}".encode()).digest()


def divide_rows(
    rows: Sequence[SizedSample], held_out: frozenset[str], kinds: SelectedKinds, stage: StageName
) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Divide rows into those to train on, those to evaluate on, and those that go nowhere.

    Args:
        rows: Rows of a stage.
        held_out: Ids of the topics whose text is held out for evaluation.
        kinds: Kinds of the stage; `on_held_out` decides about rows on held-out topics.
        stage: The stage, for the list of what is dropped.
    """
    policy = {kind.name: kind.on_held_out for kind in kinds.kinds}
    train, evaluation, dropped = [], [], []
    for row in rows:
        topic_ids = topic_ids_of(row)
        on_held_out = policy[row.sample.kind]
        if on_held_out == "train" or not held_out & topic_ids:
            train.append(row)
        elif on_held_out == "evaluate" and held_out >= topic_ids:
            evaluation.append(row)
        else:
            detail = "it speaks of a topic held out for evaluation"
            dropped.append(Dropped(stage=stage, id=row.sample.id, reason="held_out", detail=detail))
    return train, evaluation, dropped


def topic_ids_of(row: SizedSample) -> set[str]:
    """Return the ids of the topics that a row is about."""
    if isinstance(row.sample, ScptSample):
        return {row.sample.topic_id}
    return set(row.sample.topic_ids)
