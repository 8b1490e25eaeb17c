"""Counts of tokens that are remembered are those of the tokenizer."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.tokens import CountingCodec, count_tokens
from tests.codecs import WordCodec


class Watched(WordCodec):
    """Codec that lists what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        self.texts += texts
        return super().encode(texts)


@given(st.lists(st.lists(st.sampled_from(["", "a", "a b", "b a c", "\u4e00 x"]))))
def test_counts_are_those_of_the_codec(batches: list[list[str]]) -> None:
    codec = CountingCodec(WordCodec(), size=2)
    for batch in batches:
        assert count_tokens(codec, batch) == count_tokens(WordCodec(), batch)


def test_a_text_is_counted_once() -> None:
    watched = Watched()
    codec = CountingCodec(watched, size=2)
    assert count_tokens(codec, ["a", "a b", "a"]) == [1, 2, 1]
    assert count_tokens(codec, ["a b"]) == [2]
    assert watched.texts == ["a", "a b"]
    assert count_tokens(codec, ["a b c"]) == [3]
    assert count_tokens(codec, ["a"]) == [1]
    assert watched.texts == ["a", "a b", "a b c", "a"]  # the earliest one was forgotten
