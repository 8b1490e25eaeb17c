r"""Metadata blocks of Markdown sources: YAML, TOML, JSON, pandoc's title block, MultiMarkdown.

    ---                        MetadataBlock(first=0, after=3, syntax="YAML",
    title: Pumps          ->                 values={"title": "Pumps"}, ...)
    ---

A block between two marks may also be in the middle, where several files were joined. There it must
begin after a blank line with a key that metadata have, because a text between two rules looks
alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import regex
import yaml

from structtuning_plugin import languages

# YAML starts with a key, a comment or its end; text between two rules does not, and must not get
# lost.
_YAML_START = regex.compile(r"#|---\s*$|\.\.\.\s*$|[\"']?\w[\w .-]*[\"']?:(?:\s|$)")
_YAML_LINE = regex.compile(r"\s|#|-\s|[\"']?\w[\w .-]*[\"']?:(?:\s|$)|[\]}]|$")
_TOML_START = regex.compile(r"#|\[|[\"']?[\w.-]+[\"']?\s*=|\+\+\+\s*$")
_TOML_TEXT = regex.compile(
    r"^\s*[\"']?(\w+)[\"']?\s*=\s*([\"'])(.*?)\2\s*(?:#.*)?$", regex.MULTILINE
)
_PAIR = regex.compile(r"([\p{L}][\p{L}\p{N} _-]{0,40}):(?:\s+(.*))?$")
# Metadata of a file as markitdown writes them: **Title:** Pumps.
_BOLD_PAIR = regex.compile(
    r"(?P<mark>\*\*|__)([\p{L}][\p{L}\p{N} _-]{0,40})(?::(?P=mark)|(?P=mark):)(?:\s+(.*))?$"
)
_LOOSE_PAIR = regex.compile(r"\w[\w.: -]*:(?:\s|$)")
_HEADING = regex.compile(r"#{1,6}\s+(.*\S)\s*$")
_MARKS = {"---": "YAML", "+++": "TOML", ";;;": "JSON"}
_ENDS = {"YAML": ("---", "..."), "TOML": ("+++",), "JSON": (";;;",)}
# No metadata block of a page is longer; a rule far below closes nothing.
_MOST_LINES = 200

# Keys of the metadata of static sites, note-taking programs, pandoc and MultiMarkdown.
_KEYS = languages.words(
    "abstract affiliation aliases alias author authors bibliography categories category copyright "
    "created css cssclass date description descriptions draft excerpt first_published_at id image "
    "keywords label lang language last_modified_at lastmod layout license listing modified "
    "nav_order output page_title parent permalink published publisher revision series short_title "
    "sidebar_label sidebar_position slug status subject subtitle summary tag tags template theme "
    "title toc type uid updated url uuid version weight"
)
# Keys that MultiMarkdown begins with; "Abstract: ..." alone is a paragraph.
_FIRST_KEYS = languages.words(
    "author authors base_header_level css date format lang language layout subtitle title"
)
_TITLES, _LANGUAGES = ("title", "page_title"), ("lang", "language", "locale")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataBlock:
    """Metadata in the lines `first..after` of a source.

    Attributes:
        syntax: Name of the notation.
        characters: Length of the content, without the marks.
        values: The keys in lower case; empty where the content cannot be parsed.
    """

    first: int
    after: int
    syntax: str
    characters: int
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Title in one line, or nothing."""
        return _first_text(self.values, _TITLES)

    @property
    def language(self) -> str:
        """ISO 639-1 code of the language ("de-AT" and "German" are `de`), or nothing."""
        name = _first_text(self.values, _LANGUAGES).lower()
        head = regex.split(r"[-_]", name)[0]
        return head if len(head) == 2 else languages.code_of(head) or ""

    @property
    def detail(self) -> str:
        """Size and place, for the list of what is left out."""
        place = f"in line {self.first + 1}" if self.first else "before the text"
        return f"{self.characters} characters of {self.syntax} {place}"


def find_metadata(lines: Sequence[str]) -> list[MetadataBlock]:
    """Find the metadata blocks of a Markdown source, in order.

    Args:
        lines: Lines of the source without their ends.
    """
    top = next((block for find in _AT_TOP if (block := find(lines)) is not None), None)
    blocks = [top] if top is not None else []
    number, fence = (top.after if top is not None else 0), ""
    while number < len(lines):
        fence = _next_fence(lines[number], fence)
        block = None if fence or number == 0 else _between_marks(lines, number)
        if block is not None and _is_metadata(lines, block):
            blocks.append(block)
            number = block.after
        else:
            number += 1
    return blocks


def _next_fence(line: str, fence: str) -> str:
    """Return the mark of the code block that is open after a line; empty outside of any."""
    stripped = line.lstrip()
    if fence:
        return "" if stripped.startswith(fence) and not stripped.strip(fence[0]).strip() else fence
    mark = stripped[:3]
    return mark if mark in ("```", "~~~") else ""


def _between_marks(lines: Sequence[str], first: int) -> MetadataBlock | None:
    """Read the block whose opening mark is the line `first`."""
    mark = lines[first].rstrip()
    syntax = "YAML" if mark.startswith("---") and not mark.strip("-") else _MARKS.get(mark)
    if syntax is None:
        return None
    limit = min(len(lines), first + _MOST_LINES)
    for number in range(first + 1, limit):
        if lines[number].rstrip() in _ENDS[syntax] or _is_longer_mark(mark, lines[number]):
            return _block(lines, first, number + 1, syntax)
    return None


def _is_longer_mark(mark: str, line: str) -> bool:
    return len(mark) > 3 and len(line.rstrip()) >= len(mark) and not line.strip().strip("-")


def _block(lines: Sequence[str], first: int, after: int, syntax: str) -> MetadataBlock:
    content = "\n".join(lines[first + 1 : after - 1])
    return MetadataBlock(
        first=first,
        after=after,
        syntax=syntax,
        characters=len(content),
        values=_values(content, syntax),
    )


def _values(content: str, syntax: str) -> dict[str, Any]:
    if syntax == "TOML":  # tomllib is not in Python 3.10, and only texts at the top level are used
        top = content.partition("\n[")[0]
        return {match[1].lower(): match[3] for match in _TOML_TEXT.finditer(top)}
    try:
        values = json.loads(content) if syntax == "JSON" else yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2024-02-31
        return {}
    if not isinstance(values, dict):
        return {}
    return {str(key).lower(): value for key, value in values.items()}


def _is_metadata(lines: Sequence[str], block: MetadataBlock) -> bool:
    """Return whether a block in the middle of a source is metadata, and not text between rules."""
    edges = lines[block.first + 1], lines[block.after - 2]
    if lines[block.first - 1].strip() or not all(map(str.strip, edges)):
        return False
    if block.syntax == "YAML":
        inner = lines[block.first + 1 : block.after - 1]
        if not all(_YAML_LINE.match(line) for line in inner):
            return False
    return bool(_KEYS & {key.replace("-", "_").replace(" ", "_") for key in block.values})


# Blocks at the beginning of a source.


def _marked_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read a block between marks in the first line and below."""
    block = _between_marks(lines, 0) if lines else None
    if block is None:
        return None
    start = {"YAML": _YAML_START, "TOML": _TOML_START}.get(block.syntax)
    return block if start is None or start.match(lines[1]) else None


def _json_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read a JSON object in the first lines, as Hugo has it."""
    if not lines or lines[0].strip() != "{":
        return None
    end = next(
        (number for number, line in enumerate(lines[:_MOST_LINES]) if line.rstrip() == "}"), None
    )
    if end is None:
        return None
    content = "\n".join(lines[: end + 1])
    values = _values(content, "JSON")
    if not values:
        return None
    return MetadataBlock(
        first=0, after=end + 1, syntax="JSON", characters=len(content), values=values
    )


def _pandoc_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read pandoc's title block: up to three fields that begin with `%`."""
    fields: list[list[str]] = []
    number = 0
    while number < len(lines) and (line := lines[number]).strip():
        if line.startswith("%") and line[1:2] in ("", " ") and len(fields) < 3:
            fields.append([line[1:].strip()])
        elif fields and line.startswith(" "):
            fields[-1].append(line.strip())
        else:
            break
        number += 1
    if not fields:
        return None
    names = ("title", "author", "date")
    values = {name: " ".join(parts) for name, parts in zip(names, fields, strict=False)}
    characters = len("\n".join(lines[:number]))
    return MetadataBlock(
        first=0, after=number, syntax="pandoc", characters=characters, values=values
    )


def _multimarkdown_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read the pairs of MultiMarkdown: the first paragraph, all of it, with a known first key."""
    return _pairs_top(lines, _PAIR, "MultiMarkdown")


def _bold_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read pairs with bold keys; bold notes that only look like them have other keys."""
    block = _pairs_top(lines, _BOLD_PAIR, "pairs with bold keys", ("description",))
    known = _KEYS | _FIRST_KEYS | {"identifier"}
    return block if block and len(block.values) > 1 and set(block.values) <= known else None


def _pairs_top(
    lines: Sequence[str], pattern: Any, syntax: str, long_keys: Sequence[str] = ()
) -> MetadataBlock | None:
    """Read a first paragraph of pairs; values go on in indented lines, long ones in all."""
    values: dict[str, Any] = {}
    key, number = "", 0
    while number < len(lines) and (line := lines[number]).strip():
        pair = pattern.match(line)
        if pair is not None:
            *_, name, value = pair.groups()
            key = name.strip().lower().replace(" ", "_")
            values[key] = (value or "").strip()
        elif key in long_keys or (key and line.startswith((" ", "\t"))):
            values[key] = f"{values[key]} {line.strip()}".strip()
        else:
            return None
        number += 1
    if next(iter(values), "") not in _FIRST_KEYS or (len(values) == 1 and "title" not in values):
        return None
    characters = len("\n".join(lines[:number]))
    return MetadataBlock(first=0, after=number, syntax=syntax, characters=characters, values=values)


def _heading_top(lines: Sequence[str]) -> MetadataBlock | None:
    """Read YAML whose last key a converter took for a heading above its underline.

    kreuzberg makes "---", the other keys, a blank line and "## title: Pumps" of it.
    """
    if not lines or lines[0].rstrip() != "---":
        return None
    number, limit = 1, min(len(lines), _MOST_LINES)
    while number < limit and _LOOSE_PAIR.match(lines[number]):
        number += 1
    last_pair = number
    while number < limit and not lines[number].strip():
        number += 1
    heading = _HEADING.match(lines[number]) if last_pair < number < limit else None
    pair = _PAIR.match(heading[1]) if heading else None
    if pair is None or pair[1].strip().lower() not in _FIRST_KEYS or not pair[2]:
        return None
    return MetadataBlock(
        first=0,
        after=number + 1,
        syntax="YAML",
        characters=sum(map(len, lines[1 : number + 1])),
        values={pair[1].strip().lower(): pair[2].strip()},
    )


_AT_TOP = (
    _heading_top,
    _marked_top,
    _json_top,
    _pandoc_top,
    _multimarkdown_top,
    _bold_top,
)


def _first_text(values: dict[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""
