"""`newcomer`: a fact of a passage as a teacher explains it to a newcomer."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `newcomer`."""
    return [
        StudyPrompt(
            name="newcomer",
            reply="text",
            description="A fact of a passage as a teacher explains it to a newcomer.",
            order=60,
        )
    ]
