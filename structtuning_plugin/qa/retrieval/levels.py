"""BM25 over texts that are smaller or greater than a passage, as scores of the passages.

`texts` are the passages' tokens as numbers, in the passages' order.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tokens = NDArray[np.int32]

# In tokens, of which a word has two: 100 words, each second window begins in the middle of the one before.
_WINDOW = 200
_STEP = _WINDOW // 2
# A token in one of so many texts is kept as a score for every text.
_FREQUENT = 8
# The topic, its parent and the parent's parent.
_NODES = 3


class Level:
    """An index of texts. `firsts` are each passage's first text, if it has several; `owners` its text, if many share one."""

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
        self._data, self._indices, self._bounds = (index.scores[part] for part in ("data", "indices", "indptr"))
        self._dense: dict[int, NDArray[np.float32]] = {}
        self._firsts = firsts
        self._owners = owners

    def scores(self, question: Mapping[int, int]) -> NDArray[np.float32]:
        """The score of every passage for tokens that occur so many times in the question."""
        import numpy as np

        scores = np.zeros(self._size, dtype=np.float32)
        for token, times in question.items():
            self._add(scores, token, times)
        if self._firsts is not None:
            return np.asarray(np.maximum.reduceat(scores, self._firsts))
        return scores if self._owners is None else scores[self._owners]

    def _add(self, scores: NDArray[np.float32], token: int, times: int) -> None:
        """As `BM25.get_scores`, which takes ten times as long for tokens of many texts."""
        import numpy as np

        held = slice(self._bounds[token], self._bounds[token + 1])
        if (held.stop - held.start) * _FREQUENT < self._size:
            scores[self._indices[held]] += times * self._data[held]
            return
        if token not in self._dense:
            self._dense[token] = np.zeros(self._size, dtype=np.float32)
            self._dense[token][self._indices[held]] = self._data[held]
        scores += times * self._dense[token]


def window_level(texts: Sequence[Tokens], titles: Sequence[Tokens], vocabulary: Mapping[str, int]) -> Level:
    """Each passage by the best of its windows."""
    import numpy as np

    windows: list[Tokens] = []
    firsts = []
    for text, title in zip(texts, titles, strict=True):
        firsts.append(len(windows))
        windows += [np.concatenate([text[start : start + _WINDOW], title]) for start in _starts(len(text))]
    return Level(windows, vocabulary, firsts=np.array(firsts, dtype=np.int64))


def _starts(length: int) -> range:
    """Where windows begin, so that all of the text lies in one at least, and no window in another."""
    return range(0, max(1, length - _WINDOW + _STEP), _STEP)


def passage_level(texts: Sequence[Tokens], titles: Sequence[Tokens], vocabulary: Mapping[str, int]) -> Level:
    """Each passage by its whole text."""
    import numpy as np

    return Level([np.concatenate([text, title]) for text, title in zip(texts, titles, strict=True)], vocabulary)


def path_levels(paths: Sequence[tuple[str, ...]], texts: Sequence[Tokens], vocabulary: Mapping[str, int]) -> list[Level]:
    """Each passage by the nodes it stands in, from the bottom up; a short path ends beneath its root."""
    return [_node_level(paths, texts, vocabulary, above) for above in range(_NODES)]


def _node_level(paths: Sequence[tuple[str, ...]], texts: Sequence[Tokens], vocabulary: Mapping[str, int], above: int) -> Level:
    import numpy as np

    wanted = [path[: max(2, len(path) - above)] for path in paths]
    numbers: dict[tuple[str, ...], int] = {}
    owners = np.array([numbers.setdefault(path, len(numbers)) for path in wanted], dtype=np.int64)
    branches: list[list[Tokens]] = [[] for _ in numbers]
    for path, text in zip(paths, texts, strict=True):
        for depth in range(1, len(path) + 1):
            if path[:depth] in numbers:
                branches[numbers[path[:depth]]].append(text)
    return Level([np.concatenate(branch) for branch in branches], vocabulary, owners=owners)
