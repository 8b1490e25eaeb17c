"""Exercises for every fact of every point: each in several forms, both ways round.

A fact's first exercise has `turn` 0, its second one `turn` 1, and so on; a budget drops later turns
first, so every fact is asked before any is asked again. Which form a fact gets next is decided by
balance: the form that has been used least for its weight, in the direction that the fact lacks. A
point without a fact gets no exercise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.questions.exercises import Exercise, Form
from structtuning_plugin.questions.exercises.facts import Fact
from structtuning_plugin.questions.exercises.forms import Forms
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.questions.exercises.listings import Listing, Table
from structtuning_plugin.questions.exercises.points import Point
from structtuning_plugin.questions.exercises.structures import Lists, ask_table
from structtuning_plugin.questions.exercises.words import key
from structtuning_plugin.taxonomy.tree import Tree

FORMS_PER_FACT = 3

# Parts of the exercises about sentences, where the sentences allow it.
_WEIGHTS: Mapping[Form, float] = {
    "definition": 9,
    "term": 9,
    "cloze": 3,
    "choose": 3,
    "extract": 3,
    "complete": 2,
    "true_false": 2,
    "heading": 0.5,
}
# One fact in so many has the path to its topic in its first answer.
_PATH_EVERY = 4


@dataclass
class _Asked:
    """Questions that one point has so far."""

    questions: set[tuple[str, str, str]] = field(default_factory=set)

    def is_new(self, exercise: Exercise) -> bool:
        """Return whether a question was not asked before; remember it."""
        question = (exercise.form, key(exercise.text), key(exercise.term))
        if question in self.questions:
            return False
        self.questions.add(question)
        return True


def make_exercises(
    tree: Tree,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    most: int | None,
    seed: int,
    forms_per_fact: int = FORMS_PER_FACT,
    excluded: frozenset[str] = frozenset(),
) -> Iterator[list[Exercise]]:
    """Yield the exercises of each knowledge point with text, in reading order.

    Args:
        tree: The taxonomy, with chunks on its topics.
        documents: The documents.
        chunks: Their chunks, in order.
        most: Greatest number of exercises of a point, without those of two steps; None for all.
        seed: Seed of every choice.
        forms_per_fact: Greatest number of exercises of a fact.
        excluded: Ids of topics that give no wrong answers to the exercises of others.
    """
    index = CorpusIndex(tree, documents, chunks)
    yield from ask_facts(index, most, seed, forms_per_fact, excluded)


def ask_facts(
    index: CorpusIndex,
    most: int | None,
    seed: int,
    forms_per_fact: int = FORMS_PER_FACT,
    excluded: frozenset[str] = frozenset(),
) -> Iterator[list[Exercise]]:
    """Yield the exercises of each knowledge point of an index, as `make_exercises` does."""
    maker = _Maker(index, most, seed, forms_per_fact, excluded)
    for point in index.points.values():
        yield maker.of(point)


class _Maker:
    """Maker of exercises, point by point: it counts the forms that it has used."""

    def __init__(
        self,
        index: CorpusIndex,
        most: int | None,
        seed: int,
        per_fact: int,
        excluded: frozenset[str],
    ) -> None:
        self._index, self._most, self._seed, self._per_fact = index, most, seed, per_fact
        self._excluded = excluded
        self._used: Counter[Form] = Counter()
        points = index.points.values()
        self._lists = Lists([point for point in points if point.topic.id not in excluded], seed)
        rows = (index.tree.children(topic) for topic in index.tree.root.walk())
        self._next = {topic.id: after.id for row in rows for topic, after in pairwise(row)}

    def of(self, point: Point) -> list[Exercise]:
        """Make the exercises of one point: the first of each fact, then the second ones."""
        facts, forms = self._index.facts(point.topic.id), self._forms(point)
        if not facts:
            return []
        asked = _Asked()
        exercises = [*self._ask_sentences(facts, forms, asked)]
        exercises += filter(asked.is_new, self._ask_structures(point))
        exercises.sort(key=lambda exercise: exercise.turn)
        return [*self._with_paths(exercises[: self._most]), *self._after(point)]

    def _ask_sentences(
        self, facts: Sequence[Fact], forms: Forms, asked: _Asked
    ) -> Iterator[Exercise]:
        sentences = [fact for fact in facts if fact.sentence is not None]
        exercises: dict[str, list[Exercise]] = {fact.id: [] for fact in sentences}
        for turn in range(self._per_fact):
            for fact in sentences:
                exercise = self._next_form(fact, forms, exercises[fact.id], asked)
                if exercise is not None:
                    self._used[exercise.form] += 1
                    exercises[fact.id].append(exercise)
                    yield replace(exercise, turn=turn)

    def _next_form(
        self, fact: Fact, forms: Forms, before: Sequence[Exercise], asked: _Asked
    ) -> Exercise | None:
        """Make one more exercise of a fact, in another form and, if possible, the other way."""
        used = {exercise.form for exercise in before}
        directions = {exercise.is_reverse for exercise in before}
        second: Exercise | None = None
        for form in sorted(_WEIGHTS, key=lambda form: self._used[form] / _WEIGHTS[form]):
            if form in used or fact.sentence is None:
                continue
            for exercise in forms.by_name[form](fact, fact.sentence):
                if directions and exercise.is_reverse in directions and len(directions) == 1:
                    second = second or exercise
                elif asked.is_new(exercise):
                    return exercise
        return second if second is not None and asked.is_new(second) else None

    def _ask_structures(self, point: Point) -> Iterator[Exercise]:
        for structure in point.listings:
            exercises: Iterator[Exercise] = iter(())
            if isinstance(structure, Listing):
                yield self._lists.whole(point, structure)
                exercises = self._lists.members(point, structure)
            elif isinstance(structure, Table):
                exercises = ask_table(point, structure)
            yield from (each for each in exercises if each.turn < self._per_fact)

    def _with_paths(self, exercises: Sequence[Exercise]) -> Iterator[Exercise]:
        """Let the first answers of some facts begin with the path to the topic."""
        for number, exercise in enumerate(exercises):
            spells = exercise.turn == 0 and number % _PATH_EVERY == _PATH_EVERY - 1
            yield replace(exercise, spells_path=spells)

    def _forms(self, point: Point) -> Forms:
        document = point.document_id
        return Forms(
            point,
            self._index.terms(document),
            self._index.spread,
            self._index.distractors(document, self._excluded),
            self._seed,
        )

    def _after(self, point: Point) -> Iterator[Exercise]:
        """Return one question that goes one step along the tree."""
        following = self._index.points.get(self._next.get(point.topic.id, ""))
        if following is not None and following.document_id == point.document_id:
            facts = self._index.facts(following.topic.id)
            forms = self._forms(following)
            yield from islice(forms.after(point, facts, self._per_fact), 1)
