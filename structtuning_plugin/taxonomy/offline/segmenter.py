"""A tree for a text without headings, from its words and paragraphs' shapes."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from structtuning_plugin import languages
from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Outline
from structtuning_plugin.corpus.table_text import mask_tables
from structtuning_plugin.taxonomy.offline.boundary_model import chapter_odds, features, section_odds
from structtuning_plugin.taxonomy.offline.cohesion import term_places, unit_vectors, windows
from structtuning_plugin.taxonomy.offline.cues import weight
from structtuning_plugin.taxonomy.offline.levels import Group, Pieces, best_count, stack
from structtuning_plugin.taxonomy.offline.numbering import chapter_starts, turns
from structtuning_plugin.taxonomy.offline.phrases import Phrases, likeness
from structtuning_plugin.taxonomy.offline.repeats import copied_spans
from structtuning_plugin.taxonomy.offline.words import Units, Words, units_of, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OFFLINE = "offline"

Embed = Callable[[Sequence[str]], "NDArray[np.float64]"]

# In letters. A shorter text has no parts worth a title: about two short paragraphs.
_TOO_SHORT = 1_200
# A longer leaf is cut at its best boundary, even if the statistics would keep it whole.
_LONGEST_LEAF = 6_000
# A shorter leaf is joined to the one before: a heading for a line or two is of no use.
_SHORTEST_LEAF = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Analysis:
    """Values that are computed once for a document."""

    units: Units
    words: Words
    vectors: NDArray[np.float64]
    places: NDArray[np.int64]
    sections: NDArray[np.float64]
    chapters: NDArray[np.float64]
    numbered: tuple[int, ...]
    cuts: tuple[int, ...]


class Segmenter:
    """Boundaries, levels and titles of one document, computed when they are first needed."""

    def __init__(self, document: Document, embed: Embed | None = None) -> None:
        self.document = document
        self._prose = mask_tables(document)
        self._embed = embed
        # Keys of the titles of the whole document: a reader must not meet one twice.
        self._parts = 0
        self._in_use = {likeness(heading.title) for heading in document.headings}

    def points(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return the finest pieces of `text[start:end]`, which cover it in order, with titles."""
        pieces, titles = self._pieces(start, end), list[str]()
        for low, high in pieces:
            titles.append(self._title(low, high, (start, end), titles))
        return [(low, high, title) for (low, high), title in zip(pieces, titles, strict=True)]

    def divide(self, start: int, end: int, avoid: Collection[str] = ()) -> tuple[Outline, ...]:
        """Return the forest over `text[start:end]`; empty if the text is too short to be divided.

        Args:
            start: first character.
            end: character after the last.
            avoid: titles above the text, which its parts must not have.
        """
        pieces = self._pieces(start, end)
        if len(pieces) < 2:
            return ()
        groups = stack(_described(self._analysis, pieces))
        return self._outlines(groups, pieces, (start, end), tuple(avoid))

    @property
    def is_divided(self) -> bool:
        """Whether the whole text has more than one part."""
        return len(self._pieces(0, len(self.document.text))) > 1

    def strength(self, offset: int) -> float:
        """Return the logarithmic odds of a boundary at the unit that starts at `offset`.

        Minus infinity if no unit starts there.
        """
        starts = self._analysis.units.starts
        index = bisect_left(starts, offset)
        if index == 0 or index == len(starts) or starts[index] != offset:
            return float("-inf")
        return float(self._analysis.sections[index])

    def title(self, start: int, end: int, avoid: Collection[str] = ()) -> str:
        """Return a title for `text[start:end]`: one line, never empty, none of `avoid`."""
        return self._title(start, end, (0, len(self.document.text)), avoid)

    def _title(self, start: int, end: int, around: tuple[int, int], avoid: Collection[str]) -> str:
        return self._phrases.title(start, end, around, avoid)

    def _outlines(
        self,
        groups: tuple[Group, ...],
        pieces: list[tuple[int, int]],
        around: tuple[int, int],
        above: tuple[str, ...],
    ) -> tuple[Outline, ...]:
        outlines: list[Outline] = []
        for group in groups:
            start, end = pieces[group.first][0], pieces[group.last - 1][1]
            title, source = self._unique_title(start, end, around, above)
            children = self._outlines(group.children, pieces, (start, end), (*above, title))
            own_end = start if children else end
            outlines.append(
                Outline(
                    title=title,
                    start=start,
                    own_end=own_end,
                    end=end,
                    source=source,
                    children=children,
                )
            )
        return tuple(outlines)

    def _unique_title(
        self,
        start: int,
        end: int,
        around: tuple[int, int],
        above: tuple[str, ...],
    ) -> tuple[str, str]:
        """Return a title that the document has only once, or a number, and the node's source."""
        title = self._phrases.best(start, end, around, above, self._in_use)
        if not title:
            part = languages.get(self.document.language).headings.part
            word = part or languages.get(languages.FALLBACK).headings.part
            self._parts += 1
            return word.format(self._parts), NUMBERED_PARTS
        self._in_use.add(likeness(title))
        return title, OFFLINE

    def _pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        if end <= start:
            return []
        if weight(self._prose[start:end]) < _TOO_SHORT:
            return [(start, end)]
        cuts = self._analysis.cuts
        bounds = [start, *cuts[bisect_right(cuts, start) : bisect_left(cuts, end)], end]
        return list(itertools.pairwise(bounds))

    @cached_property
    def _analysis(self) -> _Analysis:
        import numpy as np

        units = units_of(self.document)
        words = words_of(self._prose, units)
        vectors = self._vectors(units, words)
        rows = features(self._prose, words, units, self.document.language, vectors)
        sections, chapters = section_odds(rows), chapter_odds(rows)
        places = term_places(words, len(units.starts))
        numbered = chapter_starts(
            turns(self._prose, units), sections + chapters, vectors, np.diff(places) + 1.0
        )
        cuts = _chosen(self._prose, units, sections, numbered)
        return _Analysis(
            units=units,
            words=words,
            vectors=vectors,
            places=places,
            sections=sections,
            chapters=chapters,
            numbered=tuple(units.starts[unit] for unit in numbered),
            cuts=tuple(units.starts[unit] for unit in cuts),
        )

    def _vectors(self, units: Units, words: Words) -> NDArray[np.float64]:
        if self._embed is None:
            return unit_vectors(words, len(units.starts), windows(words))
        return self._embed(
            [
                self._prose[start:end].strip() or self.document.text[start:end]
                for start, end in zip(units.starts, units.ends, strict=True)
            ]
        )

    @cached_property
    def _phrases(self) -> Phrases:
        copied = tuple(copied_spans(self.document))
        return Phrases(self._prose, self._analysis.words, self.document.language, copied)


def _described(analysis: _Analysis, pieces: list[tuple[int, int]]) -> Pieces:
    """Collect the features of the pieces from the units that begin in each."""
    import numpy as np

    first = np.searchsorted(analysis.units.starts, [low for low, _ in pieces])
    last = np.append(first[1:], np.searchsorted(analysis.units.starts, pieces[-1][1]))
    total = np.vstack([np.zeros(analysis.vectors.shape[1]), np.cumsum(analysis.vectors, axis=0)])
    inside = first.clip(max=len(analysis.units.starts) - 1)
    chapters = set(analysis.numbered)
    return Pieces(
        sections=analysis.sections[inside],
        chapters=analysis.chapters[inside],
        vectors=total[last] - total[first],
        sizes=analysis.places[last] - analysis.places[first] + 1.0,
        forced=tuple(index for index, (low, _) in enumerate(pieces) if index and low in chapters),
    )


def _chosen(
    text: str, units: Units, odds: NDArray[np.float64], numbered: Collection[int]
) -> list[int]:
    """Choose the units that begin a piece, without the first one.

    The likeliest boundaries are kept so that no piece is too short or too long. `numbered` units
    begin a piece in any case.
    """
    import numpy as np

    chances = 1 / (1 + np.exp(-odds[1:]))
    order = np.argsort(-chances, kind="stable")[: best_count(chances)]
    sizes = np.array(
        [
            weight(text[start:end].strip())
            for start, end in zip(units.starts, units.ends, strict=True)
        ]
    )
    reach = np.concatenate([[0.0], np.cumsum(sizes)])
    certain = odds.copy()
    certain[list(numbered)] = np.inf
    cuts = _without_crumbs(
        sorted({*(int(index) + 1 for index in order), *numbered}), reach, certain
    )
    return _without_giants([0, *cuts, len(units.starts)], reach, odds)


def _without_crumbs(
    cuts: list[int], reach: NDArray[np.float64], odds: NDArray[np.float64]
) -> list[int]:
    """Drop the weaker of two close boundaries, and those close to either end."""
    result: list[int] = []
    for cut in cuts:
        if reach[cut] < _SHORTEST_LEAF or reach[-1] - reach[cut] < _SHORTEST_LEAF:
            continue
        if result and reach[cut] - reach[result[-1]] < _SHORTEST_LEAF:
            if odds[cut] <= odds[result[-1]]:
                continue
            result.pop()
        result.append(cut)
    return result


def _without_giants(
    bounds: list[int], reach: NDArray[np.float64], odds: NDArray[np.float64]
) -> list[int]:
    import numpy as np

    cuts: list[int] = []
    waiting = list(itertools.pairwise(bounds))
    while waiting:
        first, last = waiting.pop()
        if first:
            cuts.append(first)
        inside = np.arange(first + 1, last)
        inside = inside[
            (reach[inside] - reach[first] >= _SHORTEST_LEAF)
            & (reach[last] - reach[inside] >= _SHORTEST_LEAF)
        ]
        if reach[last] - reach[first] > _LONGEST_LEAF and len(inside):
            best = int(inside[np.argmax(odds[inside])])
            cuts.append(best)
            waiting += [(best, last)]
            waiting += [(first, best)]
    return sorted(set(cuts))
