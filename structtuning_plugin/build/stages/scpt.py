"""The samples of continual pre-training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names, count_rows
from structtuning_plugin.build.plan import config_of
from structtuning_plugin.core.types import Chunk
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.questions.exclusion.holdout import hold_out
from structtuning_plugin.samples.scpt import ScptBuilder, ScptContext
from structtuning_plugin.samples.selection import draft_samples, knowledge_topics
from structtuning_plugin.samples.shares import divide_rows, limit_shares
from structtuning_plugin.taxonomy.tree import Tree


def build_scpt(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Write the rows to train and to evaluate on; return their manifest."""
    plan, kinds = context.plan, context.plan.selected("scpt")
    root, documents, chunks = plan.load_taxonomy()
    tree = Tree(
        root,
        {document.id: document for document in documents},
        plan.block.taxonomy.apparatus,
    )
    held_out = hold_out(tree, chunks, plan.block.eval, plan.seed)
    samples = ScptContext(
        tree=tree,
        chunks=chunks,
        wordings=plan.wordings["scpt"],
        settings=plan.block.scpt,
        budget=context.budget,
        codec=context.codec,
        seed=plan.seed,
    )
    builder = ScptBuilder(context=samples)
    with context.progress.stage("writing samples", len(chunks)) as step:
        units: dict[Source, Iterable[Any]] = {
            "chunk": with_steps(chunks, step),
            "topic": knowledge_topics(tree),
        }
        for kind, drafts in draft_samples(kinds.kinds, units, samples):
            builder.add(kind, drafts)
    train, evaluation, not_used = divide_rows(builder.rows, held_out, kinds, "scpt")
    train, over_share = limit_shares(
        train, kinds.shares, always_first=kinds.keeping_first(), seed=plan.seed, stage="scpt"
    )
    dropped = [*builder.dropped, *not_used, *over_share]

    artifacts.save_rows(folder / "train", train)
    if plan.block.eval:
        artifacts.save_rows(folder / "eval", evaluation)
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    prefix = context.budget.specials - 1
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": {stage: plan.keys[stage] for stage in ("documents", "taxonomy")},
        "counts": {
            "train": count_rows(train, prefix),
            "eval": count_rows(evaluation, prefix),
            "wordings_in_english_for": sorted(
                {topic.language for topic in tree.root.walk()} - plan.wordings["scpt"].languages()
            ),
            "dropped": count_names(item.reason for item in [*earlier, *dropped]),
        },
    }


def with_steps(chunks: Iterable[Chunk], step: Callable[[], None]) -> Iterator[Chunk]:
    """Yield the chunks; call `step` when the samples of one are done."""
    for chunk in chunks:
        yield chunk
        step()
