"""Topics that exercises can ask about, and the distribution of their words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.step_results import StepResults, map_items
from structtuning_plugin.core.types import Chunk, Document, Topic
from structtuning_plugin.core.workers import Pool, WorkerDiedError, WorkerPool, died_message
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.definitions import defined_term
from structtuning_plugin.questions.exercises.listings import Listing, Table, listings_of
from structtuning_plugin.questions.exercises.sentences import sentences_of
from structtuning_plugin.questions.exercises.words import WORD, is_generic, key, stems
from structtuning_plugin.taxonomy.tree import Tree

# What stands in more points than this is everybody's word.
_COMMON_SHARE = 0.05
_FEW_POINTS = 4
# A stem that comes back this often where it comes at all is what the text there is about: words
# that are said in passing come once a time. Source: Church and Gale 1995, "Inverse document
# frequency: a measure of deviations from Poisson".
_RETURNS = 2.0
_OFTEN = 3
# Of a stem that is said so many times less is asked: it stands in more points by mere chance.
_ALMOST_RETURNS = 1.5
_VERY_OFTEN = 6
# Stems of more points than this tell too little of each to be looked up.
_MOST_POSTINGS = 60
# A sentence belongs to a topic if that shares so much more with it than any other one does.
_CLEARLY = 1.3


@dataclass(frozen=True, slots=True)
class Point:
    """A topic with the sentences of its own text, in order."""

    topic: Topic
    title: str
    name: str
    language: str
    document_id: str
    sentences: tuple[Sentence, ...]
    listings: tuple[Listing | Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsJob:
    """A document, and the chunks of each of its knowledge points."""

    document: Document
    chunks: list[list[Chunk]]

    @property
    def document_id(self) -> str:
        return self.document.id


# Sentences of a point, and its lists and tables.
PointTexts = tuple[tuple[Sentence, ...], tuple[Listing | Table, ...]]


def points_of(
    tree: Tree,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    pool: Pool | None = None,
    known: StepResults[PointsJob, list[PointTexts]] | None = None,
) -> list[Point]:
    """Return the knowledge points with text and a unique name, in reading order.

    Args:
        tree: The taxonomy, with chunks on its topics.
        documents: The documents.
        chunks: Their chunks, in order.
        pool: Processes that look for sentences and lists; None for this one alone.
        known: Sentences and lists of earlier builds.

    Raises:
        CorpusError: If such a process is killed.
    """
    jobs = {document.id: PointsJob(document=document, chunks=[]) for document in documents}
    of_topic: dict[str, list[Chunk]] = defaultdict(list)
    holders = glossary_holders(tree)
    for chunk in chunks:
        of_topic[holders.get(chunk.topic_id, chunk.topic_id)].append(chunk)
    topics: list[tuple[Topic, str, Document]] = []
    for topic in tree.root.walk():
        name = tree.name(topic)
        if topic.id not in of_topic or name is None or not tree.is_knowledge(topic):
            continue
        job = jobs[of_topic[topic.id][0].document_id]
        job.chunks.append(
            [each for each in of_topic[topic.id] if each.document_id == job.document_id]
        )
        topics.append((topic, name, job.document))
    texts = _texts_of(list(jobs.values()), pool, known)
    points = []
    for topic, name, document in topics:
        sentences, listings = next(texts[document.id])
        if sentences or listings:
            title, language = tree.title(topic), document.language
            points.append(Point(topic, title, name, language, document.id, sentences, listings))
    return points


def _texts_of(
    jobs: Sequence[PointsJob],
    pool: Pool | None,
    known: StepResults[PointsJob, list[PointTexts]] | None,
) -> dict[str, Iterator[PointTexts]]:
    """Return the sentences and lists of each document's points, in the order of its chunks."""

    def read_some(some: Sequence[PointsJob]) -> Iterator[list[PointTexts]]:
        size = sum(len(job.document.text) for job in some)
        return (pool or WorkerPool(1)).map_large(_read_points, None, some, size)

    try:
        results = map_items(known, jobs, read_some)
        return {job.document_id: iter(texts) for job, texts in zip(jobs, results, strict=True)}
    except WorkerDiedError as error:
        raise CorpusError(died_message("looked for facts in", error)) from None


def _read_points(_: None, job: PointsJob) -> list[PointTexts]:
    return [
        (tuple(sentences_of(own, job.document)), tuple(listings_of(own, job.document)))
        for own in job.chunks
    ]


def glossary_holders(tree: Tree) -> dict[str, str]:
    """Return the topic whose terms each glossary defines: the lowest knowledge point above it."""
    holders: dict[str, str] = {}
    for topic in tree.root.walk():
        if tree.is_glossary(topic):
            above = [node for node in tree.path(topic)[:-1] if tree.is_knowledge(node)]
            if above:
                holders[topic.id] = above[-1].id
    return holders


def said_once(points: Sequence[Point]) -> frozenset[str]:
    """Return the keys of sentences that occur once in the corpus."""
    count = Counter(key(sentence.text) for point in points for sentence in point.sentences)
    return frozenset(text for text, times in count.items() if times == 1)


def defined_once(points: Sequence[Point]) -> frozenset[str]:
    """Return the terms that exactly one sentence of the corpus defines.

    Any other term would have two answers.
    """
    terms = (
        defined_term(sentence.text, point.language)
        for point in points
        for sentence in point.sentences
    )
    count = Counter(term.casefold() for term in terms if term is not None)
    return frozenset(term for term, times in count.items() if times == 1)


class Spread:
    """Distribution of the stems of a corpus over its points."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._sentences: Counter[str] = Counter()
        self._points: dict[str, list[int]] = defaultdict(list)
        # Of each point, the stems that it has more than once.
        self._repeated: list[tuple[str, ...]] = []
        self._place = {point.topic.id: place for place, point in enumerate(points)}
        self._titles: set[str] = set()
        for place, point in enumerate(points):
            self._add(place, point)
        self._bound = max(_FEW_POINTS, _COMMON_SHARE * len(points))

    def _add(self, place: int, point: Point) -> None:
        own = Counter(stem for sentence in point.sentences for stem in sentence.stems)
        self._sentences.update(own)
        titled = stems(
            " ".join(
                word for word in WORD.findall(point.title) if not is_generic(word, point.language)
            )
        )
        self._titles |= titled
        own.update(titled)
        self._repeated.append(tuple(stem for stem, count in own.items() if count > 1))
        for stem in own:
            self._points[stem].append(place)

    def is_common(self, stem: str) -> bool:
        """Return True if too many points have the stem for it to name one of them."""
        return len(self._points[stem]) > self._bound if stem in self._points else False

    def is_telling(self, stem: str) -> bool:
        """Return True if the stem names a subject of the field.

        That is a stem of a title, or one that is repeated in the points in which it occurs.
        """
        if stem not in self._points or self.is_common(stem):
            return False
        times = self._sentences[stem]
        returns = _ALMOST_RETURNS if times >= _VERY_OFTEN else _RETURNS
        return stem in self._titles or (
            times >= _OFTEN and times >= returns * len(self._points[stem])
        )

    def is_topical(self, point: Point, sentence: Sentence) -> bool:
        """Return True if a sentence shares a subject's stem with the title or another sentence."""
        own = self._repeated[self._place[point.topic.id]]
        return any(stem in own and not self.is_common(stem) for stem in sentence.stems)

    def is_nearest(self, point: Point, sentence: Sentence) -> bool:
        """Return True if no other point shares nearly as many stems with the sentence.

        The sentence itself does not count.
        """
        scores: dict[int, float] = defaultdict(float)
        home, shared = self._place[point.topic.id], 0
        for stem in sentence.stems:
            places = self._points.get(stem, [])
            weight = math.log(1 + len(self._repeated) / (1 + len(places)))
            if len(places) > _MOST_POSTINGS or self.is_common(stem):
                continue
            for place in places:
                if place != home:
                    scores[place] += weight
                elif stem in self._repeated[home]:
                    scores[home] += weight
                    shared += 1
        others = max((score for place, score in scores.items() if place != home), default=0.0)
        return shared > 1 and scores[home] > _CLEARLY * others
