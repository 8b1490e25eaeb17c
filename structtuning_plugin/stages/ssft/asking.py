"""What the block's language model is asked: reasoning for given questions, and new questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.values import Fault
from structtuning_plugin.stages.ssft.corpus import Corpus, kinds_of
from structtuning_plugin.stages.ssft.gathering import Given
from structtuning_plugin.stages.work import Work
from structtuning_plugin.types import Dropped, QAPair
from structtuning_plugin.walks.values import Reasoning, Walked
from structtuning_plugin.walks.walking import Walker
from structtuning_plugin.walks.writing import Desk, rewrite, write

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
    linked = [(pair, link) for pair, link in both if link.chunk_ids and chunks.keys() >= set(link.chunk_ids) and _is_single(pair)]
    with work.progress.stage("asking for reasoning", len(linked)) as step:
        return await rewrite(
            desk, [pair for pair, _ in linked], [link for _, link in linked], chunks, plan.questions.formats, step
        )


async def _walked(work: Work, corpus: Corpus, given: Given, desk: Desk) -> tuple[list[Walked], list[Dropped]]:
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
