"""What a page is made of. A `str` is text and is escaped; `Markup` is markup of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`words` are read from the left, figures stand at the right."""

    title: str
    words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """As many cells in each row as there are columns; the first one names the row."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`keys` are what is drawn in which colour, none for one series alone."""

    kind: ClassVar[str] = "chart"
    caption: str
    svg: Markup
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A text of others, at most so long as is shown; `more` are the characters that are not."""

    text: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One question with its answer; `before` is what the run answered that is compared with, None without."""

    about: str
    language: str
    question: Said
    answer: Said
    right: tuple[Said, ...]
    before: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Some questions of one run."""

    kind: ClassVar[str] = "questions"
    caption: str
    items: tuple[Answered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`anchor` is its id in the page; `lines` stand before the parts."""

    anchor: str
    title: str
    lines: tuple[str, ...] = ()
    parts: tuple[Table | Chart | Questions, ...] = ()
