"""`exercise`: a question made from the text by rule -> path, reasoning, answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.samples.ssft import SsftContext


def _draft(exercises: Sequence[Exercise], context: SsftContext) -> Iterable[SsftDraft]:
    for exercise in exercises:
        yield context.draft_question(
            context.prompts(exercise.id).render_exercise(context.tree, exercise),
            exercise.id,
            exercise.asked.language,
            exercise.places,
            exercise.answer,
            reasoning=exercise.reasoning,
            chunk_ids=exercise.chunk_ids,
            turn=exercise.turn,
        )


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
            description="A question made from the text without a model, then path, reasoning and "
            "answer.",
            share=0.50,
            presets=("compact",),
            keeps_first=True,
            on_held_out="evaluate",
        )
    ]
