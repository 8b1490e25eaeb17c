"""Order of the lines of a page: columns, tables, and what repeats on every page.

left column, then right column; a title across both stands between; cells of a table by rows
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin.corpus.pdf_lines import Line, PageText

_NUMBER = re.compile(
    r"[\W_]*(?:(?:page|seite|p\.|стр\.?|página|第)?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*页?"
    r"(?:\s*(?:/|of|von|sur|de|из)\s*\d{1,4})?)[\W_]*",
    re.IGNORECASE,
)
# Lines at the head and at the foot of a page that may be running headers.
_EDGE_LINES = 2
# Part of the page at its head and its foot in which they are.
_EDGE = 0.14
_CONTENTS_LINE = re.compile(r".*(?:\.\s?){4,}\s*(?:\d+|[ivxlc]+)?\s*|.*\S\s+\u2026+\s*\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines of a column in order, or rows of a table."""

    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()


def edge_lines(pages: Sequence[PageText]) -> dict[Line, str]:
    """Find running headers, footers and page numbers; return the reason to leave each out.

    They are at the same height on several pages and set apart from the text, or repeat the same
    words there.
    """
    edges: list[tuple[Line, int, int]] = []
    for page in pages:
        for lines, low, high in page.regions:
            edges += _edges_of(lines, low, high)
    texts = Counter(_shape(line.text) for line, _, _ in edges)
    places = Counter((side, place) for line, side, place in edges)
    many = max(2, round(0.25 * len(pages)))
    found: dict[Line, str] = {}
    for line, side, place in edges:
        if _NUMBER.fullmatch(line.text):
            found[line] = "page_number"
        elif texts[_shape(line.text)] >= max(2, min(many, 4)) or sum(
            places[(side, place + shift)] for shift in (-1, 0, 1)
        ) >= max(2, many):
            found[line] = "page_header"
    return found


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text.casefold().split()))


def _edges_of(lines: Sequence[Line], low: float, high: float) -> list[tuple[Line, int, int]]:
    """List the lines at the edges of a page that are set apart, with their side and height."""
    if len(lines) < 2:
        return [(line, 0, 0) for line in lines if _NUMBER.fullmatch(line.text)]
    ordered = sorted(lines, key=lambda line: -line.y)
    body = sorted(line.size for line in lines)[len(lines) // 2]
    edges: list[tuple[Line, int, int]] = []
    for side, order in ((1, ordered), (-1, ordered[::-1])):
        for index, line in enumerate(order[:_EDGE_LINES]):
            height = (high - line.y) if side > 0 else (line.y - low)
            if height > _EDGE * (high - low) or line.size > 1.15 * body:
                break
            rest = [other for other in order[index + 1 :] if abs(other.y - line.y) > 2]
            gap = abs(rest[0].y - line.y) if rest else 0.0
            same_row = [other for other in order if abs(other.y - line.y) <= 2]
            if gap > 1.55 * max(line.size, rest[0].size if rest else 0.0):
                edges += [(other, side, round(height / 3)) for other in same_row]
                break
    return edges


def is_contents_page(lines: Sequence[Line]) -> bool:
    """Return True for a list of contents: most lines end with dots and a page number."""
    rows: dict[int, str] = {}
    for line in sorted(lines, key=lambda line: line.x0):
        key = round(line.y)
        rows[key] = f"{rows.get(key, '')} {line.text}".strip()
    entries = [text for text in rows.values() if _CONTENTS_LINE.fullmatch(text)]
    return len(entries) >= 3 and len(entries) >= 0.4 * len(rows)


def is_contents_line(text: str) -> bool:
    """Return True for a line of a list of contents, with dots before the page number."""
    return _CONTENTS_LINE.fullmatch(text) is not None


def order_lines(lines: Sequence[Line]) -> list[Group]:
    """Order the lines of a page: columns one after the other, tables by rows."""
    return _order(sorted(lines, key=lambda line: (-line.y, line.x0)), 0)


def _order(lines: list[Line], depth: int) -> list[Group]:
    gutter = _gutter(lines) if depth < 4 else None
    if gutter is None:
        return _tables(lines)
    groups: list[Group] = []
    band: list[Line] = []
    for line in lines:
        if line.x0 < gutter - 2 and line.x1 > gutter + 2:
            groups += _columns(band, gutter, depth)
            groups.append(Group(lines=(line,)))
            band = []
        else:
            band.append(line)
    return groups + _columns(band, gutter, depth)


def _columns(band: list[Line], gutter: float, depth: int) -> list[Group]:
    left = [line for line in band if line.x1 <= gutter + 2]
    right = [line for line in band if line.x1 > gutter + 2]
    groups: list[Group] = []
    for side in (left, right):
        if side:
            groups += _order(side, depth + 1)
    return groups


def _gutter(lines: list[Line]) -> float | None:
    """Return the place between two columns of running text; None if there are none."""
    if len(lines) < 4:
        return None
    low, high = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = high - low
    edges = sorted({round(line.x0 - 3, 1) for line in lines if line.x0 > low + 0.2 * width})
    best, best_score = None, 0.0
    for place in edges:
        left = [line for line in lines if line.x1 <= place + 2]
        right = [line for line in lines if line.x0 >= place - 2]
        crossing = len(lines) - len(left) - len(right)
        if not left or not right or crossing > 0.3 * len(lines) + 2:
            continue
        if not _is_column_pair(left, right):
            continue
        score = min(len(left), len(right)) - crossing
        if score > best_score or best is None:
            best, best_score = (max(line.x1 for line in left) + place + 3) / 2, score
    return best


def _is_column_pair(left: list[Line], right: list[Line]) -> bool:
    """Return True if both sides look like running text: several long lines that fill the width."""
    for side in (left, right):
        low, high = min(line.x0 for line in side), max(line.x1 for line in side)
        full = [line for line in side if line.x1 - line.x0 > 0.6 * (high - low)]
        words = [len(line.text.split()) for line in full] or [0]
        letters = sum(len(line.text) for line in side) / len(side)
        is_text = sorted(words)[len(words) // 2] >= 4 or letters > 20
        if len(side) < 2 or len(full) < 0.4 * len(side) or not is_text:
            return False
    return max(line.x1 for line in left) < min(line.x0 for line in right) - 3


def _tables(lines: list[Line]) -> list[Group]:
    """Divide lines into tables, whose rows have several cells, and running text."""
    rows = _rows(lines)
    groups: list[Group] = []
    text: list[Line] = []
    index = 0
    while index < len(rows):
        end = _table_end(rows, index)
        if end - index >= 2:
            if text:
                groups.append(Group(lines=tuple(text)))
                text = []
            groups.append(Group(rows=tuple(tuple(row) for row in rows[index:end])))
            index = end
        else:
            text += rows[index]
            index += 1
    if text:
        groups.append(Group(lines=tuple(text)))
    return groups


def _rows(lines: list[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][0].y - line.y) < 0.35 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    for row in rows:
        row.sort(key=lambda line: line.x0)
    return rows


def _table_end(rows: list[list[Line]], start: int) -> int:
    """Return the index after the rows whose cells are below those of the first row."""
    if len(rows[start]) < 2:
        return start
    starts = [line.x0 for line in rows[start]]
    end = start + 1
    while end < len(rows) and len(rows[end]) >= 2 and _is_aligned(rows[end], starts):
        starts = sorted({*starts, *(line.x0 for line in rows[end])})
        end += 1
    return end


def _is_aligned(row: list[Line], starts: list[float]) -> bool:
    hits = sum(any(abs(line.x0 - start) < 6 for start in starts) for line in row)
    return hits >= max(1, len(row) - 1) and any(abs(row[-1].x0 - start) < 40 for start in starts)
