"""`variant`: a topic's place -> its statements in another order.

Brakes > Pads, the statements in another order:

They are made of rubber...        only sentences that do not refer to the ones before

Source: sentences in another order, arXiv 2309.14316, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from structtuning_plugin import languages
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Chunk, Dropped
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.ranking import GOOD
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.samples.texts import paragraphs_of

_FEWEST_SENTENCES = 3


def _draft(chunk: Chunk, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    topic = context.tree.topics[chunk.topic_id]
    if not context.tree.is_knowledge(topic):
        return
    text = "\n\n".join(_shuffled(chunk, topic.language, context))
    if not text:
        return
    sample_id = f"variant/{chunk.id}"
    wording = context.wording(sample_id, topic, "variant")
    yield ScptDraft(
        id=sample_id,
        topic_id=topic.id,
        prompt=context.lead_in(wording, topic) + "\n",
        template=wording.id,
        completions=(text,),
        chunk_ids=(chunk.id,),
    )


def _shuffled(chunk: Chunk, language: str, context: ScptContext) -> Iterator[str]:
    """Yield the paragraphs whose sentences all are independent, in another order of these."""
    point = context.index.points.get(chunk.topic_id) if context.index is not None else None
    if point is None:
        return
    own = [sentence for sentence in point.sentences if sentence.chunk_id == chunk.id]
    joint = " " if languages.get(language).spaced else ""
    for start, end in paragraphs_of(chunk.text):
        first, last = chunk.start + start, chunk.start + end
        inside = [sentence for sentence in own if first <= sentence.start < last]
        if _is_independent(inside, chunk.text[start:end]):
            order = sorted(
                inside,
                key=lambda sentence: stable_choice(
                    context.seed, f"variant/{chunk.id}/{sentence.start}", 2**32
                ),
            )
            if order != inside:
                yield joint.join(sentence.text for sentence in order)


def _is_independent(sentences: list[Sentence], paragraph: str) -> bool:
    """Return whether sentences make up a paragraph, and none refers to its context."""
    letters = sum(map(str.isalnum, paragraph))
    covered = sum(sum(map(str.isalnum, sentence.text)) for sentence in sentences)
    return (
        len(sentences) >= _FEWEST_SENTENCES
        and covered == letters
        and all(sentence.rank <= GOOD + 1 for sentence in sentences)
    )


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `variant`."""
    return [
        SampleKind(
            name="variant",
            stage="scpt",
            source="chunk",
            draft=_draft,
            order=14,
            description="A topic's place, then those of its paragraphs whose sentences do not "
            "depend on each other, in another order.",
            share=0.10,
            presets=("compact",),
            use="recited",
        )
    ]
