"""`links`: what links two passages of different headings that share terms."""

from __future__ import annotations

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import StudyPrompt


@hookimpl
def register_study_prompts() -> list[StudyPrompt]:
    """Return the prompt `links`."""
    return [
        StudyPrompt(
            name="links",
            reply="text",
            description="What links two passages of different headings that share terms.",
            order=140,
            source="shared_terms",
            facts=0,
        )
    ]
