"""`walk`: a question that the `llm` wrote from a walk over the tree -> paths, reasoning, answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.samples.ssft import SsftContext


def _draft(walks: Sequence[WalkQuestion], context: SsftContext) -> Iterable[SsftDraft]:
    for walk in walks:
        pair = walk.pair
        sample_id = f"reasoned/{pair.id}"  # decides the wordings, which are those of `reasoned`
        yield SsftDraft(
            id=pair.id,
            language=pair.language,
            topics=context.topics(walk.topic_ids),
            build=partial(context.reasoned, pair, pair.explanation, sample_id=sample_id),
            chunk_ids=walk.chunk_ids,
            request=walk.request,
            model=walk.model,
            verdict=walk.verdict,
        )


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
