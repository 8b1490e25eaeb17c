"""Terms of a document that a sentence can be asked for or about.

They are the phrases of `taxonomy.offline.phrases` (one to four words, two to eight characters of an
unspaced script, at least twice in the document), and single words. The grade of a term depends on
the use of its words (`usage`) and on their distribution in the corpus (`points.Spread`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.exercises.unspaced import Boundaries
from structtuning_plugin.questions.exercises.words import UNSPACED, WORD, is_generic, stems
from structtuning_plugin.taxonomy.offline.references import References
from structtuning_plugin.taxonomy.offline.usage import Usage

if TYPE_CHECKING:
    from structtuning_plugin.questions.exercises import Sentence
    from structtuning_plugin.questions.exercises.points import Spread

_FEWEST_LETTERS = 3
# What may stand between a word and one that belongs to the same name.
_JOINTS = (" ", "-", "\n")
# A term beside one of these is a piece of something else.
_GLUE = frozenset("/_@-=\\~+")
_WORST = 3
# Worst grade of a term that makes a sentence worth asking for.
_WORST_SAYING = 2
# Characters of a word.
_LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term: `document.text[start:end]`.

    `grade` 0 is the name of a subject of the text, 1 a name, 2 a general or a rare word, 3 any
    other. `whole` is True between function words and marks: the term is no part of a longer name
    then.
    """

    text: str
    start: int
    end: int
    grade: int
    whole: bool


def says(term: Term, language: str) -> bool:
    """Return True if a term has a word of the field: not "most cases"."""
    general = all(is_generic(word, language) for word in WORD.findall(term.text))
    return term.grade <= _WORST_SAYING and not general


@dataclass(frozen=True, slots=True)
class TextPhrases:
    """Phrases of a document that occur at least twice in it, and its references.

    Args:
        bounds: Start and end of each phrase, one after the other, in the order of the starts.
        references: Start and end of each reference, in order.
    """

    bounds: tuple[int, ...]
    references: tuple[int, ...]


def find_phrases(document: Document) -> TextPhrases:
    """Find the phrases of a document, and its references: what depends on no other document."""
    from structtuning_plugin.taxonomy.offline.phrases import Phrases
    from structtuning_plugin.taxonomy.offline.words import units_of, words_of

    words = words_of(document.text, units_of(document))
    phrases = Phrases(document.text, words, document.language)
    bounds = [at for start, end, _ in phrases.spans(0, len(document.text)) for at in (start, end)]
    references = [at for span in phrases.references.spans for at in span]
    return TextPhrases(tuple(bounds), tuple(references))


class PhrasePlaces:
    """Places of a document's phrases.

    Args:
        bounds: Start and end of each, in the order of the starts.
    """

    def __init__(self, bounds: Sequence[int]) -> None:
        self._starts, self._ends = array("q", bounds[::2]), array("q", bounds[1::2])

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the phrases of `text[start:end]` in order: start and end."""
        first = bisect_left(self._starts, start)
        for place in range(first, bisect_left(self._starts, end)):
            if self._ends[place] <= end:
                yield self._starts[place], self._ends[place]


class Terms:
    """Terms of one document, by sentence.

    Args:
        document: The document.
        usage: Use of words in its language.
        spread: Distribution of stems.
        phrases: Phrases of the document; by default they are found now.
    """

    def __init__(
        self,
        document: Document,
        usage: Usage,
        spread: Spread,
        phrases: TextPhrases | None = None,
    ) -> None:
        own_phrases = phrases or find_phrases(document)
        self._text = document.text
        self.language = document.language
        own = languages.get(document.language)
        self._function = own.lexicon.function
        self._elision = regex.compile(own.elision) if own.elision else None
        self._modifiers_first = own.exercises.word_classes.modifiers_first
        self._usage, self._spread = usage, spread
        self._phrases = PhrasePlaces(own_phrases.bounds)
        references = own_phrases.references
        self._references = References.at(list(zip(references[::2], references[1::2], strict=True)))
        self._boundaries = Boundaries(document, self._phrases)
        self._found: dict[tuple[int, int], tuple[Term, ...]] = {}

    def of(self, sentence: Sentence) -> tuple[Term, ...]:
        """Return the terms in a sentence: best grades first, then the longest, then in order."""
        place = (sentence.start, sentence.end)
        if place not in self._found:
            self._found[place] = self._look(*place)
        return self._found[place]

    def fits(self, candidate: str, term: Term) -> bool:
        """Return True if a wrong term fits the characters around the right one.

        In a script with blanks its form decides, see `distractors.has_form_of`.
        """
        if not UNSPACED.search(candidate):
            return True
        return self._boundaries.fits(candidate, term.start, term.end)

    def _look(self, start: int, end: int) -> tuple[Term, ...]:
        places = {self._bare(at, stop) for at, stop in self._phrases.spans(start, end)}
        places |= {
            self._bare(match.start(), match.end())
            for match in WORD.finditer(self._text, start, end)
        }
        places |= set(self._boundaries.runs(start, end))
        terms = [
            self._term(at, stop, start, end)
            for at, stop in sorted(places)
            if self._may_be(self._text[at:stop]) and not self._references.touch(at, stop)
        ]
        return tuple(
            sorted(
                terms,
                key=lambda term: (term.grade, -len(WORD.findall(term.text)), term.start, term.end),
            )
        )

    def _bare(self, start: int, end: int) -> tuple[int, int]:
        """Return the start without an article that is written together with its noun."""
        if self._elision and (match := self._elision.match(self._text, start, end)):
            return match.end(), end
        return start, end

    def _may_be(self, phrase: str) -> bool:
        if (
            "\n" in phrase
            or "/" in phrase
            or phrase[:1].isdigit()
            or phrase.casefold() in self._function
        ):
            return False
        if UNSPACED.search(phrase):
            return len(phrase) > 1 and len(WORD.findall(phrase)) == 1
        return len(phrase) >= _FEWEST_LETTERS or (phrase.isupper() and len(phrase) > 1)

    def _term(self, at: int, stop: int, start: int, end: int) -> Term:
        phrase = self._text[at:stop]
        whole = self._is_whole(at, stop, start, end)
        return Term(
            text=phrase,
            start=at,
            end=stop,
            grade=self._grade(phrase, at, stop, start, end),
            whole=whole,
        )

    def _grade(self, phrase: str, at: int, stop: int, start: int, end: int) -> int:
        words = WORD.findall(phrase)
        if self._is_cut(at, stop):
            return _WORST
        if UNSPACED.search(phrase):
            if not self._boundaries.is_word(at, stop):
                return _WORST
            if is_generic(phrase, self.language):
                return 2
            if not self._boundaries.is_noun(at, stop):
                return 1
        else:
            if (
                not self._usage.is_noun(words[-1], sure=len(words) == 1)
                or not self._usage.may_begin(words[0])
                or self._goes_on(stop, end)
            ):
                return _WORST
            if self._usage.acts(self._word_before(at, start), self._word_after(stop, end)):
                return _WORST
            if all(is_generic(word, self.language) for word in words):
                return 2
        if (len(words) == 1 or words[-1].endswith("ing")) and self._usage.is_said_of(
            self._word_before(at, start)
        ):
            return 2
        return self._worth(phrase, words)

    def _worth(self, phrase: str, words: list[str]) -> int:
        """Grade a name: abbreviations and subjects of the text best, general words worst."""
        own = stems(phrase)
        if all(self._spread.is_common(stem) for stem in own):
            return 2
        telling = sum(self._spread.is_telling(stem) for stem in own)
        vague = is_generic(words[0], self.language) or is_generic(words[-1], self.language)
        if phrase.isupper() or 2 * telling >= len(own):
            return 1 if vague else 0
        return 2 if vague or (len(words) == 1 and self._usage.is_abstract(words[0])) else 1

    def _is_cut(self, at: int, stop: int) -> bool:
        """Return True if a phrase is a part of a path, an address or the like."""
        before, after = self._text[max(0, at - 1) : at], self._text[stop : stop + 2]
        return before in _GLUE or after[:1] in _GLUE or (after[:1] == "." and after[1:].isalnum())

    def _is_whole(self, at: int, stop: int, start: int, end: int) -> bool:
        follows = self._modifiers_first and self._usage.is_content(self._word_after(stop, end))
        return not follows and not self._begun(at, start) and not self._goes_on(stop, end)

    def _goes_on(self, stop: int, end: int) -> bool:
        """Return True if the name continues after a term, with a noun or a description."""
        if self._text[stop : stop + 1] not in _JOINTS or not self._modifiers_first:
            return self._text[stop : stop + 1] == "-" and stop < end
        match = WORD.match(self._text, stop + 1, end)
        return (
            match is not None and self._usage.is_content(match[0]) and self._usage.is_noun(match[0])
        )

    def _word_after(self, stop: int, end: int) -> str:
        match = (
            WORD.match(self._text, stop + 1, end) if self._text[stop : stop + 1].isspace() else None
        )
        return match[0] if match else ""

    def _word_before(self, at: int, start: int) -> str:
        before = self._text[max(start, at - _LONGEST) : at]
        return WORD.findall(before)[-1] if before[-1:].isspace() and before[-2:-1].isalnum() else ""

    def _begun(self, at: int, start: int) -> bool:
        """Return True if the name began before a term, with a word that describes it."""
        if at <= start or self._text[at - 1] not in _JOINTS:
            return False
        before = self._text[max(start, at - _LONGEST) : at - 1]
        return before[-1:].isalnum() and self._usage.describes(WORD.findall(before)[-1])
