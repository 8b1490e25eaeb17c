"""Context of a command: a recipe, its plan, and what is loaded from it on demand."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from structtuning_plugin.build.plan import Plan, make_plan
from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.tokens import Chat, Codec


@dataclass(frozen=True)
class RecipeContext:
    """A recipe and its plan. The tokenizer takes seconds to load, so it is loaded on demand."""

    recipe: Mapping[str, Any]
    plan: Plan

    @classmethod
    def of(cls, recipe: Mapping[str, Any], block: StructTuningConfig) -> RecipeContext:
        """Create the context of a recipe with its own block or another one.

        Raises:
            StructTuningError: If the recipe or the block cannot be used.
        """
        from structtuning_plugin.axolotl_bridge import recipe as recipes

        return cls(recipe, make_plan(block, recipes.facts_of(recipe)))

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer of the recipe."""
        from structtuning_plugin.axolotl_bridge.recipe import load_tokenizer

        os.environ.setdefault("AXOLOTL_DO_NOT_TRACK", "1")
        with standard_output_is_ours():
            return load_tokenizer(self.recipe)

    @cached_property
    def codec(self) -> Codec:
        """The encoder of texts."""
        from structtuning_plugin.axolotl_bridge.codec import codec_for

        return codec_for(self.tokenizer)

    @cached_property
    def chat(self) -> Chat | None:
        """The encoder of conversations, if the block has the stage `ssft`."""
        from structtuning_plugin.axolotl_bridge.chat import chat_for

        with standard_output_is_ours():
            return chat_for(self.plan, self.codec, self.recipe, self.tokenizer)


@contextmanager
def standard_output_is_ours() -> Iterator[None]:
    """Redirect Axolotl's log from standard output, where our JSON goes, to standard error."""
    with redirect_stdout(sys.stderr):
        for name in ("", *logging.root.manager.loggerDict):
            for handler in logging.getLogger(name).handlers:
                if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stdout__:
                    handler.setStream(sys.stderr)
        yield


def open_block(path: str) -> tuple[dict[str, Any], StructTuningConfig]:
    """Load a recipe and its block, with absolute paths.

    Raises:
        ConfigError: If the recipe cannot be read or used, or its block is disabled.
    """
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    recipe = recipes.load_recipe(path)
    block = recipes.block_of(recipe)
    if not block.enabled:
        raise ConfigError(f"The block of {path} says `enabled: false`; there is nothing to do.")
    return recipe, block


def open_recipe(path: str) -> RecipeContext:
    """Load a recipe and make its plan.

    Raises:
        StructTuningError: If `axolotl preprocess` would refuse the recipe too.
    """
    return RecipeContext.of(*open_block(path))
