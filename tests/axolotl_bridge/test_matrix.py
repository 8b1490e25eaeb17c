"""Through Axolotl's own preparation.

Every row arrives, none too long, the mask exact, the corpus whole.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from structtuning_plugin.build import artifacts
from structtuning_plugin.core.types import Document

pytestmark = pytest.mark.axolotl

# One guide beside the sample textbook as a rule; every book and guide with STRUCTTUNING_TEST_ALL=1
# (half an hour).
BOOKS = (
    "**/structured.md"
    if os.environ.get("STRUCTTUNING_TEST_ALL")
    else "multilingual/zh/*/structured.md"
)


ON_CPU = {
    "micro_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "num_epochs": 1,
    "learning_rate": 0.001,
    "optimizer": "adamw_torch",
    "bf16": False,
    "fp16": False,
    "tf32": False,
    "attn_implementation": "sdpa",
}


@pytest.fixture(scope="module")
def bench(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample textbook, and three tokenizers trained on it with a config of a tiny
    model beside each.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("matrix")
    shutil.copytree(project / "example_configs/corpus", folder / "corpus")
    text = [path.read_text(encoding="utf-8") for path in (folder / "corpus").iterdir()]
    for name in ("plain", "bos", "bare"):
        specials = ["</s>"] if name == "bare" else ["<s>", "</s>", "<pad>"]
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=4096, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator(text, trainer)
        if name == "bos":
            tokenizer.post_processor = processors.TemplateProcessing(
                single="<s> $A", special_tokens=[("<s>", 0)]
            )
        tokens = (
            {"eos_token": "</s>"}
            if name == "bare"
            else {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
        )
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **tokens).save_pretrained(folder / name)
        LlamaConfig(
            vocab_size=4096, hidden_size=16, num_hidden_layers=1, num_attention_heads=2
        ).save_pretrained(folder / name)
    return folder


def prepare(
    bench: Path, monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, Any]
) -> tuple[Any, Any, Any]:
    """The validated config, the tokenizer and the prepared training set, as `axolotl train` has
    them.
    """
    from axolotl.cli.args import TrainerCliArgs
    from axolotl.cli.config import load_cfg
    from axolotl.common.datasets import load_datasets
    from axolotl.integrations.base import PluginManager
    from axolotl.loaders import load_tokenizer

    monkeypatch.chdir(bench)
    path = bench / f"{name}.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    cfg = load_cfg(str(path))
    assert PluginManager.get_instance().load_datasets(cfg, preprocess=False) is None
    return cfg, load_tokenizer(cfg), load_datasets(cfg=cfg, cli_args=TrainerCliArgs()).train_dataset


def rebuild(
    rows: list[dict[str, Any]], decoded: list[str], documents: list[Document]
) -> dict[str, str]:
    """Documents put together again from decoded completions."""
    pieces: dict[str, list[tuple[int, str]]] = {document.id: [] for document in documents}
    for row, text in zip(rows, decoded, strict=True):
        document_id, span = row["chunk_ids"][0].rsplit(":", 1)
        start, end = map(int, span.split("-"))
        # In the preset `paper` the topic's title stands before the chunk.
        pieces[document_id].append((start, text[len(text) - (end - start) :]))
    return {key: "".join(text for _, text in sorted(found)) for key, found in pieces.items()}


def ends_with_eos(rows: list[dict[str, Any]], *, eos_mid_topic: bool) -> list[bool]:
    """Tell for each row that EOS ends it: all but passages that break off within their topic."""
    last_starts: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "passage":
            start = last_starts.get(row["topic_id"], 0)
            last_starts[row["topic_id"]] = max(start, start_of(row))
    return [
        eos_mid_topic or row["kind"] != "passage" or start_of(row) == last_starts[row["topic_id"]]
        for row in rows
    ]


def start_of(row: dict[str, Any]) -> int:
    """Where the passage of a row starts in its document, in characters."""
    return int(row["chunk_ids"][0].rsplit(":", 1)[1].split("-")[0])


@pytest.mark.parametrize(
    ("sequence_len", "preset", "tokenizer"),
    [
        (512, "compact", "plain"),
        (512, "paper", "bos"),
        (2048, "compact", "bos"),
        (2048, "paper", "bare"),
        (8192, "compact", "bare"),
        (8192, "paper", "plain"),
    ],
)
def test_rows(
    bench: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    sequence_len: int,
    preset: str,
    tokenizer: str,
) -> None:
    from structtuning_plugin.axolotl_bridge.codec import codec_for

    data = project.parent / "shared" / "data"
    more = [str(data / BOOKS)] if data.is_dir() else []
    name = f"{tokenizer}-{preset}-{sequence_len}"
    settings = {
        **ON_CPU,
        "base_model": f"./{tokenizer}",
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "structtuning": {
            "domain": "Library",
            "corpus": ["corpus", *more],
            "work_dir": "./work",
            "scpt": {"preset": preset},
        },
        "sequence_len": sequence_len,
        "dataset_prepared_path": f"./prepared-{name}",
        "output_dir": f"./out-{name}",
    }
    cfg, loaded, prepared = prepare(bench, monkeypatch, name, settings)
    codec = codec_for(loaded)
    train_dir = Path(cfg.datasets[0]["path"])
    rows = artifacts.load_rows(train_dir)

    assert set(prepared.column_names) <= {
        "input_ids",
        "attention_mask",
        "labels",
        "length",
        "position_ids",
    }
    assert len(prepared) == len(rows), "nothing was dropped on the way"
    assert max(map(len, prepared["input_ids"])) <= sequence_len

    trained = codec.encode([row["completion"] for row in rows])
    prompts = codec.encode([row["prompt"] for row in rows])
    ends = ends_with_eos(rows, eos_mid_topic=preset == "paper")
    assert [row["eos"] for row in rows] == ends
    assert all(ends) == (preset == "paper")
    closed = [
        [*ids, codec.eos] if is_end else ids for ids, is_end in zip(trained, ends, strict=True)
    ]
    expected = [
        (
            [*codec.prefix, *prompt, *ids],
            [-100] * (len(codec.prefix) + len(prompt)) + ids,
        )
        for prompt, ids in zip(prompts, closed, strict=True)
    ]
    found = [
        (list(ids), list(labels))
        for ids, labels in zip(prepared["input_ids"], prepared["labels"], strict=True)
    ]
    assert sorted(found) == sorted(expected)
    assert [row["trained_tokens"] for row in rows] == [len(ids) for ids in closed]
    assert codec.prefix == ((0,) if tokenizer == "bos" else ())

    documents_dir = next(
        path
        for path in (bench / "work/documents").iterdir()
        if (path / artifacts.DOCUMENTS).is_file()
    )
    documents = artifacts.load_documents(documents_dir)
    passages = [
        (row, ids) for row, ids in zip(rows, trained, strict=True) if row["kind"] == "passage"
    ]
    decoded = [codec.decode(ids) for _, ids in passages]
    assert rebuild([row for row, _ in passages], decoded, documents) == {
        document.id: document.text for document in documents
    }
