"""`case`: a case in which a fact of a passage decides."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `case`."""
    return [
        StudyPrompt(
            name="case",
            reply="text",
            description="A case in which a fact of a passage decides.",
            order=80,
        )
    ]
