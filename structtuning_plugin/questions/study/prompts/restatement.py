"""`restatement`: what a passage says, in other words and another order."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `restatement`."""
    return [
        StudyPrompt(
            name="restatement",
            reply="text",
            description="What a passage says, in other words and another order.",
            order=20,
        )
    ]
