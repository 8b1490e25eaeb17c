"""Chunking: cut texts into passages with a maximum number of tokens that cover each text once.

Blocks (paragraphs, lists, code, ...) are packed up to the budget. A block is cut only if it is
longer than the budget; the remainder is then packed with what follows.

    budget 10    [4 tokens][5 tokens][14 tokens]   ->   [4 5] [10] [4]

A table is cut between rows. A chunk that begins within a table leaves room for the table's header,
which its samples repeat.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.tokens import Codec, count_tokens
from structtuning_plugin.core.types import Block, BlockKind, Document
from structtuning_plugin.corpus.segmenters import segmenter
from structtuning_plugin.corpus.table_text import header_of, row_ends
from structtuning_plugin.languages.unicode import EAST_ASIAN

Joints = Callable[[str, str], list[int]]

_BLANK_LINES = regex.compile(r"\n[^\S\n]*\n\s*?(?=[^\n])")
_LINES = regex.compile(r"\n+")
_ITEMS = regex.compile(r"\n(?=[^\S\n]*(?:[-*+•]|\d+[.)])\s)")
# A word ends with its blanks; scripts without blanks have their clause marks.
_WORDS = regex.compile(rf"\s+|[、，；：,;:](?=[{EAST_ASIAN}\p{{Thai}}])|[、，；：]")
# Characters before a sentence's end that may be an abbreviation and blanks.
_LONGEST_ABBREVIATION = 40
_GRAPHEMES = regex.compile(r"\X")
# An abbreviation ("p. ex.", "т. е.") goes on with a small letter; a closing mark belongs to the
# sentence before it.
_NO_END = regex.compile(r"(?<=\.\s*)(?=\p{Ll})|(?<=\S)(?=[-」』）”’»\"'\])])")
# pysbd takes every line end for a sentence's end, but a hard-wrapped paragraph breaks anywhere; and
# it fails at a number after one of ASCII's separators, which a stranger's reader may leave in.
_ONE_LINE = str.maketrans("\n\x1c\x1d\x1e\x1f", "     ")
_FULL_STOPS = regex.compile(r"[。！？｡।॥؟۔።]+[」』）”’»\"'\])]*\s*")


def _ends(pattern: Any, text: str) -> list[int]:
    return [match.end() for match in pattern.finditer(text)]


def sentences(text: str, language: str) -> list[int]:
    """Return the offsets at which sentences end, trailing white space included.

    >>> text = "Dr. Smith came at 5 p.m. yesterday. He left."
    >>> [text[:end] for end in sentences(text, "en")][0]
    'Dr. Smith came at 5 p.m. yesterday. '
    """
    ends = set(_ends(_FULL_STOPS, text))
    line, position = text.translate(_ONE_LINE), 0
    abbreviation = _abbreviation_end(language)
    for sentence in map(str.strip, segmenter(language).segment(line)):
        start = line.find(sentence, position) if sentence else -1
        if start >= 0:
            before = text[max(0, start - _LONGEST_ABBREVIATION) : start]
            goes_on = abbreviation is not None and abbreviation.search(before)
            if not goes_on and not _NO_END.match(text, start):
                ends.add(start)
            position = start + len(sentence)
    return sorted(ends - {0})


@languages.cached
def _abbreviation_end(language: str) -> Any:
    """Compile the pattern of a text that ends with an abbreviation of the language."""
    words = languages.get(language).sentences.abbreviations
    joined = "|".join(regex.escape(word) for word in sorted(words))
    return regex.compile(rf"(?<!\p{{L}})(?:{joined})\.\s*$", regex.IGNORECASE) if words else None


def _blank_lines(text: str, _: str) -> list[int]:
    return _ends(_BLANK_LINES, text)


def _lines(text: str, _: str) -> list[int]:
    return _ends(_LINES, text)


def _rows(text: str, _: str) -> list[int]:
    return row_ends(text)


def _items(text: str, _: str) -> list[int]:
    return _ends(_ITEMS, text)


def _words(text: str, _: str) -> list[int]:
    return _ends(_WORDS, text)


def _graphemes(text: str, _: str) -> list[int]:
    return _ends(_GRAPHEMES, text)


def _characters(text: str, _: str) -> list[int]:
    return list(range(1, len(text)))


LAST_RESORT: tuple[Joints, ...] = (_graphemes, _characters)
_LAST = (_words, *LAST_RESORT)

JOINTS: dict[BlockKind, tuple[Joints, ...]] = {
    "paragraph": (sentences, *_LAST),
    "list": (_items, _lines, sentences, *_LAST),
    "table": (_rows, *_LAST),
    "code": (_blank_lines, _lines, *_LAST),
}


# A header of more than this share of the budget is not repeated: it would displace the rows.
_LONGEST_HEADER = 0.25

# A window for the joints of an over-long block, in budgets: cutting stays linear however long a
# block is.
_WINDOW = 2

# Mean number of characters of a token above which a text is not expected to fit; it is measured by
# blocks then, so that it is not tokenised twice.
_LONGEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Header:
    """Rows that name the columns of a table, and their number of tokens."""

    text: str
    tokens: int


NO_HEADER = Header("", 0)


class MeasuredText:
    """A document's text with the offset of every token, to count the tokens of any span at once.

    The count is that of the block's own tokenisation. A span cut out of it may have one token more,
    so chunks are counted again by themselves.
    """

    def __init__(self, document: Document, codec: Codec) -> None:
        self.text = document.text
        self.language = document.language
        blocks = document.blocks or (Block(kind="paragraph", start=0),)
        self.starts = sorted({0, *(block.start for block in blocks)})
        kinds = {block.start: block.kind for block in blocks}
        self._kinds: list[BlockKind] = [kinds.get(start, "paragraph") for start in self.starts]
        self._headers: dict[int, Header] = {}
        self._codec = codec
        self._offsets: dict[int, list[int]] = {}

    def reach(self, start: int, tokens: int) -> int:
        """Return the offset before the token that would exceed `tokens`, counted from `start`."""
        for block in range(bisect_right(self.starts, start) - 1, len(self.starts)):
            offsets = self._offsets_of(block)
            last = bisect_left(offsets, start) + tokens
            if last < len(offsets):
                return offsets[last]
            tokens = last - len(offsets)
        return len(self.text)

    def _offsets_of(self, block: int) -> list[int]:
        """Return the offsets of the tokens of a block, which is tokenised when it is first needed.

        Most blocks never are: only topics that are longer than a chunk are cut inside.
        """
        if block not in self._offsets:
            start, end = self.starts[block], self.block_end(self.starts[block], len(self.text))
            (offsets,) = self._codec.starts([self.text[start:end]])
            self._offsets[block] = [start + offset for offset in offsets]
        return self._offsets[block]

    def block_end(self, start: int, end: int) -> int:
        """Return the end, within `start..end`, of the block that contains `start`."""
        following = bisect_right(self.starts, start)
        return min(end, self.starts[following]) if following < len(self.starts) else end

    def last_block_end(self, start: int, limit: int) -> int:
        """Return the last end of a block within `start..limit`; `start` if there is none."""
        return max(start, self.starts[bisect_right(self.starts, limit) - 1])

    def header_at(self, offset: int) -> Header:
        """Return the header of the table that an offset is within, after its header."""
        block = bisect_right(self.starts, offset) - 1
        if self._kinds[block] != "table" or offset == self.starts[block]:
            return NO_HEADER
        if block not in self._headers:
            rows = header_of(self.text[self.starts[block] : self.block_end(offset, len(self.text))])
            self._headers[block] = (
                Header(rows, count_tokens(self._codec, [rows])[0]) if rows else NO_HEADER
            )
        header = self._headers[block]
        return header if offset >= self.starts[block] + len(header.text) else NO_HEADER

    def kind_at(self, offset: int) -> BlockKind:
        """Return the kind of the block at an offset."""
        return self._kinds[bisect_right(self.starts, offset) - 1]


@dataclass(frozen=True, slots=True)
class Piece:
    """The span `text[start:end]`, its number of tokens, and the header that it repeats."""

    start: int
    end: int
    tokens: int
    header: str = ""


def cut(
    measured: MeasuredText, spans: Sequence[tuple[int, int]], budget: int, codec: Codec
) -> list[list[Piece]]:
    """Cut each span into chunks that cover it, none over `budget` tokens.

    Raises:
        BudgetError: If a single character has more tokens than the budget.
    """
    counts = _count_spans(
        measured, [span for span in spans if span[1] - span[0] <= budget * _LONGEST_TOKEN], codec
    )
    plans = []
    for span in spans:
        fits = span in counts and counts[span] <= budget
        plans.append([span] if fits and span[0] < span[1] else _plan(measured, *span, budget))
    parts = [part for plan in plans for part in plan if part not in counts]
    counts.update(_count_spans(measured, parts, codec))
    pieces = []
    for (start, end), plan in zip(spans, plans, strict=True):
        headers = [_header(measured, first, budget) for first, _ in plan]
        if all(
            counts[span] + header.tokens <= budget
            for span, header in zip(plan, headers, strict=True)
        ):
            pieces.append(
                [
                    Piece(*span, counts[span], header.text)
                    for span, header in zip(plan, headers, strict=True)
                ]
            )
        else:
            pieces.append(_cut_exactly(measured, start, end, budget, codec))
    return pieces


def _header(measured: MeasuredText, start: int, budget: int) -> Header:
    """Return the header that a chunk repeats which begins at an offset."""
    header = measured.header_at(start)
    return header if header.tokens <= _LONGEST_HEADER * budget else NO_HEADER


def _count_spans(
    measured: MeasuredText, spans: Sequence[tuple[int, int]], codec: Codec
) -> dict[tuple[int, int], int]:
    texts = [measured.text[start:end] for start, end in spans]
    return dict(zip(spans, count_tokens(codec, texts), strict=True))


def _plan(measured: MeasuredText, start: int, end: int, budget: int) -> list[tuple[int, int]]:
    spans = []
    while start < end:
        room = budget - _header(measured, start, budget).tokens
        stop = _next_cut(measured, start, end, room)
        spans.append((start, stop))
        start = stop
    return spans


def _cut_exactly(
    measured: MeasuredText, start: int, end: int, budget: int, codec: Codec
) -> list[Piece]:
    """Cut a span whose pieces have more tokens than they had in their block.

    Each piece is counted anew, which is slow but rarely needed.
    """
    pieces: list[Piece] = []
    while start < end:
        header = _header(measured, start, budget)
        room = budget - header.tokens
        aim, stop = room, _next_cut(measured, start, end, room)
        while (tokens := count_tokens(codec, [measured.text[start:stop]])[0]) > room:
            if stop == start + 1:
                raise BudgetError(
                    f"The text {measured.text[start:stop]!r} alone has {tokens} tokens, but a "
                    f"chunk may have {budget}."
                )
            aim -= tokens - room
            stop = (
                _next_cut(measured, start, end, aim)
                if aim > 0
                else start + _one_less(measured.text[start:stop])
            )
        pieces.append(Piece(start, stop, tokens, header.text))
        start = stop
    return pieces


def _next_cut(measured: MeasuredText, start: int, end: int, budget: int) -> int:
    limit = min(end, measured.reach(start, budget))
    if limit == end:
        return end
    stop = measured.last_block_end(start, limit)
    if stop > start:
        return stop
    window = measured.text[
        start : min(measured.block_end(start, end), measured.reach(start, _WINDOW * budget))
    ]
    for joints in JOINTS[measured.kind_at(start)]:
        stop = _furthest(joints, window, measured.language, limit - start)
        if stop:
            return start + stop
    return start + 1


def _one_less(window: str) -> int:
    """Return the start of the window's last grapheme cluster, or of its last character."""
    return next(
        stop for joints in LAST_RESORT if (stop := _furthest(joints, window, "", len(window) - 1))
    )


def _furthest(joints: Joints, window: str, language: str, limit: int) -> int:
    ends = joints(window, language)
    fitting = bisect_right(ends, limit)
    return ends[fitting - 1] if fitting else 0
