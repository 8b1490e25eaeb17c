"""Display of titles.

The tree keeps a title as the source has it. The displayed title has no numbering, and no dots and
page number of a contents line. Hyphens, signs and digits of the name stay.
"""

from __future__ import annotations

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


_OPEN_END = regex.compile(r"[.!?…。！？:：;；,，、]$")
_LONGEST_OPENING = 80


def opening_title(text: str) -> str:
    r"""Return the first line of a text if it can be a title: short, alone, no sentence; else "".

    >>> opening_title("Keeping Bees\n\nBees fly out in spring."), opening_title("Bees fly out.")
    ('Keeping Bees', '')
    """
    first, _, others = text.lstrip().partition("\n")
    line = _BLANKS.sub(" ", first).strip()
    alone = others[:1] in ("\n", "") or not others.split("\n", 1)[0].strip()
    starts = line[:1].isalnum() and not line[:1].islower()
    if not (3 < len(line) <= _LONGEST_OPENING and alone and starts and others.strip()):
        return ""
    return "" if _OPEN_END.search(line) else display_title(line)


def is_file_name(title: str, document_id: str) -> bool:
    """Return True if a document has no title but the name of its file.

    >>> is_file_name("notes 2", "books/notes 2.txt"), is_file_name("Bees", "books/notes.txt")
    (True, False)
    """
    name = document_id.rpartition("/")[2].partition("#")[0]
    return title in (name, name.rpartition(".")[0])


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
