"""Packages of the pages in docs/extending, installed once, and commands that build with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.tokenizers_made_here import byte_level_with_bos
from tests.pages import install

Install = Callable[[str], None]


class Workplace:
    """A folder with a tokenizer, a corpus and a recipe; commands run in it."""

    def __init__(self, folder: Path, tokenizer: Path) -> None:
        self.folder = folder
        self._tokenizer = tokenizer

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def recipe(self, **block: Any) -> None:
        """Write a recipe; `block` is the rest of its block."""
        own = {"domain": "Bicycles", "corpus": ["corpus"], "work_dir": "work", **block}
        recipe = {
            "base_model": str(self._tokenizer),
            "sequence_len": 256,
            "seed": 1,
            "plugins": ["structtuning_plugin.StructTuningPlugin"],
            "structtuning": own,
        }
        self.write("recipe.yaml", yaml.safe_dump(recipe))

    def run(self, command: str, *options: str, fails: bool = False) -> str:
        """Run a command; return what it prints, or the error that it must print."""
        result = CliRunner().invoke(structtuning, [command, "recipe.yaml", *options])
        assert (result.exit_code != 0) == fails, result.output
        return result.stderr if fails else result.stdout

    def figures(self) -> dict[str, Any]:
        """Build, and return the figures of the build."""
        figures: dict[str, Any] = json.loads(self.run("build", "--json"))
        return figures

    def export(self, what: str) -> Any:
        """Return a part of the build."""
        return json.loads(self.run("export", "--what", what, "--format", "json"))


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("tokenizer")
    byte_level_with_bos().save_pretrained(folder)
    LlamaConfig().save_pretrained(folder)
    return folder


@pytest.fixture
def workplace(tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.chdir(tmp_path)
    return Workplace(tmp_path, tokenizer)


@pytest.fixture
def installed(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """`installed(page)`: the package of the page can be imported until the test ends."""
    names: set[str] = set()

    def put(page: str) -> None:
        site = install(project / "docs/extending" / page, tmp_path / "package")
        names.update(path.name for path in site.iterdir() if (path / "__init__.py").is_file())
        monkeypatch.syspath_prepend(str(site))

    yield put
    for name in names:
        sys.modules.pop(name, None)
