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
            turns = (Message(role="user", content=self._worded(pair)),)
        if self.system and turns[0].role != "system":
            turns = (Message(role="system", content=self.system), *turns)
        return turns

    def _worded(self, pair: QAPair) -> str:
        question = self.formats[pair.format].ask(pair)
        if self.style == "brief" and pair.format in ("alpaca", "messages"):
            return question  # as in training: instructions of the user's own stay as they are
        if pair.format == "longbench" and pair.topic:
            question = f"{pair.topic}\n\n{question}"
        if pair.correct:
            question = (
                f"{question}\n\n{self._render(pair, 'choices' if pair.several else 'choice')}"
            )
        return self._render(pair, self.style, question=question)

    def _render(self, pair: QAPair, pool: str, **given: str) -> str:
        values = {"domain": self.domain, "language": pair.language, **given}
        return self.wordings.pool(pair.language, pool)[0].render(values)
