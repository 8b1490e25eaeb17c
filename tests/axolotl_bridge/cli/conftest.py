"""The commands, as users type them.

How they are run, a recipe that was built, and how a refusal looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.conftest import Host, MakeRecipe, Recipe, WriteRecipe
from tests.axolotl_bridge.questions import CHAT, write_questions

Run = Callable[..., Result]

SUMMARY = {
    *(
        "documents",
        "languages",
        "same_text_as_another",
        "topics_per_level",
        "topics_by_source",
        "documents_without_headings",
        "headings",
        "doubtful_levels",
        "dropped_by_readers",
    ),
    *(
        "chunks",
        "corpus_tokens",
        "longest_chunk",
        "chunks_under_16_tokens",
        "llm",
        "sequence_len",
        "stages",
    ),
}
# Of every stage that makes rows, and of one alone.
ROWS = {
    *(
        "train_dir",
        "eval_dir",
        "samples",
        "eval_samples",
        "tokens",
        "longest_sample",
        "wordings_in_english_for",
        "dropped",
    ),
    "dropped_file",
}
OF_SCPT = {*ROWS, "overhead", "facts"}
OF_SSFT = {
    *ROWS,
    *(
        "questions",
        "linked",
        "held_out_questions",
        "removed_for_holdout",
        "shapes_of_walks",
        "walks_per_chapter",
        "facts",
    ),
}
TOKENS = {"prompt", "trained", "trained_by_kind", "total", "held_out"}


@pytest.fixture
def run(host: Host) -> Run:
    """A command in this process.

    A traceback would be an exception of another kind than SystemExit.
    """

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


BOOK = """# The Bicycle

## Wheels

This chapter is about wheels.

### Rims

A rim holds the tyre. It is true when it turns without leaving its plane.

### Spokes

A spoke is pulled, never pushed. Thirty-six of them carry a rider.

## Brakes

### Rim brakes

Two pads press upon the rim and turn motion into heat.

### Disc brakes

A disc is small and stays dry, so it brakes in rain as in sun.

### Bells
"""
ASKED = (
    {
        "question": "How many spokes carry a rider, pulled and never pushed?",
        "answer": "Thirty-six.",
        "explanation": "Each is pulled.",
    },
    {"question": "Does a small disc that stays dry brake in rain as in sun?", "answer": "It does."},
    {"question": "Who reigned over Bohemia when Rabbi Loew wrote?", "answer": "Rudolf the Second."},
    {"question": "What do two pads press upon?", "answer": "Upon the rim."},
)
HELD_OUT = ({"question": "Upon what do two pads press?", "answer": "The rim."},)


@pytest.fixture
def asking(recipe: MakeRecipe, home: Path, corpus: Path) -> Callable[..., Recipe]:
    """`asking(ssft={...}, key=value)`.

    A recipe with questions about one short book, one of which is held out.
    """
    for path in corpus.iterdir():
        path.unlink()
    (corpus / "book.md").write_text(BOOK, encoding="utf-8")
    write_questions(home, ASKED)
    write_questions(home, HELD_OUT, "exam.jsonl")

    def make(ssft: dict[str, Any] | None = None, **block: Any) -> Recipe:
        settings = {
            "qa": ["questions.jsonl"],
            "holdout": ["exam.jsonl"],
            "kinds": ["answer", "reasoned"],
            "passages": 1,
        }
        return recipe({"stage": "ssft", "ssft": {**settings, **(ssft or {})}, **block}, **CHAT)

    return make


@pytest.fixture
def answered(run: Run, asking: Callable[..., Recipe], write: WriteRecipe) -> str:
    """Such a recipe, built.

    Three questions that are trained on, two of them linked to a knowledge point.
    """
    write(asking())
    assert run("build", "recipe.yaml").exit_code == 0
    return "recipe.yaml"
