"""Facts: the sentences, list items and table rows of a corpus that are worth knowing.

    The hub is the middle part of a wheel.      definition
    Spokes of steel run from hub to rim.        sentence
    - cable brakes                              item of a list with a lead-in
    | Road | 28 mm |                            row of a table with a header

A sentence is judged by `ranking`: it is whole, names its subject, is no order, and no caption. It
occurs once in the corpus, and a term or a number in it can be asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import regex

from structtuning_plugin import languages
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.definitions import defined_term
from structtuning_plugin.questions.exercises.independence import detach
from structtuning_plugin.questions.exercises.listings import Listing, Table
from structtuning_plugin.questions.exercises.ranking import GOOD, is_only_short
from structtuning_plugin.questions.exercises.terms import Terms, says
from structtuning_plugin.questions.exercises.words import first_word, size, stems

if TYPE_CHECKING:
    from structtuning_plugin.questions.exercises.points import Point

FactKind = Literal["definition", "sentence", "item", "row"]

# Shorter sentences are facts only if they name the topic or define a term.
_FEWEST_WORDS = 8
# A number that is a value: no part of a name, a version, a range, a formula or another number.
NUMBER = regex.compile(
    r"(?<![\p{L}\p{N}.,:/_@#%+*=^~–—-])(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
    r"(?![\p{L}\p{N}_@#/+*=^~–—-]|[.,:]\p{N})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact of the corpus, in one topic.

    Args:
        id: Hash of its topic and place.
        topic_id: The topic whose own text has it.
        chunk_id: The chunk that has it.
        kind: Form of the text that it is taken from.
        text: The sentence, item or row, verbatim.
        sentence: The sentence; None for items and rows.
        term: Term that the sentence defines; empty if it defines none.
        names_subject: Whether the sentence names its topic.
    """

    id: str
    topic_id: str
    chunk_id: str
    kind: FactKind
    text: str
    sentence: Sentence | None = None
    term: str = ""
    names_subject: bool = False


def judge_sentences(
    point: Point, sentences: Iterable[Sentence], terms: Terms, defined_once: frozenset[str]
) -> Iterator[Fact]:
    """Yield the facts among the sentences of a point, in order.

    Args:
        point: The topic with its text.
        sentences: Its sentences that occur once in the corpus, with their final ranks.
        terms: Terms of the document.
        defined_once: Terms in lower case that one sentence of the corpus defines.
    """
    title = stems(point.title)
    for whole in sentences:
        sentence = detach(whole, point.language) or whole
        if not _is_self_contained(sentence, point.language):
            continue
        term = defined_term(sentence.text, point.language) or ""
        if term.casefold() not in defined_once:
            term = ""
        names_subject = not title.isdisjoint(sentence.stems)
        is_short = sentence.rank > GOOD and size(sentence.text) < _FEWEST_WORDS
        if term or (has_value(sentence, terms) and (names_subject or not is_short)):
            yield Fact(
                id=fact_id(point.topic.id, sentence.start),
                topic_id=point.topic.id,
                chunk_id=sentence.chunk_id,
                kind="definition" if term else "sentence",
                text=sentence.text,
                sentence=sentence,
                term=term,
                names_subject=names_subject,
            )


def _is_self_contained(sentence: Sentence, language: str) -> bool:
    """Return True if a sentence depends on nothing and does not begin with its verb ("is")."""
    if _begins_with_verb(sentence.text, language):
        return False
    return sentence.rank == GOOD or (
        sentence.rank == GOOD + 1 and is_only_short(sentence.text, language)
    )


def _begins_with_verb(text: str, language: str) -> bool:
    own = languages.get(language)
    if own.spaced:
        return first_word(text).casefold() in own.lexicon.defining
    return text.startswith(tuple(own.lexicon.defining))


def has_value(sentence: Sentence, terms: Terms) -> bool:
    """Return True if a sentence has a term or a number that can be asked for."""
    return bool(NUMBER.search(sentence.text)) or any(
        says(term, terms.language) for term in terms.of(sentence)
    )


def item_facts(point: Point, listing: Listing) -> list[Fact]:
    """Return the items of a list as facts."""
    return [
        Fact(
            id=fact_id(point.topic.id, start),
            topic_id=point.topic.id,
            chunk_id=listing.chunk_id,
            kind="item",
            text=text,
        )
        for start, text in listing.items
    ]


def row_facts(point: Point, table: Table) -> list[Fact]:
    """Return the rows of a table as facts."""
    return [
        Fact(
            id=fact_id(point.topic.id, start),
            topic_id=point.topic.id,
            chunk_id=table.chunk_id,
            kind="row",
            text=" | ".join(cells),
        )
        for start, cells in table.rows
    ]


def fact_id(topic_id: str, start: int) -> str:
    """Hash a topic and a place in its document; 12 hexadecimal digits."""
    return hashlib.sha256(f"{topic_id}\x1f{start}".encode()).hexdigest()[:12]


def chunks_of(facts: Sequence[Fact]) -> tuple[str, ...]:
    """Return the ids of the facts' chunks, each once, in order."""
    return tuple(dict.fromkeys(fact.chunk_id for fact in facts))
