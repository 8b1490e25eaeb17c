"""Tokens of a text in any language: words, stems, and characters of unspaced scripts.

    Ciałka Meissnera   ->   cialka cialka* meissnera meissn*
    细胞膜              ->   细 胞 膜 细胞 胞膜

A word's first six letters represent all its forms: endings change in most languages, in Polish and
Russian with nearly every use. Unspaced scripts, and Korean with its joined endings, give
characters and pairs of characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.questions.exclusion.formulas import formula_words
from structtuning_plugin.questions.exclusion.normalise import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# As in the offline segmentation.
_STEM = 6
_UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
)
_RUN = regex.compile(
    rf"(?V1)(?P<unspaced>(?:[{_UNSPACED}]\p{{M}}*+)++)|[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]++"
)
_CHARACTER = regex.compile(r"\P{M}\p{M}*+")


def tokens(text: str) -> list[str]:
    """Return all tokens of a text, in order.

    >>> tokens("Der Säugling trinkt."), tokens("図1")
    (['der', 'der*', 'saugling', 'saugli*', 'trinkt', 'trinkt*'], ['図', '1', '1*'])
    """
    return [token for run, unspaced in _runs(text) for token in _of_run(run, unspaced)]


def stems(text: str) -> set[str]:
    """Return the tokens without whole words, so that each word counts once.

    >>> sorted(stems("Der Säugling 図表"))
    ['der*', 'saugli*', '図', '図表', '表']
    """
    return {token for run, unspaced in _runs(text) for token in _stems_of_run(run, unspaced)}


def telling(text: str) -> set[str]:
    """Return the content stems of a question: those of no word that any question may have.

    >>> sorted(telling("Which of the following is a snakebite?"))
    ['snakeb*']
    """
    formula = formula_words()
    runs = [(run, unspaced) for run, unspaced in _runs(text) if unspaced or run not in formula]
    content = {token for run, unspaced in runs for token in _stems_of_run(run, unspaced)}
    return {token for token in content if not all(character in formula for character in token)}


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    return ((match[0], match["unspaced"] is not None) for match in _RUN.finditer(fold(text)))


def _of_run(run: str, unspaced: bool) -> list[str]:
    if not unspaced:
        return [run, f"{run[:_STEM]}*"]
    characters = _CHARACTER.findall(run)
    return [*characters, *(first + second for first, second in pairwise(characters))]


def _stems_of_run(run: str, unspaced: bool) -> list[str]:
    return _of_run(run, unspaced)[0 if unspaced else 1 :]


class Vocabulary:
    """Numbers of tokens, in the order of their first occurrence."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self._of_run: dict[tuple[str, bool], list[int]] = {}

    def learn(self, text: str) -> NDArray[np.int32]:
        """Return the text's tokens as numbers, and number new ones."""
        import numpy as np

        numbers: list[int] = []
        for run in _runs(text):
            numbers += self._learnt(run)
        return np.array(numbers, dtype=np.int32)

    def known(self, text: str) -> Counter[int]:
        """Count the text's tokens by number, without unknown ones."""
        return Counter(self.ids[token] for token in tokens(text) if token in self.ids)

    def _learnt(self, run: tuple[str, bool]) -> list[int]:
        if run[1]:  # A run of characters seldom comes twice.
            return [self.ids.setdefault(token, len(self.ids)) for token in _of_run(*run)]
        if run not in self._of_run:
            self._of_run[run] = [
                self.ids.setdefault(token, len(self.ids)) for token in _of_run(*run)
            ]
        return self._of_run[run]
