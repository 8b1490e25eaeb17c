r"""Dataset type `structtuning_plugin.axolotl_bridge.scpt`: loss on completion and EOS only.

    {"prompt": "Bicycles > Brakes\n\n", "completion": "A brake turns..."}
        ->  input_ids  BOS  Bicycles  >  Brakes  A  brake  turns ...  EOS
            labels    -100   -100   -100  -100   A  brake  turns ...  EOS

It can be used by hand as the `type:` of a dataset with these two columns (and an optional boolean
column `eos`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axolotl.prompt_tokenizers import PromptTokenizingStrategy

from structtuning_plugin.axolotl_bridge.codec import codec_for
from structtuning_plugin.core.errors import BudgetError, ConfigError
from structtuning_plugin.core.tokens import Codec

IGNORED = -100

# `datasets` caches by the bytes of the strategy, which a change of this module's code does not
# touch: raise it then.
VERSION = 1


def encode_rows(
    codec: Codec, prompts: Sequence[str], completions: Sequence[str], eos: Sequence[bool]
) -> dict[str, list[list[int]]]:
    """Encode rows to `input_ids`, `attention_mask` and `labels`.

    Prompt and completion are encoded separately, so the mask is exact.
    """
    rows: dict[str, list[list[int]]] = {"input_ids": [], "attention_mask": [], "labels": []}
    for prompt, completion, ends in zip(
        codec.encode(prompts), codec.encode(completions), eos, strict=True
    ):
        masked = [*codec.prefix, *prompt]
        trained = [*completion, codec.eos] if ends else completion
        rows["input_ids"].append(masked + trained)
        rows["attention_mask"].append([1] * (len(masked) + len(trained)))
        rows["labels"].append([IGNORED] * len(masked) + trained)
    return rows


class ScptStrategy(PromptTokenizingStrategy):  # type: ignore[misc]  # axolotl has no types
    """Strategy that encodes batches of rows; rows that Axolotl would drop are an error."""

    version = VERSION

    def __init__(self, tokenizer: Any, sequence_len: int) -> None:
        super().__init__(None, tokenizer, sequence_len=sequence_len)
        self._codec = codec_for(tokenizer)
        self.version = VERSION

    @property
    def supports_batched(self) -> bool:
        """Tell Axolotl that rows are encoded in batches."""
        return True

    def tokenize_prompt(self, prompt: dict[str, list[Any]]) -> dict[str, list[list[int]]]:
        """Encode a batch of rows.

        Raises:
            BudgetError: If a row is longer than the recipe's `sequence_len`.
            ConfigError: If a column is missing.
        """
        for column in ("prompt", "completion"):
            if column not in prompt:
                raise ConfigError(
                    "A dataset of this type needs the columns `prompt` and `completion`; it has: "
                    f"{', '.join(prompt) or 'none'}."
                )
        eos = prompt.get("eos") or [True] * len(prompt["prompt"])
        rows = encode_rows(self._codec, prompt["prompt"], prompt["completion"], eos)
        for index, ids in enumerate(rows["input_ids"]):
            if len(ids) > self.sequence_len:
                name = prompt["id"][index] if "id" in prompt else prompt["prompt"][index][:60]
                raise BudgetError(
                    f"The row {name!r} has {len(ids)} tokens, but sequence_len is "
                    f"{self.sequence_len}; it would be dropped. "
                    "Build again with this sequence_len and tokenizer, or shorten it."
                )
        return rows


def load(tokenizer: Any, cfg: Any, ds_cfg: Any = None) -> ScptStrategy:
    """Create the strategy; Axolotl calls this for the dataset type."""
    return ScptStrategy(tokenizer, int(cfg.sequence_len))
