"""Cues for a boundary in the shape and the first words of a paragraph.

A section opens with a full paragraph that names its subject. It does not open with "These", in the
middle of a list, after a colon, or with a row of a table.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.taxonomy.offline.lexicon import Lexicon, lexicon_of
from structtuning_plugin.taxonomy.offline.words import Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ITEM = regex.compile(
    r"(?:[-*+•‣◦–·]|\(?(?:\d{1,3}|[A-Za-zА-Яа-я])[.)])\s|[①-⑳・]|[（(][\d一二三四五六七八九十]+[)）]"
)
_CAPTION = regex.compile(r"\p{L}+\.?\s?\d+(?:[.\-–]\d+)*(?!\p{L})|[图圖表図]\s?\d")
_CLOSED = regex.compile(r"[.!?…。！？؟।]['\"”’»)\]）」』]*$")
_COLON = regex.compile(r"[:：]['\"”’»)\]）」』*]*$")
_CODE = regex.compile(r"[={}<>\[\]$#\\/|_;~`]")
_FIRST_SENTENCE = regex.compile(r".*?(?:[.!?…](?=\s|$)|[。！？।؟]|$)", regex.DOTALL)
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")

# A character of these scripts carries about as much as three letters.
WIDE_WEIGHT = 3.0
# Characters of a paragraph's opening that are searched: about two sentences.
_OPENING = 300

NAMES = (
    "length", "short", "very_short", "item", "table", "code", "caption", "small_letter",
    "leaning", "pointing", "chapter_words",
    "defining", "ends_colon", "ends_open", "question", "quoted", "sentence", "repeated",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """Opening of a paragraph: text, start of its first sentence in lower case, words."""

    text: str
    first: str
    words: tuple[str, ...]


def weight(text: str) -> float:
    """Return the length in letters of a Western script.

    >>> weight("cell"), weight("细胞")
    (4.0, 6.0)
    """
    return (
        len(text) + (WIDE_WEIGHT - 1) * len(_WIDE.findall(text))
        if not text.isascii()
        else float(len(text))
    )


def cues(text: str, units: Units, language: str) -> NDArray[np.float64]:
    """Build one row for each unit: the values of `NAMES`."""
    import numpy as np

    lexicon = lexicon_of(language)
    openings = [
        _opening(text, start, end) for start, end in zip(units.starts, units.ends, strict=True)
    ]
    alike = Counter(opening.words[:2] for opening in openings)
    rows = [
        _row(opening, weight(text[start:end]), kind, alike[opening.words[:2]], lexicon)
        for opening, start, end, kind in zip(
            openings, units.starts, units.ends, units.kinds, strict=True
        )
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(NAMES))


def _opening(text: str, start: int, end: int) -> _Opening:
    body = text[start:end].strip()
    sentence = _FIRST_SENTENCE.match(body, 0, min(len(body), _OPENING))
    first = (sentence[0] if sentence else body[:_OPENING]).casefold()
    wide = _WIDE.match(first)
    return _Opening(
        text=body, first=first, words=tuple(first[:8] if wide else _WORD.findall(first))
    )


def _row(
    opening: _Opening, length: float, kind: str, alike: int, lexicon: Lexicon
) -> tuple[float, ...]:
    body, first, words = opening.text, opening.first, opening.words
    head = body[:1]
    return (
        math.log1p(length),
        length < 200,
        length < 60,
        kind == "list" or bool(_ITEM.match(body)),
        kind == "table" or head == "|",
        kind == "code" or len(_CODE.findall(body, 0, 120)) > 4,
        bool(_CAPTION.match(body)),
        head.islower(),
        _begins(first, words, lexicon.leaning),
        sum(word in lexicon.pointing for word in words[:12]) > 0,
        any(phrase in first for phrase in lexicon.opening),
        any(word in lexicon.defining for word in words[1:10]),
        bool(_COLON.search(body[-8:])),
        not _CLOSED.search(body[-8:]),
        body[-1:] in "?？" and bool(body),
        head in "\"“«„「『'‘" and bool(body),
        math.log1p(weight(first)),
        math.log(max(1, alike)),
    )


def _begins(first: str, words: tuple[str, ...], phrases: tuple[str, ...]) -> bool:
    """Return True if the text begins with one of the phrases, as whole words in spaced scripts."""
    head = first.lstrip("\"“«„「『'‘([（")
    for phrase in phrases:
        if head.startswith(phrase) and (
            _WIDE.match(phrase) or not head[len(phrase) : len(phrase) + 1].isalpha()
        ):
            return True
    return False
