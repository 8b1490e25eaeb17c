"""`ablate`, from a user's recipe to recipes that train what was counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from structtuning_plugin.commands.recipe_context import open_recipe
from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.cli.test_tracing import Asking
from tests.axolotl_bridge.conftest import Recipe, WriteRecipe

pytestmark = pytest.mark.axolotl

PACKED: dict[str, Any] = {"sample_packing": True, "num_epochs": 2, "max_steps": None}


def packed(recipe: Recipe, **changes: Any) -> Recipe:
    return {
        key: value for key, value in {**recipe, **PACKED, **changes}.items() if value is not None
    }


def test_the_recipes_train_what_was_built_for_them(
    run: Run, asking: Asking, write: WriteRecipe, home: Path
) -> None:
    # A seed of 0 is a seed: with another one other points would be kept for the probes.
    write(packed(asking(ssft={"kinds": None}, probes={"share": 0.5}), seed=0))
    done = run(
        "ablate",
        "recipe.yaml",
        "-o",
        "abl",
        "--arm",
        "cpt+sft",
        "--arm",
        "scpt+ssft",
        "--seed",
        "3",
        "--seed",
        "4",
    )
    assert done.exit_code == 0, done.stderr
    manifest = json.loads((home / "abl/ablation.json").read_text())
    assert [(arm["name"], arm["style"]) for arm in manifest["arms"]] == [
        ("cpt+sft", "brief"),
        ("scpt+ssft", "reason"),
    ]
    for stage in ("scpt", "ssft"):
        plain, ours = (arm[stage] for arm in manifest["arms"])
        assert plain["steps"] == ours["steps"]
        assert plain["tokens"] < ours["tokens"]
        assert ours["epochs"] >= 2
    keys = {}
    for path in sorted((home / "abl/recipes").iterdir()):
        opened = open_recipe(str(path))
        (stage,) = opened.plan.block.stage
        opened.plan.store.require(
            stage, opened.plan.keys[stage]
        )  # built, so that no run builds it again
        keys[path.stem] = opened.plan.keys[stage]
        assert (opened.plan.seed, opened.recipe["seed"]) == (
            0,
            int(path.stem.split("-s")[1].split("-")[0]),
        )
    assert len(keys) == 8
    assert len(set(keys.values())) == 4  # the same data for both seeds of training
    assert "2 arms with 2 seeds each. Now:" in done.stdout


def test_what_cannot_be_matched_is_refused_before_the_work(
    run: Run, asking: Asking, write: WriteRecipe, home: Path
) -> None:
    write(asking())
    refused(
        run("ablate", "recipe.yaml", "-o", "abl"),
        "Equal tokens need `sample_packing: true`: without it a step of long rows is a step of more tokens.",
    )
    (home / "abl").mkdir()
    (home / "abl/ablation.json").write_text("{}")
    write(packed(asking()))
    refused(
        run("ablate", "recipe.yaml", "-o", "abl"),
        f"{home / 'abl'} holds an ablation already: name another folder, or remove it.",
    )


def test_the_second_recipe_is_yaml_that_axolotl_reads(
    run: Run, asking: Asking, write: WriteRecipe, home: Path
) -> None:
    lora = {"adapter": "lora", "lora_r": 4, "lora_alpha": 8, "lora_target_linear": True}
    write(packed(asking(), **lora, lora_modules_to_save=["embed_tokens", "lm_head"]))
    done = run("ablate", "recipe.yaml", "-o", "abl", "--arm", "cpt+ssft")
    assert done.exit_code == 0, done.stderr
    first, second = (
        yaml.safe_load(path.read_text())
        for path in sorted((home / "abl/recipes").glob("cpt+ssft-s*.yaml"))[:2]
    )
    assert (
        first["base_model"]
        != second["base_model"]
        == str(home / "abl" / "runs" / "cpt+ssft-s1" / "scpt" / "merged")
    )
