"""The document's title where a logo, badges or a date are above it.

![logo](logo.png)  <br>          Heading(title="Pumps", start=0): the title heads all of the text,
# Pumps                     ->   and so becomes the root of the tree
"""

from __future__ import annotations

from dataclasses import replace

import regex

from structtuning_plugin.core.types import Heading

# More characters than this above a heading are an introduction, not a date or a version.
_MOST_CHARACTERS = 120
_MARKUP = regex.compile(
    r"<!--.*?-->|<[a-zA-Z/][^<>]*>|\[?!\[[^\[\]]*\]\([^()]*\)(?:\]\([^()]*\))?"
    r"|!?\[[^\[\]]*\]\[[^\[\]]*\]|\]\([^()]*\)",
    regex.DOTALL,
)
_SHOWN = regex.compile(r"[\p{L}\p{N}]")


def raise_title(text: str, headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Let the first heading begin at the top, if it is above all others and little is before it.

    What is before it must be apart: a blank line is between, or it has no letters at all.

    Args:
        text: Text of the document, without its headings.
        headings: Its headings, in order.
    """
    if not headings or not headings[0].start:
        return headings
    first, others = headings[0], headings[1:]
    if not others or any(heading.level <= first.level for heading in others):
        return headings
    above = text[: first.start]
    shown = _SHOWN.findall(_MARKUP.sub(" ", above))
    is_apart = not shown or above.endswith("\n\n")
    is_short = len(shown) <= _MOST_CHARACTERS
    return (replace(first, start=0), *others) if is_apart and is_short else headings
