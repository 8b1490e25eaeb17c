"""Text of a question and of its answer, the same for training, evaluation and lm-eval tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.types import QAPair
from structtuning_plugin.hookspecs import QAFormat

Style = Literal["brief", "reason"]

# Chooses a template of a pool: training draws one by a hash, evaluation takes the first.
Choose = Callable[[str, Sequence[Wording]], Wording]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTurn:
    """Text of the user's turn and the ids of its templates.

    `templates` is empty for an instruction that is kept as it is.
    """

    text: str
    templates: tuple[str, ...] = ()


def first(pool: str, templates: Sequence[Wording]) -> Wording:
    """Choose the first template of a pool."""
    return templates[0]


def user_turn(
    pair: QAPair,
    style: Style,
    qa_format: QAFormat,
    templates: Wordings,
    domain: str,
    choose: Choose = first,
) -> UserTurn:
    """Render the question of a pair in a style, with a hint for questions with right options.

    Args:
        style: `brief` asks for the bare answer, `reason` for structure and reasoning before it.
        templates: Those of `templates/qa`.
        domain: Title of the knowledge tree's root.
        choose: Returns one template of a pool, given the pool's name.

    Raises:
        TemplateError: If a template is missing or fails.
    """
    question = qa_format.ask(pair)
    if style == "brief" and getattr(qa_format, "keeps_instruction", False):
        return UserTurn(text=question)

    def template(pool: str) -> Wording:
        return choose(pool, templates.pool(pair.language, pool))

    values = {"domain": domain, "language": pair.language}
    hints = []
    if pair.correct:
        hint = template("choices" if pair.several else "choice")
        question = f"{question}\n\n{hint.render(values)}"
        hints.append(hint.id)
    form = template(style)
    return UserTurn(text=form.render({**values, "question": question}), templates=(form.id, *hints))


def ask(pair: QAPair) -> str:
    """Format the question with its options below it, one a line."""
    if not pair.options:
        return pair.question
    lines = [f"{letter}. {text}" if letter else f"- {text}" for letter, text in pair.options]
    return "\n".join([pair.question, "", *lines])


def answer(pair: QAPair) -> str:
    """Format the right answer.

    Options become `B. text`, several ones joined by "; " in the order of the options. Without
    options it is the first right answer.
    """
    if not pair.correct:
        return pair.answers[0]
    return "; ".join(f"{letter}. {text}" for letter, text in pair.options if letter in pair.correct)
