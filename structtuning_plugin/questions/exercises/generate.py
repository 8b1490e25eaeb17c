"""Exercises for every knowledge point that has text.

The best sentences and terms come first. A point with few of them gets worse ones until it has
`LEAST` exercises with answers in its text. A sentence that occurs twice in the corpus is never
asked about. `forms` has the forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.forms import Forms
from structtuning_plugin.questions.exercises.points import (
    Point,
    Spread,
    defined_once,
    points_of,
    said_once,
)
from structtuning_plugin.questions.exercises.ranking import ANY, APART, GOOD, USABLE
from structtuning_plugin.questions.exercises.sentences import Sentence
from structtuning_plugin.questions.exercises.terms import Terms
from structtuning_plugin.questions.exercises.usage import Usage
from structtuning_plugin.questions.exercises.words import first_word, key
from structtuning_plugin.taxonomy.tree import Tree

# Exercises from the text of a point that are made even of sentences that lean on others.
LEAST = 3


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over a point's sentences.

    It has the worst rank of sentences, the worst grade of terms, and the number of questions a
    sentence.
    """

    rank: int
    grade: int
    times: int


# For all the exercises that are wanted, and then only up to `LEAST`.
_FREELY = (_Pass(GOOD, 0, 1), _Pass(GOOD, 0, 2), _Pass(GOOD, 0, 3))
_AT_NEED = (
    *(_Pass(rank, grade, 2) for rank, grade in ((1, 0), (GOOD, 1), (1, 1))),
    *(_Pass(rank, grade, 3) for rank, grade in ((1, 0), (GOOD, 1))),
    *(_Pass(rank, grade, 2) for rank, grade in ((USABLE, 0), (USABLE, 1))),
    *(
        _Pass(rank, grade, 3)
        for rank, grade in ((USABLE, 1), (APART - 1, 1), (USABLE, 2), (ANY, 1), (ANY, 2), (ANY, 3))
    ),
    _Pass(ANY, 3, 4),
)


@dataclass
class _Taken:
    """Exercises that one point has so far."""

    found: list[Exercise] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)
    questions: set[tuple[str, str, str]] = field(default_factory=set)
    sentences: Counter[str] = field(default_factory=Counter)

    def fill(self, streams: list[Iterator[Exercise]], enough: int, times: int) -> None:
        """Take new questions from the streams in turn, at most `times` of each sentence."""
        while streams and len(self.found) < enough:
            for stream in list(streams):
                exercise = next((e for e in stream if self._is_new(e, times)), None)
                if exercise is None:
                    streams.remove(stream)
                elif len(self.found) < enough:
                    self._add(exercise)

    def _is_new(self, exercise: Exercise, times: int) -> bool:
        # The same gap in two sentences has two answers, so neither can be known from the question.
        return (
            key(exercise.answer) not in self.answers
            and _question(exercise) not in self.questions
            and self.sentences[_sentence(exercise)] < times
        )

    def _add(self, exercise: Exercise) -> None:
        self.found.append(replace(exercise, turn=len(self.found)))
        self.answers.add(key(exercise.answer))
        self.questions.add(_question(exercise))
        self.sentences[_sentence(exercise)] += 1


def make_exercises(
    tree: Tree, documents: Sequence[Document], chunks: Sequence[Chunk], most: int, seed: int
) -> Iterator[list[Exercise]]:
    """Yield the exercises of each knowledge point with text, in reading order.

    Each has up to `most`; exercises of two steps are added to these.
    """
    points = points_of(tree, documents, chunks)
    maker = _Maker(tree, points, documents, most, seed)
    for point in points:
        yield maker.of(point)


class _Maker:
    """Indexes of the whole corpus, and the terms of the current document."""

    def __init__(
        self,
        tree: Tree,
        points: Sequence[Point],
        documents: Sequence[Document],
        most: int,
        seed: int,
    ) -> None:
        self._most, self._seed = most, seed
        self._points = {point.topic.id: point for point in points}
        self._documents = {document.id: document for document in documents}
        self._said_once, self._defined_once = said_once(points), defined_once(points)
        self._spread = Spread(points)
        languages = sorted({point.language for point in points})
        self._usage = {
            language: Usage(
                (document.text for document in documents if document.language == language), language
            )
            for language in languages
        }
        rows = (tree.children(topic) for topic in tree.root.walk())
        self._next = {topic.id: after.id for row in rows for topic, after in pairwise(row)}
        self._terms: tuple[str, Terms] | None = None

    def of(self, point: Point) -> list[Exercise]:
        """Make the exercises of one point: one of each form in turn, until there are enough."""
        selection, forms = _Taken(), self._forms(point)
        least = min(self._most, LEAST)
        for look in _FREELY:
            selection.fill(self._streams(forms, look), max(least, self._most - 1), look.times)
        for look in _AT_NEED:
            selection.fill(self._streams(forms, look), least, look.times)
        selection.fill([forms.headings(GOOD)], min(self._most, len(selection.found) + 1), 2)
        selection.fill(self._streams(forms, _FREELY[1]), self._most, 2)
        return [*selection.found, *self._after(point, len(selection.found))]

    def _streams(self, forms: Forms, look: _Pass) -> list[Iterator[Exercise]]:
        return [
            make(look.rank, look.grade)
            for make in (forms.definitions, forms.clozes, forms.extracts)
        ]

    def _forms(self, point: Point) -> Forms:
        if self._terms is None or self._terms[0] != point.document_id:
            terms = Terms(
                self._documents[point.document_id], self._usage[point.language], self._spread
            )
            self._terms = (point.document_id, terms)
        return Forms(
            point, self._usable(point), self._terms[1], self._spread, self._defined_once, self._seed
        )

    def _usable(self, point: Point) -> list[Sentence]:
        """Return the sentences that occur once in the corpus and are no orders."""
        usage = self._usage[point.language]
        return [
            replace(sentence, rank=sentence.rank + APART)
            if usage.is_verb(first_word(sentence.text))
            else sentence
            for sentence in point.sentences
            if key(sentence.text) in self._said_once
        ]

    def _after(self, point: Point, turn: int) -> Iterator[Exercise]:
        """Return one question that goes one step along the tree."""
        following = self._points.get(self._next.get(point.topic.id, ""))
        if following is not None and following.document_id == point.document_id:
            yield from islice(self._forms(following).after(point, GOOD, turn), 1)


def _question(exercise: Exercise) -> tuple[str, str, str]:
    """Return the key of a question within its point; the answer for questions without a text."""
    text, term = key(exercise.text), key(exercise.term)
    return (
        (exercise.form, text, term) if text or term else (exercise.form, "", key(exercise.answer))
    )


def _sentence(exercise: Exercise) -> str:
    return key(exercise.reasoning or exercise.text or exercise.answer)
