"""`answer`, `reasoned`: the user's question -> its answer as given; or paths, reasoning, answer.

The reasoning is the question's rationale; without one, the sentence of its passages that fits best.

What do the pads press upon?            What do the pads press upon? Reason first.
Upon the rim.                           Bicycles > Brakes > Pads
                                        They touch the wheel from both sides.
                                        Answer: Upon the rim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.questions.exercises.matching import best_sentence
from structtuning_plugin.questions.walks.prompts import Reasoning
from structtuning_plugin.samples.ssft import (
    Conversation,
    LinkedQuestion,
    SsftContext,
    build_turns,
    ids_of,
)


def _draft_answers(pairs: Sequence[QAPair], context: SsftContext) -> Iterable[SsftDraft]:
    for pair in pairs:
        yield SsftDraft(
            id=f"answer/{pair.id}",
            language=pair.language,
            topics=(),
            build=partial(_build_answer, pair, context),
            qa_id=pair.id,
        )


def _build_answer(pair: QAPair, context: SsftContext, structure: str) -> Conversation:
    prompts = context.prompts(f"answer/{pair.id}", "brief")
    if prompts.keeps_turns(pair):
        return pair.turns, "as given"
    question = prompts.render_pair(pair)
    answer = context.formats[pair.format].answer(pair)
    return build_turns(question, answer), ids_of(question)


def _draft_reasoned(
    questions: Sequence[LinkedQuestion], context: SsftContext
) -> Iterable[SsftDraft | Dropped]:
    for question in questions:
        pair, link = question.pair, question.link
        sample_id = f"reasoned/{pair.id}"
        if context.prompts(sample_id, context.long_style).keeps_turns(pair):
            detail = "a conversation of several turns is kept as given"
            yield Dropped(stage="ssft", id=sample_id, reason="multi_turn", detail=detail)
            continue
        if not link.topic_ids:
            detail = f"its best passage covers {link.fit:.2f} of it"
            yield Dropped(stage="ssft", id=sample_id, reason=link.reason, detail=detail)
            continue
        reasoning = question.reasoning or Reasoning(text=_rationale(question, context))
        yield SsftDraft(
            id=sample_id,
            language=pair.language,
            topics=context.topics(link.topic_ids),
            build=partial(context.reasoned, pair, reasoning.text, sample_id=sample_id),
            chunk_ids=link.chunk_ids,
            qa_id=pair.id,
            request=reasoning.request,
            model=reasoning.model,
            verdict=reasoning.verdict,
        )


def _rationale(question: LinkedQuestion, context: SsftContext) -> str:
    """Return the question's own rationale, else the sentence of its passages that fits it best.

    Published samples have the own one or none.
    """
    pair = question.pair
    if pair.explanation or context.settings.is_published:
        return pair.explanation
    passages = [
        context.chunk_by_id[name] for name in question.link.chunk_ids if name in context.chunk_by_id
    ]
    texts = [chunk.text for chunk in passages]
    asked = "\n".join((pair.question, *pair.answers))
    return best_sentence(texts, asked, pair.answers[0], pair.language)


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kinds made from the user's questions."""
    return [
        SampleKind(
            name="answer",
            stage="ssft",
            source="questions",
            draft=_draft_answers,
            order=10,
            description="A question of your own with its answer as given.",
            presets=("compact", "paper"),
            on_held_out="train",
            excludes_probes=False,
        ),
        SampleKind(
            name="reasoned",
            stage="ssft",
            source="linked_questions",
            draft=_draft_reasoned,
            order=20,
            description="A question of your own, then the paths of what it rests on, the reasoning "
            "and the answer.",
            presets=("compact", "paper"),
            on_held_out="train",
        ),
    ]
