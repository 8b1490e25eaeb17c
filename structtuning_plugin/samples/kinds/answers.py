"""`answer`, `reasoned`: a question of the user's own -> its answer as given; or paths, reasoning, answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft


def _draft(unit: Any, context: Any) -> Iterable[SsftDraft]:
    raise NotImplementedError


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kinds made from the user's questions."""
    return [
        SampleKind(
            name="answer",
            stage="ssft",
            source="questions",
            draft=_draft,
            order=10,
            description="A question of your own with its answer as given.",
            presets=("compact", "paper"),
            on_held_out="train",
            excludes_probes=False,
        ),
        SampleKind(
            name="reasoned",
            stage="ssft",
            source="questions",
            draft=_draft,
            order=20,
            description="A question of your own, then the paths of what it rests on, the reasoning "
            "and the answer.",
            presets=("compact", "paper"),
            on_held_out="train",
        ),
    ]
