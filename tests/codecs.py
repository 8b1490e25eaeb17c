"""Codecs for tests: small, pure, and one of them as awkward as real tokenizers are."""

from __future__ import annotations

import re
from collections.abc import Sequence


class CharCodec:
    """One token a character; ids are code points. `prefix` is BOS (1) if wanted."""

    eos = 2

    def __init__(self, bos: bool = True) -> None:
        self.prefix = (1,) if bos else ()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [[ord(character) for character in text] for text in texts]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        return [list(range(len(text))) for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join({1: "<s>", 2: "</s>"}.get(i, chr(i)) for i in ids)


class WordCodec(CharCodec):
    """A word with the blank before it is a token, other characters are one each.

    Not additive where a text is cut.
    """

    _pieces = re.compile(r" ?\w{1,6}|.", re.DOTALL)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [[hash_of(piece) for piece in self._pieces.findall(text)] for text in texts]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        return [[match.start() for match in self._pieces.finditer(text)] for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        raise NotImplementedError


def hash_of(piece: str) -> int:
    return 10 + int.from_bytes(piece.encode(), "big") % 1_000_003
