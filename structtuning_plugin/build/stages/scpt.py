"""The samples of continual pre-training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.plan import config_of
from structtuning_plugin.build.work import Work, counted, sizes
from structtuning_plugin.core.types import Dropped, ScptSample, SizedSample
from structtuning_plugin.questions.exclusion.holdout import hold_out
from structtuning_plugin.samples.scpt import ScptBuilder
from structtuning_plugin.samples.shares import limit_shares
from structtuning_plugin.taxonomy.tree import Tree


def fill(work: Work, folder: Path) -> dict[str, Any]:
    """Writes the rows to train and to evaluate on."""
    plan = work.plan
    root, documents, chunks = plan.load_taxonomy()
    tree = Tree(root, {document.id: document for document in documents})
    held = hold_out(tree, chunks, plan.block.eval, plan.seed)

    builder = ScptBuilder(
        tree, plan.wordings["scpt"], plan.block.scpt, work.budget, work.codec, plan.seed
    )
    with work.progress.stage("writing samples", len(chunks)) as step:
        builder.add_passages(chunks, step)
        builder.add_structure()
    train, evaluation, dropped = _part(builder, held)
    train, over_share = limit_shares(
        train, {kind: plan.block.scpt.greatest_shares[kind] for kind in plan.block.scpt.sample_kinds if kind != "passage"},
        always_first=frozenset({"locate"}), seed=plan.seed,
    )  # fmt: skip
    dropped = [*builder.dropped, *dropped, *over_share]

    artifacts.save_rows(folder / "train", train)
    if plan.block.eval:
        artifacts.save_rows(folder / "eval", evaluation)
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    front = work.budget.specials - 1
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": {stage: plan.keys[stage] for stage in ("documents", "taxonomy")},
        "counts": {
            "train": sizes(train, front),
            "eval": sizes(evaluation, front),
            "wordings_in_english_for": sorted(
                {t.language for t in tree.root.walk()} - plan.wordings["scpt"].languages()
            ),
            "dropped": counted(item.reason for item in [*earlier, *dropped]),
        },
    }


def _part(
    builder: ScptBuilder, held: frozenset[str]
) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Rows to train on, passages to evaluate on, and what is said about held-out topics, which goes nowhere."""
    train = [row for row in builder.rows if _topic(row) not in held]
    about = [row for row in builder.rows if _topic(row) in held]
    evaluation = [row for row in about if row.sample.kind == "passage"]
    dropped = [
        Dropped(
            stage="scpt",
            id=row.sample.id,
            reason="held_out",
            detail="it speaks of a topic held out for evaluation",
        )
        for row in about
        if row.sample.kind != "passage"
    ]
    return train, evaluation, dropped


def _topic(row: SizedSample) -> str:
    assert isinstance(row.sample, ScptSample)
    return row.sample.topic_id
