"""How a pair is asked and answered; the same for all formats."""

from __future__ import annotations

from structtuning_plugin.core.types import QAPair


def ask(pair: QAPair) -> str:
    """The question; its options beneath, one a line."""
    if not pair.options:
        return pair.question
    lines = [f"{letter}. {text}" if letter else f"- {text}" for letter, text in pair.options]
    return "\n".join([pair.question, "", *lines])


def answer(pair: QAPair) -> str:
    """`B. text`, several joined by "; " in the options' order; without options the first right answer."""
    if not pair.correct:
        return pair.answers[0]
    return "; ".join(f"{letter}. {text}" for letter, text in pair.options if letter in pair.correct)
