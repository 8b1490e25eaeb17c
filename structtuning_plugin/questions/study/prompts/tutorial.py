"""`tutorial`: a tutorial, step by step, on what a passage says."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `tutorial`."""
    return [
        StudyPrompt(
            name="tutorial",
            reply="text",
            description="A tutorial, step by step, on what a passage says.",
            order=110,
        )
    ]
