"""Likeness of texts: the share of common word pairs, found among many by MinHash.

Likeness is the Jaccard index of the sets of neighbouring words (characters in scripts without
blanks): 1 for the same words in the same order, near 0 for two texts on one subject. A changed word
of a hundred costs about four pairs, so 0.7 allows for eight.

MinHash with 32 bands of 4 values proposes a pair of likeness 0.7 with a probability of 0.9998; each
proposal is checked on the texts. Source: Broder 1997, "On the resemblance and containment of
documents"; rensa computes the signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import regex

from structtuning_plugin.languages.unicode import UNSPACED

_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_MIXED_WORD = regex.compile(
    rf"(?V1)[{UNSPACED}]\p{{M}}*+|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]++"
)
_UNSPACED = regex.compile(rf"[{UNSPACED}]")

_VALUES, _BANDS, _SEED = 128, 32, 42
_BATCH = 2_000
# Earlier texts that one text is compared with: a series of thousands of like sheets stays linear.
_MOST_COMPARED = 50
# Texts that differ in more of their numbers than this speak of different things.
_LEAST_COMMON_NUMBERS = 0.5


def words_of(text: str) -> list[str]:
    """Split a text into words in lower case; characters where a script has no blanks.

    >>> words_of("Öl, 5 bar: 冷却")
    ['öl', '5', 'bar', '冷', '却']
    """
    pattern = _MIXED_WORD if not text.isascii() and _UNSPACED.search(text) else _WORD
    return list(pattern.findall(text.casefold()))


def _share(pairs: set[str], others: set[str]) -> float:
    """Return the share of common pairs of neighbouring words, 0..1."""
    common = len(pairs & others)
    return common / (len(pairs) + len(others) - common) if common else 0.0


def _has_other_numbers(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return True for two texts with a common form that give other numbers: two pumps' sheets."""
    numbers = {word for word in set(one) if any(map(str.isdigit, word))}
    others = {word for word in set(other) if any(map(str.isdigit, word))}
    if numbers <= others or others <= numbers:
        return False
    common = len(numbers & others)
    return common < _LEAST_COMMON_NUMBERS * (len(numbers) + len(others) - common)


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(words)]


@dataclass(frozen=True, slots=True)
class Match:
    """A text that is like an earlier one, both by their index."""

    index: int
    earlier: int
    likeness: float


def find_alike(
    words: Callable[[int], Sequence[str]], indices: Sequence[int], threshold: float
) -> Iterator[Match]:
    """Yield each text that is like an earlier one that is not itself such a text.

    Args:
        words: Returns the words of the text with an index; it is called again for each comparison,
            so that not all words are in memory at once.
        indices: Indices of the texts, in the order in which the first is taken.
        threshold: Least likeness, 0..1.
    """
    import rensa

    lsh = rensa.RMinHashLSH(threshold, _VALUES, _BANDS)
    for start in range(0, len(indices), _BATCH):
        batch = indices[start : start + _BATCH]
        texts = [words(index) for index in batch]
        signatures = rensa.RMinHash.from_token_sets(list(map(_pairs, texts)), _VALUES, _SEED)
        for index, own, signature in zip(batch, texts, signatures, strict=True):
            match = _best(index, own, lsh.query(signature), words, threshold)
            if match is None:
                lsh.insert(index, signature)
            else:
                yield match


def _best(
    index: int,
    own: Sequence[str],
    candidates: Any,
    words: Callable[[int], Sequence[str]],
    threshold: float,
) -> Match | None:
    """Return the first of the earlier texts that is like this one."""
    pairs: set[str] = set()
    for earlier in sorted(set(candidates))[:_MOST_COMPARED]:
        pairs = pairs or set(_pairs(own))
        other = words(earlier)
        score = _share(pairs, set(_pairs(other)))
        # Numbers are looked for only in texts that are alike otherwise.
        if score >= threshold and not _has_other_numbers(own, other):
            return Match(index, earlier, score)
    return None
