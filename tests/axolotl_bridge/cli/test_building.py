"""`build`: what it prints and what it writes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.axolotl_bridge.cli.conftest import OF_SCPT, OF_SSFT, SUMMARY, TOKENS, Run
from tests.axolotl_bridge.conftest import MakeRecipe, Recipe, WriteRecipe

pytestmark = pytest.mark.axolotl


def test_build_builds_and_says_what(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, host: Any
) -> None:
    raw = recipe({"eval": {"share": 0.2}, "scpt": {"map_tokens": 64}}, sequence_len=320)
    write(raw)
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
        "facts",
        "tokens of prompts (masked)",
        "tokens trained",
        "tokens in all",
        "longest sample",
        "left out",
    ]
    assert "samples: passage" in kinds
    assert (
        "documents                   2 (en 2)\ntopics per level            1 > 2 > 4 > 8\n"
        in first.stdout
    )
    assert "dropped.jsonl" in first.stdout.splitlines()[-1]
    assert all(line.startswith("[structtuning] ") for line in first.stderr.splitlines())

    again = run("build", "recipe.yaml")
    assert again.stdout == first.stdout
    assert again.stderr == "[structtuning] everything is built already\n"

    (entry,) = host.load(raw).datasets
    assert Path(
        entry["path"], "state.json"
    ).is_file()  # what the command builds is what Axolotl looks for


def test_build_json_has_exactly_these_keys(run: Run, built: str) -> None:
    result = run("build", built, "--json")
    whole = json.loads(result.stdout)
    assert set(whole) == SUMMARY
    assert (whole["documents"], whole["topics_per_level"], list(whole["stages"])) == (
        2,
        [1, 2, 4, 8],
        ["scpt"],
    )
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
    assert (figures["eval_dir"], figures["eval_samples"], figures["tokens"]["held_out"]) == (
        None,
        {},
        0,
    )


# --- instruction tuning


def table(text: str) -> dict[str, str]:
    return {
        name: value
        for line in text.splitlines()
        if "  " in line
        for name, value in [re.split(r" {2,}", line, maxsplit=1)]
    }


def test_the_table_of_questions(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    write(asking())
    told = table(run("build", "recipe.yaml").stdout)
    assert list(told) == [
        "documents",
        "topics per level",
        "topics by source",
        "chunks",
        "tokens of the corpus",
        "questions given",
        "questions held out",
        "samples: reasoned",
        "samples: answer",
        "facts",
        "tokens of prompts (masked)",
        "tokens trained",
        "tokens in all",
        "longest sample",
        "left out",
    ]
    assert told["questions given"] == "3, 2 linked to knowledge points"
    assert told["questions held out"] == "1, 1 left out of training for overlapping one"
    assert told["facts"] == "3 in 7 sentences"
    assert told["left out"] == "holdout 1, no_fit 1"
    assert re.fullmatch(r"2, \d\d\.\d% of the trained tokens", told["samples: reasoned"])
    assert re.fullmatch(r"3, \d\d\.\d% of the trained tokens", told["samples: answer"])
    assert re.fullmatch(
        r"[\d,]+", told["tokens in all"]
    )  # a share over the corpus is of `scpt` alone


def test_the_figures_of_questions(run: Run, answered: str) -> None:
    whole = json.loads(run("build", answered, "--json").stdout)
    assert set(whole) == SUMMARY
    assert list(whole["stages"]) == ["ssft"]
    figures = whole["stages"]["ssft"]
    assert set(figures) == OF_SSFT
    assert set(figures["tokens"]) == TOKENS
    assert (
        figures["questions"],
        figures["linked"],
        figures["held_out_questions"],
        figures["removed_for_holdout"],
    ) == (
        3,
        2,
        1,
        1,
    )
    assert (figures["samples"], figures["dropped"]) == (
        {"answer": 3, "reasoned": 2},
        {"holdout": 1, "no_fit": 1},
    )
    assert (figures["shapes_of_walks"], figures["walks_per_chapter"]) == ({}, {})
    assert figures["tokens"]["total"] == figures["tokens"]["prompt"] + figures["tokens"]["trained"]
    assert Path(figures["train_dir"]).is_dir()
    assert figures["eval_dir"] is None


def test_two_stages_have_a_table_each(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    write(asking(stage=["ssft", "scpt"]))
    lines = run("build", "recipe.yaml").stdout.splitlines()
    figures = json.loads(run("build", "recipe.yaml", "--json").stdout)["stages"]
    assert list(figures) == ["scpt", "ssft"]
    assert [set(found) for found in figures.values()] == [OF_SCPT, OF_SSFT]
    heads = [re.split(r" {2,}", line) for line in lines if line.startswith("stage ")]
    assert heads == [[f"stage {stage}", found["train_dir"]] for stage, found in figures.items()]
    at = [
        lines.index(next(line for line in lines if line.startswith(f"stage {stage}")))
        for stage in figures
    ]
    assert (
        at[0]
        < next(number for number, line in enumerate(lines) if line.startswith("samples: passage"))
        < at[1]
    )
    assert at[1] < next(
        number for number, line in enumerate(lines) if line.startswith("samples: reasoned")
    )


def test_a_language_without_wordings_is_told_once_for_both_stages(
    run: Run, asking: Callable[..., Recipe], write: WriteRecipe
) -> None:
    german = [{"path": "corpus", "language": "de"}]
    write(
        asking(
            {"qa": [{"path": "questions.jsonl", "language": "de"}]},
            stage=["scpt", "ssft"],
            corpus=german,
        )
    )
    assert run("build", "recipe.yaml").stdout.count("Wordings are in English for: de.\n") == 1
