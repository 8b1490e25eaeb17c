"""`replay-text`, `replay-chat`: rows of elsewhere against forgetting, without any place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from structtuning_plugin.config import StructTuningConfig
from structtuning_plugin.config.stages import StageName
from structtuning_plugin.hookspecs import SampleKind, SsftDraft

KIND_OF_STAGE: dict[StageName, str] = {"scpt": "replay-text", "ssft": "replay-chat"}
_ORDER = 10_000


def replay_kinds(block: StructTuningConfig) -> dict[str, SampleKind[Any, Any]]:
    """Return the kinds of replayed rows by name; none without `replay`.

    They are drawn from records when all other rows are there, so `draft` yields nothing.
    """
    if block.replay is None:
        return {}
    kinds: dict[str, SampleKind[Any, Any]] = {}
    for stage, name in KIND_OF_STAGE.items():
        kinds[name] = SampleKind(
            name=name,
            stage=stage,
            source="study",
            draft=_draft_nothing,
            order=_ORDER,
            description="General text or conversations against forgetting.",
        )
    return kinds


def _draft_nothing(unit: Any, context: Any) -> Iterator[SsftDraft]:
    yield from ()
