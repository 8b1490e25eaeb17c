"""`walk`: a question that the `llm` wrote from a walk over the tree -> paths, reasoning, answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft


def _draft(unit: Any, context: Any) -> Iterable[SsftDraft]:
    raise NotImplementedError


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `walk`."""
    return [
        SampleKind(
            name="walk",
            stage="ssft",
            source="walks",
            draft=_draft,
            order=50,
            description="A question that the `llm` wrote from a walk over the tree, then paths, "
            "reasoning and answer.",
            share=0.30,
            presets=("compact", "paper"),
            needs_llm=True,
        )
    ]
