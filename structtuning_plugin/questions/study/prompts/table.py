"""`table`: what a passage says as a table."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `table`."""
    return [
        StudyPrompt(
            name="table",
            reply="text",
            description="What a passage says as a table.",
            order=100,
            facts=0,
        )
    ]
