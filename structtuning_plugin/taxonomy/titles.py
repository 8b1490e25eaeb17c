"""Display of titles, and titles that name no knowledge.

The tree keeps a title as the source has it. The displayed title has no numbering, and no dots and
page number of a contents line. Hyphens, signs and digits of the name stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import regex

from structtuning_plugin import languages

LONGEST = 120

# A unit of one capital letter counts at the end only: "1.2 A Brief History" and "3.1 B cells" are
# numbered titles.
_UNITS = (
    r"(?:(?:[kMGTmµn](?:Hz|B|W|V|A|Pa|J|N|eV|bit|bps)|Hz|Pa|eV|bit|bps|[mckµn]?[mgls]|mmHg|mol|%"
    r"|°[CF]?)(?!\w)|[BWVAJN]$)"
)
_NUMBERS = (
    regex.compile(rf"^\d{{1,2}}(?:\.\d{{1,2}})+[.)]?\s+(?=\S)(?!{_UNITS})"),
    # One letter before a small one or another initial is no number: E. coli, J. S. Bach.
    regex.compile(
        r"^(?:(?:\d{1,3}|[IVXLC]{2,6})[.)]|[A-Z](?:\)|\.(?!\s+(?:\p{Ll}|\p{Lu}\.))))\s+(?=\S)"
    ),
)
_CONTENTS_TAIL = regex.compile(r"\s*(?:\.{3,}|…{1,}|(?:\.\s){3,})[\s.…]*\d*\s*$")
_BLANKS = regex.compile(r"[\s\p{Zl}\p{Zp}\u200b\u2060\ufeff]+")


def is_one_line(title: str) -> bool:
    """Return True if a text can be a title: one line that is not blank."""
    return bool(title.strip()) and title.splitlines() == [title]


def display_title(title: str) -> str:
    """Return the title in one line, without numbering, contents dots and page number.

    A very long title is cut at a word.

    >>> [display_title(t) for t in ("3.2.1 COVID-19", "第三章 细胞", "Chapter 4: C++ ..... 17")]
    ['COVID-19', '细胞', 'C++']
    >>> [display_title(t) for t in ("T-cell", "2.4 GHz")]
    ['T-cell', '2.4 GHz']
    """
    line = _BLANKS.sub(" ", title).strip()
    bare = _CONTENTS_TAIL.sub("", line)
    for pattern in _numbering():
        stripped = pattern.sub("", bare)
        if stripped != bare:
            bare = stripped
            break
    return shorten(bare or line, LONGEST)


def shorten(title: str, longest: int) -> str:
    """Cut a title to at most `longest` characters, at a word if possible, with an ellipsis.

    >>> shorten("The structure of the plasma membrane", 20)
    'The structure of…'
    """
    if len(title) <= longest:
        return title
    head = title[: max(1, longest - 1)]
    at_word = head.rsplit(" ", 1)[0] if " " in head[len(head) // 2 :] else head
    return at_word.rstrip(" ,;:—–-") + "…"


_IN_BRACKETS = regex.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]\s*$")
_BETWEEN_WIDE = regex.compile(r"(?<=\p{Han})\s+(?=\p{Han})")
# A line of links, or of a link to a wiki's page, and signs between them.
_LINK = r"(?:!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?|\[\[[^\]]+\]\]|<?https?://\S+)"
_LINK_LINE = regex.compile(rf"^\s*(?:[-*+•]|\d+[.)])?\s*(?:{_LINK}[\s·|•,;:–—-]*)+$")
_CONTENTS_LINE = regex.compile(r"(?:\.{3,}|…|(?:\. ){3,}|\t)\s*\d+\s*$")


@languages.cached
def _numbering() -> tuple[Any, ...]:
    """Compile the patterns of numbering: words and a number, numbers, and those of languages."""
    headings = [language.headings for language in languages.registered()]
    numbered = "|".join(word for item in headings for word in item.numbered)
    chapters = "|".join(word for item in headings for word in item.chapters)
    others = dict.fromkeys(pattern for item in headings for pattern in item.numbering)
    mark = r"\s+(?:\d+(?:\.\d+)*|[IVXLC]+|[A-Z])\s*[.:)、．：–—-]\s*(?=\S)"
    return (
        regex.compile(rf"^(?:{numbered}){mark}", regex.IGNORECASE),
        regex.compile(rf"^(?:{chapters})\s+\d+\s+(?=\p{{Lu}})", regex.IGNORECASE),
        *_NUMBERS,
        *(regex.compile(f"^{pattern}") for pattern in others),
    )


@languages.cached
def _back_matter() -> tuple[frozenset[str], frozenset[str]]:
    """Collect the titles that name no knowledge, and those of them that may do so all the same.

    Only whole titles count: "Index of refraction" is knowledge.
    """
    headings = [language.headings for language in languages.registered()]
    titles = frozenset().union(*(item.back_matter for item in headings))
    titles |= {word for item in languages.registered() for word in item.divisions.contents}
    return titles, frozenset().union(*(item.ambiguous for item in headings))


def is_back_matter(title: str, own_text: str = "", childless: bool = True) -> bool:
    """Return True if a heading names an apparatus (contents, index, references, exercises...).

    The name decides, or the shape of the text: lines that end in dots and a page number, or that
    are links and nothing else.
    """
    name = _name(title)
    back_matter, ambiguous = _back_matter()
    if name in back_matter:
        return childless or name not in ambiguous
    lines = [line for line in own_text.splitlines() if line.strip()]
    if len(lines) >= 5 and _share(_CONTENTS_LINE, lines) >= 0.6:
        return True
    return childless and len(lines) >= 3 and _share(_LINK_LINE, lines) >= 0.9


def _name(title: str) -> str:
    """Return a title without numbering, case, and what is in brackets behind it.

    >>> _name("CONTENTS (continued)"), _name("目 录")
    ('contents', '目录')
    """
    name = _IN_BRACKETS.sub("", display_title(title).casefold()).strip(" .:：*_")
    return _BETWEEN_WIDE.sub("", name)


def _share(pattern: Any, lines: Sequence[str]) -> float:
    return sum(bool(pattern.search(line)) for line in lines) / len(lines)
