"""Identity of a model by the content of its files, so that a retrained model is another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.core.errors import ConfigError

_FILES = (
    "config.json", "generation_config.json", "adapter_config.json", "tokenizer*",
    "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt",
    "chat_template*", "*.model", "*.safetensors", "*.bin",
)  # fmt: skip
# What the trainer leaves beside a model and no answer depends on.
_STATE = ("training_args.bin", "optimizer.bin", "scheduler.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Folder or hub name of a model and of an adapter; an empty adapter is none."""

    model: str
    adapter: str = ""


def choose(recipe: Mapping[str, Any], model: str | None, adapter: str | None) -> ModelChoice:
    """Choose the given model, else the one the recipe has trained, else its `base_model`.

    An adapter that the recipe has trained is used on its base model.

    Raises:
        ConfigError: If a folder holds no model or no adapter, or the recipe names no model.
    """
    base, trained = (
        str(recipe.get("base_model") or ""),
        Path(str(recipe.get("output_dir") or "./model-out")),
    )
    if model is None and (trained / "config.json").is_file():
        model = str(trained)
    elif model is None and adapter is None and (trained / "adapter_config.json").is_file():
        adapter = str(trained)
    choice = ModelChoice(model=model or base, adapter=adapter or "")
    if not choice.model:
        raise ConfigError("The recipe names no `base_model`. Give the model with `--model`.")
    _check(choice)
    return choice


def _check(choice: ModelChoice) -> None:
    model, adapter = Path(choice.model).expanduser(), Path(choice.adapter).expanduser()
    if model.is_dir() and not (model / "config.json").is_file():
        hint = (
            " It holds an adapter: give it with `--adapter`."
            if (model / "adapter_config.json").is_file()
            else ""
        )
        raise ConfigError(f"{choice.model} holds no model: it has no config.json.{hint}")
    if choice.adapter and adapter.is_dir() and not (adapter / "adapter_config.json").is_file():
        raise ConfigError(
            f"{choice.adapter} holds no adapter: it has no adapter_config.json. Give a folder that "
            "peft wrote."
        )


def identity(choice: ModelChoice, sha256: Callable[[Path], str]) -> dict[str, Any]:
    """Hash all files that decide the answers; a model on a hub is identified by its name."""
    return {
        "model": _hashes(choice.model, sha256),
        "adapter": _hashes(choice.adapter, sha256) if choice.adapter else None,
    }


def _hashes(name: str, sha256: Callable[[Path], str]) -> Any:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return name
    paths = {
        path
        for pattern in _FILES
        for path in folder.glob(pattern)
        if path.is_file() and path.name not in _STATE
    }
    return {path.name: sha256(path) for path in sorted(paths)}
