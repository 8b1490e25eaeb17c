"""From a recipe's path to a plan and a codec."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from structtuning_plugin.errors import ConfigError
from structtuning_plugin.planning import Plan, make_plan
from structtuning_plugin.tokenization import Codec


@dataclass(frozen=True)
class Opened:
    """A recipe and its plan; the tokenizer, which takes seconds to load, on demand."""

    recipe: dict[str, Any]
    plan: Plan

    @cached_property
    def codec(self) -> Codec:
        from structtuning_plugin.axolotl_bridge.codec import codec_for
        from structtuning_plugin.axolotl_bridge.recipe import load_tokenizer

        os.environ.setdefault("AXOLOTL_DO_NOT_TRACK", "1")
        with _standard_output_is_ours():
            return codec_for(load_tokenizer(self.recipe))


@contextmanager
def _standard_output_is_ours() -> Iterator[None]:
    """Axolotl logs to standard output, where our JSON goes: its handlers get standard error instead."""
    with redirect_stdout(sys.stderr):
        for name in ("", *logging.root.manager.loggerDict):
            for handler in logging.getLogger(name).handlers:
                if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stdout__:
                    handler.setStream(sys.stderr)
        yield


def open_recipe(path: str) -> Opened:
    """The plan of a recipe.

    Raises:
        StructTuningError: whatever `axolotl preprocess` would refuse too.
    """
    from structtuning_plugin.axolotl_bridge import recipe as recipes

    recipe = recipes.load_recipe(path)
    block = recipes.block_of(recipe)
    if not block.enabled:
        raise ConfigError(f"The block of {path} says `enabled: false`; there is nothing to do.")
    return Opened(recipe, make_plan(block, recipes.host_of(recipe)))
