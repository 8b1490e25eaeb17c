"""The arms of an ablation: how each of them differs from the user's own block.

    cpt+sft      bare passages                      the questions' answers alone
    cpt+ssft     bare passages                      answers that spell out the structure, exercises
    scpt+sft     passages in their place, recall    the questions' answers alone
    scpt+ssft    passages in their place, recall    answers that spell out the structure, exercises
    paper+ssft   as published: mind maps            as published: mind maps

and the method without one of its parts: `locate`, maps, places, exercises, walks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from structtuning_plugin.config import MAP_KINDS, StructTuningConfig
from structtuning_plugin.errors import ConfigError, nearest
from structtuning_plugin.evaluation.values import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """`scpt` and `ssft` are keys of these parts of the block, in place of the user's.

    `style` is how it is asked: for the reasoning only where its tuning has taught it.
    """

    name: str
    about: str
    scpt: Mapping[str, Any] = field(default_factory=dict)
    ssft: Mapping[str, Any] = field(default_factory=dict)
    style: Style = "reason"


_BARE: dict[str, Any] = {"preset": "compact", "context": "none", "kinds": ["passage"]}
_PLAIN: dict[str, Any] = {"preset": "compact", "kinds": ["answer"]}
_COMPACT: dict[str, Any] = {"preset": "compact", "context": None, "kinds": None}
_PAPER: dict[str, Any] = {"preset": "paper", "context": None, "kinds": None}

ARMS: tuple[Arm, ...] = (
    Arm(name="cpt+sft", about="bare passages; answers as given", scpt=_BARE, ssft=_PLAIN, style="brief"),
    Arm(
        name="scpt+sft",
        about="passages in their place and recall; answers as given",
        scpt=_COMPACT,
        ssft=_PLAIN,
        style="brief",
    ),
    Arm(name="cpt+ssft", about="bare passages; answers that spell out the structure", scpt=_BARE, ssft=_COMPACT),
    Arm(name="scpt+ssft", about="the preset `compact` in both stages", scpt=_COMPACT, ssft=_COMPACT),
    Arm(name="paper+ssft", about="the preset `paper` in both stages", scpt=_PAPER, ssft=_PAPER),
    Arm(
        name="no-locate",
        about="`compact` without `locate`",
        scpt={**_COMPACT, "kinds": ["passage", *MAP_KINDS]},
        ssft=_COMPACT,
    ),
    Arm(name="no-maps", about="`compact` without maps", scpt={**_COMPACT, "kinds": ["passage", "locate"]}, ssft=_COMPACT),
    Arm(name="no-place", about="`compact` with bare passages", scpt={**_COMPACT, "context": "none"}, ssft=_COMPACT),
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
    ssft={**_COMPACT, "kinds": ["answer", "reasoned", "structure", "exercise"]},
)
# The four whose differences are the paper's claim, and the published form.
MAIN = ("cpt+sft", "scpt+sft", "cpt+ssft", "scpt+ssft", "paper+ssft")


def arms_of(block: StructTuningConfig, names: Sequence[str]) -> list[Arm]:
    """The arms of these names, the main ones if none are given.

    Raises:
        ConfigError: there is no such arm, or the block gives no questions to learn from.
    """
    if not block.ssft.qa:
        raise ConfigError("An ablation needs questions to train on: give `ssft.qa`, and `ssft.holdout` to be evaluated on.")
    known = {arm.name: arm for arm in (*ARMS, *([_WALKS] if block.llm else []))}
    for name in names:
        if name not in known:
            raise ConfigError(f"There is no arm `{name}`.{nearest(name, known)}")
    return [known[name] for name in (names or MAIN)]


def block_of_arm(block: Mapping[str, Any], arm: Arm, stage: str, chunk_tokens: int | None) -> dict[str, Any]:
    """The user's block for one stage of an arm, with chunks of so many tokens, None for what `sequence_len` leaves."""
    parts = {part: {**(block.get(part) or {}), **getattr(arm, part)} for part in ("scpt", "ssft")}
    changed = {**block, "stage": stage, "chunk_tokens": chunk_tokens, **parts}
    return {key: value for key, value in changed.items() if not (key == "eval" and stage == "ssft")}
