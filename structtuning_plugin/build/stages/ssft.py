"""The samples of instruction tuning: questions, replies of the `llm` if there is one, rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.context import BuildContext, count_names, count_rows
from structtuning_plugin.build.coverage import FactCounter, describe, save_facts
from structtuning_plugin.build.held_out import SplitCorpus, drop_probed, split_corpus, split_tree
from structtuning_plugin.build.plan import Plan, config_of
from structtuning_plugin.build.stages.questions import (
    Generated,
    UserQuestions,
    generate,
    generate_in,
    load_user_questions,
)
from structtuning_plugin.build.stages.replay import replay_conversations
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, Dropped, SizedSample, SsftSample, Topic
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.llm.session import Session
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.generate import ask_facts
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.samples.plain_chat import PlainChat
from structtuning_plugin.samples.selection import draft_samples, knowledge_topics
from structtuning_plugin.samples.shares import (
    divide_rows,
    from_first,
    limit_shares,
    limit_tokens,
)
from structtuning_plugin.samples.ssft import LinkedQuestion, SsftBuilder, SsftContext
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree


def build_ssft(context: BuildContext, folder: Path) -> dict[str, Any]:
    """Write the rows to train and to evaluate on; return their manifest.

    Raises:
        ConfigError: If there is no chat to write conversations for, or no row.
        CorpusError: If a set of questions cannot be read.
        LLMError: If the server of the block's `llm` cannot be asked any more.
    """
    plan = context.plan
    corpus = split_tree(plan, *context.corpus)
    questions = load_user_questions(context, corpus)
    generated = run(generate(context, corpus, questions))
    exercises: dict[str, Exercise] = {}
    builder = _build_samples(context, corpus, questions, generated, exercises)
    train, evaluation, dropped = _select_rows(plan, corpus, builder.rows)
    replayed, not_replayed = replay_conversations(context, train, questions.overlap)
    train += replayed
    dropped = [
        *(*questions.dropped, *generated.dropped, *builder.dropped),
        *(*dropped, *not_replayed),
    ]
    save = _save_plain(context)
    if plan.block.ssft.format == "chat":
        save = artifacts.save_conversations
    save(folder / "train", train)
    if plan.block.eval:
        save(folder / "eval", evaluation)
    artifacts.save_questions(folder, questions.pairs, questions.links)
    artifacts.save_faults(folder, generated.faults)
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    faults = generated.faults
    facts = {}
    if not plan.block.ssft.is_published:
        uses = {kind.name: kind.use for kind in plan.selected("ssft").kinds}
        counts = FactCounter(index=context.index, uses=uses, exercises=exercises).count(train)
        save_facts(folder, counts)
        facts = {"facts": {"sentences": context.index.sentence_count, **describe(counts)}}
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": plan.sources,
        "counts": {
            "train": count_rows(train, 0),
            "eval": count_rows(evaluation, 0),
            "questions": len(questions.pairs),
            "linked": sum(bool(link.topic_ids) for link in questions.links),
            "held_out_questions": questions.held_out_count,
            "removed_for_holdout": sum(item.reason == "holdout" for item in dropped),
            "shapes_of_walks": count_names(walk.shape for walk in generated.walks),
            "walks_per_chapter": _count_chapters(corpus.tree, generated.walks),
            "llm_faults": count_names(f"{fault.reason}, {fault.outcome}" for fault in faults),
            "wordings_in_english_for": _languages_in_english(plan, train),
            "dropped": count_names(item.reason for item in [*earlier, *dropped]),
            **facts,
        },
    }


async def rehearse_ssft(
    context: BuildContext, documents: Sequence[Document], root: Topic, session: Session
) -> None:
    """Ask what a build would ask, in a session that only counts.

    Raises:
        StructTuningError: If the build could not come so far either.
    """
    tree, chunks = hang_chunks(root, documents, context.budget.chunk, context.codec)
    corpus = split_corpus(context.plan, tree, documents, chunks)
    await generate_in(session, context, corpus, load_user_questions(context, corpus))


def _build_samples(
    context: BuildContext,
    corpus: SplitCorpus,
    questions: UserQuestions,
    generated: Generated,
    exercises: dict[str, Exercise],
) -> SsftBuilder:
    plan = context.plan
    if context.chat is None:
        raise ConfigError(
            "Rows of `ssft` need a chat: give `build` one, or set `ssft.format: plain`."
        )
    samples = SsftContext(
        tree=corpus.tree,
        questions=plan.wordings["qa"],
        answers=plan.wordings["ssft"],
        settings=plan.block.ssft,
        formats=plan.questions.formats,
        seed=plan.seed,
        chunks=corpus.trainable_chunks,
        load_index=None if plan.block.ssft.is_published else lambda: context.index,
    )
    builder = SsftBuilder(
        context=samples,
        chat=context.chat,
        sequence_len=plan.facts.sequence_len,
        is_held_out=questions.overlap,
    )
    linked = [
        LinkedQuestion(pair=pair, link=link, reasoning=generated.reasoning.get(pair.id))
        for pair, link in zip(questions.pairs, questions.links, strict=True)
    ]
    units: dict[Source, Iterable[Any]] = {
        "questions": [questions.pairs],
        "linked_questions": [linked],
        "topic": knowledge_topics(corpus.tree),
        "exercises": _exercises(context, corpus.excluded, exercises),
        "walks": [generated.walks],
        "study": [plan.load_forms("ssft")],
    }
    for kind, drafts in draft_samples(plan.selected("ssft").kinds, units, samples):
        builder.add(kind, drafts)
    return builder


def _exercises(
    context: BuildContext, excluded: frozenset[str], exercises: dict[str, Exercise]
) -> Iterator[list[Exercise]]:
    """Yield the exercises of each topic, without words of `excluded` ones; collect them by id."""
    plan, settings = context.plan, context.plan.block.ssft
    with context.progress.stage("making exercises", len(context.index.points)) as step:
        for row in ask_facts(
            context.index, settings.exercises, plan.seed, settings.forms_per_fact, excluded
        ):
            exercises.update({exercise.id: exercise for exercise in row})
            yield row
            step()


def _select_rows(
    plan: Plan, corpus: SplitCorpus, rows: Sequence[SizedSample]
) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Return the rows to train on, the rows to evaluate on, and what is dropped."""
    kinds = plan.selected("ssft")
    train, evaluation, not_used = divide_rows(rows, corpus.held_out, kinds, "ssft")
    train, probed = drop_probed(plan, corpus, train)
    for name in kinds.keeping_first():
        train = from_first(train, name)
    budget = plan.block.ssft.exercise_tokens or sum(chunk.tokens for chunk in corpus.chunks)
    train, over_budget = limit_tokens(train, "exercise", budget, plan.seed, "ssft")
    # Shares are of a whole that the user's own questions are part of; without any of these there is
    # nothing that other kinds could drown.
    own = {k.name for k in kinds.kinds if k.name not in kinds.shares and k.source != "study"}
    has_own = any(row.sample.kind in own for row in train)
    train, over_share = limit_shares(
        train,
        kinds.shares if has_own else {},
        always_first=kinds.keeping_first(),
        seed=plan.seed,
        stage="ssft",
    )
    if not train:
        raise ConfigError(
            "The stage `ssft` has no row to train on: give questions in `ssft.qa`, or a kind of "
            "`ssft.kinds` that is made from the corpus (`structure`, `exercise`), or raise "
            "`sequence_len`."
        )
    if plan.block.eval and not evaluation:  # Axolotl cannot load a dataset without rows
        raise ConfigError(
            "`eval` holds topics out, but the stage `ssft` has no exercise on any of them to "
            "evaluate on: keep `exercise` among `ssft.kinds`, raise `eval.share`, or leave `eval:` "
            "out."
        )
    return train, evaluation, [*not_used, *probed, *over_budget, *over_share]


def _save_plain(context: BuildContext) -> Callable[[Path, Sequence[SizedSample]], None]:
    chat = PlainChat(context.codec, context.plan.wordings["qa"])
    return lambda folder, rows: artifacts.save_plain(folder, rows, chat.flatten)


def _count_chapters(tree: Tree, walks: Sequence[WalkQuestion]) -> dict[str, int]:
    """Count the questions from walks that rest on each chapter, by the chapter's path."""
    paths: list[str] = []
    for walk in walks:
        chapters = [tree.chapter(tree.topics[topic_id]) for topic_id in walk.topic_ids]
        paths += {PATH_JOINT.join(tree.path_titles(chapter)) for chapter in chapters}
    return count_names(paths)


def _languages_in_english(plan: Plan, rows: Sequence[SizedSample]) -> list[str]:
    """List the languages of rows that have no wordings of their own."""
    languages = {row.sample.language for row in rows if isinstance(row.sample, SsftSample)}
    return sorted(languages - (plan.wordings["qa"].languages() & plan.wordings["ssft"].languages()))
