"""The dataset type: exact ids, mask and labels, by the strategy alone and through Axolotl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import BudgetError, ConfigError
from tests.axolotl_bridge import tokenizers_made_here as tokenizers
from tests.axolotl_bridge.conftest import TYPE, MakeRecipe

pytestmark = pytest.mark.axolotl

PROMPT, COMPLETION = "Bicycles > Brakes\n\n", "A brake turns."


def strategy_of(tokenizer: Any, sequence_len: int = 256) -> Any:
    from axolotl.prompt_strategies import load
    from axolotl.utils.dict import DictDefault

    return load(TYPE, tokenizer, DictDefault(sequence_len=sequence_len), DictDefault(type=TYPE))


def dataset(**columns: list[Any]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(columns)


def tokenized(tokenizer: Any, rows: Any, sequence_len: int = 256) -> Any:
    """As Axolotl wraps a dataset."""
    from axolotl.datasets import wrap_dataset_for_tokenized_prompt

    return wrap_dataset_for_tokenized_prompt(
        strategy_of(tokenizer, sequence_len), rows, process_count=1, keep_in_memory=True
    )


def test_ids_mask_and_labels_are_exact() -> None:
    tokenizer = tokenizers.byte_level_with_bos()
    prompt = tokenizer.encode(PROMPT, add_special_tokens=False)
    completion = tokenizer.encode(COMPLETION, add_special_tokens=False)

    row = strategy_of(tokenizer).tokenize_prompt({"prompt": [PROMPT], "completion": [COMPLETION]})

    ids = [tokenizer.bos_token_id, *prompt, *completion, tokenizer.eos_token_id]
    assert row == {
        "input_ids": [ids],
        "attention_mask": [[1] * len(ids)],
        "labels": [[-100] * (1 + len(prompt)) + [*completion, tokenizer.eos_token_id]],
    }


def test_without_bos_the_row_starts_with_the_prompt() -> None:
    tokenizer = tokenizers.neither_bos_nor_pad()
    row = strategy_of(tokenizer).tokenize_prompt({"prompt": [PROMPT], "completion": [COMPLETION]})
    ids = row["input_ids"][0]
    assert tokenizer.decode(ids) == PROMPT + COMPLETION + "<eos>"
    assert row["labels"][0][: len(tokenizer.encode(PROMPT))] == [-100] * len(
        tokenizer.encode(PROMPT)
    )


def test_rows_are_independent_and_eos_can_be_left_out() -> None:
    tokenizer = tokenizers.byte_level_with_bos()
    strategy = strategy_of(tokenizer)
    assert strategy.supports_batched
    prompts, completions, eos = [PROMPT, "", "x"], ["One.", "Two.", ""], [True, False, True]

    batch = strategy.tokenize_prompt({"prompt": prompts, "completion": completions, "eos": eos})

    for index in range(3):
        alone = strategy.tokenize_prompt(
            {"prompt": [prompts[index]], "completion": [completions[index]], "eos": [eos[index]]}
        )
        assert {name: values[index : index + 1] for name, values in batch.items()} == alone
    first, second, third = batch["input_ids"]
    assert first[-1] == third[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(second) == "<s>Two."
    assert batch["labels"][1] == [-100, *second[1:]]
    assert [label for label in batch["labels"][2] if label != -100] == [tokenizer.eos_token_id]


def test_text_that_looks_like_control_tokens_is_text() -> None:
    tokenizer = tokenizers.chat()
    row = strategy_of(tokenizer).tokenize_prompt(
        {"prompt": ["<|im_start|>system\n"], "completion": ["evil<|im_end|><think>"]}
    )
    ids = row["input_ids"][0]
    assert (
        [i for i in ids if i in tokenizer.added_tokens_decoder]
        == [tokenizer.eos_token_id]
        == ids[-1:]
    )


def test_three_columns_come_out_of_map_whatever_went_in() -> None:
    rows = dataset(
        id=["a", "b"], kind=["passage", "locate"], prompt=[PROMPT, "x"], completion=[COMPLETION, "y"], eos=[True, False],
        prompt_tokens=[3, 1], chunk_ids=[["1"], []], doc_id=[1, 2],
    )  # fmt: skip
    made = tokenized(tokenizers.byte_level(), rows)
    assert made.column_names == ["input_ids", "attention_mask", "labels"]
    assert [
        len(row["input_ids"]) == len(row["attention_mask"]) == len(row["labels"]) for row in made
    ] == [True, True]


def test_map_gives_what_the_strategy_gives() -> None:
    tokenizer = tokenizers.llama2()
    prompts, completions = (
        [f"{PROMPT}{i}" for i in range(2500)],
        [f"{COMPLETION} {i} 自" for i in range(2500)],
    )
    made = tokenized(tokenizer, dataset(prompt=prompts, completion=completions))
    whole = strategy_of(tokenizer).tokenize_prompt({"prompt": prompts, "completion": completions})
    assert made.to_dict() == whole


@pytest.mark.parametrize("excess", [1, 10])
def test_a_row_that_would_be_dropped_is_an_error(excess: int) -> None:
    tokenizer = tokenizers.byte_level_with_bos()
    batch = {"id": ["passage/1"], "prompt": [PROMPT], "completion": [COMPLETION]}
    length = len(strategy_of(tokenizer).tokenize_prompt(batch)["input_ids"][0])
    assert strategy_of(tokenizer, length).tokenize_prompt(batch)
    with pytest.raises(
        BudgetError,
        match=rf"row 'passage/1' has {length} tokens, but sequence_len is {length - excess}",
    ):
        strategy_of(tokenizer, length - excess).tokenize_prompt(batch)
    del batch["id"]
    with pytest.raises(BudgetError, match="row 'Bicycles > Brakes"):
        strategy_of(tokenizer, length - excess).tokenize_prompt(batch)


@pytest.mark.parametrize(
    ("missing", "present"), [("prompt", "completion"), ("completion", "prompt")]
)
def test_a_missing_column_is_an_error_that_lists_what_there_is(missing: str, present: str) -> None:
    with pytest.raises(
        ConfigError, match=f"columns `prompt` and `completion`; it has: {present}, text"
    ):
        tokenized(tokenizers.byte_level(), dataset(**{present: ["a"], "text": ["b"]}))


def test_a_tokenizer_without_eos_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no EOS token"):
        strategy_of(tokenizers.byte_level(specials=["<s>"], eos=None, pad=None))  # type: ignore[arg-type]


def test_the_version_changes_the_fingerprint_of_map(monkeypatch: pytest.MonkeyPatch) -> None:
    from structtuning_plugin.axolotl_bridge import scpt

    rows = dataset(prompt=["a"], completion=["b"])
    tokenizer = tokenizers.byte_level()

    def fingerprint() -> str:
        made = rows.map(
            strategy_of(tokenizer).tokenize_prompt, batched=True, remove_columns=rows.column_names
        )
        return str(made._fingerprint)

    first = fingerprint()
    assert fingerprint() == first
    monkeypatch.setattr(scpt, "VERSION", scpt.VERSION + 1)
    assert fingerprint() != first


def test_by_hand_in_a_recipe_without_the_plugin(host: Any, recipe: MakeRecipe, home: Path) -> None:
    tokenizer = tokenizers.byte_level_with_bos()
    rows: list[dict[str, Any]] = [
        {"prompt": f"{PROMPT}{i}\n", "completion": COMPLETION, "eos": i % 2 == 0, "note": "x"}
        for i in range(6)
    ]
    (home / "own.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    cfg = host.load(
        recipe(
            plugins=None, structtuning=None, sample_packing=False, seed=1,
            datasets=[{"path": "own.jsonl", "ds_type": "json", "type": TYPE}],
        )
    )  # fmt: skip

    from axolotl.cli.args import TrainerCliArgs
    from axolotl.common.datasets import load_datasets

    made = load_datasets(cfg=cfg, cli_args=TrainerCliArgs()).train_dataset

    expected = sorted(
        "<s>" + row["prompt"] + COMPLETION + ("</s>" if row["eos"] else "") for row in rows
    )
    assert sorted(tokenizer.decode(row["input_ids"]) for row in made) == expected
    for row in made:
        trained = [label for label in row["labels"] if label != -100]
        assert tokenizer.decode(trained).removesuffix("</s>") == COMPLETION
