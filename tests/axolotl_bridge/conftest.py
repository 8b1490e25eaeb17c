"""A tiny model, a tiny corpus, and recipes that use them.

Axolotl, torch and transformers are imported when they are needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from tests.axolotl_bridge import tokenizers_made_here as tokenizers

CHAPTERS = {
    "Wheels": {
        "Rims": "A rim holds the tyre. It is true when it turns without leaving its plane.",
        "Spokes": "A spoke is pulled, never pushed. Thirty-six of them carry a rider.",
    },
    "Brakes": {
        "Rim brakes": "Two pads press upon the rim and turn motion into heat.",
        "Disc brakes": "A disc is small and stays dry, so it brakes in rain as in sun.",
    },
}

PLUGIN = "structtuning_plugin.StructTuningPlugin"
TYPE = "structtuning_plugin.axolotl_bridge.scpt"


def book(title: str, times: int = 4) -> str:
    """A Markdown book of two chapters with two sections each."""
    lines = [f"# {title}", ""]
    for chapter, sections in CHAPTERS.items():
        lines += [f"## {chapter}", "", f"This chapter of {title} is about {chapter.lower()}.", ""]
        for section, text in sections.items():
            lines += [
                f"### {section}",
                "",
                " ".join(f"{text} ({title}, {number})" for number in range(times)),
                "",
            ]
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def _as_found() -> Iterator[None]:
    """Axolotl's plugin manager is one for the process.

    Axolotl also writes to the environment and moves the loggers.
    """

    def forget() -> None:
        if base := sys.modules.get("axolotl.integrations.base"):
            base.PluginManager._instance = None

    folder = Path.cwd()
    forget()
    with mock.patch.dict(os.environ):
        yield
    os.chdir(folder)
    forget()


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """For subprocesses. `ACCELERATE_USE_CPU` and two threads: many small steps, two cores."""
    ours = {
        "HF_HUB_OFFLINE": "1",
        "AXOLOTL_DO_NOT_TRACK": "1",
        "ACCELERATE_USE_CPU": "true",
        "NO_COLOR": "1",
    }
    return {**os.environ, **ours, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random Llama of two layers and a byte-level tokenizer that puts BOS in front."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    folder = tmp_path_factory.mktemp("model") / "tiny-llama"
    tokenizer = tokenizers.byte_level_with_bos()
    tokenizer.save_pretrained(folder)
    set_seed(42)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=1024, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two short books."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("The Bicycle", "The Tandem"):
        (folder / f"{name}.md").write_text(book(name), encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `corpus/` in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


Recipe = dict[str, Any]
MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def recipe(home: Path, tiny_model: Path) -> MakeRecipe:
    """`recipe(block={...}, key=value)`.

    One that trains the tiny model on a CPU; None takes a key out.
    """

    def make(block: dict[str, Any] | None = None, **changes: Any) -> Recipe:
        given = {
            "domain": "Bicycles",
            "corpus": ["corpus"],
            "work_dir": "work",
            "max_workers": 1,
            # The two books differ in little but their names.
            "hygiene": False,
            **(block or {}),
        }
        whole = {
            "base_model": str(tiny_model),
            "plugins": [PLUGIN],
            "structtuning": given,
            "sequence_len": 256,
            "sample_packing": False,
            "dataset_prepared_path": "prepared",
            "dataset_num_proc": 1,
            "output_dir": "model-out",
            "micro_batch_size": 2,
            "gradient_accumulation_steps": 1,
            "max_steps": 2,
            "optimizer": "adamw_torch",
            "learning_rate": 0.001,
            "attn_implementation": "sdpa",
            "bf16": False,
            "fp16": False,
            "tf32": False,
            **changes,
        }
        return {key: value for key, value in whole.items() if value is not None}

    return make


WriteRecipe = Callable[..., Path]


@pytest.fixture
def write(home: Path) -> WriteRecipe:
    """Writes a recipe to `recipe.yaml`."""

    def write(recipe: Recipe, name: str = "recipe.yaml") -> Path:
        path = home / name
        path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
        return path

    return write


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    """Axolotl as its commands drive it, in this process."""
    import axolotl.cli.config

    monkeypatch.setattr(
        axolotl.cli.config, "prepare_debug_log", lambda cfg: None
    )  # takes over stdout for good
    # What pytest was called with is no command of Axolotl's.
    monkeypatch.setattr(sys, "argv", ["pytest"])
    return Host(tmp_path / "host.yaml")


class Host:
    """`load` a recipe as every command does, `register` it alone, get the `datasets` as `axolotl
    train` does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, recipe: Recipe) -> Any:
        from axolotl.cli.config import load_cfg

        self._path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
        return load_cfg(str(self._path))

    def register(self, recipe: Recipe) -> Any:
        """The raw configuration after `register`, before Axolotl validates it."""
        from axolotl.cli.config import prepare_plugins
        from axolotl.utils.dict import DictDefault

        cfg = DictDefault(recipe)
        prepare_plugins(cfg)
        return cfg

    def datasets(self, cfg: Any, processes: int | None = None) -> Any:
        """Training and evaluation rows, as `axolotl train` gets them: the hook first, then Axolotl.

        In this process, since processes of `datasets` take seconds to start.
        """
        from axolotl.cli.args import TrainerCliArgs
        from axolotl.common.datasets import load_datasets
        from axolotl.integrations.base import PluginManager

        cfg.dataset_num_proc = processes
        assert PluginManager.get_instance().load_datasets(cfg, preprocess=False) is None
        return load_datasets(cfg=cfg, cli_args=TrainerCliArgs())


@pytest.fixture
def axolotl(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`axolotl COMMAND ...` in a process of its own, in the working directory."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("axolotl")), *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    return run
