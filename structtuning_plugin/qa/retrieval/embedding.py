"""Texts to vectors by a sentence-transformers model."""

from __future__ import annotations

from structtuning_plugin.errors import ConfigError
from structtuning_plugin.taxonomy.segmentation import dense
from structtuning_plugin.taxonomy.segmentation.dense import Embed

__all__ = ["Embed", "embedder"]


def embedder(model: str) -> Embed:
    """Texts to vectors (texts x dimensions) by the model of a folder or a hub's name; it runs no code of the model's own.

    Raises:
        ConfigError: the model cannot be loaded.
    """
    try:
        return dense.embedder(model)
    except ConfigError as error:
        raise ConfigError(str(error).replace("taxonomy.options.embeddings", "ssft.retriever_options.model")) from None
