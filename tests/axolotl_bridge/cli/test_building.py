"""`build`: what it prints and what it writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.axolotl_bridge.cli.conftest import OF_SCPT, SUMMARY, TOKENS, Run
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe

pytestmark = pytest.mark.axolotl


def test_build_builds_and_says_what(run: Run, recipe: MakeRecipe, write: WriteRecipe, host: Any) -> None:
    write(recipe({"eval": {"share": 0.2}}))
    first = run("build", "recipe.yaml")
    assert first.exit_code == 0
    labels = [line.split("  ")[0] for line in first.stdout.splitlines()[:-1]]
    kinds = [label for label in labels if label.startswith("samples: ")]
    assert [label for label in labels if label not in kinds] == [
        "documents",
        "topics per level",
        "topics by source",
        "chunks",
        "tokens of the corpus",
        "held out for evaluation",
        "tokens of prompts (masked)",
        "tokens trained",
        "tokens in all",
        "longest sample",
        "left out",
    ]
    assert "samples: passage" in kinds
    assert "documents                   2 (en 2)\ntopics per level            1 > 2 > 4 > 8\n" in first.stdout
    assert "dropped.jsonl" in first.stdout.splitlines()[-1]
    assert all(line.startswith("[structtuning] ") for line in first.stderr.splitlines())

    again = run("build", "recipe.yaml")
    assert again.stdout == first.stdout
    assert again.stderr == "[structtuning] everything is built already\n"

    (entry,) = host.load(recipe({"eval": {"share": 0.2}})).datasets
    assert Path(entry["path"], "state.json").is_file()  # what the command builds is what Axolotl looks for


def test_build_json_has_exactly_these_keys(run: Run, built: str) -> None:
    result = run("build", built, "--json")
    whole = json.loads(result.stdout)
    assert set(whole) == SUMMARY
    assert (whole["documents"], whole["topics_per_level"], list(whole["stages"])) == (2, [1, 2, 4, 8], ["scpt"])
    figures = whole["stages"]["scpt"]
    assert set(figures) == OF_SCPT
    assert set(figures["tokens"]) == TOKENS
    assert set(figures["samples"]) == set(figures["tokens"]["trained_by_kind"])
    assert Path(figures["train_dir"]).is_dir()
    assert Path(figures["eval_dir"]).is_dir()
    assert Path(figures["dropped_file"]).is_file()
    assert sum(figures["tokens"]["trained_by_kind"].values()) == figures["tokens"]["trained"]
    assert result.stderr == ""


def test_build_makes_what_was_deleted(run: Run, built: str, home: Path) -> None:
    whole = run("build", built, "--json").stdout
    for stage in ("documents", "taxonomy"):
        shutil.rmtree(home / "work" / stage)
        assert run("build", built, "--json").stdout == whole
        assert list((home / "work" / stage).glob("*/manifest.json"))


def test_build_without_eval(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe())
    figures = json.loads(run("build", "recipe.yaml", "--json").stdout)["stages"]["scpt"]
    assert (figures["eval_dir"], figures["eval_samples"], figures["tokens"]["held_out"]) == (None, {}, 0)
