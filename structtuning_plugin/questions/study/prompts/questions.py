"""`questions`: a question and an answer for every fact of a passage."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `questions`."""
    return [
        StudyPrompt(
            name="questions",
            reply="questions",
            description="A question and an answer for every fact of a passage.",
            order=30,
            facts=6,
        )
    ]
