"""What Axolotl's tokenisation of our rows costs, against `type: completion` on the same text.

    python benchmarks/preprocess.py --tokenizer FOLDER --corpus book.md [--megabytes 2]

Both go through the function that `axolotl preprocess` calls for each dataset, in turn, in one
process; a row is a line with a place and some 2,000 characters of text. The figure is the computing
time per output token, less what a dataset of eight rows takes (`datasets` hashes the tokenizer); our
rows have the tokens of the place besides.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import datasets
from axolotl.datasets import wrap_dataset_for_tokenized_prompt
from axolotl.prompt_strategies import completion
from axolotl.utils.dict import DictDefault
from transformers import AutoTokenizer

from structtuning_plugin.axolotl_bridge import scpt

_CHARACTERS = 2_000
_SEQUENCE_LEN = 2_048
_FEW = 8


def make_rows(corpus: Path, megabytes: float) -> list[dict[str, str]]:
    """Cut a text into rows of a prompt and a completion; repeat it until there is enough."""
    text = corpus.read_text(encoding="utf-8")
    rows: list[dict[str, str]] = []
    turn = 0
    while len(rows) * _CHARACTERS < megabytes * 1e6:
        turn += 1
        for start in range(0, len(text), _CHARACTERS):
            title = f"Library > Shelf {turn} > Book > Section {start}\n\n"
            rows.append({"prompt": title, "completion": text[start : start + _CHARACTERS]})
    return rows[: round(megabytes * 1e6) // _CHARACTERS]


def measure(strategy: Any, rows: list[dict[str, str]], column: str) -> tuple[float, int]:
    """Return the seconds that were computed, and the tokens."""
    with tempfile.TemporaryDirectory() as folder:
        datasets.Dataset.from_list(rows).save_to_disk(folder)
        dataset = datasets.load_from_disk(folder)
        if column:
            dataset = dataset.select_columns([column])
        datasets.disable_caching()
        began = time.process_time()
        tokenised = wrap_dataset_for_tokenized_prompt(strategy, dataset)
        seconds = time.process_time() - began
        return seconds, sum(map(len, tokenised["input_ids"]))


def main() -> None:
    """Measure both in turn, and print the median of their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokenizer", required=True, help="folder of a tokenizer")
    parser.add_argument("--corpus", type=Path, required=True, help="a text file")
    parser.add_argument("--megabytes", type=float, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer)
    settings = DictDefault({"sequence_len": _SEQUENCE_LEN, "train_on_inputs": False})
    ours = scpt.load(tokenizer, settings)
    plain = completion.load(tokenizer, settings, {"field": "completion"})
    rows = make_rows(arguments.corpus, arguments.megabytes)
    datasets.disable_progress_bars()
    ratios = []
    fixed, _ = measure(plain, rows[:_FEW], "completion")
    own_fixed, _ = measure(ours, rows[:_FEW], "")
    print(f"a dataset of {_FEW} rows: completion {fixed:.2f} s, ours {own_fixed:.2f} s")
    for _ in range(arguments.repeats):
        seconds, tokens = measure(plain, rows, "completion")
        own_seconds, own_tokens = measure(ours, rows, "")
        seconds, own_seconds = seconds - fixed, own_seconds - own_fixed
        ratios.append(own_seconds / own_tokens / (seconds / tokens))
        print(
            f"completion {seconds / tokens * 1e6:.2f} us/token of {tokens:,}, "
            f"ours {own_seconds / own_tokens * 1e6:.2f} us/token of {own_tokens:,}, "
            f"ratio {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"median ratio {median(ratios):.2f}")


if __name__ == "__main__":
    main()
