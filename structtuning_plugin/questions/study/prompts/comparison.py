"""`comparison`: what two topics under one heading have in common, and what not."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `comparison`."""
    return [
        StudyPrompt(
            name="comparison",
            reply="text",
            description="What two topics under one heading have in common, and what not.",
            order=130,
            source="siblings",
            facts=0,
        )
    ]
