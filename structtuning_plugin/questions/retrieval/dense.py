"""Retriever `dense`: passages with vectors near the question's (extra `dense`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import Hit, Passage
from structtuning_plugin.questions.retrieval.options import best, model_of
from structtuning_plugin.taxonomy.offline import cohesion as dense
from structtuning_plugin.taxonomy.offline.cohesion import Embed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# --- Texts to vectors by a sentence-transformers model.

__all__ = ["Embed", "embedder"]


def embedder(model: str) -> Embed:
    """Load a model, and return a function from texts to vectors (texts x dimensions).

    Args:
        model: a folder, or a name on the hub. Code that belongs to the model is never run.

    Raises:
        ConfigError: the model cannot be loaded.
    """
    try:
        return dense.embedder(model)
    except ConfigError as error:
        raise ConfigError(
            str(error).replace("taxonomy.options.embeddings", "ssft.retriever_options.model")
        ) from None


# Questions at a time, so that their likeness to 100,000 passages takes some 100 MB.
_AT_ONCE = 256


class DenseRetriever:
    name = "dense"
    # A cosine of 0.4. What a cosine means differs between models: set `ssft.least_fit` to what
    # yours gives.
    least_fit = 0.7

    def check_options(self, options: dict[str, Any]) -> None:
        model_of(options, self.name)

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> DenseSearcher:
        return DenseSearcher(passages, embedder(model_of(options, self.name)))


@hookimpl
def register_retrievers() -> list[DenseRetriever]:
    return [DenseRetriever()]


class DenseSearcher:
    """Index of passages by their vectors. Text past a model's limit is not searched."""

    def __init__(self, passages: Sequence[Passage], embed: Embed) -> None:
        self._ids = [passage.chunk_id for passage in passages]
        self._embed = embed
        texts = [" > ".join(passage.titles[1:]) + "\n" + passage.text for passage in passages]
        self._vectors = _unit(embed(texts)) if texts else None

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        if self._vectors is None or not questions:
            return [[] for _ in questions]
        queries = _unit(self._embed(questions))
        return [
            self._hits(cosines, count)
            for start in range(0, len(queries), _AT_ONCE)
            for cosines in queries[start : start + _AT_ONCE] @ self._vectors.T
        ]

    def _hits(self, cosines: NDArray[np.float32], count: int) -> list[Hit]:
        return [
            Hit(
                chunk_id=self._ids[index],
                score=score,
                fit=min(1.0, max(0.0, round((1 + score) / 2, 4))),
            )
            for index, score in best(cosines, count)
        ]


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scale vectors to length 1; zero vectors stay zero."""
    import numpy as np

    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1.0), dtype=np.float32)
