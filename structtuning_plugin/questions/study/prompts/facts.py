"""`facts`: self-contained facts of a passage, one a sentence."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `facts`."""
    return [
        StudyPrompt(
            name="facts",
            reply="facts",
            description="Self-contained facts of a passage, one a sentence.",
            order=10,
            facts=0,
        )
    ]
