"""Masks of the real TRL on exported rows: those that Axolotl trains with, token by token."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.axolotl_bridge.codec import codec_for
from structtuning_plugin.axolotl_bridge.scpt import encode_rows
from structtuning_plugin.core.types import Message
from structtuning_plugin.export.trl import TrlExporter
from structtuning_plugin.hookspecs import ExportRequest
from tests.axolotl_bridge import tokenizers_made_here as tokenizers

pytestmark = pytest.mark.axolotl

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ROWS = [
    {
        "prompt": f"Bicycles > Part {n}:",
        "completion": f" The brake of wheel {n} turns motion into heat. колесо 车轮",
        "eos": True,
    }
    for n in range(20)
]
# Lines of the prompt end alone in another token than before the completion.
JOINED = [
    {**row, "prompt": f"{row['prompt']}\n\n", "eos": n % 2 == 0} for n, row in enumerate(ROWS)
]
CHATS = [
    {"messages": [{"role": role, "content": f"{role} says {n}"} for role in roles]}
    for n in range(10)
    for roles in (
        ("system", "user", "assistant"),
        ("user", "assistant", "user", "assistant"),
    )
]


def prepared(
    folder: Path,
    tokenizer: Any,
    stage: str,
    rows: Sequence[Mapping[str, Any]],
    file: str = "train.jsonl",
) -> list[tuple[list[int], list[int]]]:
    """Export rows, load them with TRL, and return the ids and labels that it trains with."""
    import datasets
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    codec = codec_for(tokenizer)
    export = ExportRequest(
        folder=folder,
        parts={stage: ("train",)},
        rows=lambda stage, part: rows,
        sequence_len=256,
        codec=codec,
        encode_raw=lambda texts: tokenizer(list(texts))["input_ids"],
        eos_text=tokenizer.eos_token,
    )
    TrlExporter().write(export)
    assert (folder / stage / file).is_file()
    settings = json.loads((folder / stage / "sft_config.json").read_text(encoding="utf-8"))
    arguments = SFTConfig(
        output_dir=str(folder / "out"), use_cpu=True, bf16=False, report_to=[], **settings
    )
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
        )
    )
    data = datasets.Dataset.from_json(str(folder / stage / file), cache_dir=str(folder / "cache"))
    trainer = SFTTrainer(
        model=model, args=arguments, train_dataset=data, processing_class=tokenizer
    )
    return [(row["input_ids"], row["labels"]) for row in trainer.train_dataset]


def encoded(tokenizer: Any, rows: Sequence[Mapping[str, Any]]) -> list[tuple[list[int], list[int]]]:
    """Return the ids and labels that we train with."""
    prompts, completions = ([str(row[key]) for row in rows] for key in ("prompt", "completion"))
    ours = encode_rows(
        codec_for(tokenizer), prompts, completions, [bool(row["eos"]) for row in rows]
    )
    return list(zip(ours["input_ids"], ours["labels"], strict=True))


def test_text_of_prompts_and_completions(tmp_path: Path) -> None:
    tokenizer = tokenizers.byte_level_with_bos()
    assert prepared(tmp_path, tokenizer, "scpt", ROWS) == encoded(tokenizer, ROWS)
    assert not (tmp_path / "scpt/train_tokens.jsonl").exists()


@pytest.mark.parametrize("name", ["byte_level", "byte_level_with_bos"])
def test_tokens_of_prompts_and_completions(tmp_path: Path, name: str) -> None:
    tokenizer = getattr(tokenizers, name)()
    rows = prepared(tmp_path, tokenizer, "scpt", JOINED, "train_tokens.jsonl")
    assert rows == encoded(tokenizer, JOINED)


def test_conversations(tmp_path: Path) -> None:
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat

    tokenizer = tokenizers.byte_level(
        specials=("<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>")
    )
    tokenizer.chat_template = CHATML
    chat = AxolotlChat(
        {"chat_template": "tokenizer_default", "eot_tokens": ["<|im_end|>"], "sequence_len": 256},
        tokenizer,
    )
    ours = []
    for row in CHATS:
        fields = chat.tokenised([Message(**turn) for turn in row["messages"]])
        ours.append((fields["input_ids"], fields["labels"]))
    assert prepared(tmp_path, tokenizer, "ssft", CHATS) == ours
