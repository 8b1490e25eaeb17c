"""How the commands fail: one message that says what is wrong, and a traceback for bugs alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, Recipe, WriteRecipe

pytestmark = pytest.mark.axolotl


def _without(key: str, recipe: Recipe) -> Recipe:
    return {name: value for name, value in recipe.items() if name != key}


WRONG: dict[str, tuple[Callable[[MakeRecipe], Recipe], str]] = {
    "misspelt key": (
        lambda make: make({"chunk_token": 9}),
        r"Unknown key `chunk_token`. Did you mean `chunk_tokens`\?",
    ),
    "misspelt key within": (
        lambda make: make({"scpt": {"shres": {}}}),
        r"structtuning.scpt: Unknown key `shres`.*`shares`",
    ),
    "wrong value": (
        lambda make: make({"scpt": {"wordings": 0}}),
        r"structtuning.scpt.wordings: .*greater.*given: 0",
    ),
    "no block": (lambda make: _without("structtuning", make()), r"has no `structtuning:` block"),
    "misspelt block": (
        lambda make: {**_without("structtuning", make()), "structuning": {}},
        r"Did you mean `structtuning:` where the recipe says `structuning:`",
    ),
    "not listed": (lambda make: make(plugins=None), r"does not list the plugin"),
    "disabled": (
        lambda make: make({"enabled": False}),
        r"says `enabled: false`; there is nothing to do",
    ),
    "no corpus": (
        lambda make: make({"corpus": ["nowhere"]}),
        r"corpus entry .*nowhere does not exist",
    ),
    "empty corpus": (
        lambda make: make({"corpus": ["corpus/*.pdf"]}),
        r"finds no file that can be read",
    ),
    "unknown extractor": (
        lambda make: make({"taxonomy": {"extractor": "headngs"}}),
        r"Unknown extractor `headngs`. Did you mean `headings`\? Allowed: .*headings, .*parts",
    ),
    "unknown option": (
        lambda make: make({"taxonomy": {"options": {"splitover": 3}}}),
        r"splitover.*split_over",
    ),
    "no taxonomy": (
        lambda make: make({"taxonomy": {"path": "t.json"}}),
        r"file .*t.json \(`taxonomy.path`\) does not exist",
    ),
    "no templates": (
        lambda make: make({"scpt": {"template_dirs": ["w"]}}),
        r"template folder .*w does not exist",
    ),
    "streaming": (
        lambda make: make(streaming=True),
        r"`streaming: True` and the structtuning block cannot go together",
    ),
    "no model": (lambda make: make(base_model=None), r"names no `base_model`"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["build", "validate"])
def test_what_is_wrong_is_said_in_one_message(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path, command: str, name: str
) -> None:
    make, message = WRONG[name]
    write(make(recipe))
    refused(run(command, "recipe.yaml"), message)
    assert not (home / "work" / "scpt").exists()


@pytest.mark.parametrize("command", ["build", "show", "preview", "validate", "export"])
def test_a_missing_or_broken_recipe(run: Run, home: Path, command: str) -> None:
    more = ["--what", "chunks"] if command == "export" else []
    refused(
        run(command, "nowhere.yaml", *more), r"recipe nowhere.yaml cannot be read: .*No such file"
    )
    (home / "broken.yaml").write_text("a: [1", encoding="utf-8")
    refused(run(command, "broken.yaml", *more), r"recipe broken.yaml cannot be read: while parsing")


def test_a_model_that_is_not_there(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe(base_model="./nowhere"))
    result = run("build", "recipe.yaml")
    assert result.exit_code == 1
    assert "Error: The tokenizer of `./nowhere` cannot be loaded" in result.stderr


def test_a_work_dir_that_cannot_be_written(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, home: Path
) -> None:
    (home / "file").write_text("", encoding="utf-8")
    write(recipe({"work_dir": "file/work"}))
    result = run("build", "recipe.yaml")
    assert result.exit_code == 1
    assert "work_dir" in result.stderr.splitlines()[-1]
    assert "cannot be written" in result.stderr.splitlines()[-1]


def test_a_bug_keeps_its_traceback(
    recipe: MakeRecipe, write: WriteRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    from structtuning_plugin.commands import build as building

    def bug(path: str) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(building, "open_recipe", bug)
    write(recipe())
    assert isinstance(
        CliRunner().invoke(structtuning, ["build", "recipe.yaml"]).exception, KeyError
    )
