"""Arms of an ablation and their budgets: each arm trains the steps that the largest one needs."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structtuning_plugin.config import STAGES, StageName, StructTuningConfig
from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.questions.prompts import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm. `scpt` and `ssft` replace keys of these parts of the user's block.

    `style` is how questions are asked: for the reasoning only where the tuning has taught it.
    """

    name: str
    about: str
    scpt: Mapping[str, Any] = field(default_factory=dict)
    ssft: Mapping[str, Any] = field(default_factory=dict)
    style: Style = "reason"


_MAPS = ("section_map", "chapter_map", "book_map")
_TEXTS = ("passage", "recover", "variant", "unfold")
_BARE: dict[str, Any] = {"preset": "compact", "context": "none", "kinds": ["passage"]}
_PLAIN: dict[str, Any] = {"preset": "compact", "kinds": ["answer"]}
_COMPACT: dict[str, Any] = {"preset": "compact", "context": None, "kinds": None}
_PAPER: dict[str, Any] = {"preset": "paper", "context": None, "kinds": None}

ARMS: tuple[Arm, ...] = (
    Arm(
        name="cpt+sft",
        about="bare passages; answers as given",
        scpt=_BARE,
        ssft=_PLAIN,
        style="brief",
    ),
    Arm(
        name="scpt+sft",
        about="passages in their place and recall; answers as given",
        scpt=_COMPACT,
        ssft=_PLAIN,
        style="brief",
    ),
    Arm(
        name="cpt+ssft",
        about="bare passages; answers that spell out the structure",
        scpt=_BARE,
        ssft=_COMPACT,
    ),
    Arm(
        name="scpt+ssft", about="the preset `compact` in both stages", scpt=_COMPACT, ssft=_COMPACT
    ),
    Arm(name="paper+ssft", about="the preset `paper` in both stages", scpt=_PAPER, ssft=_PAPER),
    Arm(
        name="no-locate",
        about="`compact` without `locate`",
        scpt={**_COMPACT, "kinds": [*_TEXTS, *_MAPS]},
        ssft=_COMPACT,
    ),
    Arm(
        name="no-maps",
        about="`compact` without maps",
        scpt={**_COMPACT, "kinds": [*_TEXTS, "locate"]},
        ssft=_COMPACT,
    ),
    Arm(
        name="no-place",
        about="`compact` with bare passages",
        scpt={**_COMPACT, "context": "none"},
        ssft=_COMPACT,
    ),
    Arm(
        name="no-structure",
        about="`compact` with answers without structure",
        scpt=_COMPACT,
        ssft={**_COMPACT, "context": "none"},
        style="explain",
    ),
    Arm(
        name="no-exercises",
        about="`compact` without questions made from the tree and the text",
        scpt=_COMPACT,
        ssft={**_COMPACT, "kinds": ["answer", "reasoned"]},
    ),
)
_WALKS = Arm(
    name="no-walks",
    about="`compact` without questions that the `llm` writes",
    scpt=_COMPACT,
    ssft={**_COMPACT, "kinds": ["answer", "reasoned", "structure", "exercise", "tell"]},
)
# The four whose differences are the paper's claim, and the published form.
MAIN = ("cpt+sft", "scpt+sft", "cpt+ssft", "scpt+ssft", "paper+ssft")


def arms_of(block: StructTuningConfig, names: Sequence[str]) -> list[Arm]:
    """Return the arms of these names; the main arms if no name is given.

    Raises:
        ConfigError: If there is no such arm, or the block has no questions to train on.
    """
    if not block.ssft.qa:
        raise ConfigError(
            "An ablation needs questions to train on: give `ssft.qa`, and `ssft.holdout` to be "
            "evaluated on."
        )
    arms = {arm.name: arm for arm in (*ARMS, *([_WALKS] if block.llm else []))}
    for name in names:
        if name not in arms:
            raise ConfigError(f"There is no arm `{name}`.{nearest(name, arms)}")
    return [arms[name] for name in (names or MAIN)]


def block_of_arm(
    block: Mapping[str, Any], arm: Arm, stage: StageName, chunk_tokens: int | None
) -> dict[str, Any]:
    """Build the block of one stage of an arm; `chunk_tokens` of None keeps the default size."""
    parts: dict[str, Any] = {
        part: {**(block.get(part) or {}), **getattr(arm, part)} for part in STAGES
    }
    changed = {**block, "stage": stage, "chunk_tokens": chunk_tokens, **parts}
    return {
        key: value
        for key, value in changed.items()
        if not (key == "eval" and STAGES[stage].is_chat)
    }


# Forward and backward pass of one token cost about this many operations a parameter (Kaplan et al.
# 2020, section 2.1).
_FLOPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBudget:
    """Budget of one stage of an arm: `tokens` in all, `trained` tokens with loss, `steps`."""

    steps: int
    tokens_per_step: int
    tokens: int
    trained: int

    @property
    def epochs(self) -> float:
        """Return the number of passes over the rows."""
        return self.steps * self.tokens_per_step / max(1, self.tokens)

    def flops(self, parameters: int) -> float:
        """Estimate the floating-point operations of training, 6 a parameter and token."""
        return float(_FLOPS * parameters * self.steps * self.tokens_per_step)


def tokens_per_step(recipe: Mapping[str, Any]) -> int:
    """Return the tokens of one packed step on one device.

    Raises:
        ConfigError: If rows are not packed: the tokens of a step would then differ between arms.
    """
    if not recipe.get("sample_packing"):
        raise ConfigError(
            "Equal tokens need `sample_packing: true`: without it a step of long rows is a step of "
            "more tokens."
        )
    batch = int(recipe.get("micro_batch_size") or 1) * int(
        recipe.get("gradient_accumulation_steps") or 1
    )
    return batch * int(recipe.get("sequence_len") or 512)


def budgets(sizes: Sequence[tuple[int, int]], recipe: Mapping[str, Any]) -> list[StageBudget]:
    """Compute the budgets of one stage: the same steps for all arms, `num_epochs` for the largest.

    `sizes` has for each arm the tokens in all and the tokens with loss.
    """
    step = tokens_per_step(recipe)
    epochs = float(recipe.get("num_epochs") or 1)
    steps = max(1, math.ceil(epochs * max(total for total, _ in sizes) / step))
    return [
        StageBudget(steps=steps, tokens_per_step=step, tokens=total, trained=trained)
        for total, trained in sizes
    ]


def parameters_of(folder: Path) -> int | None:
    """Count the parameters of a model from its safetensors headers; None where there are none.

    Source: https://huggingface.co/docs/safetensors, "Format".
    """
    count = 0
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        count += sum(
            math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__"
        )
    return count or None
