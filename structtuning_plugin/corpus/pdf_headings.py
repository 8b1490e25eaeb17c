"""Headings of PDF from its bookmarks, where they agree with the text.

bookmark "Dug wells", line "1.1 Dug Wells"   ->   heading "1.1 Dug Wells" with the bookmark's level
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.corpus.pdf_lines import Line

_NUMBERING = re.compile(
    r"^\s*(?:(?:chapter|part|appendix|section|kapitel|teil|chapitre|partie|capítulo|глава)\s+)?"
    r"(?:(?:[A-Z]\s?\.\s?)?\d+(?:\s?\.\s?\d+)*|[IVXLC]+|[A-Z])[.):]?(?:\s+|(?=\d))|"
    r"^第\s*[\d一二三四五六七八九十百]+\s*[章节節部编]\s*",
    re.IGNORECASE,
)
# Lines of one heading; share of the bookmarks that must be in the text.
_MOST_LINES = 4
_AGREEMENT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Bookmark of a file: its level from 1 on, its title, its page from 0 on (None: a group)."""

    level: int
    title: str
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Headings at a place: groups without a line of their own, then the one that is printed.

    Attributes:
        lines: Lines that print the heading.
        level: Level of the heading.
        groups: Level and title of the groups that begin here.
    """

    lines: tuple[Line, ...]
    level: int
    groups: tuple[tuple[int, str], ...] = ()


def match_bookmarks(
    bookmarks: Sequence[Bookmark], lines: Sequence[Line]
) -> tuple[list[Match], int]:
    """Find the lines that print the bookmarks' titles.

    Args:
        bookmarks: Bookmarks in order.
        lines: Lines of all pages in reading order.

    Returns:
        The matches, none if most bookmarks are not in the text, and the number of bookmarks that
        are left out.
    """
    by_page: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_page.setdefault(line.page, []).append(index)
    matches: list[Match] = []
    waiting: list[tuple[int, str]] = []
    missing, position = 0, 0
    for number, bookmark in enumerate(bookmarks):
        span = _find(bookmark, lines, by_page, position)
        has_children = number + 1 < len(bookmarks) and bookmarks[number + 1].level > bookmark.level
        waiting = [group for group in waiting if group[0] < bookmark.level]
        if span is None:
            missing += bookmark.page is not None
            if has_children:
                waiting.append((bookmark.level, bookmark.title))
            continue
        start, end = span
        matches.append(
            Match(lines=tuple(lines[start:end]), level=bookmark.level, groups=tuple(waiting))
        )
        waiting, position = [], end
    targets = sum(bookmark.page is not None for bookmark in bookmarks)
    if not targets or len(matches) < _AGREEMENT * targets:
        return [], len(bookmarks)
    return matches, missing


def _find(
    bookmark: Bookmark, lines: Sequence[Line], by_page: dict[int, list[int]], position: int
) -> tuple[int, int] | None:
    if bookmark.page is None:
        return None
    title = title_key(bookmark.title)
    for page in (bookmark.page, bookmark.page + 1, bookmark.page - 1):
        for index in by_page.get(page, ()):
            if index >= position:
                end = _prints(title, lines, index)
                if end is not None:
                    return index, end
    return None


def _prints(title: str, lines: Sequence[Line], index: int) -> int | None:
    """Return the index after the lines that print a title; None if they print something else."""
    text = ""
    for end in range(index + 1, min(index + 1 + _MOST_LINES, len(lines) + 1)):
        line = lines[end - 1]
        if line.page != lines[index].page:
            return None
        text = f"{text} {line.text}"
        key = title_key(text)
        if key == title and key:
            return end
        if is_bare_number(text):
            continue
        if not title.startswith(key):
            return None
    return None


def title_key(text: str) -> str:
    """Return the letters of a title without its numbering."""
    bare = _NUMBERING.sub("", text, count=1)
    letters = "".join(re.findall(r"\w", bare.casefold().replace("-", "")))
    return letters or "".join(re.findall(r"\w", text.casefold()))


def is_bare_number(text: str) -> bool:
    """Return True for the number of a heading that is printed on a line of its own.

    >>> is_bare_number("Chapter 3"), is_bare_number("3 Pumps")
    (True, False)
    """
    return _NUMBERING.fullmatch(f"{text.strip()} ") is not None
