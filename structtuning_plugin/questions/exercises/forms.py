"""Exercises of each form that a fact allows.

definition    What is TERM?                         the sentence that defines it
term          What is said here? ____ is a ...      the term that is defined
cloze         SENTENCE with a gap                   the missing words or number
choose        the same with four options            the right option
extract       What does TOPIC say about TERM?       the only sentence about it
complete      the first half of SENTENCE            its other half
true_false    SENTENCE, or another term in it       true; or false, and SENTENCE
heading       Which topic is SENTENCE about?        the topic's title
list_items    the lead-in of a list                 its items
member        which option belongs to the list      the right option
cell, row     a row's first cell, or another one    another cell, or the row's first
extract_next  ... the topic after TOPIC ...?        the only sentence there, two steps away

No question contains its answer. Sentences are without the citations in brackets at which their
sources stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import regex

from structtuning_plugin import languages
from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import NUMBERED_PARTS
from structtuning_plugin.languages import Lexicon
from structtuning_plugin.questions.exercises import LETTERS, Exercise, Form
from structtuning_plugin.questions.exercises.distractors import Distractors
from structtuning_plugin.questions.exercises.facts import NUMBER, Fact
from structtuning_plugin.questions.exercises.ranking import is_balanced
from structtuning_plugin.questions.exercises.terms import Term, Terms, says
from structtuning_plugin.questions.exercises.words import UNSPACED, WORD, size, stems
from structtuning_plugin.taxonomy.offline.references import References, without_citations

if TYPE_CHECKING:
    from structtuning_plugin.questions.exercises import Sentence
    from structtuning_plugin.questions.exercises.points import Point, Spread

GAP = "____"
# Extractors whose titles were made from the text: no question asks for such a title.
MADE_TITLES = ("offline", NUMBERED_PARTS)
_LINE_ENDS = regex.compile(r"[^\S\n]*\n\s*")
_FEWEST_WORDS = 6
# Of a definition: the term, and enough to tell it from others.
_FEWEST_DEFINING = 8
_FEWEST_HALVED = 9
# Worst grade of a term in a gap: a name.
_WORST_GAP = 1
_MOST_GAPS = 3
_FACTORS = (2, 3, 5)
_YEARS = range(1400, 2100)
_SHIFTS = (10, 20, 30)


@dataclass(frozen=True)
class Forms:
    """Exercises about the sentences of one point.

    Args:
        point: The point.
        terms: Terms of its document.
        spread: Distribution of stems.
        distractors: Wrong answers.
        seed: Seed of every choice.
    """

    point: Point
    terms: Terms
    spread: Spread
    distractors: Distractors
    seed: int

    @cached_property
    def by_name(self) -> Mapping[Form, Callable[[Fact, Sentence], Iterator[Exercise]]]:
        """The functions that make exercises about a sentence, by form."""
        return {
            "definition": self.definitions,
            "term": self.defined_terms,
            "cloze": self.clozes,
            "choose": self.choices,
            "extract": self.extracts,
            "complete": self.halves,
            "true_false": self.statements,
            "heading": self.headings,
        }

    def definitions(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the question what a term is."""
        if fact.term and size(fact.text) >= _FEWEST_DEFINING:
            yield self._exercise("definition", fact, answer=_one_line(fact.text), term=fact.term)

    def defined_terms(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the question which term a definition is about."""
        start = fact.text.find(fact.term) if fact.term else -1
        if start < 0 or size(fact.text) < _FEWEST_DEFINING:
            return
        gapped = _with_gap(fact.text, start, start + len(fact.term))
        if not stems(fact.term) & (stems(gapped) | stems(self.point.name)):
            yield self._exercise("term", fact, answer=fact.term, text=gapped, is_reverse=True)

    def clozes(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield gaps for numbers, then for names of subjects."""
        if (
            not stems(self.point.title).isdisjoint(sentence.stems)
            or len(sentence.stems) >= _FEWEST_WORDS
        ):
            for start, end in self._numbers(fact):
                yield self._gap(fact, start, end)
            for term in self._gaps(sentence, self._worst_gap):
                yield self._gap(fact, term.start - sentence.start, term.end - sentence.start)

    @property
    def _worst_gap(self) -> int:
        """Worst grade of a term in a gap.

        Where no articles show the nouns, words that are no subject of the text may be verbs.
        """
        shows_nouns = languages.get(self.point.language).exercises.word_classes.before_nouns
        return _WORST_GAP if shows_nouns else 0

    def _gap(self, fact: Fact, start: int, end: int) -> Exercise:
        is_reverse = 3 * end < len(fact.text)
        text = _with_gap(fact.text, start, end)
        return self._exercise(
            "cloze", fact, answer=fact.text[start:end], text=text, is_reverse=is_reverse
        )

    def _numbers(self, fact: Fact) -> Iterator[tuple[int, int]]:
        """Yield the places of numbers that occur once and are more than a digit."""
        references = References(fact.text)
        matches = [
            match for match in NUMBER.finditer(fact.text) if not references.touch(*match.span())
        ]
        texts = Counter(match[0] for match in matches)
        for match in matches:
            if texts[match[0]] == 1 and len(match[0]) > 1:
                yield match.span()

    def _gaps(self, sentence: Sentence, worst: int) -> Iterator[Term]:
        """Yield the terms of the sentence that neither its rest nor the point's name contains."""
        name_stems = stems(self.point.name)
        for term in self.terms.of(sentence):
            if term.grade > worst:
                return
            start, end = term.start - sentence.start, term.end - sentence.start
            rest, own = stems(sentence.text[:start] + " " + sentence.text[end:]), stems(term.text)
            is_free = own and not own & (name_stems | rest)
            if is_free and term.whole and 2 * len(term.text) <= len(sentence.text):
                yield term

    def choices(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield gaps with four options: the right term, and terms of other points."""
        for number, term in enumerate(self._gaps(sentence, self._worst_gap)):
            if number >= _MOST_GAPS:
                return
            wrong = self.distractors.get(self.point, sentence, term, len(LETTERS) - 1, self.seed)
            if len(wrong) < len(LETTERS) - 1:
                continue
            start, end = term.start - sentence.start, term.end - sentence.start
            options, answer = self._options(fact, term.text, wrong)
            text = f"{_with_gap(fact.text, start, end)}\n\n{options}"
            is_reverse = 3 * end < len(fact.text)
            yield self._exercise("choose", fact, answer=answer, text=text, is_reverse=is_reverse)

    def _options(self, fact: Fact, right: str, wrong: Sequence[str]) -> tuple[str, str]:
        """Return the options, a line each, and the line of the right one."""
        place = stable_choice(self.seed, f"option/{fact.id}/{right}", len(wrong) + 1)
        texts = [*wrong[:place], right, *wrong[place:]]
        lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, texts, strict=False)]
        return "\n".join(lines), lines[place]

    def extracts(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the question what is said about a term, if one sentence of the point says it."""
        for term in self._told(sentence):
            yield self._exercise("extract", fact, answer=fact.text, term=term)

    def _told(self, sentence: Sentence) -> Iterator[str]:
        """Yield the first whole term that no other sentence of the point has.

        The term does not name the point.
        """
        if size(sentence.text) < _FEWEST_WORDS:
            return
        name_stems = stems(self.point.name)
        for term in self.terms.of(sentence):
            own = stems(term.text)
            if term.grade > 0:
                return
            alone = own and any(self._count[stem] == 1 for stem in own) and not own & name_stems
            if alone and term.whole and not self._is_said_elsewhere(own, sentence):
                yield term.text
                return

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(stem for sentence in self.point.sentences for stem in sentence.stems)

    def _is_said_elsewhere(self, own: set[str], sentence: Sentence) -> bool:
        return any(
            own.issubset(other.stems)
            for other in self.point.sentences
            if other.start != sentence.start
        )

    def halves(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the first half of a sentence, which has a term and ends between two phrases."""
        text = _one_line(fact.text)
        at = split_at(text, self.point.language)
        terms = [term for term in self.terms.of(sentence) if says(term, self.point.language)]
        ends = [term.end - sentence.start for term in terms]
        if at is not None and any(end <= at for end in ends) and size(text) >= _FEWEST_HALVED:
            yield self._exercise("complete", fact, answer=text[at:].strip(), text=text[:at].strip())

    def statements(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the sentence, or a false one with another term or number in it."""
        false = next(self._false(fact, sentence), None)
        if false is None:
            return
        if stable_choice(self.seed, f"verdict/{fact.id}", 2):
            text = _one_line(fact.text)
            yield self._exercise("true_false", fact, answer="", text=text, verdict="true")
        else:
            text = _one_line(fact.text)
            yield self._exercise("true_false", fact, answer=text, text=false, verdict="false")

    def _false(self, fact: Fact, sentence: Sentence) -> Iterator[str]:
        for start, end in self._numbers(fact):
            other = _other_number(fact.text[start:end], self.seed, fact.id)
            if other:
                yield _one_line(fact.text[:start] + other + fact.text[end:])
        for number, term in enumerate(self._gaps(sentence, 0)):
            if number >= _MOST_GAPS:
                return
            start, end = term.start - sentence.start, term.end - sentence.start
            for wrong in self.distractors.get(self.point, sentence, term, 1, self.seed):
                yield _one_line(fact.text[:start] + wrong + fact.text[end:])

    def headings(self, fact: Fact, sentence: Sentence) -> Iterator[Exercise]:
        """Yield the question what a sentence is about, if it is near this point only.

        The sentence does not contain the title, which the text must have given, not the extractor.
        """
        title, point = self.point.title, self.point
        if point.name != title or point.topic.source in MADE_TITLES:
            return
        titled = stems(title)
        if 2 * len(titled.intersection(sentence.stems)) <= len(titled) and self.spread.is_nearest(
            point, sentence
        ):
            text = _one_line(fact.text)
            yield self._exercise("heading", fact, answer=title, text=text, is_reverse=True)

    def after(self, before: Point, facts: Sequence[Fact], turn: int) -> Iterator[Exercise]:
        """Yield questions about this point that name the one before it on its level."""
        for fact in facts:
            if fact.sentence is None:
                continue
            for term in self._told(fact.sentence):
                if stems(term) & stems(before.name):
                    continue
                exercise = self._exercise("extract_next", fact, answer=fact.text, term=term)
                places = (before.topic, self.point.topic)
                yield replace(
                    exercise, asked=before.topic, places=places, turn=turn, spells_path=True
                )

    def _exercise(
        self,
        form: Form,
        fact: Fact,
        answer: str,
        text: str = "",
        term: str = "",
        verdict: str = "",
        is_reverse: bool = False,
    ) -> Exercise:
        topic = self.point.topic
        digest = stable_choice(self.seed, f"{term}/{answer}/{text}", 2**16)
        return Exercise(
            id=f"exercise/{topic.id}/{form}/{fact.id}-{digest:04x}",
            form=form,
            asked=topic,
            places=(topic,),
            chunk_ids=(fact.chunk_id,),
            answer=without_citations(answer),
            text=without_citations(text),
            term=term,
            verdict=verdict,
            facts=(fact.id,),
            is_reverse=is_reverse,
        )


def split_at(text: str, language: str) -> int | None:
    """Return where a sentence can be cut in two halves; None if there is no place.

    That is before a function word near the middle, by preference after a comma, and never before
    one that joins two parts of a phrase; in a script without blanks, after a comma.

    >>> text = "Spokes of steel run from the hub to the rim of the wheel."
    >>> text[:split_at(text, "en")]
    'Spokes of steel run from the hub '
    """
    middle, lexicon = len(text) / 2, languages.get(language).lexicon
    if UNSPACED.search(text):
        ends = [at for at in range(1, len(text)) if _ends_clause(text, at, lexicon)]
        places = [at for at in ends if 0.35 * len(text) <= at <= 0.7 * len(text)]
    else:
        places = list(_phrase_starts(text, lexicon))
    places = [at for at in places if is_balanced(text[:at])]
    return min(
        places, key=lambda at: (not _ends_clause(text, at, lexicon), abs(at - middle)), default=None
    )


def _phrase_starts(text: str, lexicon: Lexicon) -> Iterator[int]:
    """Yield the places in the middle third of a sentence at which a phrase begins."""
    words = list(WORD.finditer(text))
    for number in range(max(4, len(words) // 3), min(len(words) - 3, 1 + 2 * len(words) // 3)):
        at, word = words[number].start(), words[number][0].casefold()
        follows_phrase = words[number - 1][0].casefold() not in lexicon.function
        is_inside = word in lexicon.binding and not _ends_clause(text, at, lexicon)
        begins_phrase = word in lexicon.function and follows_phrase and text[at - 1] == " "
        if begins_phrase and not is_inside:
            yield at


def _ends_clause(text: str, at: int, lexicon: Lexicon) -> bool:
    last = text[max(0, at - 2) : at].rstrip()[-1:]
    return bool(last) and last in lexicon.clause_marks


def _other_number(number: str, seed: int, name: str) -> str:
    """Return another number of the same form; empty where none would be surely wrong."""
    plain = number.replace(",", "")
    if "." in plain or int(plain) == 0 or len(plain) > 9:
        return ""
    value = int(plain)
    choice = stable_choice(seed, f"number/{name}", len(_FACTORS))
    is_year = value in _YEARS and "," not in number
    other = value + _SHIFTS[choice] if is_year else value * _FACTORS[choice]
    return f"{other:,}" if "," in number else str(other)


def _with_gap(text: str, start: int, end: int) -> str:
    return _one_line(text[:start] + GAP + text[end:])


def _one_line(text: str) -> str:
    """Join the lines of a wrapped paragraph."""
    return _LINE_ENDS.sub(" ", text)
