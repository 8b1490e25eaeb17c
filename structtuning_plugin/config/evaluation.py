"""`eval:`, the text held out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from structtuning_plugin.config.base import Model


class EvalConfig(Model):
    """Text held out for evaluation, whole documents or topics at a time."""

    unit: Literal["document", "topic"] = Field(
        default="topic", description="What is held out whole: documents, or topics (branches right above the passages)."
    )
    share: float = Field(default=0.05, gt=0, le=0.5, description="Share of the corpus' tokens to hold out, 0 < share <= 0.5.")
