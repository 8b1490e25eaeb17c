"""The key that the plugin adds to Axolotl's schema."""

from __future__ import annotations

from pydantic import BaseModel, Field

from structtuning_plugin.config import StructTuningConfig


class StructTuningArgs(BaseModel):
    """Mixed into Axolotl's config model, so the class name must be ours alone."""

    structtuning: StructTuningConfig | None = Field(
        default=None,
        description="Structure-aware continual pre-training and instruction tuning; see `axolotl structtuning schema`.",
    )
