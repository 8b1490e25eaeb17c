"""Interfaces of tokenizers. The bridge implements them for transformers."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple, Protocol

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
    if isinstance(codec, CountingCodec):
        return codec.count(texts)
    return [len(ids) for ids in codec.encode(texts)]


class CountingCodec:
    """Codec that remembers how many tokens the latest texts have.

    The stages of a build count the same text several times: the own text of a topic for gaps of its
    structure and for chunks, a prompt for its own limit and for the size of its row.

    Args:
        codec: Encoder.
        size: Number of counts to remember; each takes about 130 bytes.
    """

    def __init__(self, codec: Codec, size: int = 500_000) -> None:
        self.prefix, self.eos = codec.prefix, codec.eos
        self._codec = codec
        self._size = size
        self._counts: dict[bytes, int] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes a copy for another process, which has nothing to remember yet."""
        return CountingCodec, (self._codec, self._size)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""
        return self._codec.encode(texts)

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return for each text the offsets (in characters) at which its tokens start, in order."""
        return self._codec.starts(texts)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of the ids, special tokens included."""
        return self._codec.decode(ids)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text."""
        keys = [_key_of(text) for text in texts]
        counts = {key: self._counts[key] for key in keys if key in self._counts}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in counts}
        if missing:
            id_lists = self._codec.encode(list(missing.values()))
            counts.update(zip(missing, map(len, id_lists), strict=True))
            self._remember({key: counts[key] for key in missing})
        return [counts[key] for key in keys]

    def _remember(self, counts: dict[bytes, int]) -> None:
        self._counts.update(counts)
        surplus = len(self._counts) - self._size
        for key in list(islice(self._counts, max(0, surplus))):
            del self._counts[key]


def _key_of(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def clip(codec: Codec, text: str, most: int) -> str:
    """Return a text, or its first `most` tokens, cut at a blank and marked as cut."""
    starts = codec.starts([text])[0]
    if len(starts) <= most:
        return text
    return text[: starts[most]].rsplit(None, 1)[0] + " […]"
