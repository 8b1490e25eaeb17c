"""`estimate`: what a build would ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.axolotl_bridge.cli.conftest import Run, refused
from tests.axolotl_bridge.conftest import MakeRecipe, WriteRecipe
from tests.structuring import long_text

pytestmark = pytest.mark.axolotl


def test_estimate_says_what_would_be_asked(
    run: Run, recipe: MakeRecipe, write: WriteRecipe, corpus: Path, home: Path
) -> None:
    (corpus / "plain.txt").write_text(long_text(60), encoding="utf-8")
    llm = {
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m",
        "max_concurrency": 4,
        "budget": {"requests": 1, "tokens": 50},
    }
    write(recipe({"llm": llm}))
    told = run("estimate", "recipe.yaml", "--rate", "2")
    assert told.exit_code == 0
    figures = json.loads(run("estimate", "recipe.yaml", "--rate", "2", "--json").stdout)
    assert set(figures) == {"requests", "answered", "input_tokens", "output_tokens", "seconds"}
    assert figures["requests"] > 1
    assert figures["seconds"] == figures["requests"] / 2
    assert f"requests to send  {figures['requests']}\n" in told.stdout
    assert f"`llm.budget.requests: 1` is less than {figures['requests']}" in told.stdout
    assert "`llm.budget.tokens: 50` is less than" in told.stdout
    assert not (home / "work/taxonomy").exists()


def test_estimate_without_a_model(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> None:
    write(recipe({}))
    refused(
        run("estimate", "recipe.yaml"),
        "The block has no `llm:`, so nothing is asked and nothing is sent.",
    )
