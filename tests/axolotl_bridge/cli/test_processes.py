"""The commands in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.axolotl_bridge.cli.conftest import SUMMARY
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe, book

pytestmark = pytest.mark.axolotl


def process(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_python_m_prints_pure_json(
    recipe: MakeRecipe, write: WriteRecipe, environment: dict[str, str]
) -> None:
    write(recipe({"eval": {"share": 0.2}}))
    command = (sys.executable, "-m", "structtuning_plugin", "build", "recipe.yaml", "--json")
    first, second = process(environment, *command), process(environment, *command)
    assert first.returncode == 0, first.stderr
    figures = json.loads(first.stdout)
    assert set(figures) == SUMMARY
    assert second.stdout == first.stdout
    assert "[structtuning] reading documents: 2" in first.stderr
    assert second.stderr == ""


def test_axolotl_has_the_group(
    axolotl: Callable[..., subprocess.CompletedProcess[str]], home: Path
) -> None:
    result = axolotl("structtuning", "show", "nowhere.yaml")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith(
        "Error: The recipe nowhere.yaml cannot be read"
    )
    assert "Traceback" not in result.stderr


def test_errors_of_a_process_are_one_message(
    recipe: MakeRecipe, write: WriteRecipe, environment: dict[str, str], corpus: Path
) -> None:
    (corpus / "The Bicycle.md").write_text(book("The Bicycle"), encoding="utf-8")
    write(recipe({"domian": "x"}))
    result = process(
        environment, sys.executable, "-m", "structtuning_plugin", "validate", "recipe.yaml"
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "Error: The block cannot be used:\n  structtuning: Unknown key `domian`."
    )
    assert "Traceback" not in result.stderr
