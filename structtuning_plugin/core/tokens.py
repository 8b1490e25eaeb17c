"""What the core asks of a tokenizer. The bridge has the one that speaks to transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from structtuning_plugin.core.types import Message


class Codec(Protocol):
    """Text to token ids, with no special tokens added and none recognised in the text.

    `prefix` is what the tokenizer puts before every text (BOS, or nothing), `eos` the id that ends a completion.
    """

    prefix: tuple[int, ...]
    eos: int

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text."""
        ...

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the offsets (characters) at which its tokens start, in order."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids, special tokens included."""
        ...


class RowSize(NamedTuple):
    """Tokens of a row, and those of them that are trained on; `fault` says why it cannot be a row at all."""

    total: int
    trained: int
    fault: str = ""


class Chat(Protocol):
    """Conversations to rows, as the model's chat template has them."""

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str]
    ) -> list[RowSize]:
        """The size of each conversation's row, which is in the language at its place."""
        ...

    def neutral(self, text: str) -> str:
        """The text such that nothing in it can be taken for a turn or a control token; nearly always as it was."""
        ...


def count_tokens(codec: Codec, texts: Sequence[str]) -> list[int]:
    """Tokens of each text."""
    return [len(ids) for ids in codec.encode(texts)]
