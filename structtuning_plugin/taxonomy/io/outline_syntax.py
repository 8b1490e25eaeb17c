"""Syntax of an outline's lines and head: title, id, place, digits, and unwritten defaults."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Span
from structtuning_plugin.taxonomy.io.validation import FORMAT, VERSION, stamp

INDENT = 2
_ENTITY = re.compile(r"&(?:(lt)|(amp)|#(\d{1,7}));", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Start of a node's own text; `empty` if it had none when the outline was written."""

    document_id: str
    start: int
    empty: bool = False


def escape(word: str) -> str:
    """Escape an id, so that no character of it ends a comment or a word.

    >>> escape("my notes/細胞 --> @1.md")
    'my%20notes/細胞%20--%3E%20%401.md'
    """
    return "".join(
        char if char.isalnum() or char in "._/-" else "%7E" if char == "~" else quote(char, safe="")
        for char in word
    )


def unescape(word: str) -> str:
    """Undo `escape`."""
    return unquote(word)


def write_title(title: str) -> str:
    """Escape a title, so that a viewer shows it and `read_title` restores it.

    >>> write_title("R&D <x> &lt; ")
    'R&D &lt;x> &amp;lt;&#32;'
    """
    text = _ENTITY.sub(lambda match: "&amp;" + match[0][1:], title).replace("<", "&lt;")
    bare = text.strip()
    front, _, back = text.partition(bare)
    shown = "".join(
        char if char.isprintable() or not _is_blank_or_control(char) else f"&#{ord(char)};"
        for char in bare
    )
    return _numbered(front) + shown + _numbered(back)


def _is_blank_or_control(char: str) -> bool:
    return ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029"


def _numbered(blanks: str) -> str:
    return "".join(f"&#{ord(char)};" for char in blanks)


def read_title(source: str) -> str:
    """Restore the title of a line. A plain `<` or `&` that a person typed is kept."""
    return _ENTITY.sub(_character, source.strip())


def _character(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return "<" if match[1] else "&"
    code = int(match[3])
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]


def digits_of_spans(spans: Iterable[Span]) -> str:
    """Hash spans to four digits, in any order, since the order of documents may be changed."""
    spots = sorted(f"{span.document_id}:{span.start}-{span.end}" for span in spans)
    return hashlib.sha256("\x1f".join(spots).encode()).hexdigest()[:4]


def digits_of_title(title: str) -> str:
    """Hash a title to four digits."""
    return hashlib.sha256(title.encode()).hexdigest()[:4]


def usual_kind(places: Sequence[Place], above: str) -> str:
    """Return the default kind of a line."""
    if not above:
        return "domain"
    if above in ("document", "topic"):
        return "topic"
    return "folder" if not places else "document" if places[0].start == 0 else "topic"


def usual_source(kind: str) -> str:
    """Return the default source of a line."""
    return "headings" if kind in ("document", "topic") else "folders"


def usual_language(
    places: Sequence[Place], languages: Iterable[str], documents: Mapping[str, Document]
) -> str:
    """Return the default language of a line."""
    if places:
        return documents[places[0].document_id].language
    return next((language for language, _ in Counter(languages).most_common(1)), "en")


# --- The head: the first comment of an outline

_FIRST = f"{FORMAT}, version {VERSION}"
_HEAD = f"""<!--
{_FIRST}

A line is a topic: its title, then a comment that identifies it (id, document@character where
its text starts). Each level is indented by two blanks. You may
- change a title;
- change the indentation of a line and of the lines below it: it moves to another level;
- delete a line: its text goes to the line before it;
- add a line without a comment, with its children indented below it;
- change the order of documents and folders. Within a document the order of the text stays as it is.
Leave the comments as they are. Give the file as `taxonomy.path`;
`axolotl structtuning validate CONFIG` checks it.

"""
_STAMP = re.compile(
    r"document (?P<id>\S+): (?P<characters>\d+) characters, sha256 (?P<sha256>[0-9a-f]{64})"
)


def write_head(documents: Sequence[Document]) -> str:
    """Write the first comment and the blank line after it."""
    stamps = [(document.id, stamp(document)) for document in documents]
    lines = [
        f"document {escape(key)}: {of['characters']} characters, sha256 {of['sha256']}"
        for key, of in stamps
    ]
    return _HEAD + "\n".join(lines) + "\n-->\n\n"


def parted(text: str, origin: str) -> tuple[str, str, int]:
    """Split an outline into its first comment, the rest, and the line number of the rest.

    Raises:
        TaxonomyError: If there is no such comment.
    """
    start, end = text.find("<!--"), text.find("-->")
    head = text[start + 4 : end]
    if (
        text[: max(start, 0)].strip()
        or not 0 <= start < end
        or head.strip().partition("\n")[0].strip() != _FIRST
    ):
        raise TaxonomyError(
            f"{origin} is no outline of a taxonomy: it needs the first comment of an exported "
            f"file, which says `{_FIRST}`."
        )
    return head, text[end + 3 :], text.count("\n", 0, end) + 1


def read_stamps(head: str) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Read the stamps of the documents by id, and list the broken ones."""
    stamps: dict[str, dict[str, object]] = {}
    faults = []
    for line in (line.strip() for line in head.split("\n")):
        if match := _STAMP.fullmatch(line):
            stamps[unescape(match["id"])] = {
                "characters": int(match["characters"]),
                "sha256": match["sha256"],
            }
        elif line.startswith("document "):
            faults.append(
                f"the line {line!r:.80} of the first comment is broken. Copy it from the exported "
                "file."
            )
    return stamps, faults
