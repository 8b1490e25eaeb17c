"""`question`: a question about the text as plain text -> its answer, beside the passages.

Question: What is a rim?
Answer:
A rim is the outer hoop of a wheel.

Source: questions mixed into pre-training, arXiv 2309.14316, section 4; 2402.12847.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Message
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.prompts import PromptBuilder, render_plain
from structtuning_plugin.samples.scpt import ScptContext


def _draft(exercises: Sequence[Exercise], context: ScptContext) -> Iterable[ScptDraft]:
    if context.questions is None:
        return
    for exercise in exercises:
        # A statement's verdict is worded in the second stage.
        if exercise.verdict or len(exercise.places) > 1:
            continue
        language = exercise.asked.language
        prompts = PromptBuilder(
            wordings=context.questions,
            domain=context.tree.title(context.tree.root),
            formats={},
            choose=lambda pool, wordings, name=exercise.id: context.pick(  # type: ignore[misc]
                f"{pool}/{name}", wordings
            ),
        )
        question = prompts.render_exercise(context.tree, exercise)
        turn = Message(role="user", content=question.text)
        yield ScptDraft(
            id=f"question/{exercise.id}",
            topic_id=exercise.asked.id,
            prompt=render_plain((turn,), context.questions, language),
            template="+".join(question.templates),
            completions=(exercise.answer,),
            chunk_ids=exercise.chunk_ids,
            turn=exercise.turn,
        )


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `question`."""
    return [
        SampleKind(
            name="question",
            stage="scpt",
            source="exercises",
            draft=_draft,
            order=18,
            description="A question made from the text without a model as plain text, then its "
            "answer; as many as `questions` says.",
            presets=("compact", "paper"),
            setting="questions",
            use="asked",
        )
    ]
