"""`structure`: where a topic belongs, how it is organised, what is next to it -> the tree itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft


def _draft(unit: Any, context: Any) -> Iterable[SsftDraft]:
    raise NotImplementedError


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `structure`."""
    return [
        SampleKind(
            name="structure",
            stage="ssft",
            source="topic",
            draft=_draft,
            order=30,
            description="A question about the tree: a topic's path, its map, the heading next to it "
            "or above it.",
            share=0.15,
            presets=("compact", "paper"),
        )
    ]
