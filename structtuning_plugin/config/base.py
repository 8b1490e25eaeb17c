"""Base class of the block's models, and the marks of their keys.

Models are frozen, and an unknown key is an error that offers the nearest one.

A key is marked once, in its annotation. The marks decide which values become absolute, which ones a
fingerprint leaves out, and which ones a manifest does not show:

    mark           made absolute   in fingerprints   in manifests
    `LocalPath`    yes             no (its files)    no
    `RunSetting`   no              no                no
    `Private`      no              yes               no
    none           no              yes               yes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from structtuning_plugin.core.errors import nearest

T = TypeVar("T")


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


M = TypeVar("M", bound=Model)


def entries_of(value: Any) -> Any:
    """Turn a path, a mapping, or a list of either into a list of mappings with a `path`.

    Anything else is returned as it is: the field's own validation refuses it.
    """
    entries = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(entries, (list, tuple)):
        return value
    return [{"path": entry} if isinstance(entry, str) else entry for entry in entries]


# Marks


class Mark(Enum):
    """Property of a key that decides where its value may appear."""

    LOCAL_PATH = "path of this machine: the content of its files is hashed, never its name"
    RUN_SETTING = "how the work is done; no influence on what is built"
    PRIVATE = "decides what is built, but may hold a secret"


LocalPath = Annotated[str, Mark.LOCAL_PATH]
RunSetting = Annotated[T, Mark.RUN_SETTING]
Private = Annotated[T, Mark.PRIVATE]

_NOT_HASHED = frozenset({Mark.LOCAL_PATH, Mark.RUN_SETTING})
_NOT_SHOWN = frozenset(Mark)


def mark_of(field: FieldInfo) -> Mark | None:
    """Return the mark of a key; None if it has none."""
    marks = (*field.metadata, *_metadata(field.annotation))
    return next((mark for mark in marks if isinstance(mark, Mark)), None)


def models_in(annotation: Any) -> list[type[Model]]:
    """List the models inside an annotation such as `tuple[CorpusEntry, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def to_absolute(model: M, base: Path) -> M:
    """Return the model with each `LocalPath` in it absolute; `~` is the home folder."""
    changed = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        absolute = _to_absolute(value, base, mark_of(field) is Mark.LOCAL_PATH)
        if absolute != value:
            changed[name] = absolute
    return model.model_copy(update=changed) if changed else model


def hashed_values(model: Model, *left_out: str) -> dict[str, Any]:
    """Return the keys that decide what is built, as JSON values.

    Args:
        model: The block or a part of it.
        left_out: Keys of the model that are hashed in another way.
    """
    hidden = {**_hidden(type(model), _NOT_HASHED), **dict.fromkeys(left_out, True)}
    return model.model_dump(mode="json", exclude=hidden)


def shown_values(model: Model) -> dict[str, Any]:
    """Return the keys that a manifest may show, as JSON values."""
    return model.model_dump(mode="json", exclude=_hidden(type(model), _NOT_SHOWN))


def _metadata(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for argument in get_args(annotation):
        yield from _metadata(argument)


def _to_absolute(value: Any, base: Path, is_path: bool) -> Any:
    if isinstance(value, Model):
        return to_absolute(value, base)
    if isinstance(value, tuple):
        return tuple(_to_absolute(item, base, is_path) for item in value)
    if is_path and value:
        return str(base / Path(value).expanduser())
    return value


@cache
def _hidden(model: type[Model], marks: frozenset[Mark]) -> dict[str, Any]:
    """Return the marked keys of a model and of those in it, for pydantic's `exclude`."""
    hidden: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if mark_of(field) in marks:
            hidden[name] = True
            continue
        for inner in models_in(field.annotation):
            below = _hidden(inner, marks)
            if below:
                is_list = "tuple" in str(field.annotation)
                hidden[name] = {"__all__": below} if is_list else below
    return hidden
