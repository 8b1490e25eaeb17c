"""The samples of continual pre-training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names, count_rows
from structtuning_plugin.build.coverage import FactCounter, describe, save_facts
from structtuning_plugin.build.held_out import split_tree
from structtuning_plugin.build.plan import Plan, config_of
from structtuning_plugin.build.stages.replay import replay_texts
from structtuning_plugin.core.types import Chunk, Dropped, SizedSample
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.exclusion.holdout import hold_out
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.generate import ask_facts
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.samples.scpt import ScptBuilder, ScptContext
from structtuning_plugin.samples.selection import draft_samples, knowledge_topics
from structtuning_plugin.samples.shares import divide_rows, limit_shares, limit_tokens


def build_scpt(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Write the rows to train and to evaluate on; return their manifest."""
    plan, kinds = context.plan, context.plan.selected("scpt")
    tree, _, chunks = context.corpus
    held_out = hold_out(tree, chunks, plan.block.eval, plan.seed)
    samples = ScptContext(
        tree=tree,
        chunks=chunks,
        wordings=plan.wordings["scpt"],
        settings=plan.block.scpt,
        budget=context.budget,
        codec=context.codec,
        seed=plan.seed,
        load_index=None if plan.block.scpt.is_published else lambda: context.index,
        questions=plan.wordings["qa"],
    )
    exercises: dict[str, Exercise] = {}
    builder = ScptBuilder(context=samples)
    with context.progress.stage("writing samples", len(chunks)) as step:
        units: dict[Source, Iterable[Any]] = {
            "chunk": with_steps(chunks, step),
            "topic": knowledge_topics(tree),
            "study": [plan.load_forms("scpt")],
            "exercises": _exercises(context, exercises),
        }
        for kind, drafts in draft_samples(kinds.kinds, units, samples):
            builder.add(kind, drafts)
    train, evaluation, not_used = divide_rows(builder.rows, held_out, kinds, "scpt")
    train, over_budget = _limit_questions(plan, train)
    train, over_share = limit_shares(
        train, kinds.shares, always_first=kinds.keeping_first(), seed=plan.seed, stage="scpt"
    )
    replayed, not_replayed = replay_texts(context, train)
    train += replayed
    dropped = [*builder.dropped, *not_used, *over_budget, *over_share, *not_replayed]

    artifacts.save_rows(folder / "train", train)
    if plan.block.eval:
        artifacts.save_rows(folder / "eval", evaluation)
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    prefix = context.budget.specials - 1
    facts = {}
    if samples.load_index is not None:
        uses = {kind.name: kind.use for kind in kinds.kinds}
        counts = FactCounter(index=context.index, uses=uses, exercises=exercises).count(train)
        save_facts(folder, counts)
        facts = {"facts": {"sentences": context.index.sentence_count, **describe(counts)}}
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": plan.sources,
        "counts": {
            "train": count_rows(train, prefix),
            "eval": count_rows(evaluation, prefix),
            "wordings_in_english_for": sorted(
                {topic.language for topic in tree.root.walk()} - plan.wordings["scpt"].languages()
            ),
            "dropped": count_names(item.reason for item in [*earlier, *dropped]),
            **facts,
        },
    }


def _exercises(context: BuildContext, exercises: dict[str, Exercise]) -> Iterator[list[Exercise]]:
    """Yield the exercises of each topic that may be trained on; collect them by id."""
    plan = context.plan
    corpus = split_tree(plan, *context.corpus)
    holdout, _ = reading.read(plan.questions.holdout, plan.questions.formats, "raise")
    decontaminator = Decontaminator(holdout)
    settings = plan.block.ssft
    for row in ask_facts(
        context.index, settings.exercises, plan.seed, settings.forms_per_fact, corpus.excluded
    ):
        own = [
            exercise
            for exercise in row
            if corpus.probed.isdisjoint(topic.id for topic in exercise.places)
            and not (holdout and _overlaps(decontaminator, exercise))
        ]
        exercises.update({exercise.id: exercise for exercise in own})
        yield own


def _overlaps(decontaminator: Decontaminator, exercise: Exercise) -> bool:
    text = "\n".join((exercise.term, exercise.text, exercise.answer))
    return decontaminator.overlap(text, exercise.asked.language) is not None


def _limit_questions(
    plan: Plan, rows: Sequence[SizedSample]
) -> tuple[list[SizedSample], list[Dropped]]:
    """Keep as many tokens of questions as the block wants for each token of the passages."""
    ratio = plan.block.scpt.questions
    if not ratio:
        return list(rows), []
    passages = sum(row.trained for row in rows if row.sample.kind == "passage")
    return limit_tokens(rows, "question", round(ratio * passages), plan.seed, "scpt")


def with_steps(chunks: Iterable[Chunk], step: Callable[[], None]) -> Iterator[Chunk]:
    """Yield the chunks; call `step` when the samples of one are done."""
    for chunk in chunks:
        yield chunk
        step()
