"""`summary`: the summary of a section from its parts."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `summary`."""
    return [
        StudyPrompt(
            name="summary",
            reply="text",
            description="The summary of a section from its parts.",
            order=120,
            source="section",
            facts=0,
        )
    ]
