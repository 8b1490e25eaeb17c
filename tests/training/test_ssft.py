"""Both stages with Axolotl's own trainer, one after the other and mixed, on a tiny model and the
CPU.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [pytest.mark.axolotl, pytest.mark.training]

STEPS = 6
SHORT = {
    "max_steps": STEPS,
    "save_steps": STEPS,
    "saves_per_epoch": None,
    "warmup_steps": 0,
    "logging_steps": 1,
    "dataset_num_proc": 1,
}
LORA = {
    "adapter": "lora",
    "lora_r": 8,
    "lora_alpha": 16,
    "lora_target_modules": ["q_proj", "v_proj"],
    # New tokens need rows of the embeddings that are trained, too.
    "lora_modules_to_save": ["embed_tokens", "lm_head"],
    # Axolotl turns its Triton kernels on by itself, and they need CUDA.
    "lora_mlp_kernel": False,
    "lora_qkv_kernel": False,
    "lora_o_kernel": False,
    "lora_embedding_kernel": False,
}
OPEN = "<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def bench(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example recipes, what they read, and the tiny model that they start from."""
    folder = tmp_path_factory.mktemp("stages")
    shutil.copytree(project / "example_configs", folder / "example_configs")
    command = [sys.executable, "example_configs/make_tiny_model.py", "outputs/tiny-llama"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def recipe(bench: Path, name: str, **changes: Any) -> dict[str, Any]:
    """An example recipe with fewer steps; None takes a key out."""
    loaded = yaml.safe_load((bench / f"example_configs/{name}.yaml").read_text(encoding="utf-8"))
    return {
        key: value for key, value in {**loaded, **SHORT, **changes}.items() if value is not None
    }


def run(bench: Path, command: str, name: str, settings: dict[str, Any], *arguments: str) -> str:
    """The output of `axolotl COMMAND`, which must succeed."""
    (bench / f"{name}.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    axolotl = str(Path(sys.executable).with_name("axolotl"))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [axolotl, command, f"{name}.yaml", *arguments],
        cwd=bench,
        env=env,
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


def train(bench: Path, name: str, settings: dict[str, Any]) -> str:
    output = run(bench, "train", name, settings, "--launcher", "python")
    state = json.loads(
        (bench / settings["output_dir"] / f"checkpoint-{STEPS}/trainer_state.json").read_text(
            encoding="utf-8"
        )
    )
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    assert len(losses) == STEPS
    assert sum(losses[-3:]) < sum(losses[:3])
    return output


def prepared(bench: Path, settings: dict[str, Any]) -> list[dict[str, list[int]]]:
    """The rows that Axolotl trained on."""
    from datasets import load_from_disk

    (state,) = (bench / settings["dataset_prepared_path"]).glob("*/state.json")
    return list(load_from_disk(str(state.parent)))


def built(bench: Path, settings: dict[str, Any], stage: str) -> dict[str, Any]:
    """The manifest of the rows that we made: the newest, where several recipes share a folder."""
    found = (bench / settings["structtuning"]["work_dir"] / stage).glob("*/manifest.json")
    manifest: dict[str, Any] = json.loads(
        max(found, key=lambda path: path.stat().st_mtime).read_text(encoding="utf-8")
    )
    return manifest


def count_closed(stage: Path) -> int:
    """Count the rows of a stage that end with EOS: those that end where their topic does."""
    from datasets import load_from_disk

    (train,) = stage.glob("*/train")
    return sum(load_from_disk(str(train))["eos"])


def tokenizer_of(bench: Path, settings: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(bench / settings["output_dir"])


def assert_assistants_alone_are_trained(row: dict[str, list[int]], tokenizer: Any) -> None:
    """Every trained run stands right behind the assistant's mark and ends with the turn.

    There are as many runs as marks.
    """
    place, count = 0, 0
    for is_trained, group in groupby(row["labels"], key=lambda label: label != -100):
        length = len(list(group))
        if is_trained:
            assert row["labels"][place : place + length] == row["input_ids"][place : place + length]
            assert tokenizer.decode(row["input_ids"][:place]).endswith(OPEN)
            text = tokenizer.decode(row["input_ids"][place : place + length])
            assert text.endswith("<|im_end|>")
            assert text.count("<|im_end|>") == 1
            assert "<|im_start|>" not in text
            count += 1
        place += length
    assert count == tokenizer.decode(row["input_ids"]).count(OPEN) > 0


@pytest.fixture(scope="module")
def first(bench: Path) -> dict[str, Any]:
    """The quickstart, trained."""
    settings = recipe(bench, "quickstart")
    train(bench, "scpt", settings)
    return settings


def test_the_second_quickstart_goes_on_from_the_first(bench: Path, first: dict[str, Any]) -> None:
    settings = recipe(bench, "quickstart_ssft")
    assert settings["base_model"] == first["output_dir"]
    said = train(bench, "ssft", settings)
    assert "linking questions: 32" in said
    assert "EOS token" not in said, (
        "Axolotl warns of a chat template whose end of turn is not trained"
    )

    rows, tokenizer, counts = (
        prepared(bench, settings),
        tokenizer_of(bench, settings),
        built(bench, settings, "ssft")["counts"],
    )
    for row in rows:
        assert_assistants_alone_are_trained(row, tokenizer)
    assert len(rows) == sum(counts["train"]["samples"].values())
    assert sum(map(len, (row["input_ids"] for row in rows))) == counts["train"]["total_tokens"]
    assert (
        sum(label != -100 for row in rows for label in row["labels"])
        == counts["train"]["trained_tokens"]
    )
    assert set(counts["train"]["samples"]) == {
        "answer",
        "reasoned",
        "structure",
        "exercise",
        "tell",
    }
    assert (counts["questions"], counts["held_out_questions"]) == (32, 6)
    model = json.loads((bench / settings["output_dir"] / "config.json").read_text(encoding="utf-8"))
    assert model["vocab_size"] >= len(tokenizer)  # with the control tokens of the chat template


def test_a_merged_adapter_is_where_instruction_tuning_starts(bench: Path) -> None:
    own = {"work_dir": "./lora/work", "eval": None}
    scpt = recipe(
        bench, "quickstart", **LORA, output_dir="./lora/scpt", dataset_prepared_path="./lora/prepared",
        evals_per_epoch=None,
    )  # fmt: skip
    scpt["structtuning"] |= own
    train(bench, "lora_scpt", scpt)
    assert (bench / "lora/scpt/adapter_model.safetensors").is_file()
    run(bench, "merge-lora", "lora_scpt", scpt)
    assert (bench / "lora/scpt/merged/config.json").is_file()

    ssft = recipe(
        bench, "quickstart_ssft", **LORA, base_model="./lora/scpt/merged", output_dir="./lora/ssft",
        dataset_prepared_path="./lora/ssft_prepared",
    )  # fmt: skip
    ssft["structtuning"] |= {"work_dir": "./lora/work"}
    train(bench, "lora_ssft", ssft)
    tokenizer = tokenizer_of(bench, ssft)
    for row in prepared(bench, ssft):
        assert_assistants_alone_are_trained(row, tokenizer)
    assert (bench / "lora/ssft/adapter_model.safetensors").is_file()


def test_both_stages_in_one_run(bench: Path) -> None:
    settings = recipe(
        bench,
        "quickstart_ssft",
        base_model="./outputs/tiny-llama",
        output_dir="./mixed/out",
        dataset_prepared_path="./mixed/prepared",
    )
    settings["structtuning"] |= {"stage": ["scpt", "ssft"], "work_dir": "./mixed/work"}
    train(bench, "mixed", settings)
    rows, tokenizer = prepared(bench, settings), tokenizer_of(bench, settings)
    asked = [row for row in rows if OPEN in tokenizer.decode(row["input_ids"])]
    for row in asked:
        assert_assistants_alone_are_trained(row, tokenizer)
    read = [row for row in rows if OPEN not in tokenizer.decode(row["input_ids"])]
    closed = sum(row["labels"][-1] == tokenizer.eos_token_id for row in read)
    assert closed == count_closed(bench / "mixed" / "work" / "scpt") > 0
    counts = {stage: built(bench, settings, stage)["counts"]["train"] for stage in ("scpt", "ssft")}
    assert len(read) == sum(counts["scpt"]["samples"].values())
    assert len(asked) == sum(counts["ssft"]["samples"].values())
    trained = sum(label != -100 for row in rows for label in row["labels"])
    assert trained == sum(found["trained_tokens"] for found in counts.values())
