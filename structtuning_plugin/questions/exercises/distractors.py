"""Wrong answers: terms of other points that could be in a gap, and are not right there.

    The ____ joins hub and rim.     spoke     A. axle  B. spoke  C. pedal  D. chain

A wrong answer has the form of the right one (words, capital, ending, script). It is refused if a
sentence of the document says about it much of what the sentence with the gap says: it could be
right as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from structtuning_plugin import languages
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.questions.exercises.ranking import GOOD
from structtuning_plugin.questions.exercises.terms import Term, Terms
from structtuning_plugin.questions.exercises.words import UNSPACED, WORD, stems

if TYPE_CHECKING:
    from structtuning_plugin.questions.exercises import Sentence
    from structtuning_plugin.questions.exercises.points import Point, Spread

# Points on each side, in reading order, whose terms are tried.
_REACH = 12
# Sentences of one point whose terms are tried.
_SENTENCES = 12
# Greatest share of a sentence's stems that another sentence with the wrong term may have.
_SAID = 0.3
# Letters at the end of a word that show number and gender.
_ENDING = 2
_CANDIDATES = 16


class Distractors:
    """Wrong answers from one document.

    Args:
        points: Points of the document, in reading order.
        terms: Terms of the document.
        spread: Distribution of stems.
        excluded: Ids of topics whose terms are no wrong answers: no row may contain their words.
    """

    def __init__(
        self,
        points: Sequence[Point],
        terms: Terms,
        spread: Spread,
        excluded: frozenset[str] = frozenset(),
    ) -> None:
        self._points, self._excluded = points, excluded
        self._terms, self._spread = terms, spread
        self._place = {point.topic.id: place for place, point in enumerate(points)}
        self._of_point: dict[str, tuple[Term, ...]] = {}

    def get(self, point: Point, sentence: Sentence, term: Term, count: int, seed: int) -> list[str]:
        """Return up to `count` wrong terms for a gap, from the nearest points first.

        Args:
            point: The point with the sentence.
            sentence: The sentence with the gap.
            term: The term in the gap.
            count: Number of wrong terms.
            seed: Seed of the choice.
        """
        rest = self._rest(sentence, term)
        used = set(sentence.stems) | stems(point.name)
        chosen: list[str] = []
        for candidate in self._near(point, term, seed):
            own = stems(candidate)
            if own & used or self._is_said(own, rest) or not self._terms.fits(candidate, term):
                continue
            chosen.append(candidate)
            used |= own
            if len(chosen) == count:
                break
        return chosen

    def _near(self, point: Point, term: Term, seed: int) -> Iterator[str]:
        """Yield terms of the same form: those of neighbours, then those of points further away."""
        place = self._place[point.topic.id]
        tried: set[str] = set()
        for distance in range(1, _REACH + 1):
            for other in (place - distance, place + distance):
                if not 0 <= other < len(self._points):
                    continue
                if self._points[other].topic.id in self._excluded:
                    continue
                candidates = self._terms_of(self._points[other])
                for at in range(len(candidates)):
                    step = stable_choice(seed, f"{term.start}/{other}", len(candidates))
                    text = candidates[(at + step) % len(candidates)].text
                    if text.casefold() not in tried and has_form_of(
                        text, term.text, point.language
                    ):
                        tried.add(text.casefold())
                        yield text
                if len(tried) >= _CANDIDATES:
                    return

    def _terms_of(self, point: Point) -> tuple[Term, ...]:
        """Return the names of subjects in the first good sentences of a point, each once."""
        if point.topic.id not in self._of_point:
            good = [sentence for sentence in point.sentences if sentence.rank == GOOD]
            named: dict[str, Term] = {}
            for sentence in good[:_SENTENCES]:
                for term in self._terms.of(sentence):
                    if term.grade == 0 and term.whole:
                        named.setdefault(term.text.casefold(), term)
            self._of_point[point.topic.id] = tuple(named.values())
        return self._of_point[point.topic.id]

    def _rest(self, sentence: Sentence, term: Term) -> frozenset[str]:
        """Return the stems that tell a sentence from others, without those of the term."""
        own = stems(term.text)
        return frozenset(
            stem for stem in sentence.stems if stem not in own and not self._spread.is_common(stem)
        )

    def _is_said(self, own: set[str], rest: frozenset[str]) -> bool:
        """Return whether a sentence with the stems of a term has much of the rest too."""
        if not rest:
            return True
        places = min((self._sentences.get(stem, ()) for stem in own), key=len, default=())
        most = max(1.0, _SAID * len(rest))
        return any(
            own.issubset(self._all[place]) and len(rest.intersection(self._all[place])) > most
            for place in places
        )

    @cached_property
    def _all(self) -> list[tuple[str, ...]]:
        return [sentence.stems for point in self._points for sentence in point.sentences]

    @cached_property
    def _sentences(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, own in enumerate(self._all):
            for stem in own:
                places[stem].append(place)
        return places


def has_form_of(candidate: str, term: str, language: str) -> bool:
    """Return whether two terms have the same form: words, capital, ending, script.

    >>> has_form_of("rims", "hubs", "en"), has_form_of("rim", "hubs", "en")
    (True, False)
    """
    if bool(UNSPACED.search(term)) != bool(UNSPACED.search(candidate)):
        return False
    if UNSPACED.search(term):
        return abs(len(term) - len(candidate)) <= 1 + len(term) // 3 and bool(
            UNSPACED.match(term)
        ) == bool(UNSPACED.match(candidate))
    own, other = WORD.findall(term), WORD.findall(candidate)
    capital = [words[0][:1].isupper() for words in (own, other)]
    return (
        len(own) == len(other)
        and capital[0] == capital[1]
        and term.isupper() == candidate.isupper()
        and _ending(term, language) == _ending(candidate, language)
    )


def _ending(term: str, language: str) -> str:
    """Return what the end of a term shows: in English its number, elsewhere its gender or case."""
    classes = languages.get(language).exercises.word_classes
    if not classes.before_nouns:
        return term[-_ENDING:]
    if not classes.modifiers_first:
        return term[-_ENDING:] if term[-1:] == "s" else term[-1:]
    return "s" if term[-1:] == "s" and term[-2:] != "ss" else ""
