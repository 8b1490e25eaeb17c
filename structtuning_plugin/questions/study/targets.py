"""Texts that a request can show, found from a passage: itself, its sections, siblings, links.

passage       the passage
section       sections that begin with the passage, the narrowest first, with their parts
siblings      its topic with the next one under the same heading, then the one after that, ...
shared_terms  the passages under other headings that share most terms with it
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from structtuning_plugin.core.types import Chunk, Document, Topic
from structtuning_plugin.corpus.chunking import sentences
from structtuning_plugin.hookspecs import StudyPrompt
from structtuning_plugin.questions.exercises.sentences import sentences_of
from structtuning_plugin.questions.retrieval.tokens import stems
from structtuning_plugin.questions.study.forms import Part, Target
from structtuning_plugin.taxonomy.tree import Tree

# Letters and digits of the shortest passage, East Asian ones counted twice: about a sentence.
_SHORTEST = 40
_MOST_PARTS = 12
_MOST_LINKS = 8
# Stems of more passages than this do not tell what a passage is about.
_MOST_POSTINGS = 40
# Shared stems that make a link.
_LEAST_SHARED = 3

# Summaries by the name of the prompt and the id of the section.
Summaries = Mapping[tuple[str, str], str]


def count_letters(text: str) -> int:
    """Count letters and digits, wide ones of East Asia twice.

    >>> count_letters("a 1."), count_letters("細胞")
    (2, 4)
    """
    return sum(
        1 + (unicodedata.east_asian_width(character) == "W")
        for character in text
        if character.isalnum()
    )


class Corpus:
    """The passages that are studied, and the targets of each.

    Args:
        tree: The tree, with all chunks.
        documents: All documents.
        chunks: Chunks that may be shown, in the order of the documents.
        private: Ids of topics that no question may be about.
    """

    def __init__(
        self,
        tree: Tree,
        documents: Iterable[Document],
        chunks: Sequence[Chunk],
        private: Collection[str] = (),
    ) -> None:
        self.tree = tree
        self.passages = [
            chunk
            for chunk in chunks
            if count_letters(chunk.text) >= _SHORTEST
            and not tree.is_back_matter(tree.topics[chunk.topic_id])
        ]
        self._documents = {document.id: document for document in documents}
        self._private = frozenset(private)
        self._sentences: dict[str, tuple[str, ...]] = {}
        self._first = _first_passages(self.passages)
        self._links = _Links(tree, self.passages)
        self._sections = self._find_sections()

    @property
    def tokens(self) -> int:
        """Number of tokens of all passages."""
        return sum(passage.tokens for passage in self.passages)

    def sentences(self, passage: Chunk) -> tuple[str, ...]:
        """Return the sentences of a passage: its facts, before the model lists them."""
        if passage.id not in self._sentences:
            self._sentences[passage.id] = self._split(passage)
        return self._sentences[passage.id]

    def _split(self, passage: Chunk) -> tuple[str, ...]:
        document = self._documents[passage.document_id]
        texts = [sentence.text for sentence in sentences_of([passage], document)]
        if not texts:
            starts = [0, *sentences(passage.text, document.language)]
            ends = [*starts[1:], len(passage.text)]
            texts = [passage.text[a:b] for a, b in zip(starts, ends, strict=True)]
        lines = (" ".join(text.split()) for text in texts)
        return tuple(dict.fromkeys(line for line in lines if line))

    def targets(self, prompt: StudyPrompt, passage: Chunk, summaries: Summaries) -> list[Target]:
        """Return what a prompt can show when it is a passage's turn, in the order of use."""
        topic = self.tree.topics[passage.topic_id]
        if prompt.source == "passage":
            targets = [Target(topics=(topic,), parts=(Part(topic=topic, chunk=passage),))]
        elif prompt.source == "section":
            sections = self._sections.get(passage.id, ())
            targets = [self._section(section, prompt.name, summaries) for section in sections]
        elif prompt.source == "siblings":
            targets = self._siblings(passage, topic)
        else:
            targets = [self._pair(passage, other) for other in self._links.of(passage)]
        if prompt.stage == "ssft":
            targets = [target for target in targets if self._may_be_asked(target)]
        return targets

    def _may_be_asked(self, target: Target) -> bool:
        return self._private.isdisjoint(part.topic.id for part in target.parts)

    def _find_sections(self) -> dict[str, list[Topic]]:
        """Return the topics with several parts by the passage that they begin with."""
        sections: dict[str, list[Topic]] = {}
        for topic in reversed(list(self.tree.root.walk())):
            parts = [child for child in self.tree.children(topic) if self._begin(child)]
            if topic.id != self.tree.root.id and len(parts) > 1:
                first = self._begin(topic)
                assert first is not None
                sections.setdefault(first.id, []).append(topic)
        return sections

    def _begin(self, topic: Topic) -> Chunk | None:
        """Return the first passage of a topic and what is below it."""
        return next((self._first[node.id] for node in topic.walk() if node.id in self._first), None)

    def _section(self, section: Topic, prompt: str, summaries: Summaries) -> Target:
        parts = []
        if section.id in self._first:
            parts.append(Part(topic=section, chunk=self._first[section.id]))
        for child in self.tree.children(section):
            chunk = self._begin(child)
            if chunk is not None and len(parts) < _MOST_PARTS:
                text = summaries.get((prompt, child.id), "")
                parts.append(Part(topic=child, chunk=chunk, text=text))
        return Target(topics=(section,), parts=tuple(parts))

    def _siblings(self, passage: Chunk, topic: Topic) -> list[Target]:
        """Return pairs with the following siblings; each pair belongs to one of its two topics."""
        parent = self.tree.parent(topic)
        if parent is None or self._first.get(topic.id) != passage:
            return []
        row = [child for child in self.tree.children(parent) if child.id in self._first]
        if topic not in row:
            return []
        place, size = row.index(topic), len(row)
        targets = []
        for step in range(1, size // 2 + 1):
            other = row[(place + step) % size]
            # Half way round, each pair comes twice.
            if 2 * step < size or place < size // 2:
                targets.append(self._pair(passage, self._first[other.id]))
        return targets

    def _pair(self, one: Chunk, other: Chunk) -> Target:
        topics = [self.tree.topics[chunk.topic_id] for chunk in (one, other)]
        parts = (Part(topic=topics[0], chunk=one), Part(topic=topics[1], chunk=other))
        return Target(topics=tuple(topics), parts=parts)


def _first_passages(passages: Iterable[Chunk]) -> dict[str, Chunk]:
    first: dict[str, Chunk] = {}
    for passage in passages:
        first.setdefault(passage.topic_id, passage)
    return first


class _Links:
    """Passages that share terms, under different headings."""

    def __init__(self, tree: Tree, passages: Sequence[Chunk]) -> None:
        self._tree = tree
        self._passages = passages
        self._stems = {passage.id: stems(passage.text) for passage in passages}
        self._postings: dict[str, list[int]] = defaultdict(list)
        for place, passage in enumerate(passages):
            for stem in self._stems[passage.id]:
                self._postings[stem].append(place)
        self._cache: dict[str, list[Chunk]] = {}

    def of(self, passage: Chunk) -> list[Chunk]:
        """Return the passages that share most terms, the best first, rare terms weighing more."""
        if passage.id not in self._cache:
            self._cache[passage.id] = self._find(passage)
        return self._cache[passage.id]

    def _find(self, passage: Chunk) -> list[Chunk]:
        scores: dict[int, float] = defaultdict(float)
        shared: Counter[int] = Counter()
        for stem in sorted(self._stems[passage.id]):
            places = self._postings[stem]
            if not 2 <= len(places) <= min(_MOST_POSTINGS, max(2, len(self._passages) // 2)):
                continue
            for place in places:
                scores[place] += math.log(len(self._passages) / len(places)) + 1
                shared[place] += 1
        best = sorted(scores, key=lambda place: (-scores[place], place))
        others = (self._passages[place] for place in best if shared[place] >= _LEAST_SHARED)
        return [other for other in others if self._is_apart(passage, other)][:_MOST_LINKS]

    def _is_apart(self, one: Chunk, other: Chunk) -> bool:
        """Return True if two passages are neither under one heading nor one above the other."""
        first, second = (self._tree.topics[chunk.topic_id] for chunk in (one, other))
        if self._tree.parent(first) == self._tree.parent(second):
            return False
        return first not in self._tree.path(second) and second not in self._tree.path(first)
