"""Options of the retrievers, checked before any work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from structtuning_plugin.core.errors import ConfigError, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def forbid_unknown(options: dict[str, Any], allowed: tuple[str, ...], retriever: str) -> None:
    """Check the names of options.

    Raises:
        ConfigError: an option is unknown.
    """
    for key in options:
        if not allowed:
            raise ConfigError(
                f"The retriever `{retriever}` has no options (given: `{key}`); remove it from "
                "`ssft.retriever_options`."
            )
        if key not in allowed:
            raise ConfigError(
                f"Unknown option `{key}` of the retriever `{retriever}`.{nearest(key, allowed)}"
            )


def model_of(options: dict[str, Any], retriever: str) -> str:
    """Return the checked option `model`.

    Raises:
        ConfigError: it is missing or no name, there is an unknown option, or sentence-transformers
            is not installed.
    """
    forbid_unknown(options, ("model",), retriever)
    model = options.get("model")
    if not isinstance(model, str) or not model.strip():
        raise ConfigError(
            f"The retriever `{retriever}` needs a model (given: {model!r}): "
            "set `ssft.retriever_options: {model: ...}` to the "
            "folder or the name of a sentence-transformers model."
        )
    if find_spec("sentence_transformers") is None:
        raise ConfigError(
            f"The retriever `{retriever}` needs sentence-transformers: "
            "`pip install structtuning-plugin[dense]`, or set "
            "`ssft.retriever: bm25`."
        )
    return model


# --- The best of many scores, the same on every machine.

# Decimals that are equal on all machines.
_DIGITS = 4


def best(scores: NDArray[np.floating], count: int) -> list[tuple[int, float]]:
    """Return index and score of up to `count` greatest scores, the best first.

    Of equal scores the first index comes first. NaN and -inf are no scores.
    """
    import numpy as np

    rounded = np.asarray(scores, dtype=np.float64).round(_DIGITS)
    indices = np.flatnonzero(rounded > -np.inf)
    if len(indices) > count:
        least = np.partition(rounded[indices], -count)[-count]
        indices = indices[rounded[indices] >= least]
    order = np.argsort(-rounded[indices], kind="stable")[:count]
    return [(int(index), float(rounded[index])) for index in indices[order]]
