"""A structuring model from books with headings, as `example_configs/structurizer.yaml` has it.

Export, then Axolotl's trainer.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from structtuning_plugin.taxonomy.llm_extraction.prompts import schema

pytestmark = [pytest.mark.axolotl, pytest.mark.training]

# What a CPU and a model of a few million parameters need; all else is the recipe's.
ON_A_CPU = {
    "base_model": "./tiny",
    "special_tokens": {"pad_token": "<pad>"},
    "sequence_len": 1536,
    "optimizer": "adamw_torch",
    "attn_implementation": "sdpa",
    "bf16": False,
    # Axolotl turns its Triton kernels on by itself, and they need CUDA.
    "lora_mlp_kernel": False,
    "lora_qkv_kernel": False,
    "lora_o_kernel": False,
    "lora_embedding_kernel": False,
    "dataset_num_proc": 1,  # processes take seconds to start
    "max_steps": 2,
}

# Every turn ends with EOS, so that training all of them would show.
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
TRAIN, HELD_OUT = Path("outputs/structurizer.jsonl"), Path("outputs/structurizer.held_out.jsonl")


def run(folder: Path, *command: str) -> str:
    """The output of `python -m ...`, which must succeed.

    One thread: on a busy machine two that wait for each other at every small step take four times
    as long.
    """
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=env, capture_output=True, text=True
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return output


def recipe(project: Path, name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((project / f"example_configs/{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def save(path: Path, settings: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_books(sample: Path, folder: Path) -> None:
    """Three books, each of two chapters of the sample textbook."""
    _, *chapters = re.split(r"(?m)^(?=## )", sample.read_text(encoding="utf-8"))
    folder.mkdir()
    for number, first in enumerate((4, 2, 0)):  # the longest is the first to be held out
        text = "".join(chapters[first : first + 2])
        (folder / f"{number}.md").write_text(f"# Volume {number + 1}\n\n{text}", encoding="utf-8")


@pytest.fixture(scope="module")
def bench(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model that has a chat template, three books, and what the export made of
    them.
    """
    folder = tmp_path_factory.mktemp("structurizer")
    subprocess.run(
        [sys.executable, str(project / "example_configs/make_tiny_model.py"), str(folder / "tiny")],
        check=True,
        capture_output=True,
    )
    (folder / "tiny/chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    write_books(project / "example_configs/corpus/the_bicycle.md", folder / "books")
    (folder / "outputs").mkdir()

    exported = {**recipe(project, "lora"), **ON_A_CPU}
    exported["structtuning"] |= {
        "corpus": ["books"],
        "taxonomy": {"options": {"window_tokens": 600}},
    }
    save(folder / "lora.yaml", exported)
    options = ("--what", "structurizer", "--held-out", "0.3", "-o", str(TRAIN))
    said = run(folder, "structtuning_plugin", "export", "lora.yaml", *options)
    assert "longer than `sequence_len" not in said
    return folder


def test_books_are_exported_whole_and_apart(bench: Path) -> None:
    train, held_out = rows_of(bench / TRAIN), rows_of(bench / HELD_OUT)
    books = [{row["document_id"] for row in rows} for rows in (train, held_out)]
    assert 0 < len(held_out) < len(train)
    assert books[0] | books[1] == {"0.md", "1.md", "2.md"}
    assert not books[0] & books[1]
    assert {row["held_out"] for row in train} == {False}
    assert {row["held_out"] for row in held_out} == {True}


def test_rows_ask_about_text_without_headings(bench: Path) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (bench / "books").glob("*.md"))
    headings = set(re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", sources)))
    assert len(headings) > 30
    rows = [*rows_of(bench / TRAIN), *rows_of(bench / HELD_OUT)]
    assert {row["kind"] for row in rows} == {"points", "sections", "title"}
    answered: set[str] = set()
    for row in rows:
        assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
        asked, answer = row["messages"][1]["content"], json.loads(row["messages"][2]["content"])
        assert not re.search(r"(?m)^\s*#", asked)
        # Numbered titles are what the questions about sections are about; those about paragraphs
        # show none.
        items = {
            re.sub(r"^\d+\. ", "", line) for line in asked.splitlines() if row["kind"] == "points"
        }
        assert not headings & items
        properties = schema(row["kind"])["properties"]
        assert set(answer) == set(properties)
        groups = answer.get("groups", [])
        assert all(
            set(group) == set(properties["groups"]["items"]["properties"]) for group in groups
        )
        answered |= {group["title"] for group in groups}
    assert headings - answered <= {"Volume 1", "Volume 2", "Volume 3"}, (
        "each heading but a book's title is an answer"
    )


def assert_only_the_answer_is_trained(
    prepared: dict[str, list[int]], messages: Sequence[dict[str, str]], tokenizer: Any
) -> None:
    ids, labels = prepared["input_ids"], prepared["labels"]
    trained = [place for place, label in enumerate(labels) if label != -100]
    first, after = trained[0], trained[-1] + 1
    assert trained == list(range(first, after))
    assert labels[first:after] == ids[first:after]
    assert tokenizer.decode(ids[first:after]) == messages[-1]["content"] + tokenizer.eos_token
    asked = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
    assert tokenizer.decode(ids[:first]) == asked
    assert tokenizer.decode(ids[after:]) == "\n"


def test_axolotl_trains_on_the_answers_alone(project: Path, bench: Path) -> None:
    from datasets import load_from_disk
    from transformers import AutoTokenizer

    save(bench / "structurizer.yaml", {**recipe(project, "structurizer"), **ON_A_CPU})
    said = run(bench, "axolotl.cli.main", "train", "structurizer.yaml", "--launcher", "python")
    assert "eval_loss" in said
    assert "EOS token" not in said, "Axolotl warns of a chat template without EOS"
    assert (bench / "outputs/structurizer/adapter_model.safetensors").is_file()

    tokenizer = AutoTokenizer.from_pretrained(bench / "tiny")
    saved = [
        load_from_disk(str(path.parent)) for path in bench.glob("last_run_prepared/*/state.json")
    ]
    prepared = {len(rows): rows for rows in saved}
    for path in (TRAIN, HELD_OUT):
        rows = rows_of(bench / path)
        messages = {row["messages"][-1]["content"]: row["messages"] for row in rows}
        assert len(prepared[len(rows)]) == len(messages), (
            "no row is dropped, no answer stands twice"
        )
        for entry in prepared[len(rows)]:
            answer = tokenizer.decode(
                [label for label in entry["labels"] if label != -100], skip_special_tokens=True
            )
            assert_only_the_answer_is_trained(entry, messages[answer], tokenizer)
