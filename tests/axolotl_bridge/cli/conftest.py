"""The commands, as users type them: how they are run, a recipe that was built, and how a refusal looks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.conftest import Host, MakeRecipe, WriteRecipe

Run = Callable[..., Result]

SUMMARY = {
    *("train_dir", "eval_dir", "documents", "languages", "same_text_as_another", "topics_per_level", "topics_by_source"),
    *("documents_without_headings", "chunks", "longest_chunk", "chunks_under_16_tokens", "samples", "eval_samples"),
    *("llm", "tokens", "overhead", "longest_sample", "sequence_len", "wordings_in_english_for", "dropped", "dropped_file"),
}


@pytest.fixture
def run(host: Host) -> Run:
    """A command in this process; a traceback would be an exception of another kind than SystemExit."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(structtuning, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


@pytest.fixture
def built(run: Run, recipe: MakeRecipe, write: WriteRecipe) -> str:
    """A recipe with evaluation, built."""
    write(recipe({"eval": {"share": 0.2}, "scpt": {"map_tokens": 64}}, sequence_len=320))
    assert run("build", "recipe.yaml").exit_code == 0
    return "recipe.yaml"


def refused(result: Result, message: str) -> None:
    """One message, exit status 1, nothing on standard output, no traceback."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.stderr
