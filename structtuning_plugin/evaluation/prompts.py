"""Prompts of evaluated questions: the user's turn of instruction tuning, in its first template.

`QAPair.context` is never shown (closed-book).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Message, QAPair
from structtuning_plugin.evaluation.types import Asked, Question, Style
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.prompts import user_turn


@dataclass(frozen=True, kw_only=True)
class Prompter:
    """Builder of prompts; `system` is the system's turn, empty for none."""

    formats: Mapping[str, QAFormat]
    wordings: Wordings
    domain: str = ""
    system: str = ""
    style: Style = "brief"

    def ask(self, questions: Sequence[Question]) -> list[Asked]:
        """Build the messages of each question, the user's turn last."""
        return [self._asked(question) for question in questions]

    def _asked(self, question: Question) -> Asked:
        pair = question.pair
        messages = self.messages(pair)
        return Asked(
            question=question,
            messages=messages,
            key=fingerprint(pair.id, pair.question, pair.options, pair.answers, pair.correct),
            prompt=fingerprint([[message.role, message.content] for message in messages]),
        )

    def messages(self, pair: QAPair) -> tuple[Message, ...]:
        """Build the messages: a conversation up to its last question, or a rendered question."""
        if pair.turns:
            turns = pair.turns[:-1]
        else:
            turns = (Message(role="user", content=self._question(pair)),)
        if self.system and turns[0].role != "system":
            turns = (Message(role="system", content=self.system), *turns)
        return turns

    def _question(self, pair: QAPair) -> str:
        qa_format = self.formats[pair.format]
        return user_turn(pair, self.style, qa_format, self.wordings, self.domain).text
