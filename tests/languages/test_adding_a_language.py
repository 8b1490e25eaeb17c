"""A plugin's language, installed from its page of the documentation, with public names alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from structtuning_plugin import languages
from structtuning_plugin.cli import structtuning
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.corpus.chunking import sentences
from structtuning_plugin.plugins import build_plugin_manager, qa_formats
from tests.axolotl_bridge.tokenizers_made_here import byte_level_with_bos
from tests.pages import install

BOOK = """# A bicicleta

## Capítulo 1: Rodas

As rodas tocam o chão. São duas.

### Aro

O aro é um arco de metal que segura o pneu da roda. Veja a pág. 3 do manual para mais detalhes.

### Raio

O raio é uma haste fina que liga o cubo ao aro. Cada roda tem trinta e seis.

## Gabarito

A, C, D.
"""
QUESTION = {
    "question": "De que material é o aro que segura o pneu da roda?",
    "answer": "metal",
    "explanation": "O aro é um arco de metal.",
    "language": "portuguese",
}

Run = Callable[..., str]


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(
        project / "docs/extending/languages.md", tmp_path_factory.mktemp("my_portuguese")
    )


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The plugin is on the path, and its language is registered."""
    monkeypatch.syspath_prepend(str(site))
    build_plugin_manager()
    yield
    sys.modules.pop("my_portuguese", None)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one short book, one question and a tokenizer."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("base")
    (folder / "corpus").mkdir()
    (folder / "corpus/bicicleta.md").write_text(BOOK, encoding="utf-8")
    (folder / "qa.jsonl").write_text(json.dumps(QUESTION), encoding="utf-8")
    byte_level_with_bos().save_pretrained(folder / "tokenizer")
    LlamaConfig().save_pretrained(folder / "tokenizer")
    return folder


@pytest.fixture
def run(installed: None, base: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run(command, ..., block={...})`: the output of a command for a recipe with this block."""
    monkeypatch.chdir(base)

    def run(command: str, *options: str, block: dict[str, Any] | None = None) -> str:
        corpus = [{"path": "corpus", "language": "pt"}]
        recipe = {
            "base_model": str(base / "tokenizer"),
            "sequence_len": 512,
            "seed": 1,
            "chat_template": "chatml",
            "plugins": ["structtuning_plugin.StructTuningPlugin"],
            "structtuning": {"domain": "Bicicletas", "corpus": corpus, **(block or {})},
        }
        Path("recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        result = CliRunner().invoke(structtuning, [command, "recipe.yaml", *options])
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_samples_have_its_wordings_and_titles(run: Run) -> None:
    # With room for the paths of a book of few words.
    block = {"scpt": {"shares": {"locate": 0.3}}}
    run("build", block=block)
    rows = json.loads(run("export", "--what", "scpt", "--format", "json", block=block))
    located = {row["prompt"]: row["completion"] for row in rows if row["kind"] == "locate"}
    # "Gabarito" is back matter, and the number of a chapter is no part of its title.
    assert located == {
        f"“{name}” ocupa em “Bicicletas” o seguinte lugar:\n": path
        for name, path in {
            "A bicicleta": "Bicicletas > A bicicleta",
            "Rodas": "A bicicleta > Rodas",
            "Aro": "Rodas > Aro",
            "Raio": "Rodas > Raio",
        }.items()
    }
    # Pools without a Portuguese wording are worded in English.
    assert {row["template"].split("/")[0] for row in rows} == {"pt", "en"}


def test_questions_have_its_wording_and_its_marker(run: Run) -> None:
    block = {
        "stage": "ssft",
        "ssft": {"qa": [{"path": "qa.jsonl"}], "kinds": ["answer", "reasoned"]},
    }
    run("build", block=block)
    rows = json.loads(run("export", "--what", "ssft", "--format", "json", block=block))
    turns = {row["kind"]: [turn["content"] for turn in row["messages"][-2:]] for row in rows}
    assert turns["answer"] == [
        f"{QUESTION['question']}\n\nResponda apenas com a resposta.",
        "metal",
    ]
    assert turns["reasoned"][1].endswith("O aro é um arco de metal.\n\nResposta: metal")


def test_its_sentences_end_where_they_should(installed: None) -> None:
    text = "Veja a pág. 3 do manual. O aro é de metal."
    assert [text[:end] for end in sentences(text, "pt")] == ["Veja a pág. 3 do manual. "]


def test_its_stop_words_are_available(installed: None) -> None:
    assert {"o", "das", "também"} <= languages.get("pt").lexicon.function


def test_its_markers_are_graded(installed: None) -> None:
    formats = qa_formats(build_plugin_manager())
    options = (("A", "aço"), ("B", "madeira"))
    pair = QAPair(
        id="1",
        format="mmedbench",
        question="?",
        options=options,
        answers=("aço",),
        correct=("A",),
        language="pt",
    )
    grade = formats["mmedbench"].grade
    assert grade(pair, "A madeira racha; portanto a alternativa correta é A") == 1
    assert grade(pair, "Resposta: B") == 0
    assert formats["mmedbench"].answer(pair)
