"""Frozen values as JSON and back, exactly: dataclasses become lists of their fields.

    Piece(start=0, end=7, tokens=2, header="")   <->   [0, 7, 2, ""]

The types say how a list is read, so that nothing but the declared classes can come of a file. A set
is written in order; numbers stay what they are (1 is not 1.0).
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]

_PLAIN = (str, int, float, bool, type(None))


class TypedJson(Generic[T]):
    """Writer and reader of values of one type.

    Args:
        kind: A dataclass, or a tuple, list, frozenset or union of what is allowed here; strings,
            numbers and literals.

    Raises:
        TypeError: If the type has a part that is none of these.
    """

    def __init__(self, kind: Any) -> None:
        self._pack, self._unpack = _converters(kind)

    def dump(self, value: T) -> bytes:
        """Return a value as JSON in ASCII."""
        text = json.dumps(self._pack(value), ensure_ascii=True, separators=(",", ":"))
        return text.encode("ascii")

    def load(self, content: bytes) -> T:
        """Return the value that `dump` wrote.

        Raises:
            ValueError: If the content is no value of the type.
        """
        try:
            value: T = self._unpack(json.loads(content))
        except (ValueError, TypeError, IndexError, KeyError, RecursionError) as error:
            raise ValueError(f"no value of the type: {error}") from None
        return value


@cache
def _converters(kind: Any) -> tuple[Convert, Convert]:
    """Return the functions from a value to what JSON holds, and back."""
    if kind in _PLAIN or get_origin(kind) is Literal:
        return _same, _same
    if is_dataclass(kind):
        return _of_dataclass(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _of_union(parts)
    if origin is tuple and parts[-1] is not Ellipsis:
        return _of_pairs(parts)
    if origin in (tuple, list, frozenset):
        return _of_many(origin, parts[0])
    raise TypeError(f"{kind} cannot be written as JSON.")


def _same(value: Any) -> Any:
    return value


def _of_dataclass(kind: Any) -> tuple[Convert, Convert]:
    names = [field.name for field in fields(kind)]
    # Filled when it is first used: a class may have fields of its own type.
    converters: list[tuple[Convert, Convert]] = []

    def fill() -> list[tuple[Convert, Convert]]:
        if not converters:
            hints = get_type_hints(kind)
            converters.extend(_converters(hints[name]) for name in names)
        return converters

    def pack(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{type(value).__name__} is no {kind.__name__}")
        own = fill()
        return [own[at][0](getattr(value, name)) for at, name in enumerate(names)]

    def unpack(value: Any) -> Any:
        own = fill()
        pairs = zip(names, own, value, strict=True)
        return kind(**{name: convert(part) for name, (_, convert), part in pairs})

    return pack, unpack


def _of_union(parts: tuple[Any, ...]) -> tuple[Convert, Convert]:
    """Convert one of several classes: its number in the union, and its value."""
    converters = [_converters(part) for part in parts]

    def pack(value: Any) -> Any:
        place = parts.index(type(value))
        return [place, converters[place][0](value)]

    def unpack(value: Any) -> Any:
        place, content = value
        return converters[place][1](content)

    return pack, unpack


def _of_pairs(parts: tuple[Any, ...]) -> tuple[Convert, Convert]:
    """Convert a tuple with a type for each place."""
    converters = [_converters(part) for part in parts]

    def pack(value: Any) -> Any:
        return [own[0](part) for own, part in zip(converters, value, strict=True)]

    def unpack(value: Any) -> Any:
        return tuple(own[1](part) for own, part in zip(converters, value, strict=True))

    return pack, unpack


def _of_many(origin: Any, part: Any) -> tuple[Convert, Convert]:
    """Convert a tuple, list or set of one type."""
    pack_one, unpack_one = _converters(part)
    is_plain = pack_one is _same
    order: Convert = sorted if origin is frozenset else list

    def pack(value: Any) -> Any:
        return order(value) if is_plain else [pack_one(each) for each in value]

    def unpack(value: Any) -> Any:
        if type(value) is not list:
            raise TypeError(f"{type(value).__name__} is no list")
        return origin(value if is_plain else map(unpack_one, value))

    return pack, unpack
