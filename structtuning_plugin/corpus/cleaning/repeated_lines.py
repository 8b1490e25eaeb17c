"""Lines that are repeated around the text: headers and footers of pages, and those of a site.

page 11 ...                      A line of a page comes back once a page, at about equal
Pump Manual 11                   distances, and its number grows by one.
page 12 ...
Pump Manual 12                   A line of a site is at the edge of many of its documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import regex

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.cleaning.editing import Edit
from structtuning_plugin.languages.unicode import UNSPACED

PAGE_LINE, SITE_LINE = "page_line", "site_line"

_LINE = regex.compile(r"[^\n]*\S[^\n]*")
_NUMBER = regex.compile(r"\d+")
_WORD = regex.compile(rf"(?V1)[{UNSPACED}]|[[\p{{L}}\p{{M}}]--[{UNSPACED}]]+")
# "Question 3" and "Chapter 3" number the parts of a text; these words number its pages.
_PAGE = regex.compile(
    r"p|pp|pg|page|pages|of|seite|von|s|pagina|página|pag|pág|di|de|sur|sivu|strona|str"
    r"|стр|страница|из|第|頁|页|ページ|쪽"
)
_LONGEST_LINE = 120
_FEWEST_PAGES = 5
# Characters of a printed page, and how unequal pages are.
_PAGE_LENGTH = (600, 9_000)
_MOST_SPREAD = 0.5
# Share of the pages whose number is one or two more than the one before.
_IN_ORDER = 0.8
# Lines of text, of code and of data.
_LINE_ENDS = tuple(".!?:;…。！？：；।,{}[]()")

# Lines at each edge of a document that may belong to its site.
_EDGE_LINES = 12
_FEWEST_DOCUMENTS, _SHARE_OF_DOCUMENTS = 5, 0.3
# A document that consists of such lines alone keeps them.
_FEWEST_WORDS = 20


@dataclass(frozen=True, slots=True)
class _Line:
    """The line `text[start:end]`; `key` has a sign for each number, empty for a long line."""

    start: int
    end: int
    key: str

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of the line."""
        return [int(number[:9]) for number in _NUMBER.findall(text[self.start : self.end])]


def find_page_lines(document: Document) -> Iterator[Edit]:
    """Find the headers and footers of the pages of a document."""
    text = document.text
    if len(text) < _FEWEST_PAGES * _PAGE_LENGTH[0]:
        return
    groups: dict[str, list[_Line]] = {}
    for line in _prose_lines(document):
        groups.setdefault(line.key, []).append(line)
    for key, lines in groups.items():
        if key and len(lines) >= _FEWEST_PAGES and _is_page_line(key, lines, text):
            for line in lines:
                yield _removal(text, line, PAGE_LINE)


def _prose_lines(document: Document) -> Iterator[_Line]:
    bounds = [block.start for block in document.blocks] or [0]
    kinds = [block.kind for block in document.blocks] or ["paragraph"]
    ends = [*bounds[1:], len(document.text)]
    for start, end, kind in zip(bounds, ends, kinds, strict=True):
        if kind == "paragraph":
            yield from _lines(document.text, start, end)


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    for match in _LINE.finditer(text, start, end):
        key, stripped = "", match[0].strip()
        if len(stripped) <= _LONGEST_LINE:
            key = " ".join(_NUMBER.sub("#", stripped).casefold().split())
        yield _Line(match.start(), match.end(), key)


def _is_page_line(key: str, lines: Sequence[_Line], text: str) -> bool:
    gaps = [after.start - before.start for before, after in pairwise(lines)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    if not _PAGE_LENGTH[0] <= mean <= _PAGE_LENGTH[1] or spread > _MOST_SPREAD * mean:
        return False
    words = _WORD.findall(key)
    if "#" in key:
        names_page = all(_PAGE.fullmatch(word) for word in words)
        return (names_page or len(words) > 1) and _count_up([line.numbers(text) for line in lines])
    return len(words) > 1 and len(key) >= 8 and not key.endswith(_LINE_ENDS)


def _count_up(numbers: Sequence[Sequence[int]]) -> bool:
    """Return whether a number of the lines grows by one or two from line to line."""
    for column in zip(*numbers, strict=True):
        steps = [after - before for before, after in pairwise(column)]
        if sum(1 <= step <= 2 for step in steps) >= _IN_ORDER * len(steps):
            return True
    return False


def _removal(text: str, line: _Line, reason: str) -> Edit:
    """Remove a line with its end, and the blank lines after it if there are some before it."""
    end = line.end + (line.end < len(text))
    before = text[max(0, line.start - 2) : line.start]
    if before in ("", "\n\n"):
        while end < len(text) and text[end] == "\n":
            end += 1
    return Edit(start=line.start, end=end, reason=reason)


# Lines of a site.


Edges = tuple[list[_Line], list[_Line]]


def find_site_lines(
    documents: Sequence[Document], edges: dict[str, Edges] | None = None
) -> dict[str, list[Edit]]:
    """Find the lines that many documents of a site begin or end with, by document id.

    A site is a folder, or a file of JSON lines. Documents with the same text count once.

    Args:
        documents: The documents.
        edges: Lines at the edges of documents, by document id, of an earlier call for some of the
            same documents; it is filled.
    """
    sizes: Counter[str] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    edges = {} if edges is None else edges
    for document in documents:
        if document.id not in edges:
            edges[document.id] = _edges(document.text)
    texts: set[str] = set()
    for document in documents:
        if document.text in texts:
            continue
        texts.add(document.text)
        site = _site(document)
        sizes[site] += 1
        top, bottom = edges[document.id]
        counts.update({(site, line.key) for line in (*top, *bottom)})
    edits: dict[str, list[Edit]] = {}
    for document in documents:
        site = _site(document)
        limit = max(_FEWEST_DOCUMENTS, _SHARE_OF_DOCUMENTS * sizes[site])
        if sizes[site] < _FEWEST_DOCUMENTS:
            continue
        runs = [_run(edge, site, counts, limit) for edge in edges[document.id]]
        lines = {line.start: line for run in runs for line in run}
        if lines and _has_more(document.text, lines.values()):
            edits[document.id] = [
                _removal(document.text, line, SITE_LINE) for _, line in sorted(lines.items())
            ]
    return edits


def _site(document: Document) -> str:
    return document.id.partition("#")[0] if "#" in document.id else document.id.rpartition("/")[0]


def _edges(text: str) -> Edges:
    """Return the first lines from the top, and the last ones from the bottom."""
    top = list(islice(_lines(text, 0, len(text)), _EDGE_LINES))
    start = len(text)
    for _ in range(2 * _EDGE_LINES):  # some lines are blank
        start = max(0, text.rfind("\n", 0, start))
    bottom = list(_lines(text, start, len(text)))[-_EDGE_LINES:]
    return top, bottom[::-1]


def _run(
    edge: Sequence[_Line], site: str, counts: Counter[tuple[str, str]], limit: float
) -> list[_Line]:
    """Return the common lines from an edge on, up to the first line that is not common."""
    run: list[_Line] = []
    for line in edge:
        words = _WORD.findall(line.key)
        if not line.key or counts[site, line.key] < limit or (len(words) < 2 and "#" in line.key):
            break
        run.append(line)
    return run


def _has_more(text: str, lines: Iterable[_Line]) -> bool:
    words = sum(len(_WORD.findall(line.key)) for line in lines)
    return len(_WORD.findall(text)) - words >= _FEWEST_WORDS
