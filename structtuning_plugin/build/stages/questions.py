"""Questions for instruction tuning: the user's own, and what the block's `llm` writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structtuning_plugin.build.held_out import SplitCorpus
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.hookspecs import Source
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Fault
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.files.held_out import HeldOutQuestions
from structtuning_plugin.questions.linking import Link, Linker, Question
from structtuning_plugin.questions.walks.prompts import Reasoning, WalkQuestion
from structtuning_plugin.questions.walks.walking import Walker
from structtuning_plugin.questions.walks.writing import QuestionContext, rewrite, write

if TYPE_CHECKING:
    from structtuning_plugin.build.context import BuildContext

# Walks where the user has few questions or none.
_FEWEST_WALKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuestions:
    """The user's questions that may be trained on.

    Args:
        pairs: Questions, in the order of the files.
        links: The passages that each of them is about.
        holdout: Knows the held-out questions.
        held_out_count: Number of held-out questions.
        dropped: Records that cannot be read or that overlap a held-out question.
    """

    pairs: Sequence[QAPair]
    links: Sequence[Link]
    holdout: Decontaminator
    held_out_count: int
    dropped: Sequence[Dropped]

    def overlap(self, text: str, language: str) -> str:
        """Describe the held-out question that a text overlaps, and how; empty if there is none."""
        held_out = HeldOutQuestions(decontaminator=self.holdout, count=self.held_out_count)
        return held_out.overlap(text, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """Replies of the block's `llm`; empty without one.

    Args:
        reasoning: Reasoning for the user's questions, by the question's id.
        walks: New questions from walks over the tree.
        dropped: Walks without a usable question.
        faults: Replies that could not be used as they came.
    """

    reasoning: Mapping[str, Reasoning] = field(default_factory=dict)
    walks: Sequence[WalkQuestion] = ()
    dropped: Sequence[Dropped] = ()
    faults: Sequence[Fault] = ()


def load_user_questions(context: BuildContext, corpus: SplitCorpus) -> UserQuestions:
    """Load the block's questions, drop those that overlap a held-out one, and link the others.

    Held-out sets must be read whole, also with `on_error: skip`: a record that is skipped could be
    trained on.

    Raises:
        CorpusError: If a set cannot be read, or a record of it with `on_error: raise`.
        ConfigError: If no format fits a set.
    """
    plan = context.plan
    formats = plan.questions.formats
    say = context.progress.say
    holdout, _ = reading.read(plan.questions.holdout, formats, "raise", say)
    pairs, unreadable = reading.read(plan.questions.train, formats, plan.block.on_error, say)
    decontaminator = Decontaminator(holdout)
    pairs, overlapping = decontaminator.split(pairs)
    if pairs:
        context.progress.say(f"linking questions: {len(pairs)}")
    return UserQuestions(
        pairs=pairs,
        links=_link(plan, corpus, pairs),
        holdout=decontaminator,
        held_out_count=len(holdout),
        dropped=[*unreadable, *overlapping],
    )


async def generate(
    context: BuildContext, corpus: SplitCorpus, questions: UserQuestions
) -> Generated:
    """Ask the block's `llm`, if there is one, for reasoning and for new questions.

    Raises:
        LLMError: If the server is dead or refuses us, or the budget is spent; replies stay cached.
    """
    async with context.session("ssft") as session:
        if session is None:
            return Generated()
        return await generate_in(session, context, corpus, questions)


async def generate_in(
    session: Session, context: BuildContext, corpus: SplitCorpus, questions: UserQuestions
) -> Generated:
    """Ask in a session that is open.

    Raises:
        LLMError: If the server is dead or refuses us, or the budget is spent; replies stay cached.
    """
    plan = context.plan
    questions_context = QuestionContext(
        session=session,
        model=plan.block.llm.model if plan.block.llm else "",
        prompts=plan.wordings["qa"],
        tree=corpus.tree,
        codec=context.codec,
        seed=plan.seed,
        is_held_out=questions.overlap,
    )
    reasoning = await _rewrite(context, corpus, questions, questions_context)
    walks, dropped = await _walk(context, corpus, questions, questions_context)
    return Generated(reasoning=reasoning, walks=walks, dropped=dropped, faults=session.faults)


def sources_of(plan: Plan) -> Collection[Source]:
    """Return the sources that the kinds of the stage `ssft` are made from."""
    return {kind.source for kind in plan.selected("ssft").kinds}


def _link(plan: Plan, corpus: SplitCorpus, pairs: Sequence[QAPair]) -> list[Link]:
    if not pairs or "linked_questions" not in sources_of(plan):
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
        [Question(id=pair.id, text=_query_of(pair), language=pair.language) for pair in pairs]
    )


def _query_of(pair: QAPair) -> str:
    """Return the question with its options, less classes that all questions of a set share."""
    return "\n".join([pair.question, *(text for _, text in pair.options if pair.correct)])


async def _rewrite(
    context: BuildContext,
    corpus: SplitCorpus,
    questions: UserQuestions,
    questions_context: QuestionContext,
) -> dict[str, Reasoning]:
    """Ask for reasoning to linked questions whose passages may be trained on.

    Held-out text must not come back in other words.
    """
    plan = context.plan
    if not plan.block.ssft.rewrite or "linked_questions" not in sources_of(plan):
        return {}
    chunks = {chunk.id: chunk for chunk in corpus.trainable_chunks}
    pairs, links = [], []
    for pair, link in zip(questions.pairs, questions.links, strict=True):
        if link.chunk_ids and chunks.keys() >= set(link.chunk_ids) and _is_single(pair):
            pairs.append(pair)
            links.append(link)
    with context.progress.stage("asking for reasoning", len(pairs)) as step:
        return await rewrite(questions_context, pairs, links, chunks, plan.questions.formats, step)


async def _walk(
    context: BuildContext,
    corpus: SplitCorpus,
    questions: UserQuestions,
    questions_context: QuestionContext,
) -> tuple[list[WalkQuestion], list[Dropped]]:
    plan = context.plan
    if "walks" not in sources_of(plan):
        return [], []
    settings = plan.block.ssft.walks
    count = settings.count or max(_FEWEST_WALKS, len(questions.pairs) // 2)
    walker = Walker(corpus.tree, corpus.trainable_chunks, settings, count, plan.seed)
    if not walker.plan:
        detail = "no knowledge point has text to walk to: the tree has numbered parts only"
        return [], [Dropped(stage="ssft", id="walk", reason="no_passage", detail=detail)]
    examples = [pair for pair in questions.pairs if _is_single(pair)]
    with context.progress.stage("writing questions from walks", len(walker.plan)) as step:
        return await write(
            questions_context, walker, examples, plan.questions.formats, settings.judge, step
        )


def _is_single(pair: QAPair) -> bool:
    return sum(turn.role == "user" for turn in pair.turns) <= 1
