"""What every part of the block has in common: it is frozen, and an unknown key is answered with the nearest valid one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from structtuning_plugin.core.errors import nearest


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _name_the_nearest_key(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(f"Unknown key `{key}`.{nearest(str(key), cls.model_fields)}")
        return data
