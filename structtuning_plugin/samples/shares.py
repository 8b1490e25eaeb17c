"""Rows to train on: without those on held-out topics, and each kind within its share.

Shares are counted in trained tokens: thousands of one-line samples must not drown the passages.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from structtuning_plugin.config.stages import StageName
from structtuning_plugin.core.types import Dropped, ScptSample, SizedSample
from structtuning_plugin.samples.selection import SelectedKinds


def divide_rows(
    rows: Sequence[SizedSample],
    held_out: Collection[str],
    kinds: SelectedKinds,
    stage: StageName,
) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Divide rows into those to train on, those to evaluate on, and those that go nowhere.

    Args:
        rows: Rows of a stage.
        held_out: Ids of the topics whose text is held out for evaluation.
        kinds: Kinds of the stage; `on_held_out` decides about rows on held-out topics.
        stage: The stage, for the list of what is dropped.
    """
    held_out = frozenset(held_out)
    policies = {kind.name: kind.on_held_out for kind in kinds.kinds}
    train, evaluation, dropped = [], [], []
    for row in rows:
        topic_ids = _topic_ids(row)
        policy = policies[row.sample.kind]
        if policy == "train" or held_out.isdisjoint(topic_ids):
            train.append(row)
        elif policy == "evaluate" and held_out.issuperset(topic_ids):
            evaluation.append(row)
        else:
            detail = "it speaks of a topic held out for evaluation"
            dropped.append(Dropped(stage=stage, id=row.sample.id, reason="held_out", detail=detail))
    return train, evaluation, dropped


def limit_shares(
    rows: Sequence[SizedSample],
    shares: Mapping[str, float],
    always_first: frozenset[str],
    seed: int,
    stage: StageName = "scpt",
) -> tuple[list[SizedSample], list[Dropped]]:
    """Keep of each kind as much as its share of all trained tokens allows, in the given order.

    Which samples are dropped is decided by a hash, later samples of a topic before earlier ones.

    Args:
        rows: Rows of a stage.
        shares: Greatest share by kind, 0 < share < 1; other kinds are kept whole.
        always_first: Kinds that keep the first sample of every topic.
        seed: Seed of the hash.
        stage: The stage, for the list of what is dropped.
    """
    tokens: Counter[str] = Counter()
    floor: Counter[str] = Counter()
    for row in rows:
        tokens[row.sample.kind] += row.trained
        if _is_forced(row, shares, always_first):
            floor[row.sample.kind] += row.trained
    queue = sorted(rows, key=lambda row: (row.turn, _rank(seed, row.sample.id)))
    ids = {row.sample.id for row in rows}
    # Rows are no fluid: what a kind cannot fill of its allowance is missing from the total that all
    # shares are of.
    while (allowed := _allowances(tokens, floor, shares)) != tokens:
        tokens, ids = Counter(dict.fromkeys(tokens, 0)), set()
        for row in queue:
            kind = row.sample.kind
            fits = tokens[kind] + row.trained <= allowed[kind]
            if fits or _is_forced(row, shares, always_first):
                tokens[kind] += row.trained
                ids.add(row.sample.id)
    dropped = []
    for row in rows:
        if row.sample.id not in ids:
            detail = f"{row.sample.kind} is limited to {shares[row.sample.kind]:.0%}"
            dropped.append(Dropped(stage=stage, id=row.sample.id, reason="share", detail=detail))
    return [row for row in rows if row.sample.id in ids], dropped


def limit_tokens(
    rows: Sequence[SizedSample], kind: str, most: int, seed: int, stage: StageName
) -> tuple[list[SizedSample], list[Dropped]]:
    """Keep of a kind as many trained tokens as a budget allows, in the given order.

    Later turns are dropped first; within a turn a hash decides.

    Args:
        rows: Rows of a stage.
        kind: The kind with the budget.
        most: The budget in trained tokens.
        seed: Seed of the hash.
        stage: The stage, for the list of what is dropped.
    """
    queue = sorted(
        (row for row in rows if row.sample.kind == kind),
        key=lambda row: (row.turn, _rank(seed, row.sample.id)),
    )
    ids, used = set(), 0
    for row in queue:
        used += row.trained
        if used > most:
            break
        ids.add(row.sample.id)
    detail = f"{kind} has a budget of {most:,} tokens"
    dropped = [
        Dropped(stage=stage, id=row.sample.id, reason="budget", detail=detail)
        for row in rows
        if row.sample.kind == kind and row.sample.id not in ids
    ]
    return [row for row in rows if row.sample.kind != kind or row.sample.id in ids], dropped


def from_first(rows: Sequence[SizedSample], kind: str) -> list[SizedSample]:
    """Number the turns of each topic from 0 on, in a kind whose first rows may be dropped."""
    first_turns: dict[str, int] = {}
    for row in rows:
        if row.sample.kind == kind:
            topic_id = _topic_ids(row)[0]
            first_turns[topic_id] = min(row.turn, first_turns.get(topic_id, row.turn))
    renumbered = []
    for row in rows:
        if row.sample.kind == kind:
            row = replace(row, turn=row.turn - first_turns[_topic_ids(row)[0]])
        renumbered.append(row)
    return renumbered


def _topic_ids(row: SizedSample) -> tuple[str, ...]:
    if isinstance(row.sample, ScptSample):
        return (row.sample.topic_id,)
    return row.sample.topic_ids


def _is_forced(row: SizedSample, shares: Mapping[str, float], always_first: frozenset[str]) -> bool:
    return row.sample.kind not in shares or (row.turn == 0 and row.sample.kind in always_first)


def _allowances(
    natural: Mapping[str, int], floor: Mapping[str, int], shares: Mapping[str, float]
) -> dict[str, int]:
    """Return the most tokens per kind that exceed no share: lowered until all of them hold."""
    allowed = dict(natural)
    while True:
        total = sum(allowed.values())
        lower = {}
        for kind, tokens in allowed.items():
            if kind in shares:
                most = min(tokens, int(shares[kind] * total))
                tokens = max(floor.get(kind, 0), most)
            lower[kind] = tokens
        if lower == allowed:
            return allowed
        allowed = lower


def _rank(seed: int, sample_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\x1fshare\x1f{sample_id}".encode()).digest()
