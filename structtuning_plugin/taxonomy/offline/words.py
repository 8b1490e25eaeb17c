"""A text's words, and the units between which it can be divided, as arrays.

Scripts without blanks give words with a dictionary only. There a character is a "word", and two
neighbouring characters are a term. Character bigrams find topics about as well as words do.

Source: Kwok 1997, "Comparing representations in Chinese information retrieval".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.table_text import mask_tables
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

# Letters of a stem. The rest of a word is mostly an ending, in inflected languages too.
_STEM = 6
# A paragraph longer than a leaf of the tree (about 4,000 characters) may be cut inside; pieces are
# about as long as a paragraph of a textbook.
LONG_BLOCK = 5_000
_PIECE = 500
_LONGEST_PIECE = 2_000
_SENTENCE_END = regex.compile(r"[.!?…]['\"”’»)\]]*\s+|[。！？｡।॥؟۔።]+[」』）”’»\"'\])]*\s*|\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Stretches of text that are never cut: `text[starts[i]:ends[i]]`.

    They cover the text; trailing blanks belong to the unit before them.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of a text in order: start and end (characters), index into `forms`, index of the unit.

    `terms` are the features of topics: word stems and pairs of unspaced characters. `term_at` is
    the index of each term's word. `term_count` is the number of different terms.
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
    """Return the document's blocks; very long ones are divided at line or sentence ends.

    A table belongs to the unit before it: it is no text to divide, and nothing begins with it.
    """
    text = document.text
    kinds = {
        block.start: block.kind
        for block in document.blocks
        if block.start < len(text) and (block.kind != "table" or not block.start)
    }
    masked = mask_tables(document)
    bounds = sorted({0, *kinds})
    starts, unit_kinds = [], []
    for start, end in zip(bounds, [*bounds[1:], len(text)], strict=True):
        stop = start + len(masked[start:end].rstrip())
        is_long = stop - start > LONG_BLOCK and kinds.get(start) != "table"
        for piece in _pieces(masked, start, stop) if is_long else (start,):
            starts.append(piece)
            unit_kinds.append(str(kinds.get(start, "paragraph")))
    return Units(starts=tuple(starts), ends=(*starts[1:], len(text)), kinds=tuple(unit_kinds))


def _pieces(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the starts of the pieces of a long block, after a sentence if possible."""
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
    """Return the end of the last blank before the offset.

    Without a blank near it, return the offset, moved out of a grapheme.
    """
    blank = text.rfind(" ", offset - _PIECE, offset)
    if blank >= 0:
        return blank + 1
    grapheme = regex.compile(r"\X").match(text, offset - 1)
    return grapheme.end() if grapheme and grapheme.end() <= offset + 16 else offset


def words_of(text: str, units: Units) -> Words:
    """Find the words and terms of a text. About 5 MB of text a second."""
    import numpy as np

    pattern = _MIXED_WORD if _ANY_UNSPACED.search(text) else _SPACED_WORD
    id_of: dict[str, int] = {}
    surfaces = pattern.findall(text)
    starts = np.array([match.start() for match in pattern.finditer(text)], dtype=np.int64)
    places = np.column_stack(
        [starts, starts + np.array([len(form) for form in surfaces], dtype=np.int64)]
    )
    word_ids = np.array([id_of.setdefault(form, len(id_of)) for form in surfaces], dtype=np.int64)
    forms = tuple(id_of)
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
    """Return the stem of a word; empty for a number or a single letter, which name no topic.

    >>> [stem(form) for form in ("Membranes", "membrane", "клеткам", "12", "x")]
    ['membra', 'membra', 'клетка', '', '']
    """
    return form.casefold()[:_STEM] if len(form) > 1 and _WRITTEN.search(form) else ""


def _terms(
    ids: NDArray[np.int64], places: NDArray[np.int64], forms: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the terms in the order of their words: stems, then pairs of adjacent characters."""
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
