r"""Marks in the titles of Markdown headings that are no part of their names.

Gearboxes {#gearboxes}    Bearings[¶](#bearings)    Torque[^1]    [[Shafts|Drive Shafts]]
->  Gearboxes             Bearings                  Torque        Drive Shafts
"""

from __future__ import annotations

from collections.abc import Callable

import regex

_CODE = regex.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)")
# Attributes of Pandoc, kramdown, Quarto and Docusaurus: {#id .class key=value}, {-}, {: #id}.
_ATTRIBUTE = r"(?:[#.][\w:.\-/]+|-|[\w:-]+=(?:\"[^\"]*\"|'[^']*'|[^\s}]+))"
_ATTRIBUTES = regex.compile(
    rf"\s*\{{:?\s*(?:/\*\s*)?{_ATTRIBUTE}(?:\s+{_ATTRIBUTE})*\s*(?:\*/\s*)?\}}\s*$"
)
# Links of a generator to the heading itself; their text is a sign or nothing.
_PERMALINK = regex.compile(
    r"\s*\[(?:[¶#§🔗⚓\s\u200b\u2060]|&para;|&#182;|permalink|link)*\]"
    r"(?:\(#[^()]*(?:\([^()]*\)[^()]*)*\)|\{[^}]*\})",
    regex.IGNORECASE,
)
_PILCROW = regex.compile(r"\s*[¶\u200b\u2060]+\s*$")
_FOOTNOTE = regex.compile(r"\s?\[\^[^\]\s]+\]")
# A number in brackets right after a word is a note; after a blank it may be a part of the title.
_NOTE_NUMBER = regex.compile(
    r"(?<=\p{L}{3})(?:\[\d{1,3}\])+$|<sup>\s*(?:<a\b.*?</a>|\[.{1,4}?\])\s*</sup>"
)
_NOTE_SIGN = regex.compile(
    r"(?<=\p{L}{3})<sup>\s*\d{1,2}\s*</sup>\s*$|(?<=\p{L}{4})[¹²³⁴-⁹⁰]+\s*$|\s*[†‡]+\s*$"
)
_BLOCK_ID = regex.compile(r"\s+\^(?=[a-z0-9-]*\d|[a-z-]+$)[a-z0-9-]{3,}\s*$", regex.IGNORECASE)
_SHORTCODE = regex.compile(r"(?<!\S):[a-z][a-z0-9_+-]*:(?!\S)")
_WIKI_LINK = regex.compile(r"!?\[\[(?P<first>[^\[\]|]+)(?:\|(?P<second>[^\[\]|]+))?\]\]")
_HIGHLIGHT = regex.compile(r"==(?=\S)(.+?)(?<=\S)==")
_STRUCK = regex.compile(r"~~(?=\S).+?(?<=\S)~~\s?")
_COMMENT = regex.compile(r"\s*%%.*?%%\s*")
_LABEL = regex.compile(r"\s*\\label\{[^}]*\}")
# Digits that Notion appends to the names of exported files.
_NOTION_ID = regex.compile(r"[\s_-]+[0-9a-f]{32}(?=$|\.)")


def strip_decorations(raw: str, alias_first: bool = False) -> str:
    """Remove marks from the source of a title; code in it stays.

    Args:
        raw: Source of the title, in Markdown.
        alias_first: Whether a wiki link begins with its text, as in the wikis of GitHub.

    >>> [strip_decorations(t) for t in ("Oil {.tabset}", "Seals ^a1b2c3", ":wrench: Nuts")]
    ['Oil', 'Seals', 'Nuts']
    """
    title = _NOTE_SIGN.sub("", raw)
    title = _PILCROW.sub("", _BLOCK_ID.sub("", _ATTRIBUTES.sub("", title)))

    def link_text(match: regex.Match[str]) -> str:
        first, second = match["first"], match["second"]
        text = (first if alias_first else second) if second else first.rpartition("#")[2]
        return str(text).strip()

    def clean(text: str) -> str:
        text = _WIKI_LINK.sub(link_text, _COMMENT.sub(" ", text))
        for pattern in (_PERMALINK, _FOOTNOTE, _NOTE_NUMBER, _LABEL, _STRUCK, _SHORTCODE):
            text = pattern.sub("", text)
        return _HIGHLIGHT.sub(r"\1", text)

    title = _outside_code(title, clean)
    return _PILCROW.sub("", _ATTRIBUTES.sub("", title)).strip()


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for code in _CODE.finditer(text):
        parts += [change(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def strip_export_id(name: str) -> str:
    """Remove the 32 hex digits that Notion appends to the name of an exported file or folder.

    >>> strip_export_id("Fuel Pump 1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d")
    'Fuel Pump'
    """
    return _NOTION_ID.sub("", name) or name
