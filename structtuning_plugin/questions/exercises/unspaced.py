"""Where words begin and end in scripts without blanks between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.exercises.stems import UNSPACED

if TYPE_CHECKING:
    from structtuning_plugin.taxonomy.offline.phrases import Phrases

# Japanese names are runs of these; a particle or a mark follows them, an ending in hiragana makes verbs of them.
_RUN = regex.compile(r"[\p{Han}\p{Katakana}ー々]{2,10}+")
_RUN_CHARACTER = regex.compile(r"[\p{Han}\p{Katakana}ー々\p{Latin}]")
_FOLLOWING = regex.compile(
    r"(?!\p{Hiragana})|で(?!き)|[のはがをにともや、。]|から|まで|より|など|だけ|へ|か、"
)
# These stand for time, place and manner, not for things.
_BESIDE_NAMES = regex.compile(r"^[本各同当毎全初次]|[用化的中後前時等毎間内上下毎初]$")

_VARIETY = 3
_MOST_PLACES = 60
# Of a Chinese word: what stands before verbs, and what stands before nouns.
_BEFORE_VERB = regex.compile(
    r"(?:[不会能将要来被请您并没只都去让使后地时再就才可先]|可以|正在|已经?|需要?|必须|应该?|便于|无法|自动)$"
)
_AFTER_VERB = regex.compile(r"[了过着您到完这此该]|一[个种些]|所有")
_BEFORE_NOUN = regex.compile(r"[的个种该此这些在从和与或对由用为台块张份各其多]$")
_AFTER_NOUN = regex.compile(r"[的中里上是和与或等、，。会将可能被有在]")


@dataclass
class _Company:
    """What stands beside a phrase: characters before and after it, and how many of them nouns and verbs have."""

    before: set[str | int] = field(default_factory=set)
    after: set[str | int] = field(default_factory=set)
    places: int = 0
    nouns: int = 0
    verbs: int = 0


class Boundaries:
    """Where the words of a document end; documents in other scripts have blanks for it."""

    def __init__(self, document: Document, phrases: Phrases) -> None:
        self._text = document.text
        self._language = document.language
        self._phrases = phrases

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Japanese compounds in `text[start:end]`."""
        if self._language == "ja":
            yield from (match.span() for match in _RUN.finditer(self._text, start, end))

    def is_word(self, start: int, end: int) -> bool:
        """Whether `text[start:end]` is a name: a whole word, or several, that no ending makes a verb."""
        if self._language == "ja":
            return self._is_compound(start, end)
        return self._stands_free(self._text[start:end]) and not self._is_torn(start, end)

    def _is_compound(self, start: int, end: int) -> bool:
        phrase = self._text[start:end]
        inside = all(_RUN_CHARACTER.match(c) or not UNSPACED.match(c) for c in phrase)
        edges = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        whole = (
            inside
            and not any(_RUN_CHARACTER.match(edge) for edge in edges)
            and edges[0] not in ("お", "ご")
        )
        return (
            whole and bool(_FOLLOWING.match(self._text, end)) and not _BESIDE_NAMES.search(phrase)
        )

    def _stands_free(self, phrase: str) -> bool:
        """Whether many a character stands on both sides of a phrase, and those beside nouns more often than those of verbs.

        Source: accessor variety, Feng et al. 2004, "Accessor variety criteria for Chinese word extraction".
        """
        company = self._companies.get(phrase)
        return (
            company is not None
            and min(len(company.before), len(company.after)) >= _VARIETY
            and company.nouns > company.verbs
        )

    def _is_torn(self, start: int, end: int) -> bool:
        """Whether the characters at an edge hold together more firmly than some inside: the edge cuts through a word."""
        text = self._text
        inside = min(
            (self._firmness(text[at : at + 2]) for at in range(start, end - 1)), default=1.0
        )
        outside = (text[start - 1 : start + 1] if start else "", text[end - 1 : end + 1])
        return any(self._firmness(pair) > inside for pair in outside)

    def _firmness(self, pair: str) -> float:
        """How often two characters stand together, of all places of the rarer one."""
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
        """Of every phrase, from its first places in the text."""
        found: dict[str, _Company] = {}
        for start, end, _ in self._phrases.spans(0, len(self._text)):
            company = found.setdefault(self._text[start:end], _Company())
            if company.places < _MOST_PLACES:
                self._meet(company, start, end)
        return found

    def _meet(self, company: _Company, start: int, end: int) -> None:
        text = self._text
        # A mark or a line end is a different neighbour each time: there the phrase does end.
        company.before.add(text[start - 1] if start and text[start - 1].isalpha() else start)
        company.after.add(text[end] if end < len(text) and text[end].isalpha() else start)
        around = text[max(0, start - 3) : start]
        company.verbs += bool(_BEFORE_VERB.search(around)) + bool(_AFTER_VERB.match(text, end))
        company.nouns += bool(_BEFORE_NOUN.search(around)) + bool(_AFTER_NOUN.match(text, end))
        company.places += 1
