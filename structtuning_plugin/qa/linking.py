"""From questions to knowledge points (first draft)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from structtuning_plugin.hookspecs import Hit, Passage, Retriever
from structtuning_plugin.taxonomy.tree import Tree
from structtuning_plugin.types import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    pair_id: str
    chunk_ids: tuple[str, ...]
    topic_ids: tuple[str, ...]
    fit: float
    reason: str = ""


class Linker:
    def __init__(
        self, tree: Tree, chunks: Sequence[Chunk], retriever: Retriever, options: dict[str, Any], passages: int, least_fit: float | None
    ) -> None:
        self._tree, self._retriever, self._options, self._most = tree, retriever, options, passages
        self._least = retriever.least_fit if least_fit is None else least_fit
        self._chunks = {c.id: c for c in chunks if c.text.strip() and not tree.is_back_matter(tree.topics[c.topic_id])}

    def link(self, questions: Sequence[Question]) -> list[Link]:
        found: dict[str, Link] = {}
        languages = {self._tree.topics[c.topic_id].language for c in self._chunks.values()}
        for language in sorted({q.language for q in questions}):
            own = [q for q in questions if q.language == language]
            passages = [
                Passage(chunk_id=c.id, text=c.text, titles=self._tree.path_titles(self._tree.topics[c.topic_id]), language=language)
                for c in self._chunks.values()
                if language not in languages or self._tree.topics[c.topic_id].language == language
            ]
            hits = self._retriever.index(passages, self._options).search([q.text for q in own], self._most) if passages else [[] for _ in own]
            found |= {q.id: self._one(q, h) for q, h in zip(own, hits, strict=True)}
        return [found[q.id] for q in questions]

    def _one(self, question: Question, hits: Sequence[Hit]) -> Link:
        if not hits:
            return Link(pair_id=question.id, chunk_ids=(), topic_ids=(), fit=0.0, reason="no_passage")
        if hits[0].fit < self._least:
            return Link(pair_id=question.id, chunk_ids=(), topic_ids=(), fit=hits[0].fit, reason="no_fit")
        books = Counter(self._chunks[h.chunk_id].document_id for h in hits)
        book = books.most_common(1)[0][0]
        kept = [h.chunk_id for h in hits if self._chunks[h.chunk_id].document_id == book]
        topics = dict.fromkeys(self._chunks[c].topic_id for c in kept)
        return Link(pair_id=question.id, chunk_ids=tuple(kept), topic_ids=tuple(topics), fit=hits[0].fit)
