"""Headings without a mark that are told by their letters: larger than the text, or bold.

    22 pt bold "Pumps", 11 pt "A pump lifts water. ..."   ->   "Pumps" is a heading of level 1

Formats that keep the letters of a paragraph use it: PDF, DOCX, ODT.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CAPTION = re.compile(
    r"(?:figure|fig\.|table|abbildung|abb\.|tabelle|tableau|figura|tabla|рис|таблица|图|表|図)\s*\d",
    re.IGNORECASE,
)
_LARGER, _LARGER_BOLD = 1.12, 1.06
# Bold letters as large as those of the text, which files give as 10.98 and 11 points.
_AS_LARGE = 0.97
_LONGEST_TITLE = 150
_MOST_LINES = 3
# Where more of the paragraphs look like headings, bold ones of the size of the text are emphasis.
_MOST_HEADINGS = 0.4
# Paragraphs of one style that are labels, and the share of different ones among them.
_FEWEST_LABELS, _DISTINCT_LABELS = 6, 0.3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Letters:
    """Letters of most of a paragraph.

    Attributes:
        size: Size of the font in points.
        is_bold: Whether they are bold.
    """

    size: float
    is_bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LetteredText:
    """A paragraph with its letters.

    Attributes:
        text: Its text.
        letters: Letters of most of it.
        is_code: Whether it is code, which is never a heading.
        lines: Number of lines on the page; 1 where the format has no pages.
    """

    text: str
    letters: Letters
    is_code: bool = False
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LetteredHeading:
    """A paragraph that is a heading: its level from 1 on, and the evidence by name."""

    level: int
    evidence: tuple[str, ...]


def find_headings(paragraphs: Sequence[LetteredText]) -> dict[int, LetteredHeading]:
    """Find headings by size and weight.

    Only short paragraphs that no sentence ends, larger than most of the text or bold, are taken.
    Each pair of size and weight is a level, the largest first.

    Args:
        paragraphs: Paragraphs in reading order.

    Returns:
        The headings by the index of their paragraphs.
    """
    body = _get_body_letters(paragraphs)
    if body is None:
        return {}
    letters: dict[int, Letters] = {}
    for index, paragraph in enumerate(paragraphs):
        own = _rounded(paragraph.letters)
        if (_is_larger(own, body) or _is_bolder(own, body)) and _is_title(paragraph):
            letters[index] = own
    if len(letters) > _MOST_HEADINGS * len(paragraphs):
        letters = {i: own for i, own in letters.items() if own.size >= _LARGER * body.size}
    letters = _without_labels(paragraphs, letters)
    levels = sorted(set(letters.values()), reverse=True)
    return {
        index: LetteredHeading(level=levels.index(own) + 1, evidence=_name_evidence(own, body))
        for index, own in letters.items()
    }


def is_caption(text: str) -> bool:
    """Return True for the caption of a figure or a table."""
    return _CAPTION.match(text) is not None


def most_letters(counts: Mapping[Letters, int]) -> Letters | None:
    """Return the letters that most characters have; None without a character."""
    return max(counts, key=lambda letters: (counts[letters], letters), default=None)


def _rounded(letters: Letters) -> Letters:
    return Letters(size=round(letters.size * 2) / 2, is_bold=letters.is_bold)


def _get_body_letters(paragraphs: Sequence[LetteredText]) -> Letters | None:
    counts: Counter[Letters] = Counter()
    for paragraph in paragraphs:
        if not paragraph.is_code:
            counts[_rounded(paragraph.letters)] += len(paragraph.text)
    return counts.most_common(1)[0][0] if counts else None


def _is_larger(letters: Letters, body: Letters) -> bool:
    return letters.size >= (_LARGER_BOLD if letters.is_bold else _LARGER) * body.size


def _is_bolder(letters: Letters, body: Letters) -> bool:
    return letters.is_bold and not body.is_bold and letters.size >= _AS_LARGE * body.size


def _name_evidence(letters: Letters, body: Letters) -> tuple[str, ...]:
    larger = ("larger letters",) if letters.size > body.size else ()
    return (*larger, *(("bold letters",) if _is_bolder(letters, body) else ()))


def _without_labels(
    paragraphs: Sequence[LetteredText], letters: Mapping[int, Letters]
) -> dict[int, Letters]:
    """Leave out letters that print a few words again and again: NOTE, WARNING, Example."""
    titles: dict[Letters, list[str]] = {}
    for index, own in letters.items():
        titles.setdefault(own, []).append(paragraphs[index].text.strip().casefold())
    labels = {
        own
        for own, texts in titles.items()
        if len(texts) >= _FEWEST_LABELS and len(set(texts)) <= _DISTINCT_LABELS * len(texts)
    }
    return {index: own for index, own in letters.items() if own not in labels}


def _is_title(paragraph: LetteredText) -> bool:
    text = paragraph.text
    count = sum(character.isalpha() for character in text)
    is_short = len(text) <= _LONGEST_TITLE and paragraph.lines <= _MOST_LINES
    is_sentence = text.rstrip().endswith((".", ",", ";", ":", "。", "，", "；"))
    return (
        is_short
        and count >= max(2, 0.5 * len(text.replace(" ", "")))
        and not is_sentence
        and not is_caption(text)
        and not paragraph.is_code
    )
