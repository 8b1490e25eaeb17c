"""Rows of a stage: divided into training and evaluation, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from structtuning_plugin.build.work import counted
from structtuning_plugin.config import StageName
from structtuning_plugin.core.types import Dropped, ScptSample, SizedSample
from structtuning_plugin.samples.selection import SelectedKinds


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


def count_rows(rows: Sequence[SizedSample], prefix: int) -> dict[str, Any]:
    """Count samples and tokens.

    Args:
        rows: Rows of a stage.
        prefix: Tokens in front of every prompt that `prompt_tokens` leaves out.
    """
    totals = [prefix + row.prompt_tokens + row.trained for row in rows]
    trained: Counter[str] = Counter()
    for row in rows:
        trained[row.sample.kind] += row.trained
    return {
        "samples": counted(row.sample.kind for row in rows),
        "trained_tokens_by_kind": dict(sorted(trained.items())),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "trained_tokens": sum(trained.values()),
        "total_tokens": sum(totals),
        "longest_sample": max(totals, default=0),
    }
