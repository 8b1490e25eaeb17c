"""Axolotl's own trainer, called as `axolotl train` calls it, but many times in one process: its start takes a minute."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("AXOLOTL_DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("AXOLOTL_LOG_LEVEL", "WARNING")
# Two threads that wait for each other at every small step take longer than one; run two seeds side by side instead.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PLUGIN = "structtuning_plugin.StructTuningPlugin"
SEQUENCE_LEN = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How long and how fast: `rows` of `SEQUENCE_LEN` packed tokens a step, `epochs` of all rows."""

    epochs: float
    learning_rate: float
    rows: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What it cost; tokens over all epochs, prompts included; `trained` those with a loss."""

    tokens: int
    trained: int
    steps: int
    seconds: float


def recipe(
    start: Path, folder: Path, how: Training, block: Mapping[str, Any] | None
) -> dict[str, Any]:
    """An Axolotl recipe that trains the whole model in `start` and saves it in `folder`."""
    settings = {
        "base_model": str(start),
        "sequence_len": SEQUENCE_LEN,
        "sample_packing": True,
        "dataset_prepared_path": str(folder / "prepared"),
        "dataset_num_proc": 1,
        "output_dir": str(folder / "model"),
        "micro_batch_size": how.rows,
        "gradient_accumulation_steps": 1,
        "num_epochs": how.epochs,
        "optimizer": "adamw_torch",
        "adam_beta2": 0.98,
        "lr_scheduler": "cosine",
        "learning_rate": how.learning_rate,
        "warmup_ratio": 0.05,
        "weight_decay": 0.01,
        "logging_steps": 20,
        "save_strategy": "no",
        "val_set_size": 0,
        "seed": how.seed,
        **_device(),
    }
    return {**settings, "plugins": [PLUGIN], "structtuning": dict(block)} if block else settings


def _device() -> dict[str, Any]:
    import torch

    on_gpu = torch.cuda.is_available()
    return {"bf16": False, "fp16": False, "tf32": on_gpu, "attn_implementation": "sdpa"}


def built_rows(settings: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """The plugin's rows for a recipe, as entries of `datasets:`, and their tokens."""
    from axolotl.cli.config import load_cfg
    from axolotl.integrations.base import PluginManager
    from axolotl.utils.dict import DictDefault

    cfg = load_cfg(DictDefault(dict(settings)))
    PluginManager.get_instance().load_datasets(cfg, preprocess=False)
    entries = [
        {key: value for key, value in entry.items() if value is not None} for entry in cfg.datasets
    ]
    return entries, sum(_tokens_of(Path(entry["path"])) for entry in entries)


def _tokens_of(train_dir: Path) -> int:
    manifest = json.loads((train_dir.parent / "manifest.json").read_text(encoding="utf-8"))
    return int(manifest["counts"]["train"]["total_tokens"])


def train(settings: Mapping[str, Any]) -> Trained:
    """Trains as the recipe says; the model is in its `output_dir`."""
    from axolotl.cli.args import TrainerCliArgs
    from axolotl.cli.config import load_cfg
    from axolotl.common.datasets import load_datasets
    from axolotl.integrations.base import PluginManager
    from axolotl.train import train as axolotl_train
    from axolotl.utils.dict import DictDefault

    started = time.monotonic()
    cfg = load_cfg(DictDefault(dict(settings)))
    if cfg.get("plugins"):
        PluginManager.get_instance().load_datasets(cfg, preprocess=False)
    data = load_datasets(cfg=cfg, cli_args=TrainerCliArgs())
    _, _, trainer = axolotl_train(cfg=cfg, dataset_meta=data)
    tokens, trained = _sizes(data.train_dataset)
    epochs = float(trainer.state.epoch)
    return Trained(
        tokens=round(tokens * epochs),
        trained=round(trained * epochs),
        steps=int(trainer.state.global_step),
        seconds=round(time.monotonic() - started, 1),
    )


def _sizes(rows: Any) -> tuple[int, int]:
    labels: Sequence[Sequence[int]] = rows["labels"]
    return sum(map(len, labels)), sum(label != -100 for row in labels for label in row)
