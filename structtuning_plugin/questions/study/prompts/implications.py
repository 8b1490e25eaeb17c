"""`implications`: what follows from a fact of a passage."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `implications`."""
    return [
        StudyPrompt(
            name="implications",
            reply="text",
            description="What follows from a fact of a passage.",
            order=40,
        )
    ]
