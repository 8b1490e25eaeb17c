"""`exercise`: a question made from the text by rule -> path, reasoning, answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft


def _draft(unit: Any, context: Any) -> Iterable[SsftDraft]:
    raise NotImplementedError


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `exercise`."""
    return [
        SampleKind(
            name="exercise",
            stage="ssft",
            source="exercises",
            draft=_draft,
            order=40,
            description="A question made from the text without a model, then path, reasoning and "
            "answer.",
            share=0.50,
            presets=("compact",),
            keeps_first=True,
            on_held_out="evaluate",
        )
    ]
