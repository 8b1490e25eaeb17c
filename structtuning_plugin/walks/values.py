"""Walks and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.types import Chunk, QAPair, Topic

Shape = Literal["one_hop", "inside", "across"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Knowledge points that a question is to connect, each with the chunk that it is shown by.

    `slot` numbers the question wanted, `turn` the walks tried for it: a walk that brings no question is replaced by
    another one of the same shape from the same chapter, `start`.
    """

    slot: int
    turn: int
    shape: Shape
    start: Topic
    topics: tuple[Topic, ...]
    chunks: tuple[Chunk, ...]

    @property
    def id(self) -> str:
        return f"walk/{self.slot}/{self.turn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A question from a walk. `request`, `model` and `verdict` are told by `trace`."""

    pair: QAPair
    shape: Shape
    topic_ids: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    request: str = ""
    model: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """What the language model made of a given explanation; `request` and `verdict` as in `SsftSample`."""

    text: str
    request: str = ""
    model: str = ""
    verdict: str = ""
