"""Retriever `hybrid`: `bm25` and `dense` by reciprocal rank fusion (Cormack et al. 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import Hit, Passage, Searcher
from structtuning_plugin.questions.retrieval.bm25 import Bm25Retriever
from structtuning_plugin.questions.retrieval.dense import DenseRetriever
from structtuning_plugin.questions.retrieval.options import model_of

# As in the paper.
_RANK_OFFSET = 60
# How many passages of each are looked at.
_DEPTH = 100


class HybridRetriever:
    name = "hybrid"
    # Where both fit as much as each of them must.
    least_fit = 0.5

    def check_options(self, options: dict[str, Any]) -> None:
        model_of(options, self.name)

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> HybridSearcher:
        model_of(options, self.name)
        retrievers = (Bm25Retriever(), DenseRetriever())
        searchers = (retrievers[0].index(passages, {}), retrievers[1].index(passages, options))
        return HybridSearcher(
            [passage.chunk_id for passage in passages],
            searchers,
            [one.least_fit for one in retrievers],
        )


@hookimpl
def register_retrievers() -> list[HybridRetriever]:
    return [HybridRetriever()]


class HybridSearcher:
    """Fusion of the hits of several searchers.

    `least_fits` are the fits below which each of them has no hit.
    """

    def __init__(
        self, ids: Sequence[str], searchers: Sequence[Searcher], least_fits: Sequence[float]
    ) -> None:
        self._place = {chunk_id: place for place, chunk_id in enumerate(ids)}
        self._searchers = searchers
        self._least_fits = least_fits

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        results = [searcher.search(questions, max(count, _DEPTH)) for searcher in self._searchers]
        return [self._fuse(lists, count) for lists in zip(*results, strict=True)]

    def _fuse(self, lists: Sequence[Sequence[Hit]], count: int) -> list[Hit]:
        scores: dict[str, float] = {}
        fits: dict[str, float] = {}
        for hits, least in zip(lists, self._least_fits, strict=True):
            for rank, hit in enumerate(hits, start=1):
                scores[hit.chunk_id] = scores.get(hit.chunk_id, 0.0) + 1 / (_RANK_OFFSET + rank)
                fits[hit.chunk_id] = fits.get(hit.chunk_id, 0.0) + _centred(hit.fit, least) / len(
                    lists
                )
        order = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], self._place[chunk_id]))
        return [
            Hit(chunk_id=one, score=scores[one], fit=round(fits[one], 4)) for one in order[:count]
        ]


def _centred(fit: float, least: float) -> float:
    """Scale the fit so that the least one is a half.

    >>> [_centred(fit, 0.2) for fit in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return fit / least / 2 if fit < least else 0.5 + (fit - least) / (1 - least) / 2
