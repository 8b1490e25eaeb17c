r"""Reader of Markdown (CommonMark, tables, front matter).

    # Cells                        Document(title="Cells", text="All life...\n\nA membrane...",
    All life...               ->            headings=(Heading(level=1, title="Cells", start=0),
    ## Membrane                                       Heading(level=2, title="Membrane", start=13)))
    A membrane...

Only top-level headings are structure. A heading in a quotation, a list or a code block is text.
Marks of HTML (`<h2>`) count as those of Markdown; `corpus.headings` decides about levels and about
lines without a mark.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, BlockKind, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.cleaning.front_matter import MetadataBlock, find_metadata
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.headings.candidates import (
    Candidate,
    HeadingsMode,
    Inference,
    Refusal,
)
from structtuning_plugin.corpus.headings.contents import find_contents
from structtuning_plugin.corpus.headings.decorations import strip_decorations
from structtuning_plugin.corpus.headings.false_headings import is_sentence
from structtuning_plugin.corpus.headings.inference import heading_of, infer_headings
from structtuning_plugin.corpus.headings.markdown_blocks import (
    find_hidden_headings,
    find_html_headings,
)
from structtuning_plugin.corpus.headings.title import raise_title
from structtuning_plugin.corpus.headings.visible_lines import (
    count_text,
    find_hidden_marks,
    find_visible,
    with_context,
)
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

# A paragraph right above a rule parses as a setext heading; no real title is as long as this, or
# ends like these in the middle of a text.
_LONGEST_SETEXT_TITLE = 200
_OPEN_END = re.compile(r"[,;:，；：]$")
# The parser takes the rest of the file, with its headings, into a block that is nested deeper. A
# list counts twice, so that the 20 of CommonMark's preset are ten lists.
_NESTING = {"maxNesting": 100}
_FOOTNOTE_TEXT = re.compile(r"\[\^[^\]\s]+\]:")

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


class MarkdownReader:
    """Reader of Markdown."""

    name = "markdown"
    suffixes = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd")
    in_process = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file. Front matter and headings without text are listed as left out."""
        source, controls = clean(request.text)
        env: dict[str, Any] = {}
        metadata = find_metadata(source.split("\n"))
        lines = _without(source.split("\n"), metadata)
        tokens = _block_parser().parse("\n".join(lines), env)
        marked, html_text = _marked_lines(tokens, env, lines, request.is_wiki)
        marked = _with_titles_of(metadata, marked, lines)
        inference = _infer(tokens, lines, marked, request.headings)

        empty = [candidate for candidate in marked if not candidate.title]
        dropped = [("empty_heading", f"line {line.line + 1}") for line in empty]
        dropped += [_refusal(refusal) for refusal in inference.refusals]
        dropped += find_hidden_headings(tokens, lines)
        if controls:
            dropped.append(("control_characters", f"{controls} characters"))
        dropped += [("front_matter", block.detail) for block in metadata]

        edits = {**html_text, **_text_of_refusals(tokens, inference)}
        text, headings, starts = _take_out(lines, inference, empty, edits, metadata)
        if request.headings != "as_marked":
            headings = raise_title(text, headings)
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
            doubts=inference.doubts,
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
    return MarkdownIt("commonmark", _NESTING).enable("table").disable("inline")


@cache
def _inline_parser() -> MarkdownIt:
    # "List<String>" is a title, not a tag: what is markup is decided by `_TAGS`.
    return MarkdownIt("commonmark", {"html": False, **_NESTING})


def _without(lines: list[str], metadata: list[MetadataBlock]) -> list[str]:
    """Return the lines with those of metadata blank, so that the others keep their numbers."""
    blank = {number for block in metadata for number in range(block.first, block.after)}
    return ["" if number in blank else line for number, line in enumerate(lines)]


def _with_titles_of(
    metadata: list[MetadataBlock], marked: list[Candidate], lines: list[str]
) -> list[Candidate]:
    """Add the titles of the parts of a joined file as headings, where a part begins without one."""
    if not any(block.title for block in metadata if block.first):
        return marked
    first_lines = {candidate.line for candidate in marked}
    added = []
    for block in metadata:
        following = (n for n in range(block.after, len(lines)) if lines[n].strip())
        if block.title and next(following, -1) not in first_lines:
            added.append(Candidate(line=block.first, after=block.after, title=block.title, level=1))
    return sorted([*marked, *added], key=lambda candidate: candidate.line)


def _marked_lines(
    tokens: list[Token], env: dict[str, Any], lines: list[str], is_wiki: bool
) -> tuple[list[Candidate], dict[int, str]]:
    """Return the marked headings, and by its line the text beside a heading of HTML."""
    marked: list[Candidate] = []
    html_text: dict[int, str] = {}
    for opening, inline in itertools.pairwise(tokens):
        if opening.level > 0 or opening.map is None:
            continue
        if opening.type == "html_block":
            candidates, texts = find_html_headings(lines, *opening.map)
            marked += candidates
            html_text |= texts
        if opening.type != "heading_open" or _is_above_rule(opening, inline):
            continue
        first, after = opening.map
        if _is_in_code_span(lines, first):
            continue
        title = _plain(strip_decorations(inline.content, is_wiki), env)
        marked.append(Candidate(line=first, after=after, title=title, level=int(opening.tag[1])))
    if tokens and tokens[-1].type == "html_block" and not tokens[-1].level and tokens[-1].map:
        candidates, texts = find_html_headings(lines, *tokens[-1].map)
        marked += candidates
        html_text |= texts
    return marked, html_text


def _is_above_rule(opening: Token, inline: Token) -> bool:
    """Return True if a setext heading is text above a rule: several lines, a sentence, a note."""
    if opening.markup not in ("-", "="):
        return False
    raw = inline.content
    is_open = opening.markup == "-" and bool(_OPEN_END.search(raw.strip()))
    is_note = bool(_FOOTNOTE_TEXT.match(raw))
    is_long = "\n" in raw or len(raw) > _LONGEST_SETEXT_TITLE
    return is_long or is_open or is_note or is_sentence(raw.strip())


def _is_in_code_span(lines: list[str], number: int) -> bool:
    """Return True for the line of a command between the marks of code that go over several lines.

    CommonMark takes "# mount /dev/sda`" for a heading also if the line before opened the code.
    """
    if lines[number].count("`") % 2 == 0:
        return False
    first = number
    while first and lines[first - 1].strip():
        first -= 1
    return "".join(lines[first:number]).count("`") % 2 == 1


def _infer(
    tokens: list[Token], lines: list[str], marked: list[Candidate], mode: HeadingsMode
) -> Inference:
    """Decide which lines are headings."""
    titled = [candidate for candidate in marked if candidate.title]
    if mode == "as_marked":
        return infer_headings(with_context(titled, lines), mode=mode)
    runs = _paragraph_lines(tokens)
    titled += find_hidden_marks(lines, runs)
    contents = find_contents(lines)
    visible = find_visible(lines, runs, contents)
    return infer_headings(
        with_context(titled, lines),
        [c for c in with_context([*titled, *visible], lines) if c.level is None],
        contents,
        mode,
        count_text(lines),
    )


def _paragraph_lines(tokens: list[Token]) -> list[tuple[int, int]]:
    """Return the lines of the paragraphs; a list of one item of one line is one too."""
    runs = []
    for place, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "paragraph_open" or _is_single_item(tokens, place):
            runs.append((token.map[0], token.map[1]))
    return runs


def _is_single_item(tokens: list[Token], place: int) -> bool:
    """Return True for "1. Fuel" alone: an ordered list of one item of one line."""
    token = tokens[place]
    if token.type != "ordered_list_open" or token.map is None or token.map[1] - token.map[0] > 2:
        return False
    kinds = [inner.type for inner in tokens[place + 1 : place + 7]]
    return kinds[:3] == ["list_item_open", "paragraph_open", "inline"] and kinds[4:6] == [
        "list_item_close",
        "ordered_list_close",
    ]


def _refusal(refusal: Refusal) -> tuple[str, str]:
    candidate = refusal.candidate
    place = "its text stays" if refusal.is_text else "left out"
    title = candidate.title if len(candidate.title) <= 80 else f"{candidate.title[:79]}…"
    return refusal.reason, f"line {candidate.line + 1}: {title} ({place})"


def _text_of_refusals(tokens: list[Token], inference: Inference) -> dict[int, str]:
    """Return by its line the text of each marked line that is no heading, without its mark."""
    lines = {refusal.candidate.line for refusal in inference.refusals if refusal.is_text}
    texts = {}
    for opening, inline in itertools.pairwise(tokens):
        is_marked = opening.type == "heading_open" and opening.markup.startswith("#")
        if is_marked and opening.map is not None and opening.map[0] in lines:
            texts[opening.map[0]] = inline.content
    return texts


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
    lines: list[str],
    inference: Inference,
    empty: list[Candidate],
    edits: dict[int, str],
    metadata: list[MetadataBlock],
) -> tuple[str, tuple[Heading, ...], list[int]]:
    """Split the source into text and headings, and map each source line to its offset in the text.

    Blank lines after a removed line are removed too, so that the text reads without gaps. `edits`
    are lines that are replaced.
    """
    decision_at = {decision.candidate.line: decision for decision in inference.headings}
    after_at = {line: decision.candidate.after for line, decision in decision_at.items()}
    after_at |= {candidate.line: candidate.after for candidate in empty}
    after_at |= {
        refusal.candidate.line: refusal.candidate.after
        for refusal in inference.refusals
        if not refusal.is_text
    }
    after_at |= {block.first: block.after for block in metadata}
    text_lines: list[str] = []
    starts: list[int] = []
    headings: list[Heading] = []
    offset, skip_to, after_gap = 0, 0, True
    for number, line in enumerate(lines):
        starts.append(offset)
        if number in after_at:
            skip_to, after_gap = after_at[number], True
            if number in decision_at:
                headings.append(heading_of(decision_at[number], offset))
        line = edits.get(number, line)
        is_removed = number < skip_to and number not in edits
        if is_removed or (after_gap and not line.strip()):
            continue
        after_gap = False
        text_lines.append(line + "\n")
        offset += len(line) + 1
    text = "".join(text_lines).rstrip()
    at_most = tuple(replace(h, start=min(h.start, len(text))) for h in headings)
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
