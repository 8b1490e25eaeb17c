"""The Axolotl plugin: `register` checks and names datasets, `load_datasets` builds them.

`register` adds a `datasets:` entry to the recipe. Its path contains the fingerprint of everything
that decides its content, so Axolotl's cache of prepared data stays valid. `register` builds nothing
and touches no distributed state. It may run twice (Ray), and for recipes that do not list this
plugin, because Axolotl's plugin manager is a singleton.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from types import TracebackType
from typing import Any

from axolotl.integrations.base import BasePlugin

from structtuning_plugin.axolotl_bridge import recipe as recipes
from structtuning_plugin.axolotl_bridge import row_settings
from structtuning_plugin.axolotl_bridge.chat import DATASET, chat_for
from structtuning_plugin.axolotl_bridge.codec import codec_for
from structtuning_plugin.axolotl_bridge.host import check_host
from structtuning_plugin.axolotl_bridge.scpt import VERSION
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import make_plan
from structtuning_plugin.build.summary import closing_lines
from structtuning_plugin.config import BLOCK, STAGES, StageName, StructTuningConfig
from structtuning_plugin.core.errors import ArtifactError, ConfigError, StructTuningError
from structtuning_plugin.core.progress import Progress

LOG = logging.getLogger("axolotl.structtuning")

TYPE = "structtuning_plugin.axolotl_bridge.scpt"

# These read the dataset; to the others (inference, merge-lora...) the corpus may be long gone.
_DATA_COMMANDS = (None, "train", "preprocess", "evaluate")


class StructTuningPlugin(BasePlugin):  # type: ignore[misc]  # axolotl has no types
    """Structure-aware continual pre-training and instruction tuning for any recipe."""

    def get_input_args(self) -> str:
        """Return the import path of the schema mixin."""
        return "structtuning_plugin.axolotl_bridge.args.StructTuningArgs"

    def register(self, cfg: Any) -> None:
        """Check the block and add its datasets to the recipe.

        Raises:
            StructTuningError: If anything is wrong, before any long work.
        """
        if not recipes.lists_us(cfg):
            return
        command = recipes.host_command()
        if command is not None:
            _show_our_errors_without_traceback()
        row_settings.check_arguments(sys.argv[1:])
        block = recipes.block_of(cfg)
        if not block.enabled:
            _take_ours_out(cfg)
            return
        check_host()
        for notice in row_settings.check_settings(cfg, (TYPE, str(DATASET["type"]))):
            LOG.warning("structtuning: %s", notice)
        # Another working directory (a Ray worker's) must find the same files.
        cfg[BLOCK] = block.model_dump(mode="json")
        if cfg.get("seed") is None:
            LOG.info(
                "structtuning: the recipe has no seed, so rows would come in another order at "
                "every build; taking 42"
            )
            cfg["seed"] = 42
        try:
            plan = make_plan(block, recipes.facts_of(cfg))
        except StructTuningError as error:
            if command in _DATA_COMMANDS:
                raise
            LOG.info(
                "structtuning: passed over, since `axolotl %s` needs no data: %s", command, error
            )
            _inject(
                cfg,
                [
                    (stage, Path(block.work_dir) / stage / "unbuilt" / "train", None)
                    for stage in block.stage
                ],
                block,
                "",
            )
            return
        if command == "evaluate" and not plan.is_built:
            raise ArtifactError(
                "There is nothing to evaluate on yet: run `axolotl preprocess` with this recipe "
                "first, then evaluate."
            )
        folders = [(stage, plan.train_dir(stage), plan.eval_dir(stage)) for stage in block.stage]
        revision = recipes.row_fingerprint(cfg, plan.facts, VERSION, plan.times_asked_again)
        _inject(cfg, folders, block, revision)

    def load_datasets(self, cfg: Any, preprocess: bool = False) -> None:
        """Build the registered datasets once, on the first rank; None lets Axolotl go on.

        Raises:
            ConfigError: If the recipe was changed between `register` and this call.
        """
        if not recipes.lists_us(cfg) or not _enabled(cfg):
            return
        plan = make_plan(recipes.block_of(cfg), recipes.facts_of(cfg))
        folders = {str(plan.train_dir(stage)) for stage in plan.block.stage}
        if not folders <= {entry["path"] for entry in cfg.datasets}:
            raise ConfigError(
                "The corpus or the recipe changed while Axolotl was starting. Start it again."
            )
        # Every rank loads the tokenizer, built or not: Axolotl's loader may wait for the other
        # ranks, and none of them may then be waiting for a lock that the first one holds.
        alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
        if plan.is_built and alone:
            LOG.info("structtuning: everything is built already in %s", ", ".join(sorted(folders)))
        else:
            tokenizer = recipes.load_tokenizer(cfg)
            codec = codec_for(tokenizer)
            if build(plan, codec, Progress(), chat_for(plan, codec, cfg, tokenizer)):
                for line in closing_lines(plan):
                    LOG.info("structtuning: %s", line)
        for notice in row_settings.check_lengths(cfg, plan):
            LOG.warning("structtuning: %s", notice)


def _show_our_errors_without_traceback() -> None:
    """Print our errors as messages in Axolotl's commands, which catch none."""
    previous = sys.excepthook
    if getattr(previous, "shows_our_errors", False):
        return

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, StructTuningError):
            print(f"Error: {error}", file=sys.stderr)
        else:
            previous(kind, error, trace)

    show.shows_our_errors = True  # type: ignore[attr-defined]  # a mark on our own function
    sys.excepthook = show


def _enabled(cfg: Any) -> bool:
    return bool(StructTuningConfig.model_validate(dict(cfg[BLOCK])).enabled)


def _inject(
    cfg: Any,
    folders: Sequence[tuple[StageName, Path, Path | None]],
    block: StructTuningConfig,
    revision: str,
) -> None:
    """Add our entries; those of an earlier `register` are replaced."""
    _take_ours_out(cfg)
    for stage, train_dir, eval_dir in folders:
        is_chat = STAGES[stage].is_chat and block.ssft.format == "chat"
        how = deepcopy(DATASET) if is_chat else {"type": TYPE}
        entry = {**how, "split": "train", "revision": revision}
        cfg["datasets"] = [*(cfg.get("datasets") or []), {**entry, "path": str(train_dir)}]
        if eval_dir is not None:
            cfg["test_datasets"] = [
                *(cfg.get("test_datasets") or []),
                {**entry, "path": str(eval_dir)},
            ]
    if not block.eval and cfg.get("val_set_size"):
        LOG.warning(
            "structtuning: val_set_size puts chunks of one document into training and evaluation "
            "both; "
            "`structtuning.eval` holds out whole topics or documents"
        )
    if cfg.get("train_on_inputs"):
        LOG.warning(
            "structtuning: train_on_inputs is for your own datasets; ours train on completions and "
            "answers only"
        )


def _take_ours_out(cfg: Any) -> None:
    """Remove the entries of an earlier `register`; the user's own datasets of our type stay."""
    work_dir = (cfg.get(BLOCK) or {}).get("work_dir")
    if not work_dir:
        return
    artifacts = tuple(str(Path(work_dir) / stage) + os.sep for stage in STAGES)
    for key in ("datasets", "test_datasets"):
        entries = cfg.get(key)
        if isinstance(entries, list):
            cfg[key] = [entry for entry in entries if not _is_ours(entry, artifacts)]


def _is_ours(entry: Any, artifacts: tuple[str, ...]) -> bool:
    # An entry that is no mapping is for Axolotl's validation to refuse.
    types = (TYPE, DATASET["type"])
    return (
        isinstance(entry, Mapping)
        and entry.get("type") in types
        and str(entry.get("path", "")).startswith(artifacts)
    )
