"""Text of questions and of their answers, the same for training, evaluation and lm-eval tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.core.templates import Wording, Wordings
from structtuning_plugin.core.types import Message, QAPair, Topic
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.taxonomy.tree import Tree

Style = Literal["brief", "reason", "explain"]

# Chooses a template of a pool: training draws one by a hash, evaluation takes the first.
Choose = Callable[[str, Sequence[Wording]], Wording]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTurn:
    """Text of the user's turn and the ids of its templates.

    `templates` is empty for an instruction that is kept as it is.
    """

    text: str
    templates: tuple[str, ...] = ()


def choose_first(pool: str, templates: Sequence[Wording]) -> Wording:
    """Choose the first template of a pool."""
    return templates[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBuilder:
    """Builder of all questions: pairs, questions about a topic, exercises.

    Args:
        wordings: Templates of `templates/qa`.
        domain: Title of the knowledge tree's root, as it is displayed.
        formats: Formats of the pairs by name.
        style: Form of a pair's question. `brief` asks for the bare answer, `reason` for structure
            and reasoning before it, `explain` for reasoning alone.
        system: System turn of conversations that have none of their own; empty for none.
        choose: Returns one template of a pool, given the pool's name.
    """

    wordings: Wordings
    domain: str
    formats: Mapping[str, QAFormat]
    style: Style = "brief"
    system: str = ""
    choose: Choose = choose_first

    def render_pair(self, pair: QAPair) -> UserTurn:
        """Render the question of a pair, with a hint where it has right options.

        Raises:
            TemplateError: If a template is missing or fails.
        """
        qa_format = self.formats[pair.format]
        question = qa_format.ask(pair)
        if self.style == "brief" and getattr(qa_format, "keeps_instruction", False):
            return UserTurn(text=question)
        values = {"domain": self.domain, "language": pair.language}
        hints = []
        if pair.correct:
            hint = self._template("choices" if pair.several else "choice", pair.language)
            question = f"{question}\n\n{hint.render(values)}"
            hints.append(hint.id)
        form = self._template(self.style, pair.language)
        text = form.render({**values, "question": question})
        return UserTurn(text=text, templates=(form.id, *hints))

    def render_topic(self, pool: str, tree: Tree, topic: Topic, **values: str) -> UserTurn:
        """Render a question about a topic.

        Args:
            pool: Pool of `templates/qa` to take a template from.
            values: Variables in addition to `domain`, `language`, `title`, `book` and `name`.

        Raises:
            TemplateError: If a template is missing or fails.
        """
        title = tree.title(topic)
        variables = {
            "domain": self.domain,
            "language": topic.language,
            "title": title,
            "book": tree.title(tree.book(topic)),
            "name": tree.name(topic) or title,
        }
        template = self._template(pool, topic.language)
        return UserTurn(text=template.render({**variables, **values}), templates=(template.id,))

    def render_exercise(self, tree: Tree, exercise: Exercise) -> UserTurn:
        """Render the question of an exercise; in the style `reason`, for its place first.

        Raises:
            TemplateError: If a template is missing or fails.
        """
        question = self.render_topic(
            exercise.form, tree, exercise.asked, text=exercise.text, term=exercise.term
        )
        if self.style == "brief":
            return question
        language = exercise.asked.language
        form = self._template(self.style, language)
        values = {"domain": self.domain, "language": language, "question": question.text}
        return UserTurn(text=form.render(values), templates=(form.id, *question.templates))

    def keeps_turns(self, pair: QAPair) -> bool:
        """Return True if the pair is a conversation that no template is put around.

        A conversation with one question is asked in the style, unless that is `brief`.
        """
        question_count = sum(turn.role == "user" for turn in pair.turns)
        return bool(pair.turns) and (self.style == "brief" or question_count > 1)

    def build_messages(self, pair: QAPair) -> tuple[Message, ...]:
        """Build the turns before the answer: the system's, if there is one, and the user's.

        Raises:
            TemplateError: If a template is missing or fails.
        """
        if self.keeps_turns(pair):
            return add_system(pair.turns[:-1], self.system)
        user = Message(role="user", content=self.render_pair(pair).text)
        return add_system((*system_turns(pair), user), self.system)

    def _template(self, pool: str, language: str) -> Wording:
        return self.choose(pool, self.wordings.pool(language, pool))


def system_turns(pair: QAPair) -> tuple[Message, ...]:
    """Return the system turns that a pair brings along."""
    return tuple(turn for turn in pair.turns if turn.role == "system")


def add_system(messages: tuple[Message, ...], system: str) -> tuple[Message, ...]:
    """Put a system turn first, unless it is empty or there is one."""
    if system and messages[0].role != "system":
        return (Message(role="system", content=system), *messages)
    return messages


def render_plain(messages: Sequence[Message], wordings: Wordings, language: str) -> str:
    """Render a conversation as plain text that ends where the answer begins.

    Args:
        messages: Turns before the answer.
        wordings: Templates of `templates/qa`; `plain` is put around each question.
        language: ISO 639-1 code of the questions.

    Raises:
        TemplateError: If there is no template `plain`, or it fails.
    """
    parts: list[str] = []
    for message in messages:
        if message.role == "user":
            template = wordings.pool(language, "plain")[0]
            values = {"question": message.content, "domain": "", "language": language}
            parts.append(template.render(values))
        elif message.role == "assistant":
            parts[-1] += f"\n{message.content}"
        else:
            parts.append(message.content)
    return "\n\n".join(parts) + "\n"


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
