"""`recover`: a passage with a part of its words masked -> the passage.

Brakes > Pads. Fill the gaps:

A ____ turns ____ into heat.       masked: a share of the words, terms and numbers first
A brake turns motion into heat.    trained

Source: masked-passage recovery, arXiv 2510.09885.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import regex

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Chunk, Dropped
from structtuning_plugin.hookspecs import SampleKind, ScptDraft
from structtuning_plugin.questions.exercises.facts import NUMBER
from structtuning_plugin.questions.exercises.words import UNSPACED, WORD
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.samples.texts import Piece, divide, is_prose

MASK = "____"
# Greatest and least share of the words that are masked, in %.
_LEAST, _MOST = 15, 60
# Worst grade of a term that is masked first.
_WORST_GRADE = 1
# A word; in scripts without blanks, two characters.
_UNIT = regex.compile(rf"{UNSPACED.pattern}{{1,2}}|{WORD.pattern}")
_FEWEST_WORDS = 12


def _draft(chunk: Chunk, context: ScptContext) -> Iterable[ScptDraft | Dropped]:
    topic = context.tree.topics[chunk.topic_id]
    if not context.tree.is_knowledge(topic) or not is_prose(chunk.text):
        return
    pool = context.wordings.pool(topic.language, "recover")
    first = _terms(chunk, context)
    for number, piece in enumerate(divide(chunk, context)):
        sample_id = f"recover/{chunk.id}/{number}"
        masked = mask(piece, first, context.seed, sample_id)
        if masked is None:
            continue
        wording = pool[stable_choice(context.seed, sample_id, len(pool))]
        prompt = context.lead_in(wording, topic, text=masked) + "\n"
        yield ScptDraft(
            id=sample_id,
            topic_id=topic.id,
            prompt=prompt,
            template=wording.id,
            completions=(piece.text,),
            chunk_ids=(chunk.id,),
            turn=number,
        )


def _terms(chunk: Chunk, context: ScptContext) -> list[tuple[int, int]]:
    """Return the places of names and numbers in a chunk, as offsets in its document."""
    spans = [
        (chunk.start + match.start(), chunk.start + match.end())
        for match in NUMBER.finditer(chunk.text)
    ]
    if context.index is None:
        return spans
    terms = context.index.terms(chunk.document_id)
    for fact in context.index.facts(chunk.topic_id):
        if fact.sentence is not None and fact.chunk_id == chunk.id:
            for term in terms.of(fact.sentence):
                if term.grade <= _WORST_GRADE:
                    spans.append((term.start, term.end))
    return spans


def mask(piece: Piece, first: Sequence[tuple[int, int]], seed: int, name: str) -> str | None:
    """Return the text of a piece with a drawn share of its words masked; None for a short one.

    Args:
        piece: The text and its place in its document.
        first: Places in the document whose words are masked before others.
        seed: Seed of the share and of the choice.
        name: Name that the choice depends on.
    """
    units = list(_UNIT.finditer(piece.text))
    if len(units) < _FEWEST_WORDS:
        return None
    share = _LEAST + stable_choice(seed, f"{name}/share", _MOST - _LEAST + 1)
    count = max(1, len(units) * share // 100)
    preferred: set[int] = set()
    for start, end in first:
        preferred.update(range(start - piece.start, end - piece.start))
    ranked = sorted(
        range(len(units)),
        key=lambda at: (
            units[at].start() not in preferred,
            stable_choice(seed, f"{name}/{at}", 2**32),
        ),
    )
    return "".join(_gapped(piece.text, [units[at].span() for at in sorted(ranked[:count])]))


def _gapped(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for start, end in spans:
        yield text[at:start]
        yield MASK
        at = end
    yield text[at:]


@hookimpl
def register_sample_kinds() -> list[SampleKind[Any, Any]]:
    """Return the kind `recover`."""
    return [
        SampleKind(
            name="recover",
            stage="scpt",
            source="chunk",
            draft=_draft,
            order=12,
            description="A passage with a part of its words masked, then the passage.",
            share=0.25,
            presets=("compact",),
            use="recited",
        )
    ]
