"""Row sets and arms, as two tables: a new kind of sample becomes an arm by one entry in each.

A row set is what the plugin builds with one block. An arm is a list of stages, each of which is
trained on one or several row sets. All arms get the same total number of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Stage = Literal["scpt", "ssft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """Rows of one block. `settings` is the block's section `stage`; the domain adds its own."""

    stage: Stage
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of training.

    Args:
        name: Name in the results.
        about: The arm in words.
        stages: Row sets of each stage, in order; none for the base model.
        is_balanced: Whether the row sets of a stage get equal tokens, else each as many as it has.
    """

    name: str
    about: str
    stages: tuple[tuple[str, ...], ...] = ()
    is_balanced: bool = False

    @property
    def row_sets(self) -> tuple[str, ...]:
        """Names of all row sets of the arm."""
        return tuple(name for stage in self.stages for name in stage)


ROW_SETS: Mapping[str, RowSet] = {
    "passages": RowSet(stage="scpt", settings={"kinds": ["passage"], "context": "none"}),
    "path-passages": RowSet(stage="scpt", settings={"kinds": ["passage"], "context": "path"}),
    "scpt-paper": RowSet(stage="scpt", settings={"preset": "paper"}),
    "scpt-compact": RowSet(stage="scpt", settings={"preset": "compact"}),
    "sft": RowSet(stage="ssft", settings={"kinds": ["answer"]}),
    "ssft-paper": RowSet(stage="ssft", settings={"preset": "paper"}),
    "ssft-compact": RowSet(stage="ssft", settings={"preset": "compact"}),
    "ssft-none": RowSet(stage="ssft", settings={"preset": "compact", "context": "none"}),
    # The exam itself, for the planted arm alone.
    "planted": RowSet(stage="ssft", settings={"kinds": ["answer"]}),
}
PLANTED = "planted"
ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm(name="base", about="the model as it is"),
        Arm(
            name="cpt+sft",
            about="bare passages; questions with bare answers",
            stages=(("passages",), ("sft",)),
        ),
        Arm(
            name="cpt+ssft",
            about="bare passages; answers that spell out the structure",
            stages=(("passages",), ("ssft-compact",)),
        ),
        Arm(
            name="paper",
            about="preset `paper` in both stages",
            stages=(("scpt-paper",), ("ssft-paper",)),
        ),
        Arm(
            name="compact+ssft",
            about="preset `compact` in both stages",
            stages=(("scpt-compact",), ("ssft-compact",)),
        ),
        Arm(
            name="compact+sft",
            about="preset `compact`; questions with bare answers",
            stages=(("scpt-compact",), ("sft",)),
        ),
        Arm(
            name="compact+none",
            about="preset `compact`; its questions, answered without structure (`context: none`)",
            stages=(("scpt-compact",), ("ssft-none",)),
        ),
        Arm(
            name="mixed",
            about="preset `compact` of both stages in one stage",
            stages=(("scpt-compact", "ssft-compact"),),
        ),
        Arm(
            name="passages+qa",
            about="no tree: bare passages and questions with bare answers, 1:1 by tokens",
            stages=(("passages", "sft"),),
            is_balanced=True,
        ),
        Arm(
            name="path-passages+qa",
            about="passages with their path and questions with bare answers, 1:1 by tokens",
            stages=(("path-passages", "sft"),),
            is_balanced=True,
        ),
        Arm(
            name=PLANTED,
            about="has seen the exam with its answers: shows that the measures can tell",
            stages=(("passages", PLANTED),),
            is_balanced=True,
        ),
    )
}


def is_buildable(row_set: RowSet) -> bool:
    """Return whether the installed plugin knows the settings of a row set."""
    from structtuning_plugin.config.ssft import SsftConfig

    if row_set.stage == "scpt":
        return True
    try:
        SsftConfig.model_validate(dict(row_set.settings))
    except ValueError:
        return False
    return True
