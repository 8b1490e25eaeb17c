"""Headings in the HTML of Markdown, and headings that a block hides.

<h2 id="use">Use</h2>     a heading
```bash                   never closed: CommonMark takes all that follows for code
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from markdown_it.token import Token

from structtuning_plugin.corpus.headings.candidates import Candidate

_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(pre|script|style|textarea|template|svg)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_IMAGE = re.compile(r"<img\b[^>]*?\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>", re.IGNORECASE)
# A link of a generator to the heading itself.
_ANCHOR = re.compile(
    r"<a\b[^>]*\bhref=[\"']#[^>]*>\s*(?:#|¶|§|🔗|&para;|&#182;)?\s*</a>", re.IGNORECASE
)
_IMAGE_TAG = re.compile(r"<(?:img|picture|svg|video)\b(?![^<>]*>\s*(?:</a>)?\s*</h)", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARK = re.compile(r" {0,3}#{1,6}[ \t]+\S")
# A block that begins so ends only at its own mark (CommonMark 0.31, 4.6).
_ENDS = (("<!--", "-->"), ("<?", "?>"), ("<![cdata[", "]]>"))
_RAW = re.compile(r"<(script|pre|style|textarea)\b", re.IGNORECASE)


def find_html_headings(
    lines: Sequence[str], first: int, after: int
) -> tuple[list[Candidate], dict[int, str]]:
    """Find `<h1>`..`<h6>` in a block of HTML.

    Args:
        lines: Lines of the source.
        first, after: Lines of the block, half-open.

    Returns:
        The headings, and by its line the text that is left of a line beside its headings.
    """
    block = "\n".join(lines[first:after])
    shown = _HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), block)
    candidates: list[Candidate] = []
    matches = list(_HEADING.finditer(shown))
    for match in matches:
        title = _title(match[2])
        line = first + block.count("\n", 0, match.start())
        last = first + block.count("\n", 0, match.end())
        is_alone = not candidates or candidates[-1].after <= line
        if title and is_alone:
            style = f"html h{match[1]}"
            candidates.append(
                Candidate(
                    line=line, after=last + 1, title=title, level=int(match[1]), styles=(style,)
                )
            )
    if len(candidates) == 1 and not _IMAGE_TAG.search(shown) and not _text_of(_rest(block)):
        # A block that centres a title: nothing but tags is around it.
        return [replace(candidates[0], line=first, after=after)], {}
    return candidates, _texts_beside(block, first, candidates)


def _rest(block: str) -> str:
    return _HEADING.sub("", block, count=1)


def _text_of(markup: str) -> str:
    return html.unescape(_TAG.sub("", markup)).strip()


def _title(markup: str) -> str:
    markup = _ANCHOR.sub("", markup)
    text = _IMAGE.sub(lambda match: f" {match[1] or match[2] or ''} ", markup)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE)
    text = html.unescape(_TAG.sub("", text)).replace("¶", " ")
    return " ".join(text.split())


def _texts_beside(block: str, first: int, candidates: Iterable[Candidate]) -> dict[int, str]:
    """Return what is left of the lines of headings: other text, without the first heading."""
    rows = block.split("\n")
    texts = {}
    for candidate in candidates:
        start, after = candidate.line - first, candidate.after - first
        rest = _rest("\n".join(rows[start:after]))
        if _text_of(rest):
            texts[candidate.line] = " ".join(rest.split())
    return texts


def find_hidden_headings(tokens: Iterable[Token], lines: Sequence[str]) -> list[tuple[str, str]]:
    """Find headings that are text because of a block around them: reason and detail of each block.

    A fence or a comment that is never closed takes the rest of the document. HTML takes the lines
    up to the next blank one.
    """
    losses = []
    for token in tokens:
        if token.level or token.map is None or token.type not in ("fence", "html_block"):
            continue
        first, after = token.map
        count = sum(bool(_MARK.match(line)) for line in lines[first + 1 : after])
        if token.type == "fence" and _is_open_fence(token, lines):
            losses.append(("fence_never_closed", _detail(first, count, "code fence")))
        elif token.type == "html_block" and _is_open_html(token):
            losses.append(("comment_never_closed", _detail(first, count, "comment or raw HTML")))
        elif token.type == "html_block" and count and not _is_raw(token):
            detail = f"line {first + 1}: HTML without a blank line after it; {_many(count)} text"
            losses.append(("headings_inside_html", detail))
    return losses


def _detail(first: int, count: int, kind: str) -> str:
    return f"line {first + 1}: this {kind} is never closed; {_many(count)} text"


def _many(count: int) -> str:
    return f"{count} heading below is" if count == 1 else f"{count} headings below are"


def _is_open_fence(token: Token, lines: Sequence[str]) -> bool:
    if token.map is None:
        return False
    first, after = token.map
    last = lines[after - 1].strip() if after - 1 > first else ""
    sign = token.markup[:1]
    return not (set(last) == {sign} and len(last) >= len(token.markup))


def _is_open_html(token: Token) -> bool:
    content = token.content.lstrip().casefold()
    for begin, end in _ENDS:
        if content.startswith(begin):
            return end not in content[len(begin) :]
    raw = _RAW.match(content)
    return raw is not None and re.search(r"</(?:script|pre|style|textarea)>", content) is None


def _is_raw(token: Token) -> bool:
    content = token.content.lstrip()
    return content.startswith("<!--") or bool(_RAW.match(content))
