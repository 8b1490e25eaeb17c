"""Loading of a causal language model with its tokenizer; no code of the model is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.axolotl_bridge.codec import codec_for
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.tokens import Codec

# Some tokenizers say 10**30 for "no limit".
_NO_LIMIT = 10**9


@dataclass(frozen=True)
class Loaded:
    """A loaded model; `limit` is its longest sequence in tokens, None if unknown."""

    model: Any
    tokenizer: Any
    codec: Codec
    limit: int | None

    @property
    def device(self) -> Any:
        """Device of the model."""
        return self.model.device


def load_model(model: str, adapter: str = "") -> Loaded:
    """Load a model, with an adapter if given, in bfloat16 on a GPU or float32 on a CPU.

    Raises:
        ConfigError: If model, adapter or tokenizer cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM

    on_gpu = torch.cuda.is_available()
    tokenizer = _load_tokenizer(model, adapter)
    try:
        net = AutoModelForCausalLM.from_pretrained(
            model, dtype=torch.bfloat16 if on_gpu else torch.float32, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ConfigError(f"The model {model} cannot be loaded: {_first_line(error)}") from error
    if adapter:
        net = _with_adapter(net, adapter, len(tokenizer))
    net = net.to("cuda" if on_gpu else "cpu").eval()
    limit = getattr(net.config, "max_position_embeddings", None)
    longest = limit if isinstance(limit, int) and 0 < limit < _NO_LIMIT else None
    return Loaded(net, tokenizer, codec_for(tokenizer), longest)


def _load_tokenizer(model: str, adapter: str) -> Any:
    """Load the adapter's tokenizer if it has one: training may have added tokens."""
    from transformers import AutoTokenizer

    own = adapter if adapter and (Path(adapter) / "tokenizer_config.json").is_file() else model
    try:
        return AutoTokenizer.from_pretrained(own, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ConfigError(
            f"The tokenizer of {own} cannot be loaded: {_first_line(error)}"
        ) from error


def _with_adapter(net: Any, adapter: str, tokens: int) -> Any:
    from peft import PeftModel

    if tokens > net.get_input_embeddings().weight.shape[0]:
        net.resize_token_embeddings(tokens)
    try:
        return PeftModel.from_pretrained(net, adapter)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ConfigError(
            f"The adapter {adapter} does not fit the model: {_first_line(error)}"
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
