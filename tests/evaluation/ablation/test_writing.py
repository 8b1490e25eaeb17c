"""Recipes and the script of an ablation."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from structtuning_plugin.evaluation.ablation.arms import Arm, StageBudget
from structtuning_plugin.evaluation.ablation.writing import Trial, write
from structtuning_plugin.questions.prompts import Style

BUDGET = StageBudget(steps=7, tokens_per_step=100, tokens=350, trained=200)
RECIPE: dict[str, Any] = {
    "base_model": "base",
    "seed": 5,
    "evals_per_epoch": 1,
    "save_steps": 3,
    "plugins": ["p"],
}


def trial(name: str, style: Style = "reason") -> Trial:
    blocks = {stage: {"stage": stage, "domain": "D", "seed": 0} for stage in ("scpt", "ssft")}
    return Trial(
        arm=Arm(name=name, about="an arm", style=style),
        blocks=blocks,
        budgets={"scpt": BUDGET, "ssft": BUDGET},
    )


def written(folder: Path, recipe: dict[str, Any] = RECIPE, seeds: tuple[int, ...] = (1, 2)) -> Path:
    write(recipe, [trial("a"), trial("b c", "brief")], seeds, folder, "recipe.yaml", folder)
    return folder


def test_two_recipes_for_each_arm_and_seed(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert sorted(path.name for path in (folder / "recipes").iterdir()) == [
        f"{arm}-s{seed}-{stage}.yaml"
        for arm in ("a", "b c")
        for seed in (1, 2)
        for stage in ("scpt", "ssft")
    ]
    first, second = (
        yaml.safe_load((folder / f"recipes/a-s2-{stage}.yaml").read_text())
        for stage in ("scpt", "ssft")
    )
    assert (first["base_model"], second["base_model"]) == ("base", str(folder / "runs/a-s2/scpt"))
    assert first["output_dir"] == second["base_model"]
    assert (first["seed"], first["structtuning"]["seed"]) == (2, 0)
    assert (first["max_steps"], first["num_epochs"]) == (7, 3)
    assert not {"evals_per_epoch", "save_steps"} & set(first)


def test_a_lora_goes_on_from_the_merged_model(tmp_path: Path) -> None:
    folder = written(tmp_path, {**RECIPE, "adapter": "lora"})
    second = yaml.safe_load((folder / "recipes/a-s1-ssft.yaml").read_text())
    assert second["base_model"] == str(folder / "runs/a-s1/scpt/merged")
    script = (folder / "run.sh").read_text()
    assert script.count("axolotl merge-lora") == 2 * 4
    assert f"--model {folder}/runs/a-s1/ssft/merged " in script


def test_the_script_runs_what_is_not_done_yet_and_stops_at_a_failure(tmp_path: Path) -> None:
    folder = written(tmp_path / "an ablation", seeds=(1,))
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tmp_path / "log"
    (tools / "axolotl").write_text(
        f'#!/bin/sh\necho "$*" >> "{log}"\n[ "$1" != train ] || [ ! -e "{tmp_path}/broken" ]\n'
    )
    (tools / "axolotl").chmod(0o755)
    for arm in ("a", "b c"):
        (folder / f"runs/{arm}-s1").mkdir(parents=True)

    def run() -> int:
        return subprocess.run(
            ["bash", str(folder / "run.sh")],
            env={"PATH": f"{tools}:/usr/bin:/bin"},
            capture_output=True,
            check=False,
        ).returncode

    (tmp_path / "broken").touch()
    assert run() != 0
    assert len(log.read_text().splitlines()) == 1
    (tmp_path / "broken").unlink()
    log.unlink()
    assert run() == 0
    lines = log.read_text().splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "train",
        "train",
        "structtuning",
        "structtuning",
    ] + ["train"] * 2 + ["structtuning"]
    # An arm that was tuned to reason is asked to, and once more for the bare answer.
    asked = [
        line.split(" --style ")[1].replace(str(folder), "F") for line in lines if "--style" in line
    ]
    assert asked == [
        "reason -o F/runs/a-s1/scores",
        "brief -o F/runs/a-s1/scores-brief --measures generate,likelihood",
        "brief -o F/runs/b c-s1/scores --measures generate,likelihood",
    ]
    log.unlink()
    assert run() == 0
    assert not log.exists()


def test_the_manifest_says_what_each_arm_trains(tmp_path: Path) -> None:
    manifest = json.loads((written(tmp_path) / "ablation.json").read_text())
    assert (manifest["config"], manifest["seeds"], [arm["name"] for arm in manifest["arms"]]) == (
        "recipe.yaml",
        [1, 2],
        ["a", "b c"],
    )
    assert manifest["arms"][0]["scpt"] == {
        "steps": 7,
        "tokens_per_step": 100,
        "tokens": 350,
        "trained": 200,
        "epochs": 2.0,
    }
