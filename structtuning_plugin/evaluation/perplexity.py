"""Texts for perplexity: files, and passages that the recipe holds out of pre-training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.errors import ConfigError, CorpusError
from structtuning_plugin.corpus.decoding import clean, decode

# What `--perplexity` calls the recipe's own held-out text.
HELD_OUT = "held-out"
_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Perplexity:
    """Perplexity of a text; both values are None for a text without tokens.

    `bits_per_byte` (of UTF-8) compares models with different tokenizers.
    """

    perplexity: float | None
    bits_per_byte: float | None
    tokens: int
    texts: int


def texts_of(plan: Plan, names: Sequence[str]) -> dict[str, list[str]]:
    """Load texts by name: the recipe's held-out passages where they are built, then each file.

    Raises:
        ConfigError: If a file cannot be read or is empty, or held-out text is missing.
    """
    held_out = held_out_passages(plan) if names else []
    if HELD_OUT in names and not held_out:
        raise ConfigError(
            f"`--perplexity {HELD_OUT}`: the recipe has no built text held out of pre-training. It "
            "needs the stage `scpt` and "
            "`structtuning.eval`; build it first."
        )
    texts = {HELD_OUT: held_out} if held_out else {}
    return {**texts, **{name: _read(Path(name)) for name in names if name != HELD_OUT}}


def held_out_passages(plan: Plan) -> list[str]:
    """Return the passages that pre-training is evaluated on; none where they are not built."""
    if "scpt" not in plan.block.stage or plan.block.eval is None or not plan.has("scpt"):
        return []
    rows = plan.load_rows("scpt", "eval")
    # Required kinds are the text of the corpus itself.
    return [row["completion"] for row in rows if plan.kinds[row["kind"]].required]


def _read(path: Path) -> list[str]:
    """Read the text of a file, or the field `text` of each of its JSON lines."""
    try:
        text = decode(path.read_bytes()).text
    except (OSError, CorpusError) as error:
        raise ConfigError(f"`--perplexity {path}` cannot be read: {error}") from None
    texts = _of_lines(path, text) if path.suffix.lower() in _LINES else [clean(text)[0]]
    if not any(item.strip() for item in texts):
        raise ConfigError(f"`--perplexity {path}` holds no text.")
    return [item for item in texts if item.strip()]


def _of_lines(path: Path, text: str) -> list[str]:
    texts = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"`--perplexity {path}`, line {number}: no JSON: {error}.") from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise ConfigError(
                f'`--perplexity {path}`, line {number}: an object with `"text": "..."` is needed.'
            )
        texts.append(clean(row["text"])[0])
    return texts
