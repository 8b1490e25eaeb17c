"""The samples of instruction tuning: gathering -> asking (if there is a model) -> rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__
from structtuning_plugin.build import artifacts
from structtuning_plugin.build.counts import count_names, count_rows
from structtuning_plugin.build.plan import Plan, config_of
from structtuning_plugin.build.stages.ssft_inputs import (
    Corpus,
    Given,
    Made,
    ask,
    asked,
    corpus_of,
    gather,
    kinds_of,
    without_probed,
)
from structtuning_plugin.build.work import Work
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, SizedSample, SsftSample, Topic
from structtuning_plugin.llm.session import Session
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.walks.prompts import Walked
from structtuning_plugin.samples.plain_chat import PlainChat
from structtuning_plugin.samples.shares import divide_rows, from_first, limit_shares
from structtuning_plugin.samples.ssft import SsftBuilder
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

# --- Rows to train and to evaluate on, and what their manifest says.


def write(work: Work, corpus: Corpus, given: Given, made: Made) -> SsftBuilder:
    """The samples of every kind that the block wants.

    Raises:
        ConfigError: there is no chat to write them for.
    """
    plan, kinds = work.plan, kinds_of(work.plan)
    if work.chat is None:
        raise ConfigError(
            "Rows of `ssft` need a chat: give `build` one, or set `ssft.format: plain`."
        )
    builder = SsftBuilder(
        tree=corpus.tree,
        questions=plan.wordings["qa"],
        answers=plan.wordings["ssft"],
        settings=plan.block.ssft,
        formats=dict(plan.questions.formats),
        chat=work.chat,
        sequence_len=plan.host.sequence_len,
        seed=plan.seed,
        is_held_out=given.overlap,
    )
    if "answer" in kinds:
        builder.add_answers(given.pairs)
    if "reasoned" in kinds:
        builder.add_reasoned(given.pairs, given.links, made.reasoning)
    if "structure" in kinds:
        builder.add_structure()
    if "exercise" in kinds:
        with work.progress.stage(
            "making exercises", len({chunk.topic_id for chunk in corpus.chunks})
        ) as step:
            for found in make_exercises(
                corpus.tree, corpus.documents, corpus.chunks, plan.block.ssft.exercises, plan.seed
            ):
                builder.add_exercises(found)
                step()
    builder.add_walks(made.walked)
    return builder


def save(
    work: Work, folder: Path, corpus: Corpus, given: Given, made: Made, builder: SsftBuilder
) -> dict[str, Any]:
    """Writes them, and says what the manifest shall say.

    Raises:
        ConfigError: there is nothing to train on, or to evaluate on where the block asks for that.
    """
    plan = work.plan
    kinds = plan.selected("ssft")
    train, evaluation, aside = divide_rows(builder.rows, corpus.held, kinds, "ssft")
    train, probed = without_probed(plan, corpus, train)
    for kind in kinds.keeping_first():
        train = from_first(train, kind)
    # Shares are of a whole that the user's own questions are part of; without any of these there is
    # nothing to be drowned.
    has_own = any(row.sample.kind not in kinds.shares for row in train)
    train, over_share = limit_shares(
        train,
        kinds.shares if has_own else {},
        always_first=kinds.keeping_first(),
        seed=plan.seed,
        stage="ssft",
    )
    if not train:
        raise ConfigError(
            "The stage `ssft` has no row to train on: give questions in `ssft.qa`, or a kind of `ssft.kinds` that is made from "
            "the corpus (`structure`, `exercise`), or raise `sequence_len`."
        )
    if plan.block.eval and not evaluation:  # Axolotl cannot load a dataset without rows
        raise ConfigError(
            "`eval` holds topics out, but the stage `ssft` has no exercise on any of them to evaluate on: keep `exercise` among "
            "`ssft.kinds`, raise `eval.share`, or leave `eval:` out."
        )
    write_to = artifacts.save_conversations if plan.block.ssft.format == "chat" else _plain(work)
    write_to(folder / "train", train)
    if plan.block.eval:
        write_to(folder / "eval", evaluation)
    artifacts.save_questions(folder, given.pairs, given.links)
    artifacts.save_faults(folder, made.faults)
    dropped = [*given.dropped, *made.dropped, *builder.dropped, *aside, *probed, *over_share]
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": {stage: plan.keys[stage] for stage in ("documents", "taxonomy")},
        "counts": {
            "train": count_rows(train, 0),
            "eval": count_rows(evaluation, 0),
            "questions": len(given.pairs),
            "linked": sum(bool(link.topic_ids) for link in given.links),
            "held_out_questions": given.held_out,
            "removed_for_holdout": sum(item.reason == "holdout" for item in dropped),
            "shapes_of_walks": count_names(walked.shape for walked in made.walked),
            "walks_per_chapter": _per_chapter(corpus.tree, made.walked),
            "llm_faults": count_names(f"{fault.reason}, {fault.outcome}" for fault in made.faults),
            "wordings_in_english_for": _in_english(plan, train),
            "dropped": count_names(item.reason for item in [*earlier, *dropped]),
        },
    }


def _plain(work: Work) -> Callable[[Path, Sequence[SizedSample]], None]:
    chat = PlainChat(work.codec, work.plan.wordings["qa"])
    return lambda folder, rows: artifacts.save_plain(folder, rows, chat.flatten)


def _per_chapter(tree: Tree, walked: Sequence[Walked]) -> dict[str, int]:
    """How many questions from walks rest on each chapter, by its path."""
    chapters = [
        {
            PATH_JOINT.join(tree.path_titles(tree.chapter(tree.topics[topic_id])))
            for topic_id in found.topic_ids
        }
        for found in walked
    ]
    return count_names(path for found in chapters for path in found)


def _in_english(plan: Plan, rows: Sequence[SizedSample]) -> list[str]:
    languages = {row.sample.language for row in rows if isinstance(row.sample, SsftSample)}
    return sorted(languages - (plan.wordings["qa"].languages() & plan.wordings["ssft"].languages()))


def fill(work: Work, folder: Path) -> dict[str, Any]:
    """Writes the rows to train and to evaluate on."""
    corpus = corpus_of(work.plan, *work.plan.load_taxonomy())
    given = gather(work, corpus)
    made = run(ask(work, corpus, given))
    return save(work, folder, corpus, given, made, write(work, corpus, given, made))


async def rehearse(
    work: Work, documents: Sequence[Document], root: Topic, session: Session
) -> None:
    """Asks what a build would ask, of a session that only counts."""
    tree, chunks = hang_chunks(root, documents, work.budget.chunk, work.codec)
    corpus = corpus_of(work.plan, tree, documents, chunks)
    await asked(work, corpus, gather(work, corpus), session)
