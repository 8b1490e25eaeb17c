"""Elements of a page. A `str` is text and is escaped; `Markup` is markup of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Column of a table; `words` are aligned left, figures right."""

    title: str
    words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Table with as many cells in each row as columns; the first cell names the row."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Chart with its legend; `keys` has the name of each colour, empty for one series."""

    kind: ClassVar[str] = "chart"
    caption: str
    svg: Markup
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Excerpt of a text of others; `more` counts the characters that are not shown."""

    text: str
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredQuestion:
    """One question with its answer; `before` is the answer of the baseline, or None."""

    about: str
    language: str
    question: Excerpt
    answer: Excerpt
    right: tuple[Excerpt, ...]
    before: Excerpt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Some questions of one run."""

    kind: ClassVar[str] = "questions"
    caption: str
    items: tuple[AnsweredQuestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Section with its id `anchor`; `lines` come before the parts."""

    anchor: str
    title: str
    lines: tuple[str, ...] = ()
    parts: tuple[Table | Chart | Questions, ...] = ()
