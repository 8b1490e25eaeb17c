"""Key that the plugin adds to Axolotl's schema."""

from __future__ import annotations

from pydantic import BaseModel, Field

from structtuning_plugin.config import StructTuningConfig


class StructTuningArgs(BaseModel):
    """Mixin of Axolotl's config model. Mixins share one namespace: the name must be unique."""

    structtuning: StructTuningConfig | None = Field(
        default=None,
        description=(
            "Structure-aware continual pre-training and instruction tuning; see `axolotl "
            "structtuning schema`."
        ),
    )
