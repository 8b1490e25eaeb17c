"""Questions to a language model about the structure of a text, and checks of its answers.

    1. A cell is...                 {"groups": [{"title": "What a cell is", "start": 1, "end": 2},
    2. All cells...          ->                 {"title": "The membrane", "start": 3, "end": 3}]}
    3. The membrane...

Items are paragraphs first ("points"), then the titles found so far ("sections", repeated up to the
chapters). Titles of documents are grouped in the same way ("subjects"). Ranges count items from 1
and include their end, as in arXiv 2407.16724.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.llm.types import Message
from structtuning_plugin.taxonomy.llm_extraction.windows import Group
from structtuning_plugin.taxonomy.titles import is_one_line

QuestionKind = Literal["points", "sections", "subjects", "title", "levels"]

LONGEST_TITLE = 200
DEEPEST_LEVEL = 6
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One numbered line: its text, and the characters `start..end` of the document it represents.

    `height` is 0 for a paragraph or a leaf, else the number of levels below the title.
    """

    text: str
    start: int
    end: int
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One window of items of a document or (for subjects) of the domain; `level` counts rounds."""

    kind: QuestionKind
    document_id: str
    title: str
    language: str
    items: tuple[Item, ...]
    level: int = 0

    @property
    def about(self) -> str:
        """Describe the window for people."""
        first, last = self.items[0], self.items[-1]
        place = (
            f"documents {first.start + 1}-{last.end}"
            if self.kind == "subjects"
            else f"{first.start}-{last.end}"
        )
        return f"{self.kind}{self.level or ''} {self.document_id} {place}"


def schema(kind: QuestionKind, most: int | None = None) -> dict[str, Any]:
    """Return the JSON schema of an answer; `check` verifies the bounds.

    Args:
        kind: Kind of the question.
        most: Greatest number of groups or levels, that is of items. Without it small models repeat
            a group until the answer breaks off.
    """
    limit = {} if most is None else {"maxItems": most}
    title = {"type": "string"}
    if kind == "title":
        return _object({"title": title})
    number = {"type": "integer"}
    if kind == "levels":
        return _object({"levels": {"type": "array", "items": number, **limit}})
    fields: dict[str, Any] = {"title": title, "start": number, "end": number}
    if kind == "sections":
        fields["intro"] = {"type": "boolean"}
    return _object({"groups": {"type": "array", "items": _object(fields), **limit}})


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def messages(question: Question, prompts: Wordings, seed: int) -> tuple[Message, ...]:
    """Render the question, in the document's language where there are prompts in it."""
    values = {
        "title": question.title,
        "count": len(question.items),
        "items": [item.text for item in question.items],
        "language": question.language,
    }
    turns = (("system", "role"), ("user", question.kind))
    return tuple(
        Message(role=role, content=_worded(question, pool, values, prompts, seed))
        for role, pool in turns
    )


def again(question: Question, prompts: Wordings, seed: int, fault: str) -> str:
    """Render the message about an answer that cannot be used."""
    return _worded(
        question, "again", {"fault": fault, "language": question.language}, prompts, seed
    )


def _worded(
    question: Question, pool: str, values: Mapping[str, Any], prompts: Wordings, seed: int
) -> str:
    wordings = prompts.pool(question.language, pool)
    return wordings[stable_choice(seed, f"{question.about} {pool}", len(wordings))].render(values)


# A heading's marks, or a title that is emphasised as a whole.
_MARKED = re.compile(r"#{1,6} +(?P<heading>.+)|(?:[-*+] +)?(?P<strong>(\*\*|__)[^*_]+\3:?)")
_LIST_NUMBER = re.compile(r"^(?:\d{1,3}[.)]|[-*+])\s+(?=\S)")


def check(question: Question, data: Any) -> list[Group]:
    """Check an answer and return its groups, counted from 0 and half-open.

    Raises:
        ValueError: If the ranges are not contiguous, complete and ordered, or a title is unusable.
            The text is for the model.
    """
    rows = _rows(data)
    if rows is None:
        raise ValueError(
            'the answer must be a JSON object {"groups": [{"title", "start", "end"}, ...]}'
        )
    count, expected = len(question.items), 1
    groups = []
    for place, row in enumerate(rows, start=1):
        title, start, end = _fields(row, place)
        if start != expected:
            raise ValueError(
                f"group {place} starts at {start}, but must start at {expected}: groups follow "
                "each other"
            )
        if not start <= end <= count:
            raise ValueError(
                f"group {place} ends at {end}, but must end between {start} and {count}"
            )
        groups.append(Group(start=start - 1, end=end, title=title, intro=row.get("intro") is True))
        expected = end + 1
    if expected != count + 1:
        raise ValueError(
            f"the last group ends at {expected - 1}, but must end at {count}: every number belongs "
            "to a group"
        )
    return _with_intro(question, groups)


def _with_intro(question: Question, groups: list[Group]) -> list[Group]:
    """Mark items that stay alone: always for documents, for titles if the answer marks none."""
    alone = [group for group in groups if group.end - group.start == 1]
    if question.kind == "sections":
        alone = [group for group in alone if group.title == question.items[group.start].text]
    if question.kind == "points" or any(group.intro for group in alone):
        return groups
    return [replace(group, intro=True) if group in alone else group for group in groups]


def _rows(data: Any) -> list[Any] | None:
    rows = data.get("groups") if isinstance(data, dict) else data
    return rows if isinstance(rows, list) and rows else None


def _fields(row: Any, place: int) -> tuple[str, int, int]:
    if not isinstance(row, dict):
        raise ValueError(f"group {place} must be an object with title, start and end")
    title = _checked_title(row.get("title"), f"group {place}")
    start, end = _number(row.get("start")), _number(row.get("end"))
    if start is None or end is None:
        raise ValueError(f"group {place} needs whole numbers as start and end")
    return title, start, end


def check_name(data: Any) -> str:
    """Return the title of an answer of the kind "title".

    Raises:
        ValueError: If the answer has no usable title.
    """
    return _checked_title(data.get("title") if isinstance(data, dict) else None, "the text")


def check_levels(question: Question, data: Any) -> list[int]:
    """Return the levels of an answer of the kind "levels", one for each item.

    Raises:
        ValueError: If there are more or fewer, or a level is out of order.
    """
    rows = data.get("levels") if isinstance(data, dict) else data
    count = len(question.items)
    if not isinstance(rows, list) or len(rows) != count:
        size = len(rows) if isinstance(rows, list) else "no"
        raise ValueError(f'"levels" must have {count} numbers, one a heading; it has {size}')
    levels: list[int] = []
    for place, row in enumerate(rows, start=1):
        level = _number(row)
        if level is None or not 1 <= level <= DEEPEST_LEVEL:
            raise ValueError(f"level {place} must be a whole number from 1 to {DEEPEST_LEVEL}")
        # The first level below a jump is taken for the next one.
        levels.append(min(level, levels[-1] + 1 if levels else DEEPEST_LEVEL))
    return levels


def _checked_title(title: Any, place: str) -> str:
    """Check a title and return it without Markdown.

    Raises:
        ValueError: If the title is empty, has several lines, or is far too long.
    """
    if not isinstance(title, str) or not title.strip():
        raise ValueError(f"the title of {place} is missing or empty")
    line = _without_markdown(title.strip())
    if not is_one_line(line) or any(
        unicodedata.category(character) in _CONTROLS for character in line
    ):
        raise ValueError(f"the title of {place} must be one line of text")
    if len(line) > LONGEST_TITLE:
        raise ValueError(
            f"the title of {place} has {len(line)} characters; a heading has at most eight words"
        )
    return line


def _without_markdown(title: str) -> str:
    """Remove the marks of a heading or of emphasis, and a number and a colon within them.

    >>> _without_markdown("**1. Pumps:**"), _without_markdown("1. Go:")
    ('Pumps', '1. Go:')
    """
    marked = _MARKED.fullmatch(title)
    if marked is None:
        return title
    text = marked["heading"] or marked["strong"]
    bare = _LIST_NUMBER.sub("", text.strip(" *_:：")).strip(" *_:：")
    return bare or title


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def repair(question: Question, data: Any) -> list[Group] | None:
    """Recover the groups of a wrong answer: its titles at their starts, each up to the next start.

    None if the answer has no start with a usable title.
    """
    group_at: dict[int, Group] = {}
    for row in _rows(data) or ():
        try:
            title, start, _ = _fields(row, 0)
        except ValueError:
            continue
        if 1 <= start <= len(question.items):
            group_at.setdefault(
                start - 1,
                Group(start=start - 1, end=0, title=title, intro=row.get("intro") is True),
            )
    if not group_at:
        return None
    starts = [0, *sorted(group_at)[1:], len(question.items)]
    groups = [group_at[start] for start in sorted(group_at)]
    groups = [
        replace(group, start=start, end=end)
        for group, (start, end) in zip(groups, pairwise(starts), strict=True)
    ]
    return _with_intro(question, groups)


def answer(kind: QuestionKind, groups: Sequence[Group]) -> dict[str, Any]:
    """Convert groups to the JSON that a model would answer with; the inverse of `check`."""
    rows = []
    for group in groups:
        row: dict[str, Any] = {"title": group.title, "start": group.start + 1, "end": group.end}
        rows.append({**row, "intro": group.intro} if kind == "sections" else row)
    return {"groups": rows}
