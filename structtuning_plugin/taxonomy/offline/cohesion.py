"""Cohesion: the change of vocabulary at a boundary, at several scales.

Three measures, all of them linear in the length of the text:
- similarity of the text left and right (Hearst 1997, TextTiling), by latent semantic analysis
  fitted on the text itself (Choi, Wiemer-Hastings, Moore 2001);
- lexical chains that are cut (Galley et al. 2003, LCSeg): a chain joins occurrences of a term that
  are not too far apart;
- terms that begin or cease to be used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from structtuning_plugin.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
from dataclasses import dataclass

from structtuning_plugin.taxonomy.offline.words import Units, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# --- Vectors of paragraphs from a sentence-transformers model, in place of the text's own latent
# topics (extra `dense`).

Embed = Callable[[Sequence[str]], "NDArray[np.float64]"]

# Decimals that are equal on all machines.
_DIGITS = 4


def check_installed() -> None:
    """Check before any work that sentence-transformers is installed.

    Raises:
        ConfigError: it is not.
    """
    if find_spec("sentence_transformers") is None:
        raise ConfigError(
            "The option `embeddings` needs sentence-transformers: "
            "`pip install structtuning-plugin[dense]`, or remove the option."
        )


@lru_cache(maxsize=1)
def embedder(model: str) -> Embed:
    """Load a model, and return a function from texts to vectors (texts x dimensions).

    Args:
        model: a folder, or a name on the hub. Code that belongs to the model is never run.

    Raises:
        ConfigError: the model cannot be loaded.
    """
    from sentence_transformers import SentenceTransformer

    try:
        loaded = SentenceTransformer(model, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ConfigError(
            f"The model `{model}` (`taxonomy.options.embeddings`) cannot be loaded: {error}"
        ) from None

    def embed(texts: Sequence[str]) -> NDArray[np.float64]:
        import numpy as np

        vectors = np.asarray(loaded.encode(list(texts), show_progress_bar=False), dtype=np.float64)
        return np.asarray(vectors.round(_DIGITS))

    return embed


# Widths of the text compared, in terms: a paragraph, a short section, a section, a chapter's part.
WIDTHS = (60, 150, 400, 1_200, 4_000)
# Longest gaps inside a chain, in terms.
GAPS = (100, 300, 1_000, 4_000)
NAMES = (
    *(f"{measure}_{width}" for width in WIDTHS for measure in ("likeness", "valley")),
    *(f"{measure}_{gap}" for gap in GAPS for measure in ("chains", "begins", "ends", "named")),
    "overlap",
)

_DIMENSIONS = 64
# Windows on which the analysis is fitted. A fixed number costs the same for a text of any length.
_FITTED = 2_000
_WINDOW = 150
# Windows of a short text at least, unless they would be shorter than a sentence or two.
_WINDOWS, _SHORTEST_WINDOW = 40, 20
# Terms at the beginning of a paragraph, where it names its subject.
_FIRST_TERMS = 12
# A term in more than this share of the windows names no topic.
_COMMON = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Occurrences of terms, one entry for each term and unit, ordered by term.

    Each has the term's weight, the unit, the unit's position (in terms), the count, and the
    position of the first occurrence within the unit.
    """

    term: NDArray[np.int64]
    unit: NDArray[np.int64]
    place: NDArray[np.int64]
    count: NDArray[np.float64]
    first: NDArray[np.int64]
    weight: NDArray[np.float64]


def cohesion(words: Words, units: Units, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Build one row for each unit: the values of `NAMES` for the boundary before it.

    Values are relative to the text's own mean and standard deviation. `vectors` are the units'
    topic vectors, from `unit_vectors` or from a model.
    """
    import numpy as np

    size = len(units.starts)
    places, weights = term_places(words, size), term_weights(words, windows(words))
    columns = [column for width in WIDTHS for column in _valleys(vectors, places, width)]
    counts = _counts(words, places, weights)
    columns += [column for gap in GAPS for column in _chains(counts, size, gap)]
    columns.append(_overlap(words, size, weights))
    return np.column_stack([_standard(column) for column in columns])


def term_places(words: Words, size: int) -> NDArray[np.int64]:
    """Count the terms before each of `size` units, and in all units."""
    import numpy as np

    return np.searchsorted(words.units[words.term_at], np.arange(size + 1))


def windows(words: Words) -> NDArray[np.int64]:
    """Return the window of each term. Windows are equally long, and shorter in a short text."""
    import numpy as np

    length = max(_SHORTEST_WINDOW, min(_WINDOW, len(words.terms) // _WINDOWS))
    return np.arange(len(words.terms)) // length


def term_weights(words: Words, windows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the inverse window frequency of every term; 0 for terms that are nearly everywhere."""
    import numpy as np

    base = np.int64(len(words.terms) + 1)
    pairs = np.sort(words.terms * base + windows)
    new = np.append(np.ones(min(1, len(pairs)), dtype=bool), pairs[1:] != pairs[:-1])
    frequency = np.bincount(pairs[new] // base, minlength=words.term_count)
    total = int(windows.max(initial=0)) + 1
    weight = np.log((total + 1) / np.maximum(frequency, 1))
    weight[(frequency > max(2, _COMMON * total)) & (total > 8)] = 0.0
    return weight


def unit_vectors(words: Words, size: int, windows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the units' topic vectors: sums over their terms in the latent semantic space."""
    import numpy as np
    from scipy import sparse

    places, weights = term_places(words, size), term_weights(words, windows)
    topics = _topics(words, weights, windows)
    matrix = sparse.csr_matrix(
        (weights[words.terms], words.terms, places),
        shape=(size, words.term_count),
        dtype=np.float64,
    )
    return np.asarray(matrix @ topics)


def _topics(
    words: Words, weights: NDArray[np.float64], windows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the right singular vectors of windows by terms (terms x dimensions).

    A long text is sampled evenly.
    """
    import numpy as np
    from scipy import sparse
    from sklearn.utils.extmath import randomized_svd

    step = int(windows.max(initial=0)) // _FITTED + 1
    indices = np.flatnonzero((windows % step == 0) & (weights[words.terms] > 0))
    rows = windows[indices] // step
    shape = (int(rows.max(initial=0)) + 1, words.term_count)
    matrix = sparse.csr_matrix((np.ones(len(indices)), (rows, words.terms[indices])), shape=shape)
    matrix.data = np.log1p(matrix.data) * weights[matrix.indices]
    matrix = sparse.diags(1 / np.maximum(1e-9, sparse.linalg.norm(matrix, axis=1))) @ matrix
    dimensions = min(_DIMENSIONS, *(side - 1 for side in shape))
    if dimensions < 2:
        return np.ones((words.term_count, 1))
    _, _, components = randomized_svd(matrix, dimensions, n_iter=2, random_state=0)
    return np.asarray(components.T)


def _valleys(
    vectors: NDArray[Any], places: NDArray[np.int64], width: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the cosine of the text left and right of each unit's start, and its depth.

    The depth is the distance below the highest values near it on both sides.
    """
    import numpy as np

    size = len(vectors)
    total = np.vstack([np.zeros(vectors.shape[1]), np.cumsum(vectors, axis=0)])
    here = np.arange(size)
    left = np.minimum(
        np.searchsorted(places, places[:-1] - width, side="right") - 1, here - 1
    ).clip(0)
    right = np.maximum(np.searchsorted(places, places[:-1] + width, side="left"), here + 1).clip(
        0, size
    )
    before, after = total[here] - total[left], total[right] - total[here]
    norm = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    likeness = np.einsum("ij,ij->i", before, after) / np.maximum(norm, 1e-9)
    around = np.maximum(1, (right - here)).mean()
    reach = int(min(50, max(2, round(around))))
    return likeness, _depth(likeness, reach)


def _depth(values: NDArray[Any], reach: int) -> NDArray[Any]:
    from scipy.ndimage import maximum_filter1d

    left = maximum_filter1d(values, reach + 1, origin=reach // 2, mode="nearest")
    right = maximum_filter1d(values, reach + 1, origin=-(reach // 2), mode="nearest")
    depth: NDArray[Any] = left + right - 2 * values
    return depth


def _counts(words: Words, places: NDArray[np.int64], weights: NDArray[np.float64]) -> _Counts:
    import numpy as np

    size = len(places)
    units = words.units[words.term_at]
    indices = np.flatnonzero(weights[words.terms] > 0)
    keys, first, count = np.unique(
        words.terms[indices] * np.int64(size) + units[indices],
        return_index=True,
        return_counts=True,
    )
    unit = keys % size
    return _Counts(
        term=keys // size,
        unit=unit,
        place=places[unit],
        count=count.astype(np.float64),
        first=indices[first] - places[unit],
        weight=weights[keys // size],
    )


def _chains(counts: _Counts, size: int, gap: int) -> tuple[NDArray[Any], ...]:
    """Return the weight of the chains across each boundary, and of the terms around it.

    Those are the terms that begin there, end there, and are named first there.
    """
    import numpy as np

    same = np.zeros(len(counts.term) + 1, dtype=bool)
    same[1:-1] = (counts.term[1:] == counts.term[:-1]) & (
        counts.place[1:] - counts.place[:-1] <= gap
    )
    # Occurrences that hang together: runs of `same`.
    chain = np.cumsum(~same[:-1])
    length = np.bincount(chain, weights=counts.count)[chain]
    value = counts.weight * np.log(np.maximum(1.0, length))
    joined = same[:-1]
    over = np.zeros(size + 1)
    np.add.at(over, counts.unit[:-1][joined[1:]] + 1, value[1:][joined[1:]])
    np.add.at(over, counts.unit[1:][joined[1:]] + 1, -value[1:][joined[1:]])
    begins = np.bincount(counts.unit, weights=np.where(joined, 0.0, value), minlength=size)[:size]
    introduced = np.where(joined | (counts.first >= _FIRST_TERMS), 0.0, value)
    ends = np.bincount(counts.unit + 1, weights=np.where(same[1:], 0.0, value), minlength=size + 1)[
        :size
    ]
    return (
        np.cumsum(over)[:size],
        np.log1p(begins),
        np.log1p(ends),
        np.log1p(np.bincount(counts.unit, weights=introduced, minlength=size)[:size]),
    )


def _overlap(words: Words, size: int, weights: NDArray[np.float64]) -> NDArray[Any]:
    """Return the cosine of each unit's own terms and those of the unit before."""
    import numpy as np
    from scipy import sparse

    units = words.units[words.term_at]
    matrix = sparse.csr_matrix(
        (weights[words.terms], (units, words.terms)), shape=(size, words.term_count)
    )
    norms = np.maximum(1e-9, sparse.linalg.norm(matrix, axis=1))
    shared = np.asarray(matrix[1:].multiply(matrix[:-1]).sum(axis=1)).ravel() / (
        norms[1:] * norms[:-1]
    )
    return np.concatenate([[0.0], shared])


def _standard(column: NDArray[Any]) -> NDArray[Any]:
    """Scale to mean 0 and standard deviation 1, clip at 3, and round.

    The last digits differ between machines.
    """
    import numpy as np

    spread = column.std()
    return (
        np.round(np.clip((column - column.mean()) / spread, -3, 3), 6)
        if spread > 1e-12
        else np.zeros_like(column)
    )
