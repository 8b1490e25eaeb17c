"""Base class of the block's models: frozen, and an unknown key is an error that offers the nearest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from structtuning_plugin.core.errors import nearest


class Model(BaseModel):
    """A part of the block."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _forbid_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(f"Unknown key `{key}`.{nearest(str(key), cls.model_fields)}")
        return data


def entries_of(value: Any) -> Any:
    """Turn a path, a mapping, or a list of either into a list of mappings with a `path`.

    Anything else is returned as it is: the field's own validation refuses it.
    """
    entries = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(entries, (list, tuple)):
        return value
    return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]
