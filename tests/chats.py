"""Chats for tests: no template, every word a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from structtuning_plugin.core.tokens import RowSize
from structtuning_plugin.core.types import Message


class WordChat:
    """A word is a token, and each turn has one before it and one that ends it.

    Answers and their ends are trained on.

    `neutral` is what becomes of a text, `refused` a role that the template does not know.
    """

    def __init__(
        self, neutral: Callable[[str], str] = lambda text: text, refused: str = ""
    ) -> None:
        self._neutral = neutral
        self._refused = refused

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str] = ()
    ) -> list[RowSize]:
        return [self._size(conversation) for conversation in conversations]

    def neutral(self, text: str) -> str:
        return self._neutral(text)

    def _size(self, conversation: Sequence[Message]) -> RowSize:
        if any(message.role == self._refused for message in conversation):
            return RowSize(0, 0, f"no turn of the {self._refused}")
        words = [(message.role, len(message.content.split())) for message in conversation]
        return RowSize(
            sum(count + 2 for _, count in words),
            sum(count + 1 for role, count in words if role == "assistant"),
        )
