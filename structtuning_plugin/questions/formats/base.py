"""Base of the built-in formats: questions and answers in the usual wording, graded alike."""

from __future__ import annotations

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.questions import prompts as wording
from structtuning_plugin.questions.grading.answers import grade_choice, grade_text


class StandardFormat:
    """Format that is asked in the usual wording, and graded by its options or its text.

    A subclass has `name`, `rank`, `field_names`, `fits` and `parse`.
    """

    standard_metrics = True

    def ask(self, pair: QAPair) -> str:
        """Return the question for a model, with its options."""
        return wording.ask(pair)

    def answer(self, pair: QAPair) -> str:
        """Return the right answer as a model should write it."""
        return wording.answer(pair)

    def grade(self, pair: QAPair, reply: str) -> float:
        """Grade an answer by its letters where options are right, else by token F1, in 0..1."""
        return grade_choice(pair, reply) if pair.correct else grade_text(pair, reply)
