"""Retriever `bm25`: passages that share the question's rare words, without a model.

A passage may be long and have several subjects, and its section has words that the passage does
not repeat. So it is scored (BM25, Robertson and Zaragoza 2009) at four ranges:

    score  =  its best window of 100 words  +  the passage
              +  1/2 (its topic + the topic's parent + the parent's parent)

Windows and passages are indexed with the titles of their path, nodes with their branch's text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from structtuning_plugin.questions.retrieval.tokens import Vocabulary, telling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
import logging

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tokens = NDArray[np.int32]

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.hookspecs import Hit, Passage
from structtuning_plugin.questions.retrieval.options import best, forbid_unknown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# --- How much of a question a passage covers, so that questions of another domain can be told.

# How many occurrences are half a certainty.
_HALF = 0.5


class Coverage:
    """Coverage of a question: shares of its content stems, weighted by inverse document frequency.

    A stem of no passage has the weight of a stem of one passage.

        fit  =  mean share in the passage and in its topic  x  share in any passage

    A stem that occurs n times counts n / (n + 1/2): one occurrence may be chance. The second factor
    separates domains best: hardly any word of a question about a corpus is missing from the corpus.
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
        self._topic_of = np.array(
            [numbers.setdefault(path, len(numbers)) for path in paths], dtype=np.int64
        )
        ones = np.ones(len(paths), dtype=np.int32)
        belongs = sparse.csr_matrix(
            (ones, (self._topic_of, np.arange(len(paths)))), shape=(len(numbers), len(paths))
        )
        self._topics = belongs @ self._passages
        self._frequency = np.bincount(self._passages.indices, minlength=len(vocabulary.ids))

    def fits(self, question: str, passages: Sequence[int]) -> list[float]:
        """Return the coverage of the question by each passage, 0..1."""
        import numpy as np

        query = sorted(telling(question))
        columns = [self._vocabulary.ids[stem] for stem in query if stem in self._vocabulary.ids]
        if not columns or not len(passages):
            return [0.0] * len(passages)
        weights = self._weights(self._frequency[columns])
        total = weights.sum() + (len(query) - len(columns)) * self._weights(np.ones(1))[0]
        places = np.asarray(passages, dtype=np.int64)
        shares = _found(self._passages, places, columns) + _found(
            self._topics, self._topic_of[places], columns
        )
        fits = (shares @ weights) / 2 / total * (weights.sum() / total)
        return [float(fit) for fit in fits.round(4)]

    def _weights(self, frequency: NDArray[Any]) -> NDArray[np.float64]:
        """Return the inverse document frequency as in BM25."""
        import numpy as np

        return np.asarray(np.log(1 + (len(self._topic_of) - frequency + 0.5) / (frequency + 0.5)))


def _counts(
    texts: Sequence[NDArray[np.int32]], titles: Sequence[NDArray[np.int32]], size: int
) -> Any:
    """Count the tokens (columns) of each passage (rows), as a sparse matrix."""
    import numpy as np
    from scipy import sparse

    rows = [
        np.unique(np.concatenate(pair), return_counts=True)
        for pair in zip(texts, titles, strict=True)
    ]
    bounds = np.cumsum([0, *(len(tokens) for tokens, _ in rows)])
    tokens = np.concatenate([np.zeros(0, dtype=np.int32), *(tokens for tokens, _ in rows)])
    counts = np.concatenate(
        [np.zeros(0, dtype=np.int32), *(counts.astype(np.int32) for _, counts in rows)]
    )
    return sparse.csr_matrix((counts, tokens, bounds), shape=(len(rows), size))


def _found(counts: Any, rows: NDArray[np.int64], tokens: Sequence[int]) -> NDArray[np.float64]:
    """Return for each row the certainty, 0..1, that it has each of the tokens."""
    import numpy as np

    times = np.asarray(counts[rows][:, list(tokens)].toarray(), dtype=np.float64)
    return times / (times + _HALF)


# --- BM25 over texts that are smaller or greater than a passage, as scores of the passages.

# In tokens, of which a word has two: 100 words, each second window begins in the middle of the one
# before.
_WINDOW = 200
_STEP = _WINDOW // 2
# A token in one of so many texts is kept as a score for every text.
_FREQUENT = 8
# The topic, its parent and the parent's parent.
_NODES = 3


class Level:
    """Index of texts at one range.

    `firsts` are the first text of each passage, for passages with several texts. `owners` are the
    text of each passage, for texts that several passages share.
    """

    def __init__(
        self,
        texts: Sequence[Tokens],
        vocabulary: Mapping[str, int],
        *,
        firsts: NDArray[np.int64] | None = None,
        owners: NDArray[np.int64] | None = None,
    ) -> None:
        import bm25s

        self._size = len(texts)
        # It lets all of its debugging through to the host's own handlers.
        logging.getLogger("bm25s").setLevel(logging.WARNING)
        index: Any = bm25s.BM25(method="lucene", backend="numpy")
        index.index((list(texts), dict(vocabulary)), show_progress=False)
        self._data, self._indices, self._bounds = (
            index.scores[part] for part in ("data", "indices", "indptr")
        )
        self._dense: dict[int, NDArray[np.float32]] = {}
        self._firsts = firsts
        self._owners = owners

    def scores(self, question: Mapping[int, int]) -> NDArray[np.float32]:
        """Return the score of every passage for the tokens of a question and their counts."""
        import numpy as np

        scores = np.zeros(self._size, dtype=np.float32)
        for token, times in question.items():
            self._add(scores, token, times)
        if self._firsts is not None:
            return np.asarray(np.maximum.reduceat(scores, self._firsts))
        return scores if self._owners is None else scores[self._owners]

    def _add(self, scores: NDArray[np.float32], token: int, times: int) -> None:
        """Add one token's scores. `BM25.get_scores` takes ten times as long for frequent tokens."""
        import numpy as np

        span = slice(self._bounds[token], self._bounds[token + 1])
        if (span.stop - span.start) * _FREQUENT < self._size:
            scores[self._indices[span]] += times * self._data[span]
            return
        if token not in self._dense:
            self._dense[token] = np.zeros(self._size, dtype=np.float32)
            self._dense[token][self._indices[span]] = self._data[span]
        scores += times * self._dense[token]


def window_level(
    texts: Sequence[Tokens], titles: Sequence[Tokens], vocabulary: Mapping[str, int]
) -> Level:
    """Build the index of windows; a passage has the score of its best window."""
    import numpy as np

    windows: list[Tokens] = []
    firsts = []
    for text, title in zip(texts, titles, strict=True):
        firsts.append(len(windows))
        windows += [
            np.concatenate([text[start : start + _WINDOW], title]) for start in _starts(len(text))
        ]
    return Level(windows, vocabulary, firsts=np.array(firsts, dtype=np.int64))


def _starts(length: int) -> range:
    """Return the starts of windows that cover the text, none of them within another."""
    return range(0, max(1, length - _WINDOW + _STEP), _STEP)


def passage_level(
    texts: Sequence[Tokens], titles: Sequence[Tokens], vocabulary: Mapping[str, int]
) -> Level:
    """Build the index of whole passages."""
    import numpy as np

    return Level(
        [np.concatenate([text, title]) for text, title in zip(texts, titles, strict=True)],
        vocabulary,
    )


def path_levels(
    paths: Sequence[tuple[str, ...]], texts: Sequence[Tokens], vocabulary: Mapping[str, int]
) -> list[Level]:
    """Build the indexes of the nodes above each passage, from the bottom up.

    A path that is too short ends below its root.
    """
    return [_node_level(paths, texts, vocabulary, above) for above in range(_NODES)]


def _node_level(
    paths: Sequence[tuple[str, ...]],
    texts: Sequence[Tokens],
    vocabulary: Mapping[str, int],
    above: int,
) -> Level:
    import numpy as np

    nodes = [path[: max(2, len(path) - above)] for path in paths]
    numbers: dict[tuple[str, ...], int] = {}
    owners = np.array([numbers.setdefault(path, len(numbers)) for path in nodes], dtype=np.int64)
    branches: list[list[Tokens]] = [[] for _ in numbers]
    for path, text in zip(paths, texts, strict=True):
        for depth in range(1, len(path) + 1):
            if path[:depth] in numbers:
                branches[numbers[path[:depth]]].append(text)
    return Level([np.concatenate(branch) for branch in branches], vocabulary, owners=owners)


# Of a node of the path, beside 1 for the window and the passage. See `benchmarks/linking.py` for
# what was tried.
_NODE_WEIGHT = 0.5


class Bm25Retriever:
    name = "bm25"
    # Asked with their options, at most 3 in 100 questions of another domain pass, and 91 to 98 of a
    # book's own (`benchmarks/linking.py`).
    least_fit = 0.2

    def check_options(self, options: dict[str, Any]) -> None:
        forbid_unknown(options, (), self.name)

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> Bm25Searcher:
        return Bm25Searcher(passages)


@hookimpl
def register_retrievers() -> list[Bm25Retriever]:
    return [Bm25Retriever()]


class Bm25Searcher:
    """Index of passages by their words."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._ids = [passage.chunk_id for passage in passages]
        self._vocabulary = Vocabulary()
        texts = [self._vocabulary.learn(passage.text) for passage in passages]
        titles = [self._vocabulary.learn(" \n".join(passage.titles[1:])) for passage in passages]
        self.levels = self._index(passages, texts, titles) if self._vocabulary.ids else []
        self._coverage = Coverage(
            self._vocabulary, texts, titles, [passage.titles for passage in passages]
        )

    def _index(
        self,
        passages: Sequence[Passage],
        texts: list[NDArray[np.int32]],
        titles: list[NDArray[np.int32]],
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

        counts = self._vocabulary.known(question)
        if not counts:
            return []
        scores = np.zeros(len(self._ids))
        for weight, level in self.levels:
            scores += weight * level.scores(counts)
        ranked = [(index, score) for index, score in best(scores, count) if score > 0]
        fits = self._coverage.fits(question, [index for index, _ in ranked])
        return [
            Hit(chunk_id=self._ids[index], score=score, fit=fit)
            for (index, score), fit in zip(ranked, fits, strict=True)
        ]
