"""Vectors of paragraphs from a sentence-transformers model, in place of the text's own latent topics (extra `dense`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from structtuning_plugin.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float64]"]

# Digits that every machine agrees on.
_DIGITS = 4


def check_installed() -> None:
    """Before any work.

    Raises:
        ConfigError: sentence-transformers is not installed.
    """
    if find_spec("sentence_transformers") is None:
        raise ConfigError(
            "The option `embeddings` needs sentence-transformers: `pip install structtuning-plugin[dense]`, or take it out."
        )


@lru_cache(maxsize=1)
def embedder(model: str) -> Embed:
    """Texts to vectors (texts x dimensions) by the model of a folder or a hub's name; it runs no code of the model's own.

    Raises:
        ConfigError: the model cannot be loaded.
    """
    from sentence_transformers import SentenceTransformer

    try:
        loaded = SentenceTransformer(model, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ConfigError(f"The model `{model}` (`taxonomy.options.embeddings`) cannot be loaded: {error}") from None

    def embed(texts: Sequence[str]) -> NDArray[np.float64]:
        import numpy as np

        vectors = np.asarray(loaded.encode(list(texts), show_progress_bar=False), dtype=np.float64)
        return np.asarray(vectors.round(_DIGITS))

    return embed
