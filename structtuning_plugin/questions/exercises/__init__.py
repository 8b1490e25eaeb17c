"""Exercises: questions from the corpus and its tree by rule, without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.core.types import Topic

Form = Literal["definition", "cloze", "extract", "extract_next", "heading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One question about the text of a topic.

    `form` is the pool of templates (`templates/qa/<language>/<form>/`), `asked` the topic that the
    question names, `places` the topics whose paths the answer has. `answer` is verbatim text of the
    chunk; the answer of a `heading` is the topic's title. `reasoning` is the text from which the
    answer follows, empty if it is the answer itself. `turn` is 0 for a topic's first exercise.
    """

    id: str
    form: Form
    asked: Topic
    places: tuple[Topic, ...]
    chunk_ids: tuple[str, ...]
    answer: str
    reasoning: str = ""
    text: str = ""
    term: str = ""
    turn: int = 0
