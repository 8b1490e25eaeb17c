"""Lines of a page of PDF with their places, sizes and weights.

Characters are grouped by their baselines, words by the gaps between characters. Text that is turned
by a quarter is read upright. A line is cut at gaps as wide as a column's or a table cell's.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from structtuning_plugin.corpus.extras import import_extra

# pdfium marks a hyphen at the end of a line by one of these.
_HYPHENS = ("\x02", "\ufffe")
_BLANK_CODES = (9, 10, 13, 32)
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# In sizes of the font: a gap between words, and one between columns or cells.
_WORD_GAP, _CELL_GAP = 0.16, 1.4
_BOLD = ("bold", "black", "heavy", "-bd", "medi")
_MONO = ("mono", "courier", "consol", "typewriter", "cmtt", "fixed", "menlo", "inconsolata")
_SPACED = re.compile(r"(?:\S ){3,}\S")
_EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\uac00-\ud7a3]")


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


@dataclass(slots=True)
class _Char:
    """A character: its box, its origin on the baseline, and its direction in quarters of a turn."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    is_mono: bool
    angle: int
    after_space: bool = False

    @property
    def is_blank(self) -> bool:
        return self.text.isspace()


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
    chars = list(_chars(raw, text_page))
    left, bottom, right, top = page.get_mediabox()
    regions = []
    for angle in sorted({char.angle for char in chars if not char.is_blank}):
        turned = [char for char in chars if char.angle == angle]
        corners = [_point(x, y, angle) for x in (left, right) for y in (bottom, top)]
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        regions.append((tuple(_lines(turned, number)), low, high))
    unknown = sum(char.text in "\ufffd\0" or _is_private(char.text) for char in chars)
    has_image = not chars and any(True for _ in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], 4))
    text_page.close()
    page.close()
    return PageText(
        regions=tuple(regions),
        characters=sum(not char.is_blank for char in chars),
        unknown=unknown,
        has_image=has_image,
    )


def _is_private(text: str) -> bool:
    return any(0xE000 <= ord(c) <= 0xF8FF or 0x80 <= ord(c) < 0xA0 for c in text)


def _chars(raw: Any, text_page: Any) -> Iterator[_Char]:
    """Iterate over the characters; size, font and direction are asked for once a word."""
    a, b = ctypes.c_double(), ctypes.c_double()
    size, angle, is_bold, is_mono = 0.0, 0, False, False
    last_place, after_blank, has_space = (0.0, 0.0), True, False
    rect = raw.FS_RECTF()
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if code in _BLANK_CODES and raw.FPDFText_IsGenerated(text_page, index) == 1:
            after_blank, has_space = True, has_space or code == ord(" ")
            continue
        char = _LIGATURES.get(code) or (chr(code) if code else "\ufffd")
        char = "-" if char in _HYPHENS else char
        if code < 32 and char != "-":
            continue
        # The loose box is as wide as the advance: a full stop of a fixed-width font is no gap.
        raw.FPDFText_GetLooseCharBox(text_page, index, rect)
        x0, x1, y0, y1 = rect.left, rect.right, rect.bottom, rect.top
        raw.FPDFText_GetCharOrigin(text_page, index, a, b)
        place = (a.value, b.value)
        if after_blank or (place[0] != last_place[0] and place[1] != last_place[1]):
            size = _real_size(raw, text_page, index)
            angle = _quarter(raw.FPDFText_GetCharAngle(text_page, index))
            is_bold, is_mono = _font(raw, text_page, index)
        after_blank, last_place = char.isspace(), place
        start, y = _point(x0, y0, angle)[0], _point(*place, angle)[1]
        end = _point(x1, y1, angle)[0]
        left, right = min(start, end), max(start, end)
        yield _Char(char, left, right, y, size, is_bold, is_mono, angle, has_space)
        has_space = False


def _point(x: float, y: float, angle: int) -> tuple[float, float]:
    """Turn a point so that text of a direction runs from left to right."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[angle]


def _real_size(raw: Any, text_page: Any, index: int) -> float:
    """Return the size of a character on the page: some files scale a font of size 1."""
    size, matrix = raw.FPDFText_GetFontSize(text_page, index), raw.FS_MATRIX()
    if not raw.FPDFText_GetMatrix(text_page, index, matrix):
        return float(size)
    return round(float(size) * math.hypot(matrix.c, matrix.d), 1)


def _quarter(angle: float) -> int:
    """Return the direction of text in quarters of a turn; pdfium counts clockwise."""
    return round(-angle / (math.pi / 2)) % 4 if angle >= 0 else 0


def _font(raw: Any, text_page: Any, index: int) -> tuple[bool, bool]:
    """Return whether the font of a character is bold, and whether it has a fixed width."""
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(text_page, index, None, 0, flags)
    buffer = ctypes.create_string_buffer(max(1, length))
    raw.FPDFText_GetFontInfo(text_page, index, buffer, length, flags)
    name = buffer.value.decode("latin-1", "replace").casefold()
    weight = raw.FPDFText_GetFontWeight(text_page, index)
    is_bold = any(word in name for word in _BOLD) or weight >= 600
    return is_bold, any(word in name for word in _MONO)


# From characters to lines.


def _lines(chars: list[_Char], page: int) -> list[Line]:
    rows = _rows(chars)
    lines = [line for row in rows for line in _cut(row, page)]
    return _with_initials(lines)


def _rows(chars: list[_Char]) -> list[list[_Char]]:
    """Group characters by their baselines, top down; superscripts join the line around them."""
    ordered = sorted((char for char in chars if not char.is_blank), key=lambda c: (-c.y, c.x0))
    rows: list[list[_Char]] = []
    for char in ordered:
        row = next((r for r in rows[-3:] if _is_on(char, r)), None)
        if row is None:
            rows.append([char])
        else:
            row.append(char)
    by_height = {round(row[0].y): row for row in rows}
    for blank in (char for char in chars if char.is_blank):
        height = round(blank.y)
        row = by_height.get(height) or by_height.get(height - 1) or by_height.get(height + 1)
        if row is not None:
            row.append(blank)
    for row in rows:
        row.sort(key=lambda char: char.x0)
    return rows


def _is_on(char: _Char, row: list[_Char]) -> bool:
    size = max(char.size, row[0].size)
    distance = abs(row[0].y - char.y)
    if min(char.size, row[0].size) > 0.85 * size:
        return distance < 0.35 * size
    is_small = max(other.size for other in row) > 1.1 * char.size or row[0].size < char.size
    return is_small and size < 1.8 * min(char.size, row[0].size) and distance < 0.45 * size


def _cut(row: list[_Char], page: int) -> Iterator[Line]:
    """Cut a row at wide gaps."""
    part: list[_Char] = []
    last: _Char | None = None
    for char in row:
        if char.is_blank:
            part.append(char)
            continue
        if last is not None:
            gap = char.x0 - last.x1
            if gap > _CELL_GAP * max(char.size, last.size) and not _is_leader(last, char):
                yield from _line(part, page)
                part = []
        part.append(char)
        last = char
    yield from _line(part, page)


def _is_leader(one: _Char, other: _Char) -> bool:
    return one.text in ".\u2026" and other.text in ".\u2026"


def _line(part: list[_Char], page: int) -> Iterator[Line]:
    inked = [char for char in part if not char.is_blank]
    if not inked:
        return
    sizes = sorted(char.size for char in inked)
    size = sizes[len(sizes) // 2]
    text = _unspaced(_text(part, size), part, size)
    yield Line(
        text=text,
        x0=inked[0].x0,
        x1=max(char.x1 for char in inked),
        y=sorted(char.y for char in inked)[len(inked) // 2],
        size=size,
        is_bold=2 * sum(char.is_bold for char in inked) > len(inked),
        is_mono=sum(char.is_mono for char in inked) > 0.8 * len(inked),
        page=page,
    )


def _text(part: list[_Char], size: float, gap: float = _WORD_GAP) -> str:
    text, last, blank = "", None, False
    for char in part:
        if char.is_blank:
            blank = True
            continue
        if last is not None:
            is_wide = char.x0 - last.x1 > gap * size
            is_east = _EAST_ASIAN.match(char.text) and _EAST_ASIAN.match(last.text)
            if (blank or is_wide or char.after_space) and not (is_east and not blank):
                text += " "
        text += char.text
        last, blank = char, False
    return text


def _unspaced(text: str, part: list[_Char], size: float) -> str:
    """Join letters that are spaced for emphasis: "S I E V I N G"."""
    letters = [word for word in text.split() if len(word) == 1 and word.isalpha()]
    if not _SPACED.fullmatch(text) or len(letters) < 0.8 * len(text.split()):
        return text
    inked = [replace(char, after_space=False) for char in part if not char.is_blank]
    gaps = sorted(b.x0 - a.x1 for a, b in itertools.pairwise(inked))
    usual = gaps[len(gaps) // 2]
    return _text(inked, 1.0, max(1.8 * usual, 0.1 * size))


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
