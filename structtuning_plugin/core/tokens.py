"""Interfaces of tokenizers. The bridge implements them for transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from structtuning_plugin.core.types import Message


class Codec(Protocol):
    """Encoder from text to token ids; adds no special tokens and recognises none in the text.

    Attributes:
        prefix: Ids that the tokenizer puts before every text (BOS, or nothing).
        eos: Id that ends a completion.
    """

    prefix: tuple[int, ...]
    eos: int

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        ...

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return for each text the offsets (in characters) at which its tokens start, in order."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids, special tokens included."""
        ...


class RowSize(NamedTuple):
    """Number of tokens of a row, and of its trained tokens.

    `fault` says why the conversation cannot be a row; empty if it can.
    """

    total: int
    trained: int
    fault: str = ""


class Chat(Protocol):
    """Encoder from conversations to rows, by the chat template of the model."""

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str]
    ) -> list[RowSize]:
        """Return the size of each conversation's row; `languages` has one entry for each."""
        ...

    def neutral(self, text: str) -> str:
        """Change text so that no part of it can be read as a turn or a control token.

        Ordinary text is returned unchanged.
        """
        ...


def count_tokens(codec: Codec, texts: Sequence[str]) -> list[int]:
    """Count the tokens of each text."""
    return [len(ids) for ids in codec.encode(texts)]


def clip(codec: Codec, text: str, most: int) -> str:
    """Return a text, or its first `most` tokens, cut at a blank and marked as cut."""
    starts = codec.starts([text])[0]
    if len(starts) <= most:
        return text
    return text[: starts[most]].rsplit(None, 1)[0] + " […]"
