"""What a user of `axolotl` sees of our errors: the message, and status 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.axolotl

RECIPE = """
base_model: ./none
plugins: [structtuning_plugin.StructTuningPlugin]
structtuning: {domian: Bicycles, corpus: [corpus]}
"""


@pytest.mark.parametrize(
    "command",
    [["-m", "axolotl.cli.main", "preprocess"], ["-m", "axolotl.cli.train"]],
    ids=["in process", "launched"],
)
def test_a_misspelt_key_is_one_message(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *command, "recipe.yaml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "structtuning: Unknown key `domian`. Did you mean `domain`? Allowed: " in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "recipe.yaml"]
