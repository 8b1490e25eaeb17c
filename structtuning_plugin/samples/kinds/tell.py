"""`tell`: the question what is known of a topic -> its text.

What is known of brake pads?
A brake pad is ...
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Topic
from structtuning_plugin.hookspecs import SampleKind, SsftDraft
from structtuning_plugin.questions.exercises.forms import MADE_TITLES
from structtuning_plugin.samples.ssft import Conversation, SsftContext, build_turns, ids_of

# Greatest number of a topic's chunks: a longer text is no answer to one question.
_MOST_CHUNKS = 1


def _draft(topic: Topic, context: SsftContext) -> Iterable[SsftDraft]:
    chunks = [chunk for chunk in context.chunks_of(topic) if chunk.text.strip()]
    has_facts = context.index is not None and bool(context.index.facts(topic.id))
    if topic.source in MADE_TITLES or not has_facts or not 0 < len(chunks) <= _MOST_CHUNKS:
        return
    sample_id = f"tell/{topic.id}"
    question = context.prompts(sample_id).render_topic("tell", context.tree, topic)
    answer = "\n\n".join(chunk.text.strip() for chunk in chunks)

    def build(structure: str) -> Conversation:
        return build_turns(question, answer), ids_of(question)

    yield SsftDraft(
        id=sample_id,
        language=topic.language,
        topics=(topic,),
        build=build,
        structures=("",),
        chunk_ids=tuple(chunk.id for chunk in chunks),
    )


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `tell`."""
    return [
        SampleKind(
            name="tell",
            stage="ssft",
            source="topic",
            draft=_draft,
            order=45,
            description="The question what is known of a topic, then its text.",
            share=0.20,
            presets=("compact",),
            use="recited",
        )
    ]
