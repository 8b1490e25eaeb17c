"""Equal tokens for all arms: the steps that the largest arm needs, for every one of them."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.errors import ConfigError

# Forward and backward pass of one token cost about this many operations a parameter (Kaplan et al. 2020, section 2.1).
_FLOPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBudget:
    """What one stage of an arm trains: rows of `tokens` in all, `trained` of which have a loss, for `steps` steps."""

    steps: int
    tokens_per_step: int
    tokens: int
    trained: int

    @property
    def epochs(self) -> float:
        return self.steps * self.tokens_per_step / max(1, self.tokens)

    def flops(self, parameters: int) -> float:
        return float(_FLOPS * parameters * self.steps * self.tokens_per_step)


def tokens_per_step(recipe: Mapping[str, Any]) -> int:
    """Tokens of one step on one device, packed.

    Raises:
        ConfigError: rows are not packed, so that a step's tokens would differ between arms.
    """
    if not recipe.get("sample_packing"):
        raise ConfigError("Equal tokens need `sample_packing: true`: without it a step of long rows is a step of more tokens.")
    batch = int(recipe.get("micro_batch_size") or 1) * int(recipe.get("gradient_accumulation_steps") or 1)
    return batch * int(recipe.get("sequence_len") or 512)


def budgets(sizes: Sequence[tuple[int, int]], recipe: Mapping[str, Any]) -> list[StageBudget]:
    """For the sizes (tokens in all, tokens trained) of one stage's arms: the same steps, `num_epochs` of the largest arm."""
    step = tokens_per_step(recipe)
    epochs = float(recipe.get("num_epochs") or 1)
    steps = max(1, math.ceil(epochs * max(total for total, _ in sizes) / step))
    return [StageBudget(steps=steps, tokens_per_step=step, tokens=total, trained=trained) for total, trained in sizes]


def parameters_of(folder: Path) -> int | None:
    """Parameters of a model, from the headers of its safetensors files; None where there are none.

    Source: https://huggingface.co/docs/safetensors, "Format".
    """
    count = 0
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        count += sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    return count or None
