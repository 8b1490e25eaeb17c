"""Exercises for every knowledge point that has text: what they ask, what the answer is, what it rests on.

    definition    What is TERM?                         a sentence that defines it
    cloze         SENTENCE with a gap                   the words that are missing
    extract       What does TOPIC say about TERM?       the one sentence that does
    extract_next  ... the topic after TOPIC ...?        the one sentence there, two steps away
    heading       Under which heading stands SENTENCE?  the topic's title

The best sentences come first; where a point has few, worse ones fill up until it has `LEAST` exercises whose answers
stand in its text. Nothing is asked whose answer stands in the question, and no sentence that occurs twice in the corpus.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from structtuning_plugin.exercises.definitions import defined_term
from structtuning_plugin.exercises.sentences import Sentence, first_word, sentences_of, size
from structtuning_plugin.exercises.terms import Term, Terms, stems
from structtuning_plugin.exercises.values import Exercise, Form
from structtuning_plugin.rendering import pick
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk, Document, Topic

# Exercises from the text of a point that are made even of sentences that lean on others.
LEAST = 3
GAP = "____"
# A gap beside one of these is a piece of a path or of a compound.
_GLUE = {"/", "_", "@", "-", "=", "\\"}
# A sentence of this rank or better is asked about freely; the others only to reach `LEAST`.
_GOOD = 0
_USABLE = 2
_MOST_TERMS = 8
# What stands in more points than this is everybody's word.
_COMMON_SHARE = 0.05
_FEW_POINTS = 4


@dataclass(frozen=True, slots=True)
class _Point:
    """A topic with what it can be asked about."""

    topic: Topic
    name: str
    language: str
    sentences: tuple[Sentence, ...]


@dataclass
class _Taken:
    """What has been asked of one point."""

    found: list[Exercise] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)
    sentences: Counter[str] = field(default_factory=Counter)


def make_exercises(tree: Tree, documents: Sequence[Document], chunks: Sequence[Chunk], most: int, seed: int) -> Iterator[list[Exercise]]:
    """For each knowledge point with text, in reading order, up to `most` exercises; the two-step ones come on top."""
    points = _points(tree, documents, chunks)
    by_id = {document.id: document for document in documents}
    maker = _Maker(
        tree, {point.topic.id: point for point in points}, _said_once(points), _defined_once(points), _common(points), most, seed
    )
    document_id, terms = "", None
    for point in points:
        home = point.sentences[0].chunk_id.rpartition(":")[0]
        if home != document_id or terms is None:
            document_id, terms = home, Terms(by_id[home], maker.common)
        yield maker.of(point, terms)


def _points(tree: Tree, documents: Sequence[Document], chunks: Sequence[Chunk]) -> list[_Point]:
    by_id = {document.id: document for document in documents}
    of_topic: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        of_topic[chunk.topic_id].append(chunk)
    points = []
    for topic in tree.root.walk():
        name = tree.name(topic)
        if topic.id not in of_topic or name is None or not tree.is_knowledge(topic):
            continue
        own = of_topic[topic.id]
        document = by_id[own[0].document_id]
        found = tuple(sentences_of((chunk for chunk in own if chunk.document_id == document.id), document))
        if found:
            points.append(_Point(topic, name, document.language, found))
    return points


def _said_once(points: Sequence[_Point]) -> frozenset[str]:
    count = Counter(_key(sentence.text) for point in points for sentence in point.sentences)
    return frozenset(text for text, times in count.items() if times == 1)


def _defined_once(points: Sequence[_Point]) -> frozenset[str]:
    """Terms that exactly one sentence of the corpus defines: else the question would have two answers."""
    count = Counter(
        term.casefold()
        for point in points
        for sentence in point.sentences
        if (term := defined_term(sentence.text, point.language)) is not None
    )
    return frozenset(term for term, times in count.items() if times == 1)


def _common(points: Sequence[_Point]) -> frozenset[str]:
    """Stems that so many points have in their text that they tell none of them: process, reason, number."""
    count = Counter(stem for point in points for stem in set().union(*(stems(s.text) for s in point.sentences)))
    bound = max(_FEW_POINTS, _COMMON_SHARE * len(points))
    return frozenset(stem for stem, times in count.items() if times > bound)


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@dataclass(frozen=True)
class _Maker:
    tree: Tree
    points: dict[str, _Point]
    said_once: frozenset[str]
    defined_once: frozenset[str]
    common: frozenset[str]
    most: int
    seed: int

    def of(self, point: _Point, terms: Terms) -> list[Exercise]:
        """The exercises of one point: one of each form in turn, the best sentences first, until there are enough."""
        taken = _Taken()
        least = min(self.most, LEAST)
        room = max(least, self.most - 1)
        for rank, grade, enough in ((_GOOD, 0, room), (_GOOD, 1, room), (_USABLE, 1, least), (99, 1, least), (99, 2, least)):
            usable = self._usable(point, rank, terms)
            self._fill(
                taken,
                [
                    self._definitions(point, usable),
                    self._clozes(point, usable, terms, grade),
                    self._extracts(point, usable, terms, grade),
                ],
                enough,
            )
        self._fill(taken, [self._headings(point, terms)], min(self.most, len(taken.found) + 1))
        good = self._usable(point, _GOOD, terms)
        self._fill(taken, [self._clozes(point, good, terms, 1), self._extracts(point, good, terms, 1)], self.most)
        found = [replace(exercise, turn=turn) for turn, exercise in enumerate(taken.found)]
        return [*found, *self._next(point, terms, len(found))]

    def _usable(self, point: _Point, worst: int, terms: Terms) -> list[Sentence]:
        """Sentences of a rank or better that the corpus holds once; an order to do something is no statement."""
        return [
            sentence
            for sentence in point.sentences
            if sentence.rank + (_USABLE + 1) * terms.is_verb(first_word(sentence.text)) <= worst
            and _key(sentence.text) in self.said_once
        ]

    def _fill(self, taken: _Taken, streams: list[Iterator[Exercise]], enough: int) -> None:
        """Takes from the streams in turn what asks for something new."""
        while streams and len(taken.found) < enough:
            for stream in list(streams):
                exercise = next((e for e in stream if self._is_new(e, taken)), None)
                if exercise is None:
                    streams.remove(stream)
                elif len(taken.found) < enough:
                    taken.found.append(exercise)
                    taken.answers.add(_key(exercise.answer))
                    taken.sentences[_sentence(exercise)] += 1

    def _is_new(self, exercise: Exercise, taken: _Taken) -> bool:
        again = taken.sentences[_sentence(exercise)]
        whole = exercise.form in ("definition", "extract", "heading")
        return _key(exercise.answer) not in taken.answers and again < (1 if whole else 2)

    def _definitions(self, point: _Point, usable: Sequence[Sentence]) -> Iterator[Exercise]:
        for sentence in usable:
            term = defined_term(sentence.text, point.language)
            if term is not None and term.casefold() in self.defined_once and size(sentence.text) >= 6:
                yield self._exercise("definition", point, sentence, answer=sentence.text, term=term)

    def _clozes(self, point: _Point, usable: Sequence[Sentence], terms: Terms, worst: int) -> Iterator[Exercise]:
        """First the best gap of each sentence, then the second best of each, and so on."""
        gaps = [(sentence, self._gaps(point, sentence, terms, worst)) for sentence in self._shuffled(point, usable)]
        while gaps:
            for entry in list(gaps):
                sentence, stream = entry
                term = next(stream, None)
                if term is None:
                    gaps.remove(entry)
                    continue
                start, end = term.start - sentence.start, term.end - sentence.start
                text = sentence.text[:start] + GAP + sentence.text[end:]
                yield self._exercise("cloze", point, sentence, answer=term.text, text=text, reasoning=sentence.text)

    def _gaps(self, point: _Point, sentence: Sentence, terms: Terms, worst: int) -> Iterator[Term]:
        """Terms of the sentence that neither the rest of it nor the point's name gives away."""
        given = stems(point.name)
        for term in terms.of(sentence.start, sentence.end)[:_MOST_TERMS]:
            if term.grade > worst:
                return
            start, end = term.start - sentence.start, term.end - sentence.start
            rest = stems(sentence.text[:start] + " " + sentence.text[end:])
            own = stems(term.text)
            inside = _GLUE & {sentence.text[start - 1 : start], sentence.text[end : end + 1]} if start else set()
            if own and not own & (given | rest) and not inside and "\n" not in term.text and len(term.text) * 2 <= len(sentence.text):
                yield term

    def _extracts(self, point: _Point, usable: Sequence[Sentence], terms: Terms, worst: int) -> Iterator[Exercise]:
        for sentence, term in self._told(point, usable, terms, worst):
            yield self._exercise("extract", point, sentence, answer=sentence.text, term=term)

    def _told(self, point: _Point, usable: Sequence[Sentence], terms: Terms, worst: int) -> Iterator[tuple[Sentence, str]]:
        """Sentences with a term that no other sentence of the point has, and that does not name the point."""
        count = Counter(stem for sentence in point.sentences for stem in stems(sentence.text))
        given = stems(point.name)
        for sentence in self._shuffled(point, usable):
            for term in terms.of(sentence.start, sentence.end)[:_MOST_TERMS]:
                own = stems(term.text)
                if term.grade > worst or not own:
                    break
                if all(count[stem] == 1 for stem in own) and not own & given and "\n" not in term.text and size(sentence.text) >= 6:
                    yield sentence, term.text
                    break

    def _headings(self, point: _Point, terms: Terms) -> Iterator[Exercise]:
        title = self.tree.title(point.topic)
        if point.name != title:
            return
        for sentence in self._shuffled(point, self._usable(point, _GOOD, terms)):
            if not stems(title) <= stems(sentence.text):
                yield self._exercise("heading", point, sentence, answer=title, text=sentence.text)

    def _next(self, point: _Point, terms: Terms, turn: int) -> Iterator[Exercise]:
        """One question that goes a step on along the tree before it asks."""
        parent = self.tree.parent(point.topic)
        row = self.tree.children(parent) if parent is not None else ()
        at = next((index for index, topic in enumerate(row) if topic.id == point.topic.id), len(row))
        following = self.points.get(row[at + 1].id) if at + 1 < len(row) else None
        if following is None or _document(following) != _document(point):
            return
        for sentence, term in self._told(following, self._usable(following, _GOOD, terms), terms, 1):
            if not stems(term) & stems(point.name):
                exercise = self._exercise("extract_next", following, sentence, answer=sentence.text, term=term)
                yield replace(exercise, asked=point.topic, places=(point.topic, following.topic), turn=turn)
                return

    def _shuffled(self, point: _Point, usable: Sequence[Sentence]) -> list[Sentence]:
        """Not always the beginning of the text; the better ranks first all the same."""
        return sorted(usable, key=lambda s: (s.rank, pick(self.seed, f"{point.topic.id}/{s.start}", 2**32)))

    def _exercise(
        self, form: Form, point: _Point, sentence: Sentence, answer: str, text: str = "", term: str = "", reasoning: str = ""
    ) -> Exercise:
        mark = pick(self.seed, f"{sentence.start}/{term or answer}", 2**32)
        return Exercise(
            id=f"exercise/{point.topic.id}/{form}/{mark:08x}",
            form=form,
            asked=point.topic,
            places=(point.topic,),
            chunk_ids=(sentence.chunk_id,),
            answer=answer,
            reasoning=reasoning,
            text=text,
            term=term,
        )


def _sentence(exercise: Exercise) -> str:
    return exercise.reasoning or exercise.text or exercise.answer


def _document(point: _Point) -> str:
    return point.sentences[0].chunk_id.rpartition(":")[0]
