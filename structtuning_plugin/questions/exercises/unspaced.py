"""Boundaries of words in scripts without blanks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.types import Document
from structtuning_plugin.languages import Compounds, Neighbours
from structtuning_plugin.questions.exercises.words import UNSPACED

_VARIETY = 3
# Of a noun: its places, one of so many with the sign of a noun, and signs of nouns for each of a
# verb. Longer words than two characters are hardly verbs.
_FEWEST_PLACES, _NOUN_EVERY, _NOUNS_PER_VERB = 5, 2, 8
_LONGEST_VERB = 2
_MOST_PLACES = 60


class _RunPatterns:
    """Compiled patterns of compounds."""

    def __init__(self, source: Compounds) -> None:
        self.run = regex.compile(source.run)
        self.character = regex.compile(source.character)
        self.following = regex.compile(source.following)
        self.no_name = regex.compile(source.no_name)
        self.prefixes = source.prefixes


class _NeighbourPatterns:
    """Compiled patterns of the characters around a word."""

    def __init__(self, source: Neighbours) -> None:
        self.before_verb = regex.compile(source.before_verb)
        self.after_verb = regex.compile(source.after_verb)
        self.before_noun = regex.compile(source.before_noun)
        self.after_noun = regex.compile(source.after_noun)
        self.suffixes = source.suffixes


@dataclass
class _Company:
    """Characters before and after a phrase, and the number of those typical of nouns and verbs."""

    before: set[str | int] = field(default_factory=set)
    after: set[str | int] = field(default_factory=set)
    places: int = 0
    nouns: int = 0
    verbs: int = 0


class Places(Protocol):
    """Places of the phrases of a text that occur at least twice in it."""

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the phrases of `text[start:end]` in order: start and end."""
        ...


class Boundaries:
    """Word boundaries of a document in an unspaced script."""

    def __init__(self, document: Document, phrases: Places) -> None:
        self._text = document.text
        self._phrases = phrases
        own = languages.get(document.language).exercises
        self._compounds = _RunPatterns(own.compounds) if own.compounds else None
        # Characters without blanks in a text of another language are mostly Chinese ones.
        neighbours = own.neighbours or languages.get("zh").exercises.neighbours
        self._neighbours = _NeighbourPatterns(neighbours) if neighbours else None

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the compounds in `text[start:end]`."""
        if self._compounds is not None:
            for match in self._compounds.run.finditer(self._text, start, end):
                yield match.span()

    def is_word(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` is a name: whole words that no ending makes a verb."""
        if self._compounds is not None:
            return self._is_compound(self._compounds, start, end)
        return self._stands_free(self._text[start:end]) and not self._is_torn(start, end)

    def is_noun(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` is used as a noun, hardly ever as a verb.

        Where the characters show compounds, each of them is.
        """
        if self._compounds is not None:
            return True
        phrase = self._text[start:end]
        company = self._companies.get(phrase)
        if company is None or company.places < _FEWEST_PLACES:
            return False
        is_long = len(phrase) > _LONGEST_VERB
        is_shown = is_long or _NOUN_EVERY * company.nouns >= company.places
        return is_shown and company.nouns >= _NOUNS_PER_VERB * company.verbs

    def fits(self, phrase: str, start: int, end: int) -> bool:
        """Return True if a phrase occurs next to a character that is next to `text[start:end]`."""
        company = self._companies.get(phrase)
        if self._compounds is not None or company is None:
            return self._compounds is not None
        before, after = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        if not UNSPACED.match(before) and not UNSPACED.match(after):
            return True
        return before in company.before or after in company.after

    def _is_compound(self, patterns: _RunPatterns, start: int, end: int) -> bool:
        phrase = self._text[start:end]
        inside = all(patterns.character.match(c) or not UNSPACED.match(c) for c in phrase)
        edges = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        whole = (
            inside
            and not any(patterns.character.match(edge) for edge in edges)
            and edges[0] not in patterns.prefixes
        )
        return (
            whole
            and bool(patterns.following.match(self._text, end))
            and not patterns.no_name.search(phrase)
        )

    def _stands_free(self, phrase: str) -> bool:
        """Return True if a phrase has many different neighbours, of nouns more than of verbs.

        Source: Feng et al. 2004, "Accessor variety criteria for Chinese word extraction".
        """
        company = self._companies.get(phrase)
        return (
            company is not None
            and min(len(company.before), len(company.after)) >= _VARIETY
            and company.nouns > company.verbs
        )

    def _is_torn(self, start: int, end: int) -> bool:
        """Return True if an edge cuts through a word.

        The characters at the edge are then more often together than some within the phrase.
        """
        text = self._text
        if self._neighbours and text[end : end + 1] in self._neighbours.suffixes:
            return True
        inside = min(
            (self._firmness(text[at : at + 2]) for at in range(start, end - 1)), default=1.0
        )
        outside = (text[start - 1 : start + 1] if start else "", text[end - 1 : end + 1])
        return any(self._firmness(pair) > inside for pair in outside)

    def _firmness(self, pair: str) -> float:
        """Return the share of the rarer character's places at which two characters are together."""
        least = min((self._single[character] for character in pair), default=0)
        return self._pairs[pair] / least if len(pair) == 2 and least else 0.0

    @cached_property
    def _single(self) -> Counter[str]:
        return Counter(character for character in self._text if UNSPACED.match(character))

    @cached_property
    def _pairs(self) -> Counter[str]:
        return Counter(
            a + b for a, b in pairwise(self._text) if a in self._single and b in self._single
        )

    @cached_property
    def _companies(self) -> dict[str, _Company]:
        """Collect the neighbours of every phrase, from its first places in the text."""
        companies: dict[str, _Company] = {}
        for start, end in self._phrases.spans(0, len(self._text)):
            company = companies.setdefault(self._text[start:end], _Company())
            if company.places < _MOST_PLACES:
                self._meet(company, start, end)
        return companies

    def _meet(self, company: _Company, start: int, end: int) -> None:
        text = self._text
        # A mark or a line end is a different neighbour each time: there the phrase does end.
        company.before.add(text[start - 1] if start and text[start - 1].isalpha() else start)
        company.after.add(text[end] if end < len(text) and text[end].isalpha() else start)
        around = text[max(0, start - 3) : start]
        company.places += 1
        signs = self._neighbours
        if signs is not None:
            company.verbs += bool(signs.before_verb.search(around))
            company.verbs += bool(signs.after_verb.match(text, end))
            company.nouns += bool(signs.before_noun.search(around))
            company.nouns += bool(signs.after_noun.match(text, end))
