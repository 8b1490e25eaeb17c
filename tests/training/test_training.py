"""Axolotl's own trainer on a tiny model, as a user runs it.

20 steps on the CPU for every way of training.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.axolotl, pytest.mark.training]

STEPS = 20
LORA = {
    "adapter": "lora",
    "lora_r": 8,
    "lora_alpha": 16,
    "lora_target_modules": ["q_proj", "v_proj"],
    # Around frozen random embeddings an adapter learns next to nothing in 20 steps.
    "lora_modules_to_save": ["embed_tokens", "lm_head"],
    # Axolotl turns its Triton kernels on by itself, and they need CUDA.
    "lora_mlp_kernel": False,
    "lora_qkv_kernel": False,
    "lora_o_kernel": False,
    "lora_embedding_kernel": False,
}


@pytest.fixture(scope="module")
def bench(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny model, the sample corpus and a dataset of the user's own."""
    folder = tmp_path_factory.mktemp("bench")
    subprocess.run(
        [sys.executable, str(project / "example_configs/make_tiny_model.py"), str(folder / "tiny")],
        check=True,
        capture_output=True,
    )
    shutil.copytree(project / "example_configs/corpus", folder / "corpus")
    rows = [
        {"text": f"Wheel number {number} has {number + 20} spokes and a hub."}
        for number in range(60)
    ]
    (folder / "own.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def recipe(name: str, **changes: Any) -> dict[str, Any]:
    base = {
        "base_model": "./tiny",
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "structtuning": {"domain": "Bicycles", "corpus": ["corpus"], "work_dir": f"./{name}/work"},
        "sequence_len": 512,
        "dataset_prepared_path": f"./{name}/prepared",
        "output_dir": f"./{name}/out",
        "micro_batch_size": 2,
        "gradient_accumulation_steps": 1,
        "num_epochs": 10,
        "max_steps": STEPS,
        "save_steps": STEPS,
        "optimizer": "adamw_torch",
        "lr_scheduler": "constant",
        "learning_rate": 0.003,
        "logging_steps": 1,
        "bf16": False,
        "fp16": False,
        "tf32": False,
        "attn_implementation": "sdpa",
        "seed": 42,
    }
    merged = {**base, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def run(
    bench: Path,
    name: str,
    command: str,
    settings: dict[str, Any],
    *arguments: str,
    **environment: str,
) -> str:
    """The output of `axolotl COMMAND`, which must succeed."""
    path = bench / f"{name}.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    axolotl = str(Path(sys.executable).with_name("axolotl"))
    project = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(project), **environment}
    done = subprocess.run(
        [axolotl, command, path.name, *arguments],
        cwd=bench,
        env=env,
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


def losses(bench: Path, name: str) -> list[float]:
    state = json.loads(
        (bench / name / f"out/checkpoint-{STEPS}/trainer_state.json").read_text(encoding="utf-8")
    )
    return [entry["loss"] for entry in state["log_history"] if "loss" in entry]


def assert_learned(values: list[float]) -> None:
    assert len(values) == STEPS
    assert sum(values[-5:]) < 0.9 * sum(values[:5])


def train(bench: Path, name: str, **changes: Any) -> str:
    output = run(bench, name, "train", recipe(name, **changes), "--launcher", "python")
    assert_learned(losses(bench, name))
    return output


def test_lora_with_own_dataset(bench: Path) -> None:
    own = [{"path": "own.jsonl", "ds_type": "json", "type": "completion"}]
    output = train(bench, "lora", datasets=own, **LORA)
    assert (bench / "lora/out/adapter_model.safetensors").is_file()
    assert "own.jsonl" in output
    assert "structtuning_plugin.axolotl_bridge.scpt" in output


def test_preprocess_then_train_with_packing_hits_the_cache(bench: Path) -> None:
    block = {**recipe("cached")["structtuning"], "eval": {"share": 0.1}}
    settings = recipe("cached", structtuning=block, sample_packing=True)
    prepared = run(bench, "cached", "preprocess", settings)
    assert "writing samples" in prepared
    output = run(bench, "cached", "train", settings, "--launcher", "python")
    assert "Loading prepared dataset from disk" in output
    assert "everything is built already" in output
    assert "Tokenizing Prompts" not in output
    assert_learned(losses(bench, "cached"))


def test_two_ranks(bench: Path) -> None:
    plugins = ["structtuning_plugin.StructTuningPlugin", "tests.drivers.cpu_ranks.CpuRanks"]
    output = run(
        bench,
        "ranks",
        "train",
        recipe("ranks", plugins=plugins),
        *("--launcher", "torchrun", "--", "--nproc_per_node", "2"),
        ACCELERATE_USE_CPU="true",
        OMP_NUM_THREADS="1",
    )
    assert output.count("[structtuning] writing samples: ") == 1, "one rank builds, the other waits"
    assert_learned(losses(bench, "ranks"))


def test_recipes_without_the_plugin_are_unchanged(bench: Path) -> None:
    own = {"datasets": [{"path": "own.jsonl", "ds_type": "json", "type": "completion"}]}
    train(bench, "without", plugins=None, structtuning=None, **own)
    train(bench, "disabled", structtuning={"enabled": False}, **own)
    assert losses(bench, "without") == losses(bench, "disabled")
