"""`exercise`: a question made from the text by rule -> its answer; of some, the path first.

What is a rim?                          What is a hub? Say where that belongs first.
A rim is the outer hoop of a wheel.     Wheels > Hubs
                                        Answer: A hub is the middle part of a wheel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.samples.kinds.structure import FACTS_FOR_TWO, allows
from structtuning_plugin.samples.ssft import Conversation, SsftContext, build_turns, ids_of


def _draft(exercises: Sequence[Exercise], context: SsftContext) -> Iterable[SsftDraft]:
    for exercise in exercises:
        if len(exercise.places) > 1 and not allows(context, FACTS_FOR_TWO, *exercise.places):
            continue
        if exercise.spells_path and context.settings.shows_place:
            prompts = context.prompts(exercise.id, "reason")
            yield context.draft_question(
                prompts.render_exercise(context.tree, exercise),
                exercise.id,
                exercise.asked.language,
                exercise.places,
                _answer(exercise, context)[0],
                reasoning=exercise.reasoning,
                chunk_ids=exercise.chunk_ids,
                turn=exercise.turn,
            )
        else:
            yield _bare(exercise, context)


def _bare(exercise: Exercise, context: SsftContext) -> SsftDraft:
    """Draft a question whose answer has no path."""
    question = context.prompts(exercise.id).render_exercise(context.tree, exercise)
    answer, template = _answer(exercise, context)

    def build(structure: str) -> Conversation:
        return build_turns(question, answer), ids_of(question) + template

    return SsftDraft(
        id=exercise.id,
        language=exercise.asked.language,
        topics=exercise.places,
        build=build,
        structures=("",),
        chunk_ids=exercise.chunk_ids,
        turn=exercise.turn,
    )


def _answer(exercise: Exercise, context: SsftContext) -> tuple[str, str]:
    """Return the answer, and the id of its wording after a "+"; empty for the corpus' own words."""
    if not exercise.verdict:
        return exercise.answer, ""
    answer, template = context.judged(
        exercise.id, exercise.asked.language, exercise.verdict, exercise.answer
    )
    return answer, f"+{template}"


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `exercise`."""
    return [
        SampleKind(
            name="exercise",
            stage="ssft",
            source="exercises",
            draft=_draft,
            order=40,
            description="A question made from the text without a model, then its answer; of some, "
            "the path before it.",
            presets=("compact",),
            on_held_out="evaluate",
            use="asked",
        )
    ]
