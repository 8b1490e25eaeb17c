"""Exercises of each form that one point allows, the best first.

definition    What is TERM?                         a sentence that defines it
cloze         SENTENCE with a gap                   the missing words
extract       What does TOPIC say about TERM?       the only sentence about it
extract_next  ... the topic after TOPIC ...?        the only sentence there, two steps away
heading       Under which heading is SENTENCE?      the topic's title

No question contains its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import regex

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.questions.exercises import Exercise, Form
from structtuning_plugin.questions.exercises.definitions import defined_term
from structtuning_plugin.questions.exercises.points import Point, Spread
from structtuning_plugin.questions.exercises.ranking import ANY, USABLE
from structtuning_plugin.questions.exercises.sentences import Sentence
from structtuning_plugin.questions.exercises.terms import Term, Terms
from structtuning_plugin.questions.exercises.words import size, stems

GAP = "____"
_LINE_ENDS = regex.compile(r"[^\S\n]*\n\s*")
_FEWEST_WORDS = 6
# Of a definition: the term, and enough to tell it from others.
_FEWEST_DEFINING = 8


@dataclass(frozen=True)
class Forms:
    """Exercises of one point. `defined_once` are the terms that one sentence of the corpus defines.

    `sentences` are the candidates with their final ranks. Each form takes those up to a rank.
    """

    point: Point
    sentences: Sequence[Sentence]
    terms: Terms
    spread: Spread
    defined_once: frozenset[str]
    seed: int

    def definitions(self, rank: int, worst: int) -> Iterator[Exercise]:
        for sentence in self._mixed(min(rank, USABLE - 1)):
            term = defined_term(sentence.text, self.point.language)
            if (
                term is None
                or term.casefold() not in self.defined_once
                or size(sentence.text) < _FEWEST_DEFINING
            ):
                continue
            grades = {found.text: found.grade for found in self.terms.of(sentence)}
            if grades.get(term, 1) <= max(1, worst):
                yield self._exercise("definition", sentence, answer=sentence.text, term=term)

    def clozes(self, rank: int, worst: int) -> Iterator[Exercise]:
        """Yield the best gap of each sentence, then the second best of each, and so on."""
        gaps = [(sentence, self._gaps(sentence, worst)) for sentence in self._mixed(rank)]
        while gaps:
            for entry in list(gaps):
                sentence, stream = entry
                term = next(stream, None)
                if term is None:
                    gaps.remove(entry)
                    continue
                start, end = term.start - sentence.start, term.end - sentence.start
                text = sentence.text[:start] + GAP + sentence.text[end:]
                yield self._exercise(
                    "cloze",
                    sentence,
                    answer=term.text,
                    text=_one_line(text),
                    reasoning=sentence.text,
                )

    def _gaps(self, sentence: Sentence, worst: int) -> Iterator[Term]:
        """Return the terms of the sentence that neither its rest nor the point's name contains."""
        name_stems = stems(self.point.name)
        for term in self.terms.of(sentence):
            if term.grade > worst:
                return
            start, end = term.start - sentence.start, term.end - sentence.start
            rest, own = stems(sentence.text[:start] + " " + sentence.text[end:]), stems(term.text)
            if own and not own & (name_stems | rest) and 2 * len(term.text) <= len(sentence.text):
                yield term

    def extracts(self, rank: int, worst: int) -> Iterator[Exercise]:
        """Yield the sentences that answer a question about a term.

        A sentence that depends on its context is an answer only if there is no better one.
        """
        for sentence, term in self.told(rank if rank >= ANY else min(rank, USABLE - 1), worst):
            yield self._exercise("extract", sentence, answer=sentence.text, term=term)

    def told(self, rank: int, worst: int) -> Iterator[tuple[Sentence, str]]:
        """Yield the sentences with a whole term that no other sentence of the point has.

        The term does not name the point.
        """
        count = self._count
        name_stems = stems(self.point.name)
        for sentence in self._mixed(rank):
            for term in self.terms.of(sentence):
                own = stems(term.text)
                if term.grade > worst or size(sentence.text) < _FEWEST_WORDS:
                    break
                alone = own and any(count[stem] == 1 for stem in own) and not own & name_stems
                if alone and term.whole and not self._is_said_elsewhere(term.text, sentence):
                    yield sentence, term.text
                    break

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(stem for sentence in self.point.sentences for stem in sentence.stems)

    def _is_said_elsewhere(self, term: str, sentence: Sentence) -> bool:
        own = stems(term)
        return any(
            own <= other.stems for other in self.point.sentences if other.start != sentence.start
        )

    def headings(self, rank: int) -> Iterator[Exercise]:
        """Yield the sentences that are near this point only, and do not contain its title."""
        titled = stems(self.point.title)
        if self.point.name != self.point.title:
            return
        for sentence in self._mixed(rank):
            if 2 * len(titled & sentence.stems) <= len(titled) and self.spread.is_nearest(
                self.point, sentence
            ):
                yield self._exercise(
                    "heading", sentence, answer=self.point.title, text=_one_line(sentence.text)
                )

    def after(self, before: Point, rank: int, turn: int) -> Iterator[Exercise]:
        """Yield questions about this point that name the one before it on its level."""
        for sentence, term in self.told(rank, 0):
            if not stems(term) & stems(before.name):
                exercise = self._exercise("extract_next", sentence, answer=sentence.text, term=term)
                yield replace(
                    exercise, asked=before.topic, places=(before.topic, self.point.topic), turn=turn
                )

    def _mixed(self, worst: int) -> list[Sentence]:
        """Shuffle the sentences within each rank, with sentences about the topic first."""
        return [sentence for sentence in self._order if sentence.rank <= worst]

    @cached_property
    def _order(self) -> list[Sentence]:

        def order(sentence: Sentence) -> tuple[int, bool, int]:
            topical = self.spread.is_topical(self.point, sentence)
            return (
                sentence.rank,
                not topical,
                stable_choice(self.seed, f"{self.point.topic.id}/{sentence.start}", 2**32),
            )

        return sorted(self.sentences, key=order)

    def _exercise(
        self,
        form: Form,
        sentence: Sentence,
        answer: str,
        text: str = "",
        term: str = "",
        reasoning: str = "",
    ) -> Exercise:
        place = f"{sentence.start}/{term or answer}/{text.find(GAP)}"
        digest = stable_choice(self.seed, place, 2**32)
        return Exercise(
            id=f"exercise/{self.point.topic.id}/{form}/{digest:08x}",
            form=form,
            asked=self.point.topic,
            places=(self.point.topic,),
            chunk_ids=(sentence.chunk_id,),
            answer=answer,
            reasoning=reasoning,
            text=text,
            term=term,
        )


def _one_line(text: str) -> str:
    """Join the lines of a wrapped paragraph."""
    return _LINE_ENDS.sub(" ", text)
