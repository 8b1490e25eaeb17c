"""`faq`: what people often ask about a subject, with answers from a passage."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `faq`."""
    return [
        StudyPrompt(
            name="faq",
            reply="questions",
            description="What people often ask about a subject, with answers from a passage.",
            order=90,
            facts=3,
        )
    ]
