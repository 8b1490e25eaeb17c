r"""Reader of Markdown (CommonMark, tables, front matter).

    # Cells                        Document(title="Cells", text="All life...\n\nA membrane...",
    All life...               ->            headings=(Heading(level=1, title="Cells", start=0),
    ## Membrane                                       Heading(level=2, title="Membrane", start=13)))
    A membrane...

Only top-level headings are structure. A heading in a quotation, a list or a code block is text.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, BlockKind, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.cleaning.front_matter import MetadataBlock, find_metadata
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

# A paragraph right above a rule parses as a setext heading; no real title is as long as this.
_LONGEST_SETEXT_TITLE = 200

# Outside code, `__name__` is bold by the specification; in a title a lower-case name like this is
# Python's.
_DUNDER = re.compile(r"(?<![\w`\\_])__([a-z][a-z0-9_]*?)__(?![\w`_])")

# Inline HTML that formats a title, and is no part of it.
_TAGS = re.compile(
    r"</?(?:a|abbr|b|br|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strong|sub|sup|u)"
    r"(?:\s+[\w-]+=[^<>]*)?\s*/?>|<!--.*?-->",
    re.IGNORECASE,
)

# HTML whose rows and cells are a table, also where a blank line has cut it.
_HTML_TABLE = re.compile(r"<(?:table|thead|tbody|tfoot|tr|td|th)\b", re.IGNORECASE)

_KINDS: dict[str, BlockKind] = {
    "fence": "code",
    "code_block": "code",
    "html_block": "code",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}


@dataclass(frozen=True, slots=True)
class _TitleLines:
    """A heading in lines `first..after` of the source."""

    first: int
    after: int
    level: int
    title: str


class MarkdownReader:
    """Reader of Markdown."""

    name = "markdown"
    suffixes = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd")

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file. Front matter and headings without text are listed as left out."""
        source, controls = clean(request.text)
        lines = source.split("\n")
        metadata = find_metadata(lines)
        env: dict[str, Any] = {}
        tokens = _block_parser().parse(_without(lines, metadata), env)
        titles = _title_lines(tokens, env)
        own_titles, titles = titles, _with_titles_of(metadata, titles, lines)

        dropped = [
            ("empty_heading", f"line {line.first + 1}") for line in own_titles if not line.title
        ]
        if controls:
            dropped.append(("control_characters", f"{controls} characters"))
        dropped += [("front_matter", block.detail) for block in metadata]

        text, headings, starts = _take_out(lines, titles, metadata)
        top = metadata[0] if metadata and metadata[0].first == 0 else None
        is_joined = any(block.title for block in metadata if block is not top)
        document = Document(
            id=request.document_id,
            text=text,
            title=(top.title if top and not is_joined else "") or request.file_title,
            language=request.language or (top.language if top else "") or detect(text),
            headings=headings,
            blocks=_blocks(tokens, starts, len(text)),
            source=request.source,
        )
        return ReadResult(
            documents=(document,),
            dropped=tuple(
                Dropped(stage="read", id=request.document_id, reason=r, detail=d)
                for r, d in dropped
            ),
        )


@hookimpl
def register_readers() -> list[MarkdownReader]:
    """Register the reader `markdown`."""
    return [MarkdownReader()]


@cache
def _block_parser() -> MarkdownIt:
    # Inline markup is parsed for titles only: the rest of the text stays as it is written.
    return MarkdownIt("commonmark").enable("table").disable("inline")


@cache
def _inline_parser() -> MarkdownIt:
    # "List<String>" is a title, not a tag: what is markup is decided by `_TAGS`.
    return MarkdownIt("commonmark", {"html": False})


def _without(lines: list[str], metadata: list[MetadataBlock]) -> str:
    """Join the lines with those of metadata blank, so that the others keep their numbers."""
    if not metadata:
        return "\n".join(lines)
    blank = {number for block in metadata for number in range(block.first, block.after)}
    return "\n".join("" if number in blank else line for number, line in enumerate(lines))


def _with_titles_of(
    metadata: list[MetadataBlock], titles: list[_TitleLines], lines: list[str]
) -> list[_TitleLines]:
    """Add the titles of the parts of a joined file as headings, where a part begins without one."""
    if not any(block.title for block in metadata if block.first):
        return titles
    first_lines = {line.first for line in titles}
    added = []
    for block in metadata:
        following = (n for n in range(block.after, len(lines)) if lines[n].strip())
        if block.title and next(following, -1) not in first_lines:
            added.append(_TitleLines(block.first, block.after, 1, block.title))
    return sorted([*titles, *added], key=lambda line: line.first)


def _title_lines(tokens: list[Token], env: dict[str, Any]) -> list[_TitleLines]:
    titles = []
    for opening, inline in itertools.pairwise(tokens):
        if opening.type != "heading_open" or opening.level > 0 or opening.map is None:
            continue
        raw, setext = inline.content, opening.markup in ("-", "=")
        if setext and ("\n" in raw or len(raw) > _LONGEST_SETEXT_TITLE):
            continue
        first, after = opening.map
        titles.append(_TitleLines(first, after, int(opening.tag[1]), _plain(raw, env)))
    return titles


def _plain(raw: str, env: dict[str, Any]) -> str:
    """Remove inline markup from a title.

    >>> _plain("`len()` and **C++** [notes](x.md)", {}), _plain("Using __name__", {})
    ('len() and C++ notes', 'Using __name__')
    """
    if "`" not in raw:
        raw = _DUNDER.sub(r"\\_\\_\1\\_\\_", raw)
    children = [
        child
        for inline in _inline_parser().parseInline(raw, env)
        for child in inline.children or ()
    ]
    return " ".join("".join(map(_words_of, children)).split())


def _words_of(token: Token) -> str:
    if token.type == "text":
        return _TAGS.sub("", token.content)
    if token.type in ("code_inline", "image"):
        return token.content
    return " " if token.type.endswith("break") else ""


def _take_out(
    lines: list[str], titles: list[_TitleLines], metadata: list[MetadataBlock]
) -> tuple[str, tuple[Heading, ...], list[int]]:
    """Split the source into text and headings, and map each source line to its offset in the text.

    Blank lines after a removed line are removed too, so that the text reads without gaps.
    """
    title_at = {line.first: line for line in titles}
    after_metadata = {block.first: block.after for block in metadata}
    text_lines: list[str] = []
    starts: list[int] = []
    headings: list[Heading] = []
    offset, skip_to, after_gap = 0, 0, True
    for number, line in enumerate(lines):
        starts.append(offset)
        if number in after_metadata:
            skip_to, after_gap = after_metadata[number], True
        if number in title_at:
            heading = title_at[number]
            skip_to, after_gap = heading.after, True
            if heading.title:
                headings.append(Heading(level=heading.level, title=heading.title, start=offset))
        if number < skip_to or (after_gap and not line.strip()):
            continue
        after_gap = False
        text_lines.append(line + "\n")
        offset += len(line) + 1
    text = "".join(text_lines).rstrip()
    at_most = tuple(
        Heading(level=h.level, title=h.title, start=min(h.start, len(text))) for h in headings
    )
    return text, at_most, starts


def _blocks(tokens: list[Token], starts: list[int], length: int) -> tuple[Block, ...]:
    blocks: dict[int, Block] = {}
    for token in tokens:
        if token.level or not token.map or token.nesting < 0 or token.type == "inline":
            continue
        start = starts[token.map[0]]
        if start < length:
            blocks[start] = Block(kind=_kind_of(token), start=start)
    return tuple(blocks[start] for start in sorted(blocks))


def _kind_of(token: Token) -> BlockKind:
    if token.type == "html_block" and _HTML_TABLE.search(token.content):
        return "table"
    return _KINDS.get(token.type, "paragraph")
