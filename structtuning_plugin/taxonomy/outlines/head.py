"""The first comment of an outline: what it is, how it may be edited, and for which texts it was made."""

from __future__ import annotations

import re
from collections.abc import Sequence

from structtuning_plugin.errors import TaxonomyError
from structtuning_plugin.taxonomy.checking import FORMAT, VERSION, stamp
from structtuning_plugin.taxonomy.outlines.marks import escape, unescape
from structtuning_plugin.types import Document

_FIRST = f"{FORMAT}, version {VERSION}"
_HEAD = f"""<!--
{_FIRST}

A line is a topic: its title, then a comment that finds it again (id, document@character where its text starts).
Two blanks before the "-" make a level. You may
- change a title;
- change the indentation of a line and of what is beneath it: it moves to another level;
- delete a line: its text goes to the line before it;
- add a line without a comment, and indent beneath it what it shall hold;
- change the order of documents and folders. Within a document the order of the text stays as it is.
Leave the comments as they are. Name the file in `taxonomy.path`; `axolotl structtuning validate CONFIG` checks it.

"""
_STAMP = re.compile(r"document (?P<id>\S+): (?P<characters>\d+) characters, sha256 (?P<sha256>[0-9a-f]{64})")


def write_head(documents: Sequence[Document]) -> str:
    """The comment, and the blank line after it."""
    stamps = [(document.id, stamp(document)) for document in documents]
    lines = [f"document {escape(key)}: {of['characters']} characters, sha256 {of['sha256']}" for key, of in stamps]
    return _HEAD + "\n".join(lines) + "\n-->\n\n"


def parted(text: str, origin: str) -> tuple[str, str, int]:
    """The first comment, what follows, and the number of the line where that begins."""
    start, end = text.find("<!--"), text.find("-->")
    head = text[start + 4 : end]
    if text[: max(start, 0)].strip() or not 0 <= start < end or head.strip().partition("\n")[0].strip() != _FIRST:
        raise TaxonomyError(
            f"{origin} is no outline of a taxonomy: it needs the first comment of an exported file, which says `{_FIRST}`."
        )
    return head, text[end + 3 :], text.count("\n", 0, end) + 1


def read_stamps(head: str) -> tuple[dict[str, dict[str, object]], list[str]]:
    """The stamps of the documents by their ids, and what is broken in them."""
    stamps: dict[str, dict[str, object]] = {}
    faults = []
    for line in (line.strip() for line in head.split("\n")):
        if found := _STAMP.fullmatch(line):
            stamps[unescape(found["id"])] = {"characters": int(found["characters"]), "sha256": found["sha256"]}
        elif line.startswith("document "):
            faults.append(f"the line {line!r:.80} of the first comment is broken. Copy it from the exported file.")
    return stamps, faults
