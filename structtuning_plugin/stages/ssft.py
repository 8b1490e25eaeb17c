"""The samples of instruction tuning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin import __version__, artifacts
from structtuning_plugin.config import SsftConfig, SsftKind
from structtuning_plugin.errors import ConfigError
from structtuning_plugin.exercises.making import make_exercises
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.values import Fault
from structtuning_plugin.planning import Plan, config_of
from structtuning_plugin.qa import reading
from structtuning_plugin.qa.decontamination import Decontaminator
from structtuning_plugin.qa.linking import Link, Linker, Question
from structtuning_plugin.samples.holdout import hold_out
from structtuning_plugin.samples.shares import SizedSample, from_first, limit_shares
from structtuning_plugin.samples.ssft import SsftBuilder
from structtuning_plugin.stages.work import Work, counted, sizes
from structtuning_plugin.taxonomy.assemble import hang_chunks
from structtuning_plugin.taxonomy.extraction import run
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk, Document, Dropped, QAPair, SsftSample, Topic
from structtuning_plugin.walks.values import Reasoning, Walked
from structtuning_plugin.walks.walking import Walker
from structtuning_plugin.walks.writing import Desk, rewrite, write

# Walks where the user has few questions or none.
_LEAST_WALKS = 64


@dataclass(frozen=True)
class _Corpus:
    """The tree and its text."""

    tree: Tree
    documents: Sequence[Document]
    chunks: Sequence[Chunk]


@dataclass(frozen=True)
class _Given:
    """The user's questions that may be trained on, and what each of them is about."""

    pairs: Sequence[QAPair]
    links: Sequence[Link]
    holdout: Decontaminator
    held_out: int
    dropped: Sequence[Dropped]


@dataclass(frozen=True)
class _Made:
    """What the language model wrote."""

    reasoning: dict[str, Reasoning]
    walked: Sequence[Walked] = ()
    dropped: Sequence[Dropped] = ()
    faults: Sequence[Fault] = ()


def fill(work: Work, folder: Path) -> dict[str, Any]:
    """Writes the rows to train and to evaluate on."""
    plan = work.plan
    root, documents, chunks = plan.load_taxonomy()
    corpus = _Corpus(Tree(root, {document.id: document for document in documents}), documents, chunks)
    held = hold_out(corpus.tree, chunks, plan.block.eval, plan.seed)
    given = _gather(work, corpus)
    made = run(_ask(work, corpus, given))
    builder = _write(work, corpus, given, made)
    return _save(work, folder, corpus, given, made, builder, held)


def _gather(work: Work, corpus: _Corpus) -> _Given:
    """Reads the questions, takes out what is held out, and links the rest.

    Held-out sets must be read whole, whatever `on_error` says: a record that was skipped could be trained on.
    """
    plan = work.plan
    holdout, _ = reading.read(plan.questions.holdout, plan.questions.formats, "raise")
    pairs, dropped = reading.read(plan.questions.train, plan.questions.formats, plan.block.on_error)
    guard = Decontaminator(holdout)
    pairs, overlapping = guard.split(pairs)
    with work.progress.stage("linking questions", len(pairs)) as step:
        links = _linked(plan, corpus, pairs)
        for _ in pairs:
            step()
    return _Given(pairs, links, guard, len(holdout), [*dropped, *overlapping])


def _linked(plan: Plan, corpus: _Corpus, pairs: Sequence[QAPair]) -> list[Link]:
    if not pairs or not {"reasoned", "walk"} & set(_kinds(plan)):
        return [Link(pair_id=pair.id, chunk_ids=(), topic_ids=(), fit=0.0, reason="not_asked") for pair in pairs]
    settings = plan.block.ssft
    linker = Linker(corpus.tree, corpus.chunks, plan.retriever, settings.retriever_options, settings.passages, settings.least_fit)
    return linker.link(
        [
            Question(id=pair.id, text="\n".join([pair.question, *(text for _, text in pair.options)]), language=pair.language)
            for pair in pairs
        ]
    )


def _kinds(plan: Plan) -> tuple[SsftKind, ...]:
    return plan.block.ssft.sample_kinds(plan.block.llm is not None)


async def _ask(work: Work, corpus: _Corpus, given: _Given) -> _Made:
    async with work.session("ssft") as session:
        return await _asked(work, corpus, given, session) if session else _Made(reasoning={})


async def _asked(work: Work, corpus: _Corpus, given: _Given, session: Session) -> _Made:
    """What the block's model is asked: reasoning for given questions, and new questions."""
    plan, settings = work.plan, work.plan.block.ssft
    desk = Desk(
        session=session,
        model=plan.block.llm.model if plan.block.llm else "",
        prompts=plan.wordings["qa"],
        tree=corpus.tree,
        codec=work.codec,
        seed=plan.seed,
        is_held_out=_guard(given.holdout),
    )
    reasoning: dict[str, Reasoning] = {}
    if settings.rewrite and "reasoned" in _kinds(plan):
        chunks = {chunk.id: chunk for chunk in corpus.chunks}
        both = zip(given.pairs, given.links, strict=True)
        linked = [(pair, link) for pair, link in both if link.chunk_ids and _is_single(pair)]
        with work.progress.stage("asking for reasoning", len(linked)) as step:
            reasoning = await rewrite(
                desk, [pair for pair, _ in linked], [link for _, link in linked], chunks, plan.questions.formats, step
            )
    if "walk" not in _kinds(plan):
        return _Made(reasoning=reasoning, faults=session.faults)
    count = settings.walks.count or max(_LEAST_WALKS, len(given.pairs) // 2)
    walker = Walker(corpus.tree, corpus.chunks, settings.walks, count, plan.seed)
    examples = [pair for pair in given.pairs if _is_single(pair)]
    with work.progress.stage("writing questions from walks", len(walker.plan)) as step:
        walked, dropped = await write(desk, walker, examples, plan.questions.formats, settings.walks.judge, step)
    return _Made(reasoning=reasoning, walked=walked, dropped=dropped, faults=session.faults)


def _is_single(pair: QAPair) -> bool:
    return sum(turn.role == "user" for turn in pair.turns) <= 1


def _guard(holdout: Decontaminator) -> Callable[[str, str], str]:
    def is_held_out(text: str, language: str) -> str:
        found = holdout.overlap(text, language)
        return f"overlaps {found.holdout_id} ({found.how}, {found.score:.2f})" if found else ""

    return is_held_out


def _write(work: Work, corpus: _Corpus, given: _Given, made: _Made) -> SsftBuilder:
    plan, kinds = work.plan, _kinds(work.plan)
    if work.chat is None:
        raise ConfigError("Rows of `ssft` need a chat: give `build` one, or set `ssft.format: plain`.")
    builder = SsftBuilder(
        tree=corpus.tree,
        questions=plan.wordings["qa"],
        answers=plan.wordings["ssft"],
        settings=plan.block.ssft,
        formats=dict(plan.questions.formats),
        chat=work.chat,
        sequence_len=plan.host.sequence_len,
        seed=plan.seed,
        is_held_out=_guard(given.holdout) if given.held_out else lambda *_: "",
    )
    if "answer" in kinds:
        builder.add_answers(given.pairs)
    if "reasoned" in kinds:
        builder.add_reasoned(given.pairs, given.links, made.reasoning)
    if "structure" in kinds:
        builder.add_structure()
    if "exercise" in kinds:
        with work.progress.stage("making exercises", len({chunk.topic_id for chunk in corpus.chunks})) as step:
            for found in make_exercises(corpus.tree, corpus.documents, corpus.chunks, plan.block.ssft.exercises, plan.seed):
                builder.add_exercises(found)
                step()
    builder.add_walks(made.walked)
    return builder


def _save(
    work: Work, folder: Path, corpus: _Corpus, given: _Given, made: _Made, builder: SsftBuilder, held: frozenset[str]
) -> dict[str, Any]:
    plan = work.plan
    train, evaluation, aside = _part(builder.rows, held)
    train = from_first(train, "exercise")
    train, over_share = limit_shares(
        train, _shares(plan.block.ssft, train), always_first=frozenset({"exercise"}), seed=plan.seed, stage="ssft"
    )
    if not train:
        raise ConfigError(
            "The stage `ssft` has no row to train on: give questions in `ssft.qa`, or a kind of `ssft.kinds` that is made from "
            "the corpus (`structure`, `exercise`), or raise `sequence_len`."
        )
    save = artifacts.save_conversations if plan.block.ssft.format == "chat" else _plain(work)
    save(folder / "train", train)
    if plan.block.eval:
        save(folder / "eval", evaluation)
    artifacts.save_questions(folder, given.pairs, given.links)
    artifacts.save_faults(folder, made.faults)
    dropped = [*given.dropped, *made.dropped, *builder.dropped, *aside, *over_share]
    earlier = artifacts.load_dropped(plan.folder("documents"))
    artifacts.save_dropped(folder, [*earlier, *dropped])
    return {
        "version": __version__,
        "config": config_of(plan),
        "built_from": {stage: plan.keys[stage] for stage in ("documents", "taxonomy")},
        "counts": {
            "train": sizes(train, 0),
            "eval": sizes(evaluation, 0),
            "questions": len(given.pairs),
            "linked": sum(bool(link.topic_ids) for link in given.links),
            "held_out_questions": given.held_out,
            "removed_for_holdout": sum(item.reason == "holdout" for item in dropped),
            "shapes_of_walks": counted(walked.shape for walked in made.walked),
            "walks_per_chapter": _per_chapter(corpus.tree, made.walked),
            "llm_faults": counted(f"{fault.reason}, {fault.outcome}" for fault in made.faults),
            "wordings_in_english_for": _in_english(plan, train),
            "dropped": counted(item.reason for item in [*earlier, *dropped]),
        },
    }


def _plain(work: Work) -> Callable[[Path, Sequence[SizedSample]], None]:
    from structtuning_plugin.samples.plain import PlainChat

    chat = PlainChat(work.codec, work.plan.wordings["qa"])
    return lambda folder, rows: artifacts.save_plain(folder, rows, chat.flatten)


def _shares(settings: SsftConfig, rows: Sequence[SizedSample]) -> dict[str, float]:
    """Shares are of a whole that the user's own questions are part of; without any there is nothing to be drowned."""
    shares: dict[str, float] = dict(settings.greatest_shares.items())
    return shares if any(row.sample.kind not in shares for row in rows) else {}


def _part(rows: Sequence[SizedSample], held: frozenset[str]) -> tuple[list[SizedSample], list[SizedSample], list[Dropped]]:
    """Rows to train on, exercises on held-out topics to evaluate on, and what else is made of these, which goes nowhere."""
    train, evaluation, dropped = [], [], []
    for row in rows:
        assert isinstance(row.sample, SsftSample)
        if row.sample.kind in ("answer", "reasoned") or not held & set(row.sample.topic_ids):
            train.append(row)
        elif row.sample.kind == "exercise" and held >= set(row.sample.topic_ids):
            evaluation.append(row)
        else:
            dropped.append(
                Dropped(stage="ssft", id=row.sample.id, reason="held_out", detail="it speaks of a topic held out for evaluation")
            )
    return train, evaluation, dropped


def _per_chapter(tree: Tree, walked: Sequence[Walked]) -> dict[str, int]:
    """How many questions from walks rest on each chapter, by its path."""
    chapters = [
        {" > ".join(tree.path_titles(tree.chapter(tree.topics[topic_id]))) for topic_id in found.topic_ids} for found in walked
    ]
    return counted(path for found in chapters for path in found)


def _in_english(plan: Plan, rows: Sequence[SizedSample]) -> list[str]:
    languages = {row.sample.language for row in rows if isinstance(row.sample, SsftSample)}
    return sorted(languages - (plan.wordings["qa"].languages() & plan.wordings["ssft"].languages()))


async def rehearse(work: Work, documents: Sequence[Document], root: Topic, session: Session) -> None:
    """Asks what a build would ask, of a session that only counts."""
    tree_root, chunks = hang_chunks(root, documents, work.budget.chunk, work.codec)
    corpus = _Corpus(Tree(tree_root, {document.id: document for document in documents}), documents, chunks)
    await _asked(work, corpus, _gather(work, corpus), session)
