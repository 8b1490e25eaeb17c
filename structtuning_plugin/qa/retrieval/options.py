"""Options of the retrievers, checked before any work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from structtuning_plugin.errors import ConfigError, nearest


def forbid_unknown(options: dict[str, Any], allowed: tuple[str, ...], retriever: str) -> None:
    """Raises a ConfigError for an option that is none."""
    for key in options:
        if not allowed:
            raise ConfigError(
                f"The retriever `{retriever}` has no options (given: `{key}`); take it out of `ssft.retriever_options`."
            )
        if key not in allowed:
            raise ConfigError(f"Unknown option `{key}` of the retriever `{retriever}`.{nearest(key, allowed)}")


def model_of(options: dict[str, Any], retriever: str) -> str:
    """The checked option `model`.

    Raises:
        ConfigError: it is missing or no name, there is an unknown option, or sentence-transformers is not installed.
    """
    forbid_unknown(options, ("model",), retriever)
    model = options.get("model")
    if not isinstance(model, str) or not model.strip():
        raise ConfigError(
            f"The retriever `{retriever}` needs a model (given: {model!r}): set `ssft.retriever_options: {{model: ...}}` to the "
            "folder or the name of a sentence-transformers model."
        )
    if find_spec("sentence_transformers") is None:
        raise ConfigError(
            f"The retriever `{retriever}` needs sentence-transformers: `pip install structtuning-plugin[dense]`, or set "
            "`ssft.retriever: bm25`."
        )
    return model
