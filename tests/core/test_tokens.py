"""Counts of tokens that are remembered are those of the tokenizer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.step_results import NumberFile
from structtuning_plugin.core.tokens import CountingCodec, RowSize, SizingChat, count_tokens
from structtuning_plugin.core.types import Message
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


# --- what earlier builds have counted


def count_again(path: Path, *texts: str) -> list[str]:
    """Count texts as a build does; return those that were encoded."""
    watched, known = Watched(), NumberFile(path)
    codec = CountingCodec(watched, known=known)
    assert count_tokens(codec, texts) == count_tokens(WordCodec(), texts)
    assert known.count.reused + known.count.made == len(set(texts))
    known.close()
    return watched.texts


def test_a_later_build_counts_what_is_new(tmp_path: Path) -> None:
    assert count_again(tmp_path / "n", "a", "a b", "") == ["a", "a b", ""]
    assert count_again(tmp_path / "n", "a b", "c", "a") == ["c"]


def test_a_changed_count_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "n"
    count_again(path, "a", "a b")
    for change in ("number + 65536", "number - 1", "'text'", "-1"):
        with sqlite3.connect(path) as database:
            database.execute(f"UPDATE numbers SET number = {change}")
        database.close()
        assert count_again(path, "a", "a b") == ["a", "a b"]
    assert count_again(path, "a", "a b") == []


def test_a_file_of_counts_is_made_when_it_is_needed(tmp_path: Path) -> None:
    NumberFile(tmp_path / "n").close()
    assert not (tmp_path / "n").exists()


class Sizes:
    """Chat that lists what it sizes: the characters of all turns, of the last one, or a fault."""

    def __init__(self) -> None:
        self.sized: list[str] = []

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str]
    ) -> list[RowSize]:
        rows = []
        for turns, language in zip(conversations, languages, strict=True):
            texts = [turn.content for turn in turns]
            self.sized.append(f"{language}: {texts[-1]}")
            fault = "bad" if "bad" in texts else ""
            rows.append(RowSize(sum(map(len, texts)), len(texts[-1]), fault))
        return rows

    def neutral(self, text: str) -> str:
        return f"<{text}>"


def test_sizes_of_conversations_are_known_later(tmp_path: Path) -> None:
    def turns(*texts: str) -> list[Message]:
        return [Message(role="user", content=text) for text in texts]

    rows = [turns("a", "bc"), turns("x", "bad"), turns("a", "bc")]
    for expected in (["en: bc", "en: bad", "de: bc"], ["en: bad"]):
        chat, known = Sizes(), NumberFile(tmp_path / "n")
        sizing = SizingChat(chat, known)
        assert sizing.sizes(rows, ["en", "en", "de"]) == [(3, 2, ""), (4, 3, "bad"), (3, 2, "")]
        assert chat.sized == expected
        assert sizing.neutral("a") == "<a>"
        known.close()
