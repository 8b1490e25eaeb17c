"""What a text is found by, whatever its language: words, the beginnings of words, and characters where words are not spaced.

    Ciałka Meissnera   ->   cialka cialka* meissnera meissn*
    细胞膜              ->   细 胞 膜 细胞 胞膜

A word's first six letters stand for all its forms: endings change in most languages, in Polish and Russian with nearly
every use. Scripts without blanks, and Korean, whose endings are written on, get characters and pairs of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from structtuning_plugin.languages.unicode import LONG_VOWEL, UNSPACED
from structtuning_plugin.questions.exclusion.normalise import fold, formula_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# As in the offline segmentation.
_STEM = 6
_UNSPACED = rf"{UNSPACED}\p{{Hangul}}{LONG_VOWEL}"
_RUN = regex.compile(
    rf"(?V1)(?P<unspaced>(?:[{_UNSPACED}]\p{{M}}*+)++)|[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]++"
)
_CHARACTER = regex.compile(r"\P{M}\p{M}*+")


def tokens(text: str) -> list[str]:
    """All tokens of a text, in order.

    >>> tokens("Der Säugling trinkt."), tokens("図1")
    (['der', 'der*', 'saugling', 'saugli*', 'trinkt', 'trinkt*'], ['図', '1', '1*'])
    """
    return [token for run, unspaced in _runs(text) for token in _of_run(run, unspaced)]


def stems(text: str) -> set[str]:
    """The tokens without the words as they are written, so that a word is told once.

    >>> sorted(stems("Der Säugling 図表"))
    ['der*', 'saugli*', '図', '図表', '表']
    """
    return {token for run, unspaced in _runs(text) for token in _stems_of_run(run, unspaced)}


def telling(text: str) -> set[str]:
    """The stems of a question that tell what it is about: none of words that questions are made of whatever they ask.

    >>> sorted(telling("Which of the following is a snakebite?"))
    ['snakeb*']
    """
    formula = formula_words()
    told = [(run, unspaced) for run, unspaced in _runs(text) if unspaced or run not in formula]
    found = {token for run, unspaced in told for token in _stems_of_run(run, unspaced)}
    return {token for token in found if not all(character in formula for character in token)}


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
    """Numbers for tokens, given as they are first met."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self._of_run: dict[tuple[str, bool], list[int]] = {}

    def learn(self, text: str) -> NDArray[np.int32]:
        """The text's tokens as numbers, new ones included."""
        import numpy as np

        found: list[int] = []
        for run in _runs(text):
            found += self._learnt(run)
        return np.array(found, dtype=np.int32)

    def known(self, text: str) -> Counter[int]:
        """How often the text has each token, by number, without those never met."""
        return Counter(self.ids[token] for token in tokens(text) if token in self.ids)

    def _learnt(self, run: tuple[str, bool]) -> list[int]:
        if run[1]:  # A run of characters seldom comes twice.
            return [self.ids.setdefault(token, len(self.ids)) for token in _of_run(*run)]
        if run not in self._of_run:
            self._of_run[run] = [
                self.ids.setdefault(token, len(self.ids)) for token in _of_run(*run)
            ]
        return self._of_run[run]
