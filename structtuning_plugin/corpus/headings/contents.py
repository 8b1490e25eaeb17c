"""The document's own list of contents: evidence for headings, and no headings itself.

Contents
  1 Fuel ........ 3        ->   "fuel" at depth 1, "pump" at depth 2
    1.1 Pump .... 5
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.corpus.headings.candidates import Candidate, Refusal
from structtuning_plugin.corpus.headings.false_headings import weight
from structtuning_plugin.corpus.headings.numbering import parse_number

# Fewer entries are no list of contents.
_LEAST = 3
_LEADER = regex.compile(
    r"^(?P<title>.*?\p{L}.*?)(?:\s*(?:\.{3,}|…+|(?:\.\s){3,}|·{3,}|_{3,})[\s.…·_]*|\t+|\s{3,})"
    r"(?P<page>\d{1,4}|[ivxlc]{1,6})\s*$"
)
_ROW = regex.compile(
    r"^\|\s*(?P<title>[^|]*\p{L}[^|]*?)\s*\|\s*(?P<page>\d{1,4}|[ivxlc]{1,6})\s*\|$"
)
_LINK = regex.compile(r"^(?:[-*+]|\d+[.)])?\s*\[(?P<title>[^\]]+)\]\(#[^)]*\)\s*$")
_ITEM = regex.compile(r"^(?:[-*+•]\s+)?(?P<title>\S.*)$")
_MARKS = regex.compile(r"[*_`#]+|\\(?=\W)")
_BLANK = regex.compile(r"[^\p{L}\p{N}]+")
_LONGEST_ENTRY = 110
_LONGEST_NAME = 60
# With dots or a link.
_LONGEST_LINE = 300
_PAGE_END = regex.compile(r"[\divxlc]$")
_MANY = regex.compile(r"\s*[(（].*?[)）]\s*$")
_BETWEEN_WIDE = regex.compile(r"(?<=\p{Han})\s+(?=\p{Han})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Entries of the list of contents.

    Args:
        depths: Depth of each entry, from 1 on, by the name of its title.
        lines: Numbers of the lines of the list, without its own title.
    """

    depths: Mapping[str, int] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()


def name_of(title: str) -> str:
    """Return the name of a title for comparison: without number, marks, case and punctuation.

    >>> name_of("**1.1 Fuel Pump**") == name_of("1.1 FUEL  PUMP")
    True
    """
    bare = _MARKS.sub("", title).strip()
    number = parse_number(bare)
    name = bare[number.end :] if number and number.end < len(bare) else bare
    return _BLANK.sub(" ", name.casefold()).strip()


def is_contents_title(title: str) -> bool:
    """Return True if a title names a list of contents: "Contents", "目 录", "Detailed Contents"."""
    if len(title) > _LONGEST_NAME:
        return False
    line = _BETWEEN_WIDE.sub("", _MANY.sub("", _MARKS.sub("", title).strip())).casefold()
    return bool(_contents_pattern().fullmatch(line.strip(" .:：")))


@languages.cached
def _contents_pattern() -> Any:
    words = [word for item in languages.registered() for word in item.divisions.contents]
    joined = "|".join(regex.escape(word) for word in sorted(dict.fromkeys(words), key=len))
    return regex.compile(rf"(?:\p{{L}}+\s){{0,2}}(?:{joined})s?(?:\s\p{{L}}+)?")


def find_contents(lines: Sequence[str]) -> Contents:
    """Find the lists of contents of a source: entries with page numbers, or links, or repeated.

    Args:
        lines: Lines of the source.
    """
    depths: dict[str, int] = {}
    numbers: set[int] = set()
    names = _line_names(lines)
    for run in _runs(lines, names):
        if len(run) < _LEAST:
            continue
        numbers |= {number for number, _ in run}
        for (_, title), depth in zip(run, _depths(lines, run), strict=True):
            depths.setdefault(name_of(title), depth)
    return Contents(depths=depths, lines=frozenset(numbers))


def _line_names(lines: Sequence[str]) -> dict[str, int]:
    """Map the name of each short line to the last line that has it; only below a title of a list.

    Empty if no line names a list of contents: then nobody asks.
    """
    if not any(is_contents_title(line) for line in lines):
        return {}
    return {
        name: number
        for number, line in enumerate(lines)
        if len(line) <= _LONGEST_ENTRY and (name := name_of(line))
    }


def _runs(lines: Sequence[str], names: Mapping[str, int]) -> Iterator[list[tuple[int, str]]]:
    """Iterate over runs of entries: number of the line, and title."""
    run: list[tuple[int, str]] = []
    named = False
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        title = _entry_title(line, named, number, names)
        if title:
            run.append((number, title))
            continue
        yield run
        run = []
        named = is_contents_title(line)
    yield run


def _entry_title(line: str, named: bool, number: int, names: Mapping[str, int]) -> str:
    """Return the title of an entry; empty if the line is none.

    Below the title of the list, a short line that comes again later is an entry too.
    """
    text = line.strip()
    if len(text) > _LONGEST_LINE:
        return ""
    bare = _MARKS.sub("", text).strip()
    match = _leader(bare) or _ROW.match(text) or _LINK.match(text)
    if match is not None and weight(match["title"]) <= _LONGEST_ENTRY:
        return match["title"].strip()
    if not named or weight(text) > _LONGEST_ENTRY:
        return ""
    item = _ITEM.match(bare)
    title = item["title"] if item else ""
    return title if names.get(name_of(title), -1) > number else ""


def _leader(text: str) -> regex.Match[str] | None:
    """Match a title, dots and a page number."""
    is_short = len(text) <= _LONGEST_LINE
    return _LEADER.match(text) if is_short and _PAGE_END.search(text[-6:]) else None


def _depths(lines: Sequence[str], run: Sequence[tuple[int, str]]) -> list[int]:
    """Return the depth of each entry: by its number, else by the width of its indent."""
    indents = [len(lines[number]) - len(lines[number].lstrip()) for number, _ in run]
    steps = sorted(set(indents))
    depths = []
    for (_, title), indent in zip(run, indents, strict=True):
        number = parse_number(title)
        is_decimal = number is not None and number.scheme == "decimal"
        depth = len(number.values) if number is not None and is_decimal else 0
        depths.append(depth if depth and len(steps) == 1 else steps.index(indent) + 1)
    return depths


def refuse_contents_entries(candidates: Sequence[Candidate]) -> list[Refusal]:
    """Find marked lines that are entries of the list of contents.

    They end in a page number after dots, or they come below the title of the list, without text,
    and come again later.
    """
    last = {name_of(candidate.title): place for place, candidate in enumerate(candidates)}
    refusals: list[Refusal] = []
    below = False
    for place, candidate in enumerate(candidates):
        if is_contents_title(candidate.title):
            below = True
            continue
        following = candidates[place + 1] if place + 1 < len(candidates) else None
        is_empty = following is not None and following.offset == candidate.offset
        comes_again = last[name_of(candidate.title)] > place
        if _leader(candidate.title) or (below and comes_again and is_empty):
            refusals.append(Refusal(candidate=candidate, reason="contents_entry_as_heading"))
        elif below and comes_again and refusals and refusals[-1].candidate is candidates[place - 1]:
            refusals.append(Refusal(candidate=candidate, reason="contents_entry_as_heading"))
            below = False
        else:
            below = False
    return refusals
