"""BM25 over texts that are smaller or greater than a passage, as scores of the passages.

`texts` are the passages' tokens as numbers, in the passages' order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tokens = NDArray[np.int32]

# In tokens, of which a word has two: 100 words, each second window begins in the middle of the one before.
_WINDOW = 200
_STEP = _WINDOW // 2
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

        self._index: Any = bm25s.BM25(method="lucene", backend="numpy")
        self._index.index((list(texts), dict(vocabulary)), show_progress=False)
        self._firsts = firsts
        self._owners = owners

    def scores(self, question: Sequence[int]) -> NDArray[Any]:
        """The score of every passage."""
        import numpy as np

        scores: NDArray[Any] = self._index.get_scores_from_ids(list(question))
        if self._firsts is not None:
            return np.maximum.reduceat(scores, self._firsts)
        return scores if self._owners is None else scores[self._owners]


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
