"""Facts of a recipe that the pipeline needs, and checks for options it cannot work with."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from structtuning_plugin.axolotl_bridge.host import check_host
from structtuning_plugin.build.plan import RecipeFacts
from structtuning_plugin.config import StructTuningConfig, find_block, parse_block
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import fingerprint

# Axolotl's own defaults.
_SEQUENCE_LEN = 512
_SEED = 42

_OUTPUT_DIR = "./model-out"
_ROW_KEYS = {
    "excess_length_strategy": "drop",
    "min_sample_len": None,
    "eval_sequence_len": None,
    "shuffle_merged_datasets": True,
    "shuffle_before_merging_datasets": False,
}

_TOKENIZER_NAMES = ("tokenizer_config", "base_model_config", "base_model")
_SPECIAL_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token", "additional_special_tokens")
_TOKENIZER_KEYS = (
    "added_tokens_overrides",
    "revision_of_model",
    "special_tokens",
    "tokenizer_legacy",
    "tokenizer_type",
    "tokenizer_use_fast",
    "tokenizer_use_mistral_common",
    "tokens",
)
_CHAT_KEYS = ("chat_template", "chat_template_jinja", "chat_template_kwargs", "eot_tokens")
_TOKENIZER_FILES = (
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
    "tekken.json",
)

_INCOMPATIBLE = {
    "pretraining_dataset": (
        "Axolotl would train on it alone and pass our rows over. Name such data under `datasets:` "
        "instead."
    ),
    "streaming": (
        "Axolotl would look for our rows on a hub. Take `streaming` out; our rows are on disk "
        "already."
    ),
    "skip_prepare_dataset": "our rows would never be tokenised. Take `skip_prepare_dataset` out.",
    "rl": (
        "preference training has no completions to learn. Run continual pre-training first, in a "
        "recipe of its own."
    ),
    "reward_model": (
        "a reward model does not learn text. Run continual pre-training first, in a recipe of its "
        "own."
    ),
    "kd_trainer": (
        "distillation needs the teacher's likelihoods in each row, and ours have none. Distil in a "
        "recipe of its own."
    ),
    "process_reward_model": (
        "a reward model does not learn text. Run continual pre-training first, in a recipe of its "
        "own."
    ),
}


def lists_us(recipe: Mapping[str, Any]) -> bool:
    """Return True if the recipe's `plugins:` names this plugin."""
    entries = recipe.get("plugins") or []
    if isinstance(entries, (str, Mapping)):
        entries = [entries]
    names = [entry.get("cls") if isinstance(entry, Mapping) else entry for entry in entries]
    return any(
        isinstance(name, str)
        and name.startswith("structtuning_plugin.")
        and name.endswith(".StructTuningPlugin")
        for name in names
    )


def block_of(recipe: Mapping[str, Any]) -> StructTuningConfig:
    """Parse the block, with absolute paths.

    Raises:
        ConfigError: If the block is missing or wrong, or the recipe has a conflicting option.
    """
    block = parse_block(find_block(recipe))
    if not block.enabled:
        return block
    for key, reason in _INCOMPATIBLE.items():
        if recipe.get(key):
            raise ConfigError(
                f"`{key}: {recipe[key]!r:.60}` and the structtuning block cannot go together: "
                f"{reason}"
            )
    if block.eval and recipe.get("val_set_size"):
        raise ConfigError(
            f"`val_set_size: {recipe['val_set_size']}` and `structtuning.eval` cannot go together: "
            "Axolotl takes either a share "
            "of the rows or `test_datasets`. Set `val_set_size: 0`; our `eval` holds whole topics "
            "or documents out."
        )
    return block.absolute(Path.cwd())


def facts_of(recipe: Mapping[str, Any]) -> RecipeFacts:
    """Read sequence length, seed and tokenizer; the same before and after Axolotl's defaults."""
    seed = recipe.get("seed")
    return RecipeFacts(
        sequence_len=int(recipe.get("sequence_len") or _SEQUENCE_LEN),
        seed=_SEED if seed is None else int(seed),
        tokenizer=tokenizer_fingerprint(recipe),
        chat=chat_fingerprint(recipe),
    )


def tokenizer_name(recipe: Mapping[str, Any]) -> str:
    """Return the folder or hub name of the tokenizer; empty if the recipe has none."""
    return str(next((recipe[key] for key in _TOKENIZER_NAMES if recipe.get(key)), ""))


def tokenizer_fingerprint(recipe: Mapping[str, Any]) -> str:
    """Identify the tokenizer by its files or hub name, and by the recipe's changes to it.

    Raises:
        ConfigError: If the recipe names no tokenizer.
    """
    name = tokenizer_name(recipe)
    if not name:
        raise ConfigError(
            "The recipe names no `base_model`, so there is no tokenizer to count with."
        )
    folder = Path(name).expanduser()
    identity: Any = _hash_files(folder) if folder.is_dir() else name
    return fingerprint(identity, _tokenizer_settings(recipe))


def chat_fingerprint(recipe: Mapping[str, Any]) -> str:
    """Identify the chat template by the recipe's settings and the tokenizer's own file."""
    settings = {
        key: _plain(value)
        for key, value in {**recipe, **chat_settings(recipe)}.items()
        if key in _CHAT_KEYS and value
    }
    if jinja := settings.get("chat_template_jinja"):
        settings["chat_template_jinja"] = (
            _text_of(Path(str(jinja))) or jinja
        )  # a file, or the template itself
    return fingerprint(
        settings, _text_of(Path(tokenizer_name(recipe)).expanduser() / "chat_template.jinja")
    )


def chat_settings(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys on the chat template as Axolotl's validation will leave them."""
    if recipe.get("chat_template_jinja") and not recipe.get("chat_template"):
        return {"chat_template": "jinja"}
    return {}


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else None
    except (OSError, UnicodeDecodeError):  # the template itself, far too long for a name
        return None


def _tokenizer_settings(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that change the tokenizer as Axolotl's validation will leave them."""
    settings = {key: _plain(recipe.get(key)) for key in _TOKENIZER_KEYS}
    if isinstance(settings["special_tokens"], dict):
        settings["special_tokens"] = {
            key: value
            for key, value in settings["special_tokens"].items()
            if key in _SPECIAL_TOKENS
        }
    if settings["tokenizer_use_mistral_common"] is None:
        settings["tokenizer_use_mistral_common"] = (
            any("magistral" in str(recipe.get(key) or "").lower() for key in _TOKENIZER_NAMES)
            or None
        )
    return {key: value for key, value in settings.items() if value not in (None, [], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _hash_files(folder: Path) -> dict[str, str]:
    paths = sorted(
        {path for pattern in _TOKENIZER_FILES for path in folder.glob(pattern) if path.is_file()}
    )
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def row_fingerprint(
    recipe: Mapping[str, Any],
    facts: RecipeFacts,
    strategy_version: int,
    times_asked_again: int = 0,
) -> str:
    """Hash what changes prepared rows but not the artifact's path; Axolotl's hash lacks it.

    Args:
        recipe: The recipe.
        facts: Its facts.
        strategy_version: Version of our strategies.
        times_asked_again: Times that `ask-again` has removed answers of the language model.
    """
    settings = {
        key: default if recipe.get(key) is None else recipe[key]
        for key, default in _ROW_KEYS.items()
    }
    if recipe.get("curriculum_sampling"):
        settings["curriculum_sampling"] = recipe["curriculum_sampling"]
    again = [times_asked_again] if times_asked_again else []
    return fingerprint(strategy_version, facts.tokenizer, facts.seed, settings, *again)


def load_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Load the YAML of a recipe.

    Raises:
        ConfigError: If it cannot be read, is no mapping, or does not list the plugin.
    """
    try:
        recipe = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"The recipe {path} cannot be read: {error}") from None
    if not isinstance(recipe, dict):
        raise ConfigError(f"The recipe {path} is no mapping of settings.")
    if not lists_us(recipe):
        raise ConfigError(
            f"The recipe {path} does not list the plugin, so Axolotl would pass the block over. "
            "Add `plugins: [structtuning_plugin.StructTuningPlugin]`."
        )
    return recipe


def load_tokenizer(recipe: Mapping[str, Any]) -> Any:
    """Load the tokenizer as Axolotl does for this recipe.

    Raises:
        PluginError: If the installed Axolotl lacks a function that the bridge calls.
        ConfigError: If it cannot be loaded.
    """
    check_host()
    from axolotl.loaders.tokenizer import load_tokenizer as load
    from axolotl.utils.dict import DictDefault

    cfg = DictDefault(
        {
            **{key: value for key, value in recipe.items() if key not in _TOKENIZER_KEYS},
            **_tokenizer_settings(recipe),
            **chat_settings(recipe),
        }
    )
    cfg.output_dir = cfg.output_dir or _OUTPUT_DIR
    cfg.base_model_config = cfg.base_model_config or cfg.base_model
    cfg.tokenizer_config = cfg.tokenizer_config or cfg.base_model_config
    try:
        return load(cfg)
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"The tokenizer of `{cfg.tokenizer_config}` cannot be loaded: {error}"
        ) from error


def host_command() -> str | None:
    """Return the running Axolotl command (`train`, `evaluate`, ...); None if used as a library."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    module = getattr(spec, "name", "") or ""
    if module.startswith("axolotl.cli.") and module != "axolotl.cli.main":
        return module.rsplit(".", 1)[1].replace("_", "-")
    if module in ("axolotl.cli.main", "axolotl.__main__") or Path(sys.argv[0]).name == "axolotl":
        return sys.argv[1] if len(sys.argv) > 1 else None
    return None
