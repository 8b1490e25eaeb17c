"""Paragraphs of PDF: lines joined, words at their ends put together.

"the tempera-" / "ture falls"   ->   "the temperature falls"
"is not long-" / "handled"      ->   "is not long-handled", which the text has elsewhere
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from structtuning_plugin.corpus.pdf_lines import Line

_HYPHEN_END = re.compile(r"(\w+)[-\u2010]$")
_FIRST_WORD = re.compile(r"\w+(?:-\w+)*")
_COMPOUND = re.compile(r"\w+(?:-\w+)+")
# "Spring- and autumn-grown": the hyphen stands for the second part of a later word.
_CONJUNCTIONS = frozenset(
    [
        "and",
        "or",
        "und",
        "oder",
        "bzw",
        "et",
        "ou",
        "y",
        "e",
        "o",
        "ed",
        "og",
        "och",
        "en",
        "of",
        "и",
        "или",
    ]
)
_BULLET = re.compile(r"[•◦▪●○■–—*\-‣·]\s+|\(?\d{1,3}[.)]\s+|\(?[a-z][.)]\s+")
_ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]」』]*$")
_EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]")


@dataclass
class Paragraph:
    """Consecutive lines that are one paragraph, heading or item."""

    lines: list[Line] = field(default_factory=list)
    text: str = ""

    @property
    def size(self) -> float:
        """Size of the font of most lines."""
        return Counter(line.size for line in self.lines).most_common(1)[0][0]

    @property
    def is_code(self) -> bool:
        """Whether all lines have a font of fixed width."""
        return all(line.is_mono for line in self.lines)

    @property
    def is_bold(self) -> bool:
        """Whether all lines are bold."""
        return all(line.is_bold for line in self.lines)


class WordJoiner:
    """Joiner of words that are divided at the end of a line, by the words of the whole document."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: Counter[str] = Counter()
        self._compounds: Counter[str] = Counter()
        for text in texts:
            folded = text.casefold()
            self._words.update(re.findall(r"\w+", folded))
            self._compounds.update(_COMPOUND.findall(folded))

    def join(self, text: str, following: str) -> str:
        """Join two lines of one paragraph."""
        if text.endswith("\u00ad"):
            return text[:-1] + following
        hyphen, word = _HYPHEN_END.search(text), _FIRST_WORD.match(following)
        if hyphen is None or word is None:
            is_east = _EAST_ASIAN.match(text[-1:]) or _EAST_ASIAN.match(following[:1])
            is_both = _EAST_ASIAN.match(text[-1:]) and _EAST_ASIAN.match(following[:1])
            is_open = text.endswith(("/", "\u2014")) and not text.endswith(" \u2014")
            glue = "" if is_both or (is_east and is_open) else " "
            return text + glue + following
        if self._keeps_hyphen(hyphen[1], word[0]):
            return text + following
        return self._glue(text, following, word[0])

    def _glue(self, text: str, following: str, word: str) -> str:
        if word.casefold() in _CONJUNCTIONS:
            return f"{text} {following}"
        return text[:-1] + following

    def _keeps_hyphen(self, head: str, word: str) -> bool:
        tail = word.partition("-")[0]
        if tail.casefold() in _CONJUNCTIONS:
            return False
        if head[-1].isdigit() or tail[:1].isdigit() or (tail[:1].isupper() and not head.isupper()):
            return True
        compound, whole = f"{head}-{tail}".casefold(), f"{head}{tail}".casefold()
        return self._compounds[compound] > self._words[whole]


def build_paragraphs(lines: Sequence[Line], joiner: WordJoiner) -> list[Paragraph]:
    """Build the paragraphs of one column."""
    paragraphs: list[Paragraph] = []
    leading = _leading(lines)
    right = max((line.x1 for line in lines), default=0.0)
    for line in lines:
        last = paragraphs[-1] if paragraphs else None
        if last is None or _begins(line, last, leading, right):
            paragraphs.append(Paragraph([line], line.text))
        else:
            last.text = (
                f"{last.text}\n{line.text}" if line.is_mono else joiner.join(last.text, line.text)
            )
            last.lines.append(line)
    return paragraphs


def code_of(paragraph: Paragraph) -> str:
    """Return lines of code with the blanks that their places show."""
    left = min(line.x0 for line in paragraph.lines)
    lines: list[str] = []
    for line in paragraph.lines:
        width = 0.6 * line.size
        lines.append(" " * round((line.x0 - left) / width) + line.text)
    return "\n".join(lines)


def _leading(lines: Sequence[Line]) -> float:
    """Return the usual distance of two lines, in sizes of the font."""
    gaps = []
    for one, other in itertools.pairwise(lines):
        gap = (one.y - other.y) / max(1.0, other.size)
        if 0.8 < gap < 2.2 and abs(one.size - other.size) < 0.5:
            gaps.append(gap)
    return sorted(gaps)[len(gaps) // 4] if gaps else 1.2


def _begins(line: Line, paragraph: Paragraph, leading: float, right: float) -> bool:
    """Return True if a line begins a paragraph of its own."""
    last = paragraph.lines[-1]
    if line.is_mono or last.is_mono:
        is_near = abs(last.y - line.y) < 2.4 * max(1.0, line.size)
        return not (line.is_mono and last.is_mono and is_near and last.y > line.y)
    gap = (last.y - line.y) / max(1.0, line.size)
    # Bold words at the beginning of a paragraph may be most of its first line.
    is_full = last.x1 > right - 0.8 * last.size and 0 < gap < leading * 1.1 and len(last.text) > 40
    is_bolder = line.is_bold != last.is_bold and not (is_full and line.x0 <= last.x0 + 0.5)
    if abs(line.size - last.size) > 0.6 or is_bolder:
        return not _is_same_row(line, last)
    if _is_same_row(line, last):
        return False
    if gap < 0 or gap > leading * 1.28 + 0.08 or _BULLET.match(line.text):
        return True
    indent = line.x0 - (paragraph.lines[-1].x0 if len(paragraph.lines) > 1 else line.x0)
    if indent > 0.8 * line.size and not _BULLET.match(paragraph.text):
        return True
    is_short = last.x1 < right - 0.22 * (right - min(last.x0, line.x0))
    return is_short and bool(_ENDS.search(last.text))


def _is_same_row(line: Line, last: Line) -> bool:
    return abs(line.y - last.y) < 0.4 * line.size


def goes_on(paragraph: Paragraph, following: Paragraph) -> bool:
    """Return True if a paragraph goes on in the next column or on the next page."""
    text, start = paragraph.text.rstrip(), following.text.lstrip()
    if paragraph.is_code or following.is_code:
        return False
    if not text or not start or abs(paragraph.size - following.size) > 0.6:
        return False
    if paragraph.is_bold != following.is_bold or _BULLET.match(start):
        return False
    if _HYPHEN_END.search(text) or text.endswith(("\u00ad", ",")):
        return True
    if _ENDS.search(text):
        return False
    is_east = bool(_EAST_ASIAN.match(text[-1:]) and _EAST_ASIAN.match(start[:1]))
    return start[0].islower() or is_east
