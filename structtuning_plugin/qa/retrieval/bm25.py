"""Retriever `bm25`: passages that share the question's rare words; no model, no download.

A passage may be long and speak of much, and words of its section that it does not repeat tell where it stands. So it is
scored (BM25, Robertson and Zaragoza 2009) four times with equal weight for near and far:

    score  =  its best window of 100 words  +  the passage  +  1/2 (its topic + the topic's parent + the parent's parent)

Windows and passages are read with the titles of their path, nodes with the text of their branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structtuning_plugin.hookspecs import Hit, Passage, hookimpl
from structtuning_plugin.qa.retrieval.coverage import Coverage
from structtuning_plugin.qa.retrieval.levels import Level, passage_level, path_levels, window_level
from structtuning_plugin.qa.retrieval.options import forbid_unknown
from structtuning_plugin.qa.retrieval.ranking import best
from structtuning_plugin.qa.retrieval.tokens import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Of a node of the path, beside 1 for the window and the passage. See `benchmarks/linking.py` for what was tried.
_NODE_WEIGHT = 0.5


class Bm25Retriever:
    name = "bm25"
    # Asked with their options, at most 3 in 100 questions of another domain pass, and 91 to 98 of a book's own
    # (`benchmarks/linking.py`).
    least_fit = 0.2

    def check_options(self, options: dict[str, Any]) -> None:
        forbid_unknown(options, (), self.name)

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> Bm25Searcher:
        return Bm25Searcher(passages)


@hookimpl
def register_retrievers() -> list[Bm25Retriever]:
    return [Bm25Retriever()]


class Bm25Searcher:
    """Passages, indexed by their words."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._ids = [passage.chunk_id for passage in passages]
        self._vocabulary = Vocabulary()
        texts = [self._vocabulary.learn(passage.text) for passage in passages]
        titles = [self._vocabulary.learn(" \n".join(passage.titles[1:])) for passage in passages]
        self.levels = self._index(passages, texts, titles) if self._vocabulary.ids else []
        self._coverage = Coverage(self._vocabulary, texts, titles, [passage.titles for passage in passages])

    def _index(
        self, passages: Sequence[Passage], texts: list[NDArray[np.int32]], titles: list[NDArray[np.int32]]
    ) -> list[tuple[float, Level]]:
        vocabulary = self._vocabulary.ids
        paths = [passage.titles for passage in passages]
        nodes = path_levels(paths, texts, vocabulary) if any(map(len, texts)) else []
        return [
            (1.0, window_level(texts, titles, vocabulary)),
            (1.0, passage_level(texts, titles, vocabulary)),
            *((_NODE_WEIGHT, level) for level in nodes),
        ]

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        return [self._search(question, count) for question in questions]

    def _search(self, question: str, count: int) -> list[Hit]:
        import numpy as np

        known = self._vocabulary.known(question)
        if not known:
            return []
        scores = np.zeros(len(self._ids))
        for weight, level in self.levels:
            scores += weight * level.scores(known)
        found = [(index, score) for index, score in best(scores, count) if score > 0]
        fits = self._coverage.fits(question, [index for index, _ in found])
        return [Hit(chunk_id=self._ids[index], score=score, fit=fit) for (index, score), fit in zip(found, fits, strict=True)]
