"""`clean`: builds that no recipe uses, listed first."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.step_results import count_unused
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
    lines = [line.split(maxsplit=2)[2] for line in listing.stdout.splitlines() if line[:1] == " "]
    assert {line for line in lines if "by_document/" not in line} == first - used
    # The preset decides how long a chunk may be, and so how both documents are cut.
    assert "by_document/cut.sqlite: 2 results that no recipe uses" in lines
    assert "2 builds of other recipes or earlier versions, " in listing.stdout
    assert "Nothing was deleted." in listing.stdout
    assert artifacts_in(home / "work") == everything

    assert "Deleted 2 builds" in run("clean", "recipe.yaml", "--delete").stdout
    assert artifacts_in(home / "work") == used
    assert list((home / "work/tmp").iterdir()) == []
    assert "built          yes, " in run("validate", "recipe.yaml").stdout
    assert (
        "0 builds of other recipes or earlier versions, 0 results"
        in run("clean", "recipe.yaml").stdout
    )


def test_results_of_documents_that_are_gone_are_listed_then_deleted(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    (home / "texts").mkdir()
    page = home / "texts" / "page.md"
    page.write_text("# Hubs\n\nThe hub is the middle part of a wheel.\n", encoding="utf-8")
    (home / "texts" / "other.md").write_text("# Rims\n\nThe rim is round.\n", encoding="utf-8")
    write(recipe({"corpus": ["texts"]}))
    assert run("build", "recipe.yaml").exit_code == 0
    page.write_text("# Hubs\n\nThe hub is of steel, and it turns.\n", encoding="utf-8")
    assert run("build", "recipe.yaml").exit_code == 0
    path = home / "work" / "by_document" / "read.sqlite"
    used = [f"{stage}-{key}" for stage, key in open_recipe("recipe.yaml").plan.keys.items()]
    assert count_unused(path, used).count == 1

    listing = run("clean", "recipe.yaml").stdout
    assert "by_document/read.sqlite: 1 results that no recipe uses" in listing
    assert "by_document/cut.sqlite: 1 results that no recipe uses" in listing
    assert count_unused(path, used).count == 1
    done = run("clean", "recipe.yaml", "--yes").stdout
    assert "Deleted 1 results in by_document/read.sqlite." in done
    assert (count_unused(path, used).count, count_unused(path, []).count) == (0, 2)
    assert "0 results of single documents, 0 B." in run("clean", "recipe.yaml").stdout


def test_replies_are_deleted_only_where_they_are_named(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    write(recipe())
    answers = home / "work" / "cache" / "answers.sqlite"
    answers.parent.mkdir(parents=True)
    answers.write_bytes(b"x" * 1500)
    stranger = home / "work" / "notes"
    stranger.mkdir()
    for arguments in ((), ("--yes",), ("--requests",)):
        text = run("clean", "recipe.yaml", *arguments).stdout
        assert ("cache/answers.sqlite: all replies" in text) == ("--requests" in arguments)
        assert "Not considered: notes (none of ours)." in text
        assert answers.exists()
    locks = home / "work" / "locks"
    locks.mkdir(exist_ok=True)
    with FileLock(locks / "ssft-1.lock"):
        assert "so it stays: cache/answers.sqlite" in (
            run("clean", "recipe.yaml", "--yes", "--requests").stdout
        )
    assert answers.exists()
    assert "Deleted cache/answers.sqlite." in (
        run("clean", "recipe.yaml", "--yes", "--requests").stdout
    )
    assert not answers.exists()
    assert stranger.is_dir()


def test_recipes_of_two_work_dirs_are_refused(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    write(recipe())
    (home / "recipe.yaml").replace(home / "first.yaml")
    write(recipe({"work_dir": "elsewhere"}))
    refused(run("clean", "first.yaml", "recipe.yaml", "--delete"), "one `work_dir` at a time")
