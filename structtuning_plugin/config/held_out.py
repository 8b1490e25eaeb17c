"""`eval:`, the text held out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from structtuning_plugin.config.base import Model


class EvalConfig(Model):
    """Text held out for evaluation, whole documents or topics at a time."""

    unit: Literal["document", "topic"] = Field(
        default="topic",
        description="What is held out whole: documents, or topics (branches right above the passages).",
    )
    share: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Share of the corpus' tokens to hold out, 0 < share <= 0.5.",
    )


# --- `probes:`, knowledge points that instruction tuning never speaks of, to ask afterwards what is remembered of them.


class ProbesConfig(Model):
    """Knowledge points kept for probes of memory."""

    share: float = Field(
        default=0.2,
        gt=0,
        le=0.5,
        description="Share of the knowledge points that instruction tuning never speaks of, 0 < share <= 0.5; pre-training has "
        "their text and their places all the same.",
    )
    per_point: int = Field(
        default=3, ge=1, le=20, description="Most probes of one of these knowledge points."
    )
