"""`clean`: builds that no recipe uses, listed first."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.commands.recipe_context import open_recipe
from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe

pytestmark = pytest.mark.axolotl


def artifacts_in(folder: Path) -> set[str]:
    stages = ("documents", "taxonomy", "scpt", "ssft")
    return {f"{stage}/{path.name}" for stage in stages for path in (folder / stage).glob("*")}


def test_builds_of_other_settings_are_listed_then_deleted(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    write(recipe({"scpt": {"preset": "paper"}}))
    assert run("build", "recipe.yaml").exit_code == 0
    first = artifacts_in(home / "work")
    write(recipe())
    assert run("build", "recipe.yaml").exit_code == 0
    everything = artifacts_in(home / "work")
    used = {f"{stage}/{key}" for stage, key in open_recipe("recipe.yaml").plan.keys.items()}
    assert {name.split("/")[0] for name in first - used} == {"taxonomy", "scpt"}

    listing = run("clean", "recipe.yaml")
    assert listing.exit_code == 0
    lines = listing.stdout.splitlines()
    names = {line.split()[-1] for line in lines if "/" in line and "Not considered" not in line}
    assert names == first - used
    assert "2 builds of other recipes or earlier versions" in listing.stdout
    assert "Nothing was deleted." in listing.stdout
    assert artifacts_in(home / "work") == everything

    assert "Deleted 2 builds" in run("clean", "recipe.yaml", "--delete").stdout
    assert artifacts_in(home / "work") == used
    assert list((home / "work/tmp").iterdir()) == []
    assert "built          yes, " in run("validate", "recipe.yaml").stdout


def test_recipes_of_two_work_dirs_are_refused(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    write(recipe())
    (home / "recipe.yaml").replace(home / "first.yaml")
    write(recipe({"work_dir": "elsewhere"}))
    refused(run("clean", "first.yaml", "recipe.yaml", "--delete"), "one `work_dir` at a time")
