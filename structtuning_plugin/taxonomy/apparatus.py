"""Apparatus of a book: sections that are no knowledge points, by name, shape or content.

    Review Questions, 本章小结, Appendix B: Tables      by name, in every registered language
    lines that end in page numbers, lists of links    by shape
    "By the end of this section, you should ..."      by content

Only whole titles count: "Index of refraction" is knowledge.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import regex

from structtuning_plugin import languages

# Longer titles say something of their own.
_LONGEST_NAME = 80
# Lines of a list at least, and the share of them that have its shape.
_FEWEST_LINES = 4
_FEWEST_LINKS = 3
_MOST_LINES = 0.7
_SHORTEST_CONTENTS = 5
_CONTENTS_SHARE = 0.6
# Objectives and notices of a publisher are short.
_LONGEST_OPENED = 2_500

_CONTENTS_LINE = regex.compile(r"(?:\.{3,}|…|(?:\. ){3,}|\t)\s*\d+\s*$")
_ITEM = r"^\s*(?:[-*+•]|\d+[.)、．])?\s*"
# A line of links, or of a link to a wiki's page, and signs between them.
_LINK = r"(?:!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?|\[\[[^\]]+\]\]|<?https?://\S+)"
_LINK_LINE = regex.compile(rf"{_ITEM}(?:{_LINK}[\s.,:;·|•*_–—-]*)+$")
_IN_BRACKETS = regex.compile(r"(?<=\S)\s*[(（][^()（）]*[)）]\s*$")
_INDEX_LINE = regex.compile(
    r"^.{2,60}?[,，]?\s\d{1,4}(?:[-–]\d{1,4})?(?:,\s?\d{1,4}(?:[-–]\d{1,4})?)*\s*$"
)
_SOURCE_LINE = regex.compile(
    rf"{_ITEM}(?:\[\d+\]\s*)?(?:\p{{Lu}}[\p{{L}}'’-]+,?\s"
    r"(?:\p{Lu}\.|\p{Lu}[\p{L}-]+).{0,200}?"
    r"\(?(?:1[5-9]|20)\d\d[a-z]?\)?|.{10,}\[[JMCDNRZ]\].*\d{4})"
)
_QUESTION_LINE = regex.compile(rf"{_ITEM}\S.*[?？]\s*[*_]*$")
_MARKS = regex.compile(r"[*_#`]+")
_EDGES = " .:：。!?！？·•-–—*_#“”\"'’「」【】[]（）"
_ENDS = r"[\s,;:，、：.&＆/()（）–—-]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Patterns of names and openings; names of spaced languages are matched with their blanks."""

    spaced: tuple[Any, ...]
    unspaced: tuple[Any, ...]
    spaced_glossaries: tuple[Any, ...]
    unspaced_glossaries: tuple[Any, ...]
    titled: Any
    openings: Any
    whole: frozenset[str]
    ambiguous: frozenset[str]


def is_apparatus(
    title: str,
    shown: str,
    own_text: str = "",
    childless: bool = True,
    more: Collection[str] = (),
) -> bool:
    """Return True if a heading belongs to an apparatus (contents, summary, exercises, credits...).

    Args:
        title: The title as the source has it.
        shown: The title without its numbering, from `titles.display_title`.
        own_text: The text between the heading and the next.
        childless: Whether the heading has none below it.
        more: Further names, from `taxonomy.apparatus` of the block.
    """
    keys = {_key(text) for name in (title, shown) for text in (name, _IN_BRACKETS.sub("", name))}
    if keys & {_key(name) for name in more}:
        return True
    names = _names()
    if keys & names.ambiguous and not childless:
        return False
    dense = {"".join(key.split()) for key in keys}
    if (keys | dense) & names.whole or any(_is_name(key, names, glossary=False) for key in keys):
        return True
    if childless and names.titled is not None and names.titled.match(_key(title)):
        return True
    return childless and _has_shape(own_text, names)


def is_glossary(title: str, shown: str) -> bool:
    """Return True if a heading names a list of terms with their meanings ("Key Terms")."""
    return any(_is_name(key, _names(), glossary=True) for key in {_key(title), _key(shown)})


def _key(title: str) -> str:
    bare = " ".join(_MARKS.sub("", title).split())
    return bare.strip(_EDGES).casefold()


def _is_name(key: str, names: _Names, glossary: bool) -> bool:
    if not key or len(key) > _LONGEST_NAME:
        return False
    spaced = names.spaced_glossaries if glossary else names.spaced
    unspaced = names.unspaced_glossaries if glossary else names.unspaced
    dense = "".join(key.split())
    return any(pattern.fullmatch(key) for pattern in spaced) or any(
        pattern.fullmatch(dense) for pattern in unspaced
    )


def _has_shape(text: str, names: _Names) -> bool:
    """Return True for contents, lists of links, an index, a bibliography or mere questions."""
    lines = [line for line in text.splitlines() if line.strip() and not _is_heading(line)]
    if names.openings is not None and len(text) <= _LONGEST_OPENED:
        first = " ".join(" ".join(lines[:2]).split()).lstrip(_EDGES).casefold()
        if names.openings.match(first):
            return True
    if len(lines) >= _SHORTEST_CONTENTS:
        count = sum(bool(_CONTENTS_LINE.search(line)) for line in lines)
        if count >= _CONTENTS_SHARE * len(lines):
            return True
    if len(lines) >= _FEWEST_LINKS and all(map(_LINK_LINE.match, lines)):
        return True
    if len(lines) < _FEWEST_LINES:
        return False
    shapes = (_LINK_LINE, _INDEX_LINE, _SOURCE_LINE, _QUESTION_LINE)
    return any(
        sum(bool(shape.match(line)) for line in lines) >= _MOST_LINES * len(lines)
        for shape in shapes
    )


def _is_heading(line: str) -> bool:
    return line.lstrip().startswith("#")


@languages.cached
def _names() -> _Names:
    registered = languages.registered()
    own = [(item, item.headings.apparatus) for item in registered if item.headings.apparatus.names]
    titled = [apparatus.titled for _, apparatus in own if apparatus.titled]
    openings = [apparatus.openings for _, apparatus in own if apparatus.openings]
    return _Names(
        spaced=tuple(_name_pattern(item, a.names, a.glossaries) for item, a in own if item.spaced),
        unspaced=tuple(
            _name_pattern(item, a.names, a.glossaries) for item, a in own if not item.spaced
        ),
        spaced_glossaries=tuple(
            _name_pattern(item, a.glossaries) for item, a in own if item.spaced
        ),
        unspaced_glossaries=tuple(
            _name_pattern(item, a.glossaries) for item, a in own if not item.spaced
        ),
        titled=regex.compile(
            rf"(?:{'|'.join(titled)})\s?(?:\d+|\p{{L}}|[ivxlc]+|[一二三四五六七八九十]+)?\s*[.:：、–—-]"
            rf"|(?:{'|'.join(titled)})\s?(?:\d+|\p{{L}}|[一二三四五六七八九十]+)\s"
        )
        if titled
        else None,
        openings=regex.compile(rf"(?:{'|'.join(openings)})") if openings else None,
        whole=frozenset().union(
            *(item.headings.back_matter for item in registered),
            *(item.divisions.contents for item in registered),
        ),
        ambiguous=frozenset().union(*(item.headings.ambiguous for item in registered)),
    )


def _name_pattern(language: languages.Language, *names: str) -> Any:
    """Compile a pattern of titles that consist of names, words around them, and numbers."""
    around = language.headings.apparatus.around
    name = "|".join(part for part in names if part) or r"(?!)"
    number = r"\d+(?:\.\d+)*|(?<!\p{L})\p{L}(?!\p{L})"
    if not language.spaced:
        piece = rf"(?:{name}|{around}|{number}|[,:：，、()（）–—-])"
        return regex.compile(rf"(?:{piece})*?(?:{name})(?:{piece})*+")
    other = rf"(?:(?:{around}|{number}){_ENDS}+)"
    again = rf"(?:{_ENDS}+(?:{name}|{around}|{number}))"
    return regex.compile(rf"{other}*(?:{name}){again}*{_ENDS}*")
