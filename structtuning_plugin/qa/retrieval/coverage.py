"""How much of a question a passage covers, so that questions of another domain can be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from structtuning_plugin.qa.retrieval.tokens import Vocabulary, stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A token in more of the passages than this tells no topic: it is not searched for.
_COMMON = 0.25
# Of a few passages none is many.
_FEW = 20


class Coverage:
    """The share of a question's stems that a passage has, by inverse document frequency; those of no passage count most."""

    def __init__(self, vocabulary: Vocabulary, texts: Sequence[NDArray[np.int32]], titles: Sequence[NDArray[np.int32]]) -> None:
        import numpy as np

        self._vocabulary = vocabulary
        self._present = [np.unique(np.concatenate(pair)) for pair in zip(texts, titles, strict=True)]
        self._total = len(self._present)
        self._frequency = np.zeros(len(vocabulary.ids), dtype=np.int64)
        for present in self._present:
            self._frequency[present] += 1

    def telling(self, question: Sequence[int]) -> list[int]:
        """The tokens that tell something; all of them where none does."""
        most = max(_FEW, _COMMON * self._total)
        return [token for token in question if self._frequency[token] <= most] or list(question)

    def fits(self, question: str, passages: Sequence[int]) -> list[float]:
        """For each passage, in 0..1, how much of the question it covers."""
        import numpy as np

        asked = sorted(stems(question))
        weights = np.array([self._weight(token) for token in asked])
        numbers = np.array([self._vocabulary.ids.get(token, -1) for token in asked], dtype=np.int64)
        if not asked:
            return [0.0] * len(passages)
        known = np.isin(numbers, -1, invert=True)
        total = weights.sum()
        shares = [weights[known & np.isin(numbers, self._present[index])].sum() / total for index in passages]
        return [round(float(share), 4) for share in shares]

    def _weight(self, token: str) -> float:
        """Inverse document frequency as in BM25."""
        number = self._vocabulary.ids.get(token)
        frequency = 0 if number is None else int(self._frequency[number])
        return math.log(1 + (self._total - frequency + 0.5) / (frequency + 0.5))
