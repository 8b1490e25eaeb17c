"""Interfaces of tokenizers. The bridge implements them for transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Numbers(Protocol):
    """Numbers that are kept for later builds, by the hash of what they belong to."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the numbers that are known."""
        ...

    def put(self, numbers: Mapping[bytes, int]) -> None:
        """Keep numbers."""
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
        known: Counts of earlier builds; None for none.
    """

    def __init__(self, codec: Codec, size: int = 500_000, known: Numbers | None = None) -> None:
        self.prefix, self.eos = codec.prefix, codec.eos
        self._codec = codec
        self._size = size
        self._known = known
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
            counts.update(self._count_new(missing))
            self._remember({key: counts[key] for key in missing})
        return [counts[key] for key in keys]

    def _count_new(self, texts: Mapping[bytes, str]) -> dict[bytes, int]:
        """Return the counts of texts, by their keys, that this build has not seen yet."""
        counts = self._known.get(list(texts)) if self._known is not None else {}
        new = {key: text for key, text in texts.items() if key not in counts}
        if new:
            id_lists = self._codec.encode(list(new.values()))
            own = dict(zip(new, map(len, id_lists), strict=True))
            counts.update(own)
            if self._known is not None:
                self._known.put(own)
        return counts

    def _remember(self, counts: dict[bytes, int]) -> None:
        self._counts.update(counts)
        surplus = len(self._counts) - self._size
        for key in list(islice(self._counts, max(0, surplus))):
            del self._counts[key]


def _key_of(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


# A row's two sizes in one number.
_HALF = 23


class SizingChat:
    """Chat that knows the sizes of conversations from earlier builds.

    Args:
        chat: Encoder.
        known: Sizes of earlier builds.
    """

    def __init__(self, chat: Chat, known: Numbers) -> None:
        self._chat, self._known = chat, known

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str]
    ) -> list[RowSize]:
        """Return the size of each conversation's row; `languages` has one entry for each."""
        rows = list(zip(conversations, languages, strict=True))
        keys = [_key_of_row(conversation, language) for conversation, language in rows]
        sizes = {
            key: RowSize(number >> _HALF, number & ((1 << _HALF) - 1))
            for key, number in self._known.get(keys).items()
        }
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in sizes}
        if new:
            texts, names = zip(*new.values(), strict=True)
            own = dict(zip(new, self._chat.sizes(texts, names), strict=True))
            sizes.update(own)
            # The fault of a row is a text, and rare: it is looked for again.
            good = {
                key: size for key, size in own.items() if not size.fault and size.total < 1 << _HALF
            }
            self._known.put({key: (size[0] << _HALF) + size[1] for key, size in good.items()})
        return [sizes[key] for key in keys]

    def neutral(self, text: str) -> str:
        """Change text so that no part of it can be read as a turn or a control token."""
        return self._chat.neutral(text)


def _key_of_row(conversation: Sequence[Message], language: str) -> bytes:
    return _key_of(repr((language, [(turn.role, turn.content) for turn in conversation])))


def clip(codec: Codec, text: str, most: int) -> str:
    """Return a text, or its first `most` tokens, cut at a blank and marked as cut."""
    starts = codec.starts([text])[0]
    if len(starts) <= most:
        return text
    return text[: starts[most]].rsplit(None, 1)[0] + " […]"
