"""`discussion`: two readers who discuss a fact of a passage."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `discussion`."""
    return [
        StudyPrompt(
            name="discussion",
            reply="text",
            description="Two readers who discuss a fact of a passage.",
            order=70,
        )
    ]
