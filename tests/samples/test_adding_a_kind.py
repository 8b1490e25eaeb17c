"""A plugin's kind of sample, installed from its page of the documentation, through the public
commands.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.tokenizers_made_here import byte_level_with_bos
from tests.pages import install

BOOK = """# The Bicycle

## Wheels

Wheels are what a bicycle rolls on. There are two of them.

### Rim

A rim is the outer hoop of a wheel. It holds the tyre.

### Spoke

Thirty-six carry a rider. A spoke is a thin rod between hub and rim.

## Brakes

Brakes wear, as all of us do.

### Pad

The pad is the part that presses upon the rim. It is made of rubber.
"""
DEFINITIONS = {
    "Wheels": "Wheels are what a bicycle rolls on.",
    "Rim": "A rim is the outer hoop of a wheel.",
    "Spoke": "A spoke is a thin rod between hub and rim.",
    "Pad": "The pad is the part that presses upon the rim.",
}

Run = Callable[..., str]


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(project / "docs/extending/sample_kinds.md", tmp_path_factory.mktemp("glossary"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one short book and a tokenizer."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("base")
    (folder / "corpus").mkdir()
    (folder / "corpus/bicycle.md").write_text(BOOK, encoding="utf-8")
    byte_level_with_bos().save_pretrained(folder / "tokenizer")
    LlamaConfig().save_pretrained(folder / "tokenizer")
    return folder


@pytest.fixture
def run(site: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """`run(command, ..., scpt={...}, fails=False)`.

    What a command prints for a recipe with this block.
    """
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(base)

    def run(
        command: str, *options: str, scpt: dict[str, Any] | None = None, fails: bool = False
    ) -> str:
        recipe = {
            "base_model": str(base / "tokenizer"),
            "sequence_len": 256,
            "seed": 1,
            "plugins": ["structtuning_plugin.StructTuningPlugin"],
            "structtuning": {"domain": "Bicycles", "corpus": ["corpus"], "scpt": scpt or {}},
        }
        Path("recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        arguments = [command, *(["recipe.yaml"] if command != "schema" else []), *options]
        result = CliRunner().invoke(structtuning, arguments)
        assert (result.exit_code != 0) == fails, result.output
        return result.stderr if fails else result.stdout

    yield run
    sys.modules.pop("my_glossary", None)


def test_the_kind_is_built_counted_and_shown(run: Run) -> None:
    # The preset's kinds, with room for all definitions of a book of few words.
    run = partial(run, scpt={"shares": {"glossary": 0.3}})
    counts = json.loads(run("build", "--json"))["stages"]["scpt"]
    assert counts["samples"]["glossary"] == 4
    assert counts["tokens"]["trained_by_kind"]["glossary"] > 0
    rows = json.loads(run("export", "--what", "scpt", "--format", "json"))
    found = {row["prompt"]: row["completion"] for row in rows if row["kind"] == "glossary"}
    assert found == {f'Definition of "{name}":\n': text for name, text in DEFINITIONS.items()}
    assert {row["template"] for row in rows if row["kind"] == "glossary"} == {"en/glossary/01"}

    shown = run("preview", "--kind", "glossary", "--count", "4")
    for text in DEFINITIONS.values():
        assert f"⟦{text}" in shown
    assert "glossary" in run("preview")
    sample_id = next(row["id"] for row in rows if row["kind"] == "glossary")
    assert json.loads(run("trace", sample_id, "--json"))["kind"] == "glossary"


def test_its_share_limits_it(run: Run) -> None:
    scpt = {"shares": {"glossary": 0.1}, "kinds": ["glossary", "passage"]}
    figures = json.loads(run("build", "--json", scpt=scpt))["stages"]["scpt"]
    assert list(figures["samples"]) == ["glossary", "passage"]
    assert figures["samples"]["glossary"] < 4
    assert figures["dropped"]["share"] == 4 - figures["samples"]["glossary"]
    tokens = figures["tokens"]
    assert tokens["trained_by_kind"]["glossary"] <= 0.1 * tokens["trained"]


def test_names_of_kinds_are_checked_with_it(run: Run) -> None:
    message = run("validate", scpt={"kinds": ["passage", "glosary"]}, fails=True)
    assert (
        "structtuning.scpt.kinds: Unknown kind `glosary`. Did you mean `glossary`? Allowed: "
        "book_map, chapter_map, children, glossary, locate, parent, passage, question, recover, "
        "section_map, siblings, unfold, variant."
    ) in message


def test_the_schema_lists_it(run: Run) -> None:
    keys = json.loads(run("schema"))["$defs"]["ScptConfig"]["properties"]
    assert "glossary" in keys["kinds"]["anyOf"][0]["items"]["enum"]
    assert "glossary" in keys["shares"]["propertyNames"]["enum"]
    assert "`glossary` 0.1" in keys["shares"]["description"]
