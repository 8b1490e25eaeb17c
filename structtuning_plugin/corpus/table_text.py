r"""Tables in the text of a document: their places, their rows and their headers.

| Pump | bar |     header_of(...) == "| Pump | bar |\n|---|---|\n"
|---|---|
| P0 | 100 |       row_ends(...) gives the end of each line
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from structtuning_plugin.core.types import Document

_LINE_ENDS = regex.compile(r"\n+")
_HTML_ROW_ENDS = regex.compile(r"</tr\s*>\s*", regex.IGNORECASE)
_HTML_HEAD = regex.compile(
    r"(?:(?!</?tr\b).)*(?:<thead\b(?:(?!</thead).)*</thead\s*>"
    r"|<tr\b(?:(?!</tr).)*<th\b(?:(?!</tr).)*</tr\s*>)\s*",
    regex.IGNORECASE | regex.DOTALL,
)
_RULE = regex.compile(r"[\s|:-]*-[\s|:-]*")
# The rule below the header of a grid table, or of a simple table (reStructuredText, pandoc).
_GRID_RULE = regex.compile(r"[\s|+=:]*={3}[\s|+=:]*")
_DIGIT = regex.compile(r"\d")
# Lines from the top of a table among which the rule below its header is.
_HEADER_LINES = 6
_NO_TEXT = regex.compile(r"[^\n]")


def table_spans(document: Document) -> Iterator[tuple[int, int]]:
    """Yield start and end of each table of a document."""
    blocks = document.blocks
    for number, block in enumerate(blocks):
        if block.kind == "table":
            following = blocks[number + 1].start if number + 1 < len(blocks) else None
            yield block.start, len(document.text) if following is None else following


def mask_tables(document: Document) -> str:
    """Return the text with blanks in place of its tables, so that offsets stay.

    A text without any word outside of its tables is returned as it is.
    """
    spans = list(table_spans(document))
    if not spans:
        return document.text
    text, pieces, position = document.text, list[str](), 0
    for start, end in spans:
        pieces += [text[position:start], _NO_TEXT.sub(" ", text[start:end])]
        position = end
    masked = "".join([*pieces, text[position:]])
    return masked if any(map(str.isalpha, masked)) else text


def row_ends(text: str) -> list[int]:
    """Return the offsets at which the rows of a table end.

    >>> row_ends("<tr><td>1</td></tr><tr><td>2</td></tr>")
    [19, 38]
    """
    ends = [match.end() for match in _HTML_ROW_ENDS.finditer(text)]
    return ends or [match.end() for match in _LINE_ENDS.finditer(text)]


def header_of(table: str) -> str:
    """Return the rows that name the columns of a table; nothing if there are none.

    These are the rows with `<th>`, those above the first rule, or a first row without digits above
    rows with digits.
    """
    if "<t" in table[:2_000].lower():
        head = _HTML_HEAD.match(table)
        return head[0] if head else ""
    lines = table.splitlines(keepends=True)
    if len(lines) > 2 and _RULE.fullmatch(lines[1].rstrip("\n")):
        return "".join(lines[:2])
    for number in range(1, min(_HEADER_LINES, len(lines) - 1)):
        if _GRID_RULE.fullmatch(lines[number].rstrip("\n")):
            return "".join(lines[: number + 1])
    rows = [line for line in lines if line.strip()]
    with_digits = sum(_DIGIT.search(row) is not None for row in rows[1:])
    if len(rows) > 2 and not _DIGIT.search(rows[0]) and 2 * with_digits > len(rows) - 1:
        return lines[0]
    return ""
