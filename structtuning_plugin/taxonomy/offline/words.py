"""A text's words and the units it can be divided between, as arrays.

Scripts without blanks have no words to be had without a dictionary: there a character is a "word", and two neighbouring
ones are a term (character bigrams find topics about as well as words do: Kwok 1997, "Comparing representations in
Chinese information retrieval").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.core.types import Document
from structtuning_plugin.languages.unicode import (
    LONG_VOWEL,
    SOUTH_EAST_ASIAN,
    UNDIVIDED,
    UNSPACED,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A run of katakana is a word of its own: loan words are written so.
_SINGLE = regex.compile(rf"[{UNDIVIDED}]\p{{M}}*")
_ANY_UNSPACED = regex.compile(rf"[{UNSPACED}]")
_SPACED_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*")
_SPACED = rf"[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]"
_MIXED_WORD = regex.compile(
    rf"(?V1)[{UNDIVIDED}]\p{{M}}*+|[\p{{Katakana}}{LONG_VOWEL}]++"
    rf"|{_SPACED}++(?:['’-]{_SPACED}++)*+"
)
_HAN = regex.compile(rf"[\p{{Han}}{SOUTH_EAST_ASIAN}\p{{Tibetan}}]\p{{M}}*+")
_WRITTEN = regex.compile(r"[\p{L}\p{M}]")

# Letters of a word that name its topic: what follows is mostly ending, in the inflected languages too.
_STEM = 6
# A paragraph longer than a leaf of the tree (about 4,000 characters) may be cut inside; pieces are about as long as
# a paragraph of a textbook.
LONG_BLOCK = 5_000
_PIECE = 500
_LONGEST_PIECE = 2_000
_SENTENCE_END = regex.compile(r"[.!?…]['\"”’»)\]]*\s+|[。！？｡।॥؟۔።]+[」』）”’»\"'\])]*\s*|\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The stretches of text that are never cut: `text[starts[i]:ends[i]]`, blank tails included; they cover the text."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Every word of a text in order: where it stands (characters), which it is (index into `forms`), in which unit.

    `terms` and `term_units` are what topics are told by: word stems and pairs of unspaced characters, `term_at` their
    word's index. `term_count` is how many different ones there are.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ids: NDArray[np.int64]
    units: NDArray[np.int64]
    forms: tuple[str, ...]
    single: NDArray[np.bool_]
    terms: NDArray[np.int64]
    term_at: NDArray[np.int64]
    term_count: int


def units_of(document: Document) -> Units:
    """The document's blocks; one that is far too long is divided at line or sentence ends."""
    text = document.text
    kinds = {block.start: block.kind for block in document.blocks if block.start < len(text)}
    bounds = sorted({0, *kinds})
    starts, found = [], []
    for start, end in zip(bounds, [*bounds[1:], len(text)], strict=True):
        for piece in _pieces(text, start, end) if end - start > LONG_BLOCK else (start,):
            starts.append(piece)
            found.append(str(kinds.get(start, "paragraph")))
    return Units(starts=tuple(starts), ends=(*starts[1:], len(text)), kinds=tuple(found))


def _pieces(text: str, start: int, end: int) -> Iterator[int]:
    """Where the pieces of a long block begin: after a sentence, at worst anywhere."""
    yield start
    last = start
    for match in _SENTENCE_END.finditer(text, start, end):
        while match.end() - last > 2 * _LONGEST_PIECE:
            last = _word_end(text, last + _LONGEST_PIECE)
            yield last
        if match.end() - last >= _PIECE and end - match.end() >= _PIECE:
            last = match.end()
            yield last
    while end - last > 2 * _LONGEST_PIECE:
        last = _word_end(text, last + _LONGEST_PIECE)
        yield last


def _word_end(text: str, offset: int) -> int:
    """After the last blank before the offset; the offset where there is none near, but not inside a grapheme."""
    blank = text.rfind(" ", offset - _PIECE, offset)
    if blank >= 0:
        return blank + 1
    grapheme = regex.compile(r"\X").match(text, offset - 1)
    return grapheme.end() if grapheme and grapheme.end() <= offset + 16 else offset


def words_of(text: str, units: Units) -> Words:
    """See `Words`. About 5 MB of text a second."""
    import numpy as np

    pattern = _MIXED_WORD if _ANY_UNSPACED.search(text) else _SPACED_WORD
    known: dict[str, int] = {}
    found = pattern.findall(text)
    starts = np.array([match.start() for match in pattern.finditer(text)], dtype=np.int64)
    places = np.column_stack(
        [starts, starts + np.array([len(form) for form in found], dtype=np.int64)]
    )
    word_ids = np.array([known.setdefault(form, len(known)) for form in found], dtype=np.int64)
    forms = tuple(known)
    single = np.array([bool(_SINGLE.fullmatch(form)) for form in forms], dtype=bool)
    terms, term_at, count = _terms(word_ids, places, forms)
    return Words(
        starts=places[:, 0],
        ends=places[:, 1],
        ids=word_ids,
        units=np.searchsorted(np.array(units.starts), places[:, 0], side="right") - 1,
        forms=forms,
        single=single,
        terms=terms,
        term_at=term_at,
        term_count=count,
    )


def stem(form: str) -> str:
    """What a word is told by; empty for a number or a single letter, which tell no topic.

    >>> [stem(form) for form in ("Membranes", "membrane", "клеткам", "12", "x")]
    ['membra', 'membra', 'клетка', '', '']
    """
    return form.casefold()[:_STEM] if len(form) > 1 and _WRITTEN.search(form) else ""


def _terms(
    ids: NDArray[np.int64], places: NDArray[np.int64], forms: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Terms in the order of their words: stems by form, then pairs of characters that touch."""
    import numpy as np

    stems: dict[str, int] = {}
    of_form = np.full(len(forms), -1, dtype=np.int64)
    character = np.zeros(len(forms), dtype=bool)
    for index, form in enumerate(forms):
        if _HAN.fullmatch(form):
            character[index] = True
        elif not _SINGLE.fullmatch(form) and stem(form):
            of_form[index] = stems.setdefault(stem(form), len(stems))
    words = np.flatnonzero(of_form[ids] >= 0)
    pairs = np.flatnonzero(
        character[ids[:-1]] & character[ids[1:]] & (places[:-1, 1] == places[1:, 0])
    )
    kinds, pair_ids = np.unique(
        ids[pairs] * np.int64(len(forms) + 1) + ids[pairs + 1], return_inverse=True
    )
    at = np.concatenate([words, pairs])
    terms = np.concatenate([of_form[ids[words]], len(stems) + pair_ids])
    order = np.argsort(at, kind="stable")
    return terms[order], at[order], len(stems) + len(kinds)
