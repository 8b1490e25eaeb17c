"""Grouping of similar texts: neighbours in a list, and the order of documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import regex

from structtuning_plugin import languages
from structtuning_plugin.taxonomy.offline.cohesion import unit_vectors
from structtuning_plugin.taxonomy.offline.levels import Pieces, divide
from structtuning_plugin.taxonomy.offline.phrases import Phrases
from structtuning_plugin.taxonomy.offline.words import Units, Words, words_of
from structtuning_plugin.taxonomy.titles import display_title, is_one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Items on each side of a boundary that are compared.
_NEIGHBOURS = 3
# Characters from the beginning of a document that are compared.
_GLIMPSE = 20_000
# A name belongs to one of so many items of a group.
_SHARED = 2
# Characters of a title of two titles.
_LONGEST_RANGE = 80
# A name with a number before a colon: "Clause 12: bolts".
_LABEL = regex.compile(r"(\S[^:：]{0,28}\d)\s?[:：]")
# Beyond this many, a table of all distances is too large.
_PAIRWISE = 2_000


def group_in_order(
    texts: Sequence[str], titles: Sequence[tuple[str, str]], language: str, most: int
) -> list[tuple[int, int, str]]:
    """Group neighbours into at most `most` groups of about as many items as there are groups.

    A group is named by a phrase that half of its items have; without one, by its first and last
    title ("Aorta – Heart valves"), or by its number ("Part 3") where these are too long.

    Args:
        texts: The items' texts.
        titles: First and last title of each item: equal for an item that is no group.
        language: ISO 639-1 code.
        most: Greatest number of groups.

    Returns:
        First item, end (half-open) and title of each group. Titles differ from one another.
        An empty list has no groups.
    """
    count = len(texts)
    if not count:
        return []
    shown = [_shown(*title, text) for title, text in zip(titles, texts, strict=True)]
    text, units, words = _joined(shown)
    number = max(1, min(most, count, round(count**0.5)))
    vectors = _directions(words, units)
    cuts = divide(_pieces(vectors), _differences(vectors), 0, count, number)
    phrases = Phrases(text, words, language)
    groups: list[tuple[int, int, str]] = []
    for first, last in zip([0, *cuts], [*cuts, count], strict=True):
        titles_in_use = [title for _, _, title in groups]
        title = phrases.best(
            units.starts[first],
            units.ends[last - 1],
            (0, len(text)),
            titles_in_use,
            fits=partial(_is_shared, [item.casefold() for item in shown[first:last]]),
        ) or _range_title(titles[first][0], titles[last - 1][1], language)
        if not title or title in titles_in_use:
            title = _part(language).format(len(groups) + 1)
        groups.append((first, last, title))
    return groups


def _shown(first: str, last: str, text: str) -> str:
    """Return the text of an item with its title, which counts more."""
    return f"{first}. {last}.\n{text}"


def _is_shared(items: Sequence[str], phrase: str) -> bool:
    """Return True if at least half of the items have a phrase; one of a single item is no name."""
    phrase = phrase.casefold()
    return _SHARED * sum(phrase in item for item in items) >= max(_SHARED + 1, len(items))


def _range_title(first: str, last: str, language: str) -> str:
    """Return a title from the first and the last title of a group; empty if it is too long.

    Numbers with a colon name the items without what follows: "Clause 1 – Clause 9".
    """
    names = [display_title(first), display_title(last)]
    matches = [match[1] for match in map(_LABEL.match, names) if match is not None]
    if len(set(matches)) == len(names):
        names = matches
    title = f"{names[0]} – {names[1]}" if names[0] != names[1] else names[0]
    return title if len(title) <= _LONGEST_RANGE and is_one_line(title) else ""


def _part(language: str) -> str:
    fallback = languages.get(languages.FALLBACK).headings.part
    return languages.get(language).headings.part or fallback


def order_by_content(texts: Sequence[str], languages: Sequence[str]) -> list[int]:
    """Return the indices of the texts in an order that puts similar texts next to each other.

    Languages stay apart, in the order of their first text.
    """
    order: list[int] = []
    for language in dict.fromkeys(languages):
        members = [index for index, other in enumerate(languages) if other == language]
        order += [
            members[place] for place in _order([texts[index][:_GLIMPSE] for index in members])
        ]
    return order


def _order(texts: list[str]) -> list[int]:
    if len(texts) < 3:
        return list(range(len(texts)))
    _, units, words = _joined(texts)
    vectors = _directions(words, units)
    return (
        _leaves(vectors) if len(texts) <= _PAIRWISE else _bisected(vectors, list(range(len(texts))))
    )


def _joined(texts: Sequence[str]) -> tuple[str, Units, Words]:
    starts, position = [], 0
    for text in texts:
        starts.append(position)
        position += len(text) + 2
    units = Units(
        starts=tuple(starts), ends=(*starts[1:], position), kinds=("paragraph",) * len(starts)
    )
    joined = "\n\n".join(texts) + "\n\n"
    return joined, units, words_of(joined, units)


def _directions(words: Words, units: Units) -> NDArray[np.float64]:
    """Build topic vectors of length 1, rounded so that their order is the same on every machine."""
    import numpy as np

    vectors = unit_vectors(words, len(units.starts), words.units[words.term_at])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.round(vectors / np.maximum(norms, 1e-12), 6))


def _pieces(vectors: NDArray[np.float64]) -> Pieces:
    """Build pieces of equal weight and without boundary odds."""
    import numpy as np

    nothing = np.zeros(len(vectors))
    return Pieces(sections=nothing, chapters=nothing, vectors=vectors, sizes=np.ones(len(vectors)))


def _differences(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dissimilarity of the items before and after each item's start; 0 for the first."""
    import numpy as np

    total = np.vstack([np.zeros(vectors.shape[1]), np.cumsum(vectors, axis=0)])
    here = np.arange(1, len(vectors))
    before = total[here] - total[(here - _NEIGHBOURS).clip(0)]
    after = total[(here + _NEIGHBOURS).clip(max=len(vectors))] - total[here]
    norm = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    unlike = 1 - np.einsum("ij,ij->i", before, after) / np.maximum(norm, 1e-12)
    return np.asarray(np.round(np.concatenate([[0.0], unlike]), 6))


def _leaves(vectors: NDArray[np.float64]) -> list[int]:
    """Order the leaves of a hierarchical clustering (average linkage of Euclidean distances)."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    return [int(index) for index in leaves_list(linkage(vectors, method="average"))]


def _bisected(vectors: NDArray[np.float64], members: list[int]) -> list[int]:
    """Halve the members along their principal direction, again and again.

    Source: Boley 1998, principal direction divisive partitioning.
    """
    import numpy as np

    if len(members) <= 3:
        return members
    rows = vectors[members] - vectors[members].mean(axis=0)
    _, eigenvectors = np.linalg.eigh(rows.T @ rows)
    direction = eigenvectors[:, -1]
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    ranked = [members[place] for place in np.argsort(np.round(rows @ direction, 6), kind="stable")]
    if len(members) <= _PAIRWISE // 4:
        return ranked
    middle = len(ranked) // 2
    return [*_bisected(vectors, ranked[:middle]), *_bisected(vectors, ranked[middle:])]
