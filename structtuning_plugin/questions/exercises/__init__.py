"""Exercises: questions from the corpus and its tree by rule, without a model."""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import Any, Literal

from structtuning_plugin.core.types import Topic

# Letters of the options of a question.
LETTERS = "ABCD"

Form = Literal[
    "definition",
    "term",
    "cloze",
    "choose",
    "extract",
    "complete",
    "true_false",
    "heading",
    "list_items",
    "member",
    "cell",
    "row",
    "extract_next",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One question about the text of a topic.

    `form` is the pool of templates (`templates/qa/<language>/<form>/`), `asked` the topic that the
    question names, `places` the topics whose paths the answer may have. `answer` is verbatim text
    of the chunk, an option with its letter, the topic's title (`heading`), or what is right where
    `verdict` is "false"; `reasoning` is the text from which the answer follows, empty if it is the
    answer itself.

    Args:
        facts: Ids of the facts that it asks for.
        is_reverse: Whether it goes from what is said to its subject.
        spells_path: Whether its answer begins with the paths to `places`.
        verdict: "true" or "false" for a statement to judge; else empty.
        turn: 0 for the first exercise of each fact, 1 for the second, and so on.
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
    facts: tuple[str, ...] = ()
    is_reverse: bool = False
    spells_path: bool = False
    verdict: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence: `document.text[start:end]`, without blanks around it.

    `rank` 0 depends least on the context. `stems` are the stems of its words (`words.stems`), each
    once and in order: a set takes six times the memory.
    """

    chunk_id: str
    text: str
    start: int
    end: int
    rank: int
    stems: tuple[str, ...]

    def __post_init__(self) -> None:
        # Most stems occur in many sentences: one string for all of them.
        object.__setattr__(self, "stems", tuple(map(intern, self.stems)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the copy in another process, whose stems are shared there too."""
        values = (self.chunk_id, self.text, self.start, self.end, self.rank, self.stems)
        return _make_sentence, values


def _make_sentence(*values: Any) -> Sentence:
    names = ("chunk_id", "text", "start", "end", "rank", "stems")
    return Sentence(**dict(zip(names, values, strict=True)))
