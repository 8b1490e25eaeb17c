"""How much of a question a passage covers, so that questions of another domain can be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structtuning_plugin.qa.retrieval.tokens import Vocabulary, telling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# How many occurrences are half a certainty.
_HALF = 0.5


class Coverage:
    """Shares of a question's telling stems, weighed by inverse document frequency.

    A stem of no passage weighs as one of a single passage does.

        fit  =  share found in the passage and in its topic, on average  x  share found in any passage

    A stem that occurs n times is found to n / (n + 1/2): once may be by chance. The second factor is what tells a domain
    best: a question that is at home in a corpus has hardly a word that is not in it.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        texts: Sequence[NDArray[np.int32]],
        titles: Sequence[NDArray[np.int32]],
        paths: Sequence[tuple[str, ...]],
    ) -> None:
        import numpy as np
        from scipy import sparse

        self._vocabulary = vocabulary
        self._passages = _counts(texts, titles, len(vocabulary.ids))
        numbers: dict[tuple[str, ...], int] = {}
        self._topic_of = np.array([numbers.setdefault(path, len(numbers)) for path in paths], dtype=np.int64)
        ones = np.ones(len(paths), dtype=np.int32)
        belongs = sparse.csr_matrix((ones, (self._topic_of, np.arange(len(paths)))), shape=(len(numbers), len(paths)))
        self._topics = belongs @ self._passages
        self._frequency = np.bincount(self._passages.indices, minlength=len(vocabulary.ids))

    def fits(self, question: str, passages: Sequence[int]) -> list[float]:
        """For each passage, in 0..1, how much of the question it covers."""
        import numpy as np

        asked = sorted(telling(question))
        known = [self._vocabulary.ids[stem] for stem in asked if stem in self._vocabulary.ids]
        if not known or not len(passages):
            return [0.0] * len(passages)
        weights = self._weights(self._frequency[known])
        total = weights.sum() + (len(asked) - len(known)) * self._weights(np.ones(1))[0]
        places = np.asarray(passages, dtype=np.int64)
        found = _found(self._passages, places, known) + _found(self._topics, self._topic_of[places], known)
        fits = (found @ weights) / 2 / total * (weights.sum() / total)
        return [float(fit) for fit in fits.round(4)]

    def _weights(self, frequency: NDArray[Any]) -> NDArray[np.float64]:
        """Inverse document frequency as in BM25."""
        import numpy as np

        return np.asarray(np.log(1 + (len(self._topic_of) - frequency + 0.5) / (frequency + 0.5)))


def _counts(texts: Sequence[NDArray[np.int32]], titles: Sequence[NDArray[np.int32]], size: int) -> Any:
    """How often each passage (row) has each token (column), as a sparse matrix."""
    import numpy as np
    from scipy import sparse

    rows = [np.unique(np.concatenate(pair), return_counts=True) for pair in zip(texts, titles, strict=True)]
    bounds = np.cumsum([0, *(len(tokens) for tokens, _ in rows)])
    tokens = np.concatenate([np.zeros(0, dtype=np.int32), *(tokens for tokens, _ in rows)])
    counts = np.concatenate([np.zeros(0, dtype=np.int32), *(counts.astype(np.int32) for _, counts in rows)])
    return sparse.csr_matrix((counts, tokens, bounds), shape=(len(rows), size))


def _found(counts: Any, rows: NDArray[np.int64], tokens: Sequence[int]) -> NDArray[np.float64]:
    """For each row, how surely it has each of the tokens, in 0..1."""
    import numpy as np

    times = np.asarray(counts[rows][:, list(tokens)].toarray(), dtype=np.float64)
    return times / (times + _HALF)
