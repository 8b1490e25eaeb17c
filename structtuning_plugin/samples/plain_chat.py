"""Conversations as plain text, for tokenizers without a chat template.

    Question: What is a spoke?
    Answer:
    ⟦A thin rod that joins hub and rim.⟧

Only the last answer is trained on; earlier turns are in the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.core.templates import FALLBACK_LANGUAGE, Wordings
from structtuning_plugin.core.tokens import Codec, RowSize
from structtuning_plugin.core.types import Message
from structtuning_plugin.questions.prompts import render_plain


class PlainChat:
    """`Chat` that needs no chat template.

    Args:
        codec: The tokenizer.
        wordings: Wordings of `templates/qa`.
    """

    def __init__(self, codec: Codec, wordings: Wordings) -> None:
        self._codec = codec
        self._wordings = wordings

    def sizes(
        self, conversations: Sequence[Sequence[Message]], languages: Sequence[str]
    ) -> list[RowSize]:
        """Count the tokens of each row; the words around a question are in its language."""
        rows = [
            self.flatten(conversation, language)
            for conversation, language in zip(conversations, languages, strict=True)
        ]
        prompts = self._codec.encode([prompt for prompt, _ in rows])
        completions = self._codec.encode([completion for _, completion in rows])
        front = len(self._codec.prefix) + 1
        return [
            RowSize(front + len(prompt) + len(completion), len(completion) + 1)
            for prompt, completion in zip(prompts, completions, strict=True)
        ]

    def neutral(self, text: str) -> str:
        """Return the text as it is: prompt and completion are tokenised without control tokens."""
        return text

    def flatten(
        self, conversation: Sequence[Message], language: str = FALLBACK_LANGUAGE
    ) -> tuple[str, str]:
        """Return prompt and completion of a conversation that ends with the assistant's turn.

        Raises:
            TemplateError: If there is no wording `plain`.
        """
        *before, last = conversation
        return render_plain(before, self._wordings, language), last.content
