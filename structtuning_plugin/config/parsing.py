"""From a recipe to the checked block, with errors that name the key."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from structtuning_plugin.config.block import StructTuningConfig
from structtuning_plugin.errors import ConfigError

BLOCK = "structtuning"


def parse_block(block: Any) -> StructTuningConfig:
    """The checked block.

    Raises:
        ConfigError: naming the key, what was given and what is allowed.
    """
    if not isinstance(block, Mapping):
        raise ConfigError(
            f"`{BLOCK}:` must be a mapping of settings, but it is {type(block).__name__} {block!r:.80}. "
            "Give at least `domain:` and `corpus:`."
        )
    try:
        return StructTuningConfig.model_validate(dict(block))
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """A pydantic error as lines `structtuning.key: what is wrong (given: ...)`."""
    lines = []
    for fault in error.errors(include_url=False):
        place = ".".join((BLOCK, *map(str, fault["loc"])))
        message = fault["msg"].removeprefix("Value error, ")
        given = "" if fault["type"] in ("missing", "value_error") else f" (given: {fault['input']!r:.80})"
        lines.append(f"{place}: {message}{given}")
    return "The block cannot be used:\n  " + "\n  ".join(lines)


def find_block(recipe: Mapping[str, Any]) -> Any:
    """The raw block of a recipe that lists the plugin.

    Raises:
        ConfigError: there is none; a top-level key that looks like a misspelling of it is named.
    """
    if recipe.get(BLOCK) is not None:
        return recipe[BLOCK]
    close = difflib.get_close_matches(BLOCK, [str(key) for key in recipe if key != BLOCK], n=1, cutoff=0.7)
    hint = f" Did you mean `{BLOCK}:` where the recipe says `{close[0]}:`?" if close else ""
    raise ConfigError(
        f"The recipe lists the plugin, but has no `{BLOCK}:` block.{hint} Add one with `domain:` and `corpus:`, or "
        f"`{BLOCK}: {{enabled: false}}`, or take the plugin off the list."
    )
