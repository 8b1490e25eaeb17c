"""The tree and its text, what of it is held out, and what is kept for probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.work import Work
from structtuning_plugin.core.types import Chunk, Document, Dropped, QAPair, SizedSample, Topic
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.exclusion.holdout import hold_out
from structtuning_plugin.questions.exclusion.probes import Keeper
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.linking import Link, Linker, Question
from structtuning_plugin.questions.probes.files import Probe
from structtuning_plugin.questions.probes.generate import make_probes
from structtuning_plugin.questions.probes.points import hold_points
from structtuning_plugin.questions.walks.prompts import Reasoning, Walked
from structtuning_plugin.questions.walks.walking import Walker
from structtuning_plugin.questions.walks.writing import Desk, rewrite, write
from structtuning_plugin.taxonomy.tree import Tree


@dataclass(frozen=True)
class Corpus:
    """`held` are the ids of the topics whose text is held out for evaluation, `probed` of those kept for probes."""

    tree: Tree
    documents: Sequence[Document]
    chunks: Sequence[Chunk]
    held: frozenset[str]
    probed: frozenset[str] = frozenset()

    @property
    def open_chunks(self) -> list[Chunk]:
        """The chunks that may be trained on."""
        aside = self.held | self.probed
        return [chunk for chunk in self.chunks if chunk.topic_id not in aside]


def corpus_of(
    plan: Plan, root: Topic, documents: Sequence[Document], chunks: Sequence[Chunk]
) -> Corpus:
    """The corpus with what the block holds out of it.

    Raises:
        ConfigError: there is too little of it for that.
    """
    tree = Tree(root, {document.id: document for document in documents})
    held = hold_out(tree, chunks, plan.block.eval, plan.seed)
    return Corpus(
        tree, documents, chunks, held, hold_points(tree, chunks, plan.block.probes, held, plan.seed)
    )


def kinds_of(plan: Plan) -> tuple[str, ...]:
    """Return the names of the kinds that the stage builds."""
    return plan.selected("ssft").names


# --- The user's questions: read, cleared of what is held out, and linked to the tree.


@dataclass(frozen=True)
class Given:
    """The user's questions that may be trained on, and what each of them is about; `held_out` counts the others."""

    pairs: Sequence[QAPair]
    links: Sequence[Link]
    holdout: Decontaminator
    held_out: int
    dropped: Sequence[Dropped]

    def overlap(self, text: str, language: str) -> str:
        """Which held-out question a text overlaps, and how; empty for none."""
        found = self.holdout.overlap(text, language) if self.held_out else None
        return f"overlaps {found.holdout_id} ({found.how}, {found.score:.2f})" if found else ""


def gather(work: Work, corpus: Corpus) -> Given:
    """The block's questions.

    Held-out sets must be read whole, whatever `on_error` says: a record that was skipped could be trained on.

    Raises:
        CorpusError: a set cannot be read, or a record of it with `on_error: raise`.
        ConfigError: no format fits a set.
    """
    plan = work.plan
    holdout, _ = reading.read(plan.questions.holdout, plan.questions.formats, "raise")
    pairs, dropped = reading.read(plan.questions.train, plan.questions.formats, plan.block.on_error)
    guard = Decontaminator(holdout)
    pairs, overlapping = guard.split(pairs)
    if pairs:
        work.progress.say(f"linking questions: {len(pairs)}")
    return Given(pairs, _linked(plan, corpus, pairs), guard, len(holdout), [*dropped, *overlapping])


def _linked(plan: Plan, corpus: Corpus, pairs: Sequence[QAPair]) -> list[Link]:
    if not pairs or "reasoned" not in kinds_of(plan):
        return [Link(pair_id=pair.id, chunk_ids=(), topic_ids=(), fit=0.0) for pair in pairs]
    settings = plan.block.ssft
    linker = Linker(
        corpus.tree,
        corpus.chunks,
        plan.retriever,
        settings.retriever_options,
        settings.passages,
        settings.least_fit,
    )
    return linker.link(
        [Question(id=pair.id, text=_searched(pair), language=pair.language) for pair in pairs]
    )


def _searched(pair: QAPair) -> str:
    """The question with its options; classes that all questions of a set share tell nothing."""
    return "\n".join([pair.question, *(text for _, text in pair.options if pair.correct)])


# --- What the block's language model is asked: reasoning for given questions, and new questions.

# Walks where the user has few questions or none.
_LEAST_WALKS = 64


@dataclass(frozen=True)
class Made:
    """What the language model wrote; nothing without one."""

    reasoning: dict[str, Reasoning]
    walked: Sequence[Walked] = ()
    dropped: Sequence[Dropped] = ()
    faults: Sequence[Fault] = ()


async def ask(work: Work, corpus: Corpus, given: Given) -> Made:
    """The answers of the block's model, if it has one.

    Raises:
        LLMError: the server is dead or refuses us, or the budget is spent; everything answered is kept.
    """
    async with work.session("ssft") as session:
        return await asked(work, corpus, given, session) if session else Made(reasoning={})


async def asked(work: Work, corpus: Corpus, given: Given, session: Session) -> Made:
    """The answers of a session."""
    desk = Desk(
        session=session,
        model=work.plan.block.llm.model if work.plan.block.llm else "",
        prompts=work.plan.wordings["qa"],
        tree=corpus.tree,
        codec=work.codec,
        seed=work.plan.seed,
        is_held_out=given.overlap,
    )
    reasoning = await _reasoning(work, corpus, given, desk)
    walked, dropped = await _walked(work, corpus, given, desk)
    return Made(reasoning=reasoning, walked=walked, dropped=dropped, faults=session.faults)


async def _reasoning(work: Work, corpus: Corpus, given: Given, desk: Desk) -> dict[str, Reasoning]:
    """Of linked questions whose passages may be trained on: what is held out must not come back in other words."""
    plan = work.plan
    if not plan.block.ssft.rewrite or "reasoned" not in kinds_of(plan):
        return {}
    chunks = {chunk.id: chunk for chunk in corpus.open_chunks}
    both = zip(given.pairs, given.links, strict=True)
    linked = [
        (pair, link)
        for pair, link in both
        if link.chunk_ids and chunks.keys() >= set(link.chunk_ids) and _is_single(pair)
    ]
    with work.progress.stage("asking for reasoning", len(linked)) as step:
        return await rewrite(
            desk,
            [pair for pair, _ in linked],
            [link for _, link in linked],
            chunks,
            plan.questions.formats,
            step,
        )


async def _walked(
    work: Work, corpus: Corpus, given: Given, desk: Desk
) -> tuple[list[Walked], list[Dropped]]:
    plan = work.plan
    if "walk" not in kinds_of(plan):
        return [], []
    settings = plan.block.ssft.walks
    count = settings.count or max(_LEAST_WALKS, len(given.pairs) // 2)
    walker = Walker(corpus.tree, corpus.open_chunks, settings, count, plan.seed)
    if not walker.plan:
        detail = "no knowledge point has text to walk to: the tree has numbered parts only"
        return [], [Dropped(stage="ssft", id="walk", reason="no_passage", detail=detail)]
    examples = [pair for pair in given.pairs if _is_single(pair)]
    with work.progress.stage("writing questions from walks", len(walker.plan)) as step:
        return await write(desk, walker, examples, plan.questions.formats, settings.judge, step)


def _is_single(pair: QAPair) -> bool:
    return sum(turn.role == "user" for turn in pair.turns) <= 1


# --- What is kept for probes: the probes themselves, and the rows that may still be trained on.


def probes_of(plan: Plan, corpus: Corpus) -> list[Probe]:
    """The block's probes; none if it wants none. They do not depend on any stage's samples."""
    if plan.block.probes is None:
        return []
    return make_probes(
        corpus.tree,
        corpus.documents,
        corpus.chunks,
        plan.wordings["qa"],
        plan.block.probes,
        corpus.probed,
        corpus.held,
        plan.seed,
    )


def without_probed(
    plan: Plan, corpus: Corpus, rows: Sequence[SizedSample]
) -> tuple[list[SizedSample], list[Dropped]]:
    """The rows that neither speak of a probed point nor repeat a probe, and those left out."""
    if plan.block.probes is None:
        return list(rows), []
    return Keeper(corpus.tree, corpus.probed, probes_of(plan, corpus)).part(rows)
