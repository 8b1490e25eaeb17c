"""Lines of a page of PDF with their places, sizes and weights.

Characters are grouped by their baselines, words by the gaps between characters. Text that is turned
by a quarter is read upright. A line is cut at gaps as wide as a column's or a table cell's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.pdf_fragments import (
    CELL_GAP,
    LEADERS,
    RIGHT_TO_LEFT,
    WORD_GAP,
    Fragment,
    is_east,
    read_fragments,
)

_SPACED = re.compile(r"(?:\S ){3,}\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, or the part of one in a column or a table cell; `y` grows upwards.

    Attributes:
        x0, x1: Left and right end, in points.
        y: Baseline.
        size: Size of the font.
        is_bold: Whether most characters are bold.
        is_mono: Whether most characters have a font of fixed width: code.
        page: Number of the page from 0.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    page: int
    is_mono: bool = False

    @property
    def top(self) -> float:
        """Upper edge."""
        return self.y + 0.75 * self.size

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y - 0.25 * self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """Text of one page: lines of upright text, and of each direction in which text is turned.

    Attributes:
        regions: Lines by direction, each with the page's height in that direction.
        characters: Number of characters.
        unknown: Number of characters without a meaning: the font names none.
        has_image: Whether the page has a picture.
    """

    regions: tuple[tuple[tuple[Line, ...], float, float], ...]
    characters: int
    unknown: int
    has_image: bool = False


def read_page(document: Any, number: int) -> PageText:
    """Read the lines of a page.

    Args:
        document: Document of pypdfium2.
        number: Number of the page from 0.
    """
    raw = import_extra("pypdfium2.raw", "pdf")
    page = document[number]
    text_page = page.get_textpage()
    content = read_fragments(text_page)
    left, bottom, right, top = page.get_mediabox()
    regions = []
    for angle in sorted({fragment.angle for fragment in content.fragments}):
        turned = [fragment for fragment in content.fragments if fragment.angle == angle]
        low, high = ((bottom, top), (-right, -left), (-top, -bottom), (left, right))[angle]
        regions.append((tuple(_lines(turned, number)), low, high))
    is_empty = not content.characters
    has_image = is_empty and any(True for _ in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], 4))
    text_page.close()
    page.close()
    return PageText(
        regions=tuple(regions),
        characters=content.characters,
        unknown=content.unknown,
        has_image=has_image,
    )


def _lines(fragments: Sequence[Fragment], page: int) -> list[Line]:
    lines: list[Line] = []
    for row in _rows(fragments):
        lines += (_line(part, page) for part in _cut(row))
    return _with_initials(lines)


def _rows(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Group fragments by their baselines, top down; superscripts join the line around them."""
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda fragment: (-fragment.y, fragment.x0)):
        row = next((row for row in rows[-3:] if _is_on(fragment, row)), None)
        if row is None:
            rows.append([fragment])
        else:
            row.append(fragment)
    for row in rows:
        row.sort(key=lambda fragment: fragment.x0)
    return rows


def _is_on(fragment: Fragment, row: list[Fragment]) -> bool:
    small, large = sorted((fragment.size, row[0].size))
    distance = abs(row[0].y - fragment.y)
    if small > 0.85 * large:
        return distance < 0.35 * large
    largest = max(other.size for other in row)
    is_small = largest > 1.1 * fragment.size or row[0].size < fragment.size
    return is_small and large < 1.8 * small and distance < 0.45 * large


def _cut(row: Sequence[Fragment]) -> Iterator[list[Fragment]]:
    """Cut a row at wide gaps."""
    part = [row[0]]
    for last, fragment in itertools.pairwise(row):
        is_wide = fragment.x0 - last.x1 > CELL_GAP * max(fragment.size, last.size)
        if is_wide and not _is_leader(last, fragment):
            yield part
            part = []
        part.append(fragment)
    yield part


def _is_leader(one: Fragment, other: Fragment) -> bool:
    return one.text[-1] in LEADERS and other.text[0] in LEADERS


def _line(part: Sequence[Fragment], page: int) -> Line:
    if len(part) == 1:
        return _line_of(part[0], page)
    weights = [fragment.weight for fragment in part]
    size = _median([fragment.size for fragment in part], weights)
    bold = sum(fragment.weight for fragment in part if fragment.is_bold)
    mono = sum(fragment.weight for fragment in part if fragment.is_mono)
    return Line(
        text=_unspaced(_text(part, size), part, size),
        x0=part[0].x0,
        x1=max(fragment.x1 for fragment in part),
        y=_median([fragment.y for fragment in part], weights),
        size=size,
        is_bold=2 * bold > sum(weights),
        is_mono=mono > 0.8 * sum(weights),
        page=page,
    )


def _line_of(fragment: Fragment, page: int) -> Line:
    return Line(
        text=_unspaced(fragment.text, [fragment], fragment.size),
        x0=fragment.x0,
        x1=fragment.x1,
        y=fragment.y,
        size=fragment.size,
        is_bold=fragment.is_bold,
        is_mono=fragment.is_mono,
        page=page,
    )


def _median(values: Sequence[float], weights: Sequence[int]) -> float:
    """Return the median of values that occur several times."""
    rest = sum(weights) // 2
    for value, weight in sorted(zip(values, weights, strict=True)):
        rest -= weight
        if rest < 0:
            return value
    return values[-1]


def _text(part: Sequence[Fragment], size: float) -> str:
    """Join the fragments of a line; pdfium gives the words of each in the order of reading."""
    text = part[0].text
    for last, fragment in itertools.pairwise(part):
        is_wide = fragment.x0 - last.x1 > WORD_GAP * size
        if fragment.after_space or (is_wide and not is_east(last.text[-1], fragment.text[0])):
            text += " "
        text += fragment.text
    letters = RIGHT_TO_LEFT.findall(text)
    if 2 * len(letters) > sum(character.isalpha() for character in text if letters):
        return " ".join(fragment.text for fragment in reversed(part))
    return text


def _unspaced(text: str, part: Sequence[Fragment], size: float) -> str:
    """Join letters that are spaced for emphasis: "S I E V I N G"."""
    if not _SPACED.fullmatch(text):
        return text
    words = text.split()
    if sum(word.isalpha() for word in words) < 0.8 * len(words):
        return text
    gaps = list(part[0].gaps)
    for last, fragment in itertools.pairwise(part):
        gaps += [fragment.x0 - last.x1, *fragment.gaps]
    if len(gaps) != len(words) - 1:
        return text
    limit = max(1.8 * sorted(gaps)[len(gaps) // 2], 0.1 * size)
    joined = words[0]
    for gap, (last_word, word) in zip(gaps, itertools.pairwise(words), strict=True):
        joined += f" {word}" if gap > limit and not is_east(last_word, word) else word
    return joined


def _with_initials(lines: list[Line]) -> list[Line]:
    """Join a large first letter with the line that it begins."""
    initials = [line for line in lines if len(line.text) == 1 and line.text.isalpha()]
    for initial in initials:
        start = next((line for line in lines if _continues(initial, line)), None)
        if start is not None:
            joined = replace(start, text=initial.text + start.text, x0=initial.x0)
            lines = [joined if line is start else line for line in lines if line is not initial]
    return lines


def _continues(initial: Line, line: Line) -> bool:
    is_large = initial.size > 1.7 * line.size
    is_near = 0 <= line.x0 - initial.x1 + 1 < 0.6 * initial.size
    return is_large and is_near and abs(initial.top - line.top) < 0.4 * initial.size
