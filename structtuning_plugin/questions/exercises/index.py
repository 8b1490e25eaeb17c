"""Index of a corpus for questions: its points, the use of its words, the facts of each point."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from structtuning_plugin.core.step_results import StepResults
from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.core.workers import Pool
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.distractors import Distractors
from structtuning_plugin.questions.exercises.facts import (
    Fact,
    item_facts,
    judge_sentences,
    row_facts,
)
from structtuning_plugin.questions.exercises.listings import Listing
from structtuning_plugin.questions.exercises.points import (
    Point,
    PointsJob,
    PointTexts,
    Spread,
    defined_once,
    points_of,
    said_once,
)
from structtuning_plugin.questions.exercises.ranking import APART
from structtuning_plugin.questions.exercises.terms import Terms, TextPhrases, find_phrases
from structtuning_plugin.questions.exercises.words import first_word, key
from structtuning_plugin.taxonomy.offline.usage import Usage
from structtuning_plugin.taxonomy.tree import Tree

# Characters of the documents whose terms are kept; terms and wrong answers take five times as much
# memory as their text.
_MOST_KEPT = 4_000_000


class CorpusIndex:
    """Points of a corpus with their facts; the terms of a document are found when they are needed.

    Terms are kept for the documents that were asked for last: work goes on document by document.

    Args:
        tree: The taxonomy, with chunks on its topics.
        documents: The documents.
        chunks: Their chunks, in order.
        pool: Processes that look for sentences and lists; None for this one alone.
        known: Sentences and lists of earlier builds.
        known_phrases: Phrases of earlier builds.
    """

    def __init__(
        self,
        tree: Tree,
        documents: Sequence[Document],
        chunks: Sequence[Chunk],
        pool: Pool | None = None,
        known: StepResults[PointsJob, list[PointTexts]] | None = None,
        known_phrases: StepResults[Document, TextPhrases] | None = None,
    ) -> None:
        self.tree = tree
        self._known_phrases = known_phrases
        points = points_of(tree, documents, chunks, pool, known)
        self.points = {point.topic.id: point for point in points}
        self._documents = {document.id: document for document in documents}
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._usage: dict[str, Usage] = {}
        self._terms: OrderedDict[str, Terms] = OrderedDict()
        self._distractors: dict[str, dict[frozenset[str], Distractors]] = {}
        self._kept = 0

    @cached_property
    def spread(self) -> Spread:
        """Distribution of the stems over the points."""
        return Spread(self._all_points)

    @cached_property
    def defined_once(self) -> frozenset[str]:
        """Terms in lower case that exactly one sentence defines."""
        return defined_once(self._all_points)

    @cached_property
    def _all_points(self) -> list[Point]:
        return list(self.points.values())

    @cached_property
    def _points_of_documents(self) -> dict[str, list[Point]]:
        points: dict[str, list[Point]] = {document_id: [] for document_id in self._documents}
        for point in self._all_points:
            points[point.document_id].append(point)
        return points

    @cached_property
    def _said_once(self) -> frozenset[str]:
        return said_once(self._all_points)

    def _usage_in(self, language: str) -> Usage:
        if language not in self._usage:
            documents = self._documents.values()
            texts = (each.text for each in documents if each.language == language)
            self._usage[language] = Usage(texts, language)
        return self._usage[language]

    @property
    def sentence_count(self) -> int:
        """Number of sentences that were judged."""
        return sum(len(point.sentences) for point in self.points.values())

    def terms(self, document_id: str) -> Terms:
        """Return the terms of a document."""
        if document_id in self._terms:
            self._terms.move_to_end(document_id)
            return self._terms[document_id]
        document = self._documents[document_id]
        usage = self._usage_in(document.language)
        terms = Terms(document, usage, self.spread, self._phrases(document))
        self._terms[document_id] = terms
        self._kept += len(document.text)
        while self._kept > _MOST_KEPT and len(self._terms) > 1:
            oldest, _ = self._terms.popitem(last=False)
            self._distractors.pop(oldest, None)
            self._kept -= len(self._documents[oldest].text)
        return terms

    def _phrases(self, document: Document) -> TextPhrases:
        known = self._known_phrases
        phrases = None if known is None else known.find([document]).get(0)
        if phrases is None:
            phrases = find_phrases(document)
            if known is not None:
                known.keep(document, phrases)
        return phrases

    def distractors(self, document_id: str, excluded: frozenset[str] = frozenset()) -> Distractors:
        """Return the wrong answers that the terms of a document make, without `excluded` topics."""
        terms = self.terms(document_id)
        known = self._distractors.setdefault(document_id, {})
        if excluded not in known:
            points = self._points_of_documents[document_id]
            known[excluded] = Distractors(points, terms, self.spread, excluded)
        return known[excluded]

    def sentences(self, point: Point) -> list[Sentence]:
        """Return the sentences of a point that occur once in the corpus, with their final ranks."""
        usage = self._usage_in(point.language)
        return [
            replace(sentence, rank=sentence.rank + APART)
            if usage.is_verb(first_word(sentence.text))
            else sentence
            for sentence in point.sentences
            if key(sentence.text) in self._said_once
        ]

    def facts(self, topic_id: str) -> tuple[Fact, ...]:
        """Return the facts in a topic's own text, in order; none for a topic without text."""
        if topic_id not in self._facts:
            point = self.points.get(topic_id)
            self._facts[topic_id] = () if point is None else tuple(self._judge(point))
        return self._facts[topic_id]

    def _judge(self, point: Point) -> Iterator[Fact]:
        terms = self.terms(point.document_id)
        yield from judge_sentences(point, self.sentences(point), terms, self.defined_once)
        for structure in point.listings:
            if isinstance(structure, Listing):
                yield from item_facts(point, structure)
            else:
                yield from row_facts(point, structure)

    def count_facts_below(self, topic_id: str) -> int:
        """Count the facts of a topic and of all topics below it."""
        return self._counts.get(topic_id, 0)

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for topic in reversed(list(self.tree.root.walk())):
            below = sum(counts[child.id] for child in topic.subtopics)
            counts[topic.id] = len(self.facts(topic.id)) + below
        return counts
