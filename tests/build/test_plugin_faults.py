"""Plugins that fail in a build: one message, status 1, no artifact."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from tests.axolotl_bridge.tokenizers_made_here import byte_level_with_bos

PLUGIN = """
from structtuning_plugin.core.types import Document, Outline, ReadResult
from structtuning_plugin.hookspecs import hookimpl


class LogReader:
    name = "log"
    suffixes = (".log",)

    def read(self, request):
        if "broken" in request.text:
            return {}["entries"]
        return ReadResult(documents=(
            Document(id=request.document_id, text=request.text, title="Log", language=None),
        ))


class HalfExtractor:
    name = "half"

    def check_options(self, options):
        pass

    async def extract(self, document, context):
        half = len(document.text) // 2
        return Outline(title="Half", start=0, own_end=half, end=half, source="half")


@hookimpl
def register_readers():
    return [LogReader()]


@hookimpl
def register_taxonomy_extractors():
    return [HalfExtractor()]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a tokenizer, where the distribution `odd-plugin` 0.1 is installed."""
    from transformers import LlamaConfig

    installed = tmp_path / "site" / "odd_plugin-0.1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: odd-plugin\nVersion: 0.1\n", encoding="utf-8"
    )
    (installed / "entry_points.txt").write_text("[structtuning]\nodd = odd_plugin\n")
    (tmp_path / "site" / "odd_plugin.py").write_text(PLUGIN, encoding="utf-8")
    byte_level_with_bos().save_pretrained(tmp_path / "tokenizer")
    LlamaConfig().save_pretrained(tmp_path / "tokenizer")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("odd_plugin", None)


def build(file: str, text: str, extractor: str = "headings") -> tuple[int, str, str]:
    """Build a corpus of one file; return the status, stdout and stderr."""
    Path("corpus").mkdir()
    Path("corpus", file).write_text(text, encoding="utf-8")
    recipe = {
        "base_model": "tokenizer",
        "sequence_len": 256,
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "structtuning": {
            "domain": "Bicycles",
            "corpus": ["corpus"],
            "work_dir": "work",
            "taxonomy": {"extractor": extractor},
        },
    }
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    result = CliRunner().invoke(structtuning, ["build", "recipe.yaml"])
    return result.exit_code, result.stdout, result.stderr


def test_a_plugin_that_cannot_be_imported(folder: Path) -> None:
    (folder / "site" / "odd_plugin.py").write_text("raise RuntimeError('no licence')\n")
    status, _, stderr = build("a.md", "# Oil\n\nA chain wants oil.\n")
    assert status == 1
    assert stderr.splitlines()[-1] == (
        "Error: The plugin odd-plugin 0.1 (entry point `odd = odd_plugin`) cannot be used: "
        "RuntimeError (no licence). Report this to the plugin's authors, or uninstall it."
    )
    assert artifacts_of(folder) == []


def artifacts_of(folder: Path) -> list[str]:
    stages = ("documents", "taxonomy", "scpt", "tmp")
    return [stage for stage in stages for _ in (folder / "work" / stage).glob("*")]


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("broken", "raised KeyError ('entries') in `read` for a.log. Expected: a `ReadResult`"),
        (
            "fine",
            "returned a `Document` whose `language` is None from `read` for a.log. Expected: "
            "`language` is the code of a language, such as `en`",
        ),
    ],
)
def test_a_reader(folder: Path, text: str, event: str) -> None:
    status, _, stderr = build("a.log", text)
    assert status == 1
    assert stderr.splitlines()[-1] == (
        f"Error: The reader `log` (plugin odd-plugin 0.1, hook `register_readers`) {event}. Report "
        "this to the plugin's authors, or name another reader in `corpus[].format`."
    )
    assert "Traceback" not in stderr
    assert artifacts_of(folder) == []


def test_an_extractor(folder: Path) -> None:
    status, _, stderr = build("a.md", "# Oil\n\nA chain wants oil.\n", extractor="half")
    assert status == 1
    assert stderr.splitlines()[-1] == (
        "Error: The extractor `half` (plugin odd-plugin 0.1, hook `register_taxonomy_extractors`) "
        "returned a wrong `Outline` (The outline of a.md covers 0..9 of 0..18) from `extract` for "
        "a.md. Expected: an outline that covers 0..18 once and in order. Report this to the "
        "plugin's authors, or name another extractor in `taxonomy.extractor`."
    )
    assert "Traceback" not in stderr
    assert artifacts_of(folder) == ["documents"]
