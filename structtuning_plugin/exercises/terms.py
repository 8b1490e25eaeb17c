"""Terms of a document: what a sentence can be asked for or about.

They are the phrases that `taxonomy.segmentation` finds titles among (one to four words, two to eight characters of an
unspaced script, said at least twice in the document), in the order in which they stand out in a stretch of text. Whether
one names a thing is told by the words that stand before its last word in the document: articles, or those before verbs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.taxonomy.segmentation.lexicon import lexicon_of
from structtuning_plugin.types import Document

if TYPE_CHECKING:
    from structtuning_plugin.taxonomy.segmentation.phrases import Phrases

_STEM = 5
_WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_FEW_LETTERS = 4
_OFTEN = 3
_VARIETY = 3
_MOST_PLACES = 60

# Words that stand before verbs, where verbs have no ending that tells them.
_BEFORE_VERBS = {
    "en": "to will can may might must shall should would could not cannot never always often usually also they we you he she it who which that then",
    "fr": "ne n se s il elle on ils elles qui peut peuvent doit doivent nous vous pour en y",
    "es": "se no que puede pueden debe deben lo le les nos me te ya también para",
    "de": "zu nicht er sie es wir kann können muss müssen wird werden",
}
_BEFORE_NOUNS = {
    "en": "the a an of in by from with its their his her this these each every some any no",
    "fr": "le la les l un une des du de d au aux son sa ses leur leurs ce cet cette ces chaque",
    "es": "el la los las un una unos unas del de al su sus este esta estos estas cada",
    "de": "der die das den dem des ein eine einen einer eines seine ihre diese dieser von",
}
# Endings of verbs and adjectives, where words are told by them.
_NO_NOUN = {
    "en": r"(?:ly|ously|ally)$",
    "ru": r"(?:ть|ться|тся|ет|ют|ит|ят|ает|яет|ал|ала|али|ил|ила|или|ый|ий|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ых|их|ым|им|ую|юю|но|ом|ем|ой|ей|ыми|ими|енный|ен|ена|ено|ены|ая)$",
    "pl": r"(?:ć|ać|ić|yć|uje|ują|ają|ywać|ony|ona|one|ny|na|ne|ych|ymi|ego|emu|owy|owa|owe|ski|ska|skie|nie)$",
}
_VERBAL = {language: regex.compile(pattern) for language, pattern in _NO_NOUN.items()}
# Of the Russian endings above these are nouns' as well: they speak against a term only together with a verb's stem.
_NOUNS_TOO = regex.compile(r"(?:ом|ем|ой|ей|или|ие|ее|но|ен)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`document.text[start:end]`. `grade` 0: a name that is used often; 1: a name; 2: a phrase that may be anything."""

    text: str
    start: int
    end: int
    grade: int


class Terms:
    """The terms of one document; `common` are stems that tell nothing."""

    def __init__(self, document: Document, common: Collection[str] = frozenset()) -> None:
        from structtuning_plugin.taxonomy.segmentation.phrases import Phrases
        from structtuning_plugin.taxonomy.segmentation.words import units_of, words_of

        self._document = document
        self._common = common
        text = document.text
        self._phrases: Phrases = Phrases(text, words_of(text, units_of(document)), document.language)
        self._free: dict[str, bool] = {}
        self._nouns, self._verbs = _company(text, document.language)

    def of(self, start: int, end: int) -> list[Term]:
        """The terms in `text[start:end]`, names first, of them the most telling ones; long words at the end."""
        text, found = self._document.text, {}
        for at, stop, times in self._phrases.spans(start, end):
            if start <= at and stop <= end:
                found[at, stop] = self._grade(text[at:stop], times)
        for place in self._long_words(start, end):
            found.setdefault(place, 2)
        ordered = sorted(found.items(), key=lambda item: item[1])
        return [Term(text=text[at:stop], start=at, end=stop, grade=grade) for (at, stop), grade in ordered]

    def _grade(self, phrase: str, times: int) -> int:
        if not self.is_name(phrase) or stems(phrase) <= set(self._common) or not self._stands_free(phrase):
            return 2
        return 0 if times >= _OFTEN else 1

    def is_name(self, phrase: str) -> bool:
        """Whether a phrase may name a thing: its last word is no verb and no adverb, nor is its first one a verb."""
        words = [word.casefold() for word in _WORD.findall(phrase)]
        if not words:
            return False
        verbal = _VERBAL.get(self._document.language)
        if verbal is not None and verbal.search(words[-1]) and not _NOUNS_TOO.search(words[-1]):
            return False
        if self._document.language not in _BEFORE_NOUNS:
            return True
        return self._nouns[words[-1]] > self._verbs[words[-1]] and not self.is_verb(words[0])

    def _stands_free(self, phrase: str) -> bool:
        """Whether a phrase of an unspaced script is a word and no piece of one: many a character stands on both its sides.

        Source: accessor variety, Feng et al. 2004, "Accessor variety criteria for Chinese word extraction".
        """
        if not _UNSPACED.search(phrase):
            return True
        if phrase not in self._free:
            self._free[phrase] = self._variety(phrase) >= _VARIETY
        return self._free[phrase]

    def _variety(self, phrase: str) -> int:
        text, before, after, at = self._document.text, set(), set(), -1
        for _ in range(_MOST_PLACES):
            at = text.find(phrase, at + 1)
            if at < 0:
                break
            # A mark or a line end is a different neighbour each time: there the phrase does end.
            left, right = text[at - 1 : at], text[at + len(phrase) : at + len(phrase) + 1]
            before.add(left if left.isalpha() else at)
            after.add(right if right.isalpha() else at)
        return min(len(before), len(after))

    def is_verb(self, word: str) -> bool:
        """Whether a word stands mostly where verbs do; only in languages that have articles."""
        word = word.casefold()
        return self._verbs[word] > self._nouns[word]

    def _long_words(self, start: int, end: int) -> list[tuple[int, int]]:
        function = lexicon_of(self._document.language).function
        found = [
            (match.start(), match.end())
            for match in _WORD.finditer(self._document.text, start, end)
            if len(match[0]) > _FEW_LETTERS
            and match[0].casefold() not in function
            and not _UNSPACED.search(match[0])
            and not match[0][0].isdigit()
        ]
        return sorted(found, key=lambda place: (place[0] - place[1], place[0]))


def _company(text: str, language: str) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands after a word that nouns follow, and after one that verbs follow."""
    nouns: Counter[str] = Counter()
    verbs: Counter[str] = Counter()
    before_nouns = frozenset(_BEFORE_NOUNS.get(language, "").split())
    before_verbs = frozenset(_BEFORE_VERBS.get(language, "").split())
    if before_nouns:
        words = [match[0].casefold() for match in _WORD.finditer(text.replace("’", " ").replace("'", " "))]
        for before, word in zip(words, words[1:], strict=False):
            if before in before_nouns:
                nouns[word] += 1
            elif before in before_verbs:
                verbs[word] += 1
    return nouns, verbs


def stems(text: str) -> set[str]:
    """What the words of a text are told by; in unspaced scripts the pairs of characters.

    >>> sorted(stems("Cells and a membrane"))
    ['and', 'cells', 'membr']
    """
    found = {word.casefold()[:_STEM] for word in _WORD.findall(_UNSPACED.sub(" ", text)) if len(word) > 1}
    for run in regex.findall(rf"{_UNSPACED.pattern}+", text):
        found |= {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return found
