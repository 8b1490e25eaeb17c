"""`concepts`: the key concepts of a passage, and how they are related."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `concepts`."""
    return [
        StudyPrompt(
            name="concepts",
            reply="text",
            description="The key concepts of a passage, and how they are related.",
            order=50,
            facts=0,
        )
    ]
