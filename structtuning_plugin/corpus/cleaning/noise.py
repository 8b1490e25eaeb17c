"""Stretches of a text that are no text: embedded data, marks of unknown glyphs, padding of tables.

![Cutaway](data:image/png;base64,9bFlIkp...)    ->    Cutaway
(cid:12)(cid:7) GLYPH<21>                       ->
| bar     |    100 |                            ->    | bar | 100 |
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.cleaning.editing import Edit
from structtuning_plugin.corpus.table_text import table_spans

DATA, GLYPHS, PADDING = "embedded_data", "glyph_marks", "table_padding"

_URI = r"data:[\w.+-]*/?[\w.+-]*(?:;[\w.+-]+(?:=[^;,\s\"'()<>]*)?)*,[^\s\"'()<>]*"
# Images of SVG may hold the marks that end any other URI.
_IMAGE_URI = rf"(?:{_URI}|data:image/svg\+xml[^\n]*?</svg>|data:[^)\n]*)"
# The alternative text of an image stays; the image itself goes.
_IMAGE = regex.compile(
    rf"!\[(?<alt>[^\]\n]*)\]\(\s*<?{_IMAGE_URI}>?(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
_LINK = regex.compile(rf"(?<!!)\[(?<alt>[^\]\n]*)\]\(\s*<?{_URI}>?(?:\s+\"[^\"\n]*\")?\s*\)")
_TAG = regex.compile(
    rf"<(?:img|source|image|embed|object|iframe)\b[^<>]*?[\"']?{_URI}[^<>]*+>", regex.IGNORECASE
)
_ALT = regex.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", regex.IGNORECASE)
_DEFINITION = regex.compile(
    rf"^[ ]{{0,3}}\[(?<label>[^\]\n]+)\]:[ \t]*<?{_URI}>?[^\n]*\n?", regex.M
)
_REFERENCE = regex.compile(r"!\[(?<alt>[^\]\n]*)\](?:\[(?<label>[^\]\n]*)\])?(?!\()")
# Any other URI: so short a one is an example in a text about them.
_BARE = regex.compile(rf"(?<![\w/]){_URI}")
_SHORTEST_URI = 80
# A run of base64: mixed letters and digits without a blank, longer than any word or path; or lines
# of equal length, as in mail and certificates.
_SHORTEST_RUN = 160
_RUN = regex.compile(
    rf"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{{{_SHORTEST_RUN},}}+={{0,2}}(?![A-Za-z0-9+/_-])"
)
_SHORTEST_LINE = 56
_LINES = regex.compile(
    rf"(?:^[^\S\n]*[A-Za-z0-9+/]{{{_SHORTEST_LINE},100}}\n){{3,}}+"
    r"(?:^[^\S\n]*[A-Za-z0-9+/]{2,100}={0,2}(?:\n|\Z))?",
    regex.M,
)
# Digits in two hundred characters of base64: about one in six.
_FEWEST_DIGITS = 0.03

_CID = regex.compile(r"\(cid:\d+\)")
_GLYPH = regex.compile(r"GLYPH(?:<|&lt;)[^<>&\n]{1,80}(?:>|&gt;)|\bglyph\[[\w.-]{1,40}\]")
# One mark may be the subject of a text; a font that was not decoded leaves many.
_FEWEST_MARKS = 3

_BLANKS = regex.compile(r"(?<=\|)[ \t]{2,}+|[ \t]{2,}+(?=\|)")
_RULE = regex.compile(r"(?<=[|\s:]|^)-{4,}+(?=[|\s:]|$)")
_RULE_LINE = regex.compile(r"[\s|:+-]*-[\s|:+-]*")


def find_noise(document: Document) -> Iterator[Edit]:
    """Find what is no text in a document; the edits may overlap."""
    text = document.text
    yield from find_data(text)
    marks = [*_CID.finditer(text), *_GLYPH.finditer(text)]
    if len(marks) >= _FEWEST_MARKS:
        for mark in marks:
            yield Edit(start=mark.start(), end=mark.end(), reason=GLYPHS)
    yield from _padding(document)


def find_data(text: str) -> Iterator[Edit]:
    """Find data URIs and base64; what an image says in words replaces it."""
    if "data:" in text:
        yield from _uris(text)
    # Most texts have no word of such a length: the search for runs would take longer.
    longest = max(map(len, text.split()), default=0)
    for pattern, shortest in ((_RUN, _SHORTEST_RUN), (_LINES, _SHORTEST_LINE)):
        if longest < shortest:
            continue
        for match in pattern.finditer(text):
            if _is_base64(match[0]):
                end = match.end() - match[0].endswith("\n")
                yield Edit(start=match.start(), end=end, reason=DATA)


def _uris(text: str) -> Iterator[Edit]:
    for pattern in (_IMAGE, _LINK):
        for match in pattern.finditer(text):
            yield _replaced(match, match["alt"])
    for match in _TAG.finditer(text):
        alt = _ALT.search(match[0])
        yield _replaced(match, (alt[1] or alt[2] or "") if alt else "")
    labels = set()
    for match in _DEFINITION.finditer(text):
        labels.add(match["label"].casefold())
        yield _replaced(match, "")
    for match in _REFERENCE.finditer(text) if labels else ():
        if (match["label"] or match["alt"]).casefold() in labels:
            yield _replaced(match, match["alt"])
    for match in _BARE.finditer(text):
        if len(match[0]) >= _SHORTEST_URI:
            yield _replaced(match, "")


def _replaced(match: regex.Match[str], words: str) -> Edit:
    return Edit(start=match.start(), end=match.end(), reason=DATA, replacement=words)


def _is_base64(run: str) -> bool:
    """Return whether a run has what base64 has: small and capital letters, and some digits."""
    digits = sum(map(str.isdigit, run))
    has_both = any(map(str.islower, run)) and any(map(str.isupper, run))
    return has_both and digits >= _FEWEST_DIGITS * len(run)


def _padding(document: Document) -> Iterator[Edit]:
    """Find the blanks that align the columns of a table, and the length of its rules."""
    text = document.text
    for start, end in table_spans(document):
        if text.find("|", start, end) < 0:
            continue
        for match in _BLANKS.finditer(text, start, end):
            yield Edit(start=match.start() + 1, end=match.end(), reason=PADDING)
        position = start
        for line in text[start:end].splitlines(keepends=True):
            if _RULE_LINE.fullmatch(line):
                for match in _RULE.finditer(text, position, position + len(line.rstrip("\n"))):
                    yield Edit(start=match.start() + 3, end=match.end(), reason=PADDING)
            position += len(line)
