r"""Reader of Markdown (CommonMark, tables, YAML front matter).

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

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, BlockKind, Document, Dropped, Heading, ReadResult
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

# YAML starts with a key, a comment or its end; text between two rules does not, and must not get
# lost.
_FRONT_MATTER = re.compile(r"---+[^\S\n]*\n(?:#|---|\.\.\.|[\"']?\w[\w .-]*[\"']?:(?:\s|\Z))")

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
        env: dict[str, Any] = {}
        tokens = _block_parser(_FRONT_MATTER.match(source) is not None).parse(source, env)
        titles = _title_lines(tokens, env)
        front = next((token for token in tokens if token.type == "front_matter"), None)

        dropped = [("empty_heading", f"line {line.first + 1}") for line in titles if not line.title]
        if controls:
            dropped.append(("control_characters", f"{controls} characters"))
        if front is not None:
            dropped.append(
                ("front_matter", f"{len(front.content)} characters of YAML before the text")
            )

        text, headings, starts = _take_out(source.split("\n"), titles, front)
        metadata = _metadata(front)
        document = Document(
            id=request.document_id,
            text=text,
            title=metadata.get("title") or request.file_title,
            language=request.language or metadata.get("lang", "")[:2].lower() or detect(text),
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
def _block_parser(front_matter: bool) -> MarkdownIt:
    # Inline markup is parsed for titles only: the rest of the text stays as it is written.
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    return parser.use(front_matter_plugin) if front_matter else parser


@cache
def _inline_parser() -> MarkdownIt:
    # "List<String>" is a title, not a tag: what is markup is decided by `_TAGS`.
    return MarkdownIt("commonmark", {"html": False})


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
    lines: list[str], titles: list[_TitleLines], front: Token | None
) -> tuple[str, tuple[Heading, ...], list[int]]:
    """Split the source into text and headings, and map each source line to its offset in the text.

    Blank lines after a removed line are removed too, so that the text reads without gaps.
    """
    title_at = {line.first: line for line in titles}
    front_after = front.map[1] if front is not None and front.map else 0
    text_lines: list[str] = []
    starts: list[int] = []
    headings: list[Heading] = []
    offset, skip_to, after_gap = 0, front_after, True
    for number, line in enumerate(lines):
        starts.append(offset)
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
        if (
            token.level
            or not token.map
            or token.nesting < 0
            or token.type in ("front_matter", "inline")
        ):
            continue
        start = starts[token.map[0]]
        if start < length:
            blocks[start] = Block(kind=_KINDS.get(token.type, "paragraph"), start=start)
    return tuple(blocks[start] for start in sorted(blocks))


def _metadata(front: Token | None) -> dict[str, str]:
    try:
        values = yaml.safe_load(front.content) if front is not None else None
    except (yaml.YAMLError, ValueError):  # ValueError: a date such as 2024-02-31
        return {}
    if not isinstance(values, dict):
        return {}
    return {
        k: " ".join(v.split())
        for k, v in values.items()
        if k in ("title", "lang") and isinstance(v, str) and v.strip()
    }
