"""Fragments of a page of PDF: text of one font on one baseline, with its place, size and weight.

A call into pdfium for one character costs half of what pdfium needs to read that character. So the
text of a page comes in one call, places are asked for at the ends of words, and sizes and fonts
once for each text object, which prints a run of characters in one font.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from structtuning_plugin.corpus.extras import import_extra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# In sizes of the font: a gap between words, and one between columns or cells of a table.
WORD_GAP, CELL_GAP = 0.16, 1.4
EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\uac00-\ud7a3]")
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# pdfium marks a hyphen at the end of a line by one of these.
_HYPHENS = (0x02, 0xFFFE)
_EAST_GAP = re.compile(rf"(?<={EAST_ASIAN.pattern})[^\S\r\n]+(?={EAST_ASIAN.pattern})")
_UNKNOWN = re.compile(r"[\ufffd\x80-\x84\x86-\x9f\ue000-\uf8ff]")
_SPECIAL = re.compile(r"[\0-\x08\x0e-\x1b\ufb00-\ufb06\ufffe]")
_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(range(32)),
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)},
    0x20: " ",
    0x02: "-",
    0xFFFE: "-",
}
LEADERS = ".\u2026"
_BOLD = ("bold", "black", "heavy", "-bd", "medi")
_MONO = ("mono", "courier", "consol", "typewriter", "cmtt", "fixed", "menlo", "inconsolata")
_BOLD_WEIGHT = 600


@dataclass(slots=True, kw_only=True)
class Fragment:
    """Words of one style and baseline that follow each other without a gap as wide as a column's.

    Attributes:
        x0, x1: Left and right end, in points, of the text turned upright.
        y: Baseline; it grows upwards.
        size: Size of the font on the page.
        angle: Direction of the text, in quarters of a turn.
        after_space: Whether a blank is before it.
        gaps: Distances between its words.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    is_bold: bool
    is_mono: bool
    angle: int
    after_space: bool
    gaps: Sequence[float] = ()

    @property
    def weight(self) -> int:
        """Number of characters that are no blanks."""
        return len(self.text) - self.text.count(" ")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFragments:
    """Fragments of a page in the order of pdfium.

    Attributes:
        characters: Number of characters that are no blanks.
        unknown: Number of characters without a meaning: the font names none.
    """

    fragments: tuple[Fragment, ...]
    characters: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Words of a page by their ends in the text, and how they are printed.

    Attributes:
        x0, x1: Left and right ends, in points, of the words turned upright.
        styles: Numbers of fonts: 2 is added for a bold one, 1 for one of fixed width.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    x0: NDArray[np.float64]
    x1: NDArray[np.float64]
    y: NDArray[np.float64]
    sizes: NDArray[np.float64]
    angles: NDArray[np.int64]
    styles: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    """Functions of pdfium that take addresses: no object of ctypes is built for each call."""

    is_generated: Callable[[int, int], int]
    get_object: Callable[[int, int], int]
    get_box: Callable[[int, int, int], int]
    get_matrix: Callable[[int, int, int], int]
    get_size: Callable[[int, int], float]
    get_font: Callable[[int], int]


@lru_cache(maxsize=1)
def _load() -> _Library:
    raw = import_extra("pypdfium2.raw", "pdf")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    return _Library(
        is_generated=_prototype(raw.FPDFText_IsGenerated, number, pointer, number),
        get_object=_prototype(raw.FPDFText_GetTextObject, ctypes.c_size_t, pointer, number),
        get_box=_prototype(raw.FPDFText_GetLooseCharBox, number, pointer, number, pointer),
        get_matrix=_prototype(raw.FPDFText_GetMatrix, number, pointer, number, pointer),
        get_size=_prototype(raw.FPDFText_GetFontSize, ctypes.c_double, pointer, number),
        get_font=_prototype(raw.FPDFTextObj_GetFont, pointer, pointer),
    )


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a function of pdfium with other types; it keeps the lock of the interpreter."""
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


def read_fragments(text_page: Any) -> PageFragments:
    """Read the fragments of a page.

    Args:
        text_page: Text page of pypdfium2.
    """
    library, page = _load(), ctypes.cast(text_page.raw, ctypes.c_void_p).value or 0
    text = _marked(_text_of(text_page), library, page)
    words = _words_of(text, library, text_page)
    return PageFragments(
        fragments=tuple(_fragments_of(text, words)) if words is not None else (),
        characters=int((words.ends - words.starts).sum()) if words is not None else 0,
        unknown=len(_UNKNOWN.findall(text)),
    )


def _text_of(text_page: Any) -> str:
    """Return the text of a page: a character for each of pdfium's."""
    raw = import_extra("pypdfium2.raw", "pdf")
    count = text_page.count_chars()
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    length = raw.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, length - 1)].decode("utf-16-le", "replace")
    if len(text) == count:
        return text
    # Characters without a code are not in the text, so that the places would not agree.
    codes = [raw.FPDFText_GetUnicode(text_page, index) for index in range(count)]
    return "".join(chr(code) if _is_character(code) else "\ufffd" for code in codes)


def _is_character(code: int) -> bool:
    return code <= 0x10FFFF and not 0xD800 <= code < 0xE000


def _marked(text: str, library: _Library, page: int) -> str:
    """Mark blanks by U+0000 that pdfium puts between East Asian characters: they print none."""

    def mark(match: re.Match[str]) -> str:
        places = range(match.start(), match.end())
        is_ours = all(library.is_generated(page, place) == 1 for place in places)
        return "\0" * len(places) if is_ours else match[0]

    return _EAST_GAP.sub(mark, text)


# Words and how they are printed.


def _words_of(text: str, library: _Library, text_page: Any) -> _Words | None:
    import numpy as np

    starts, ends = _ends_of(text)
    if not len(starts):
        return None
    page = ctypes.cast(text_page.raw, ctypes.c_void_p).value or 0
    objects = _call_all(library.get_object, page, np.stack([starts, ends - 1], axis=1))
    if (objects[:, 0] != objects[:, 1]).any():
        starts, ends, objects = _divided(starts, ends, objects, library, page)
    objects = objects[:, 0]
    firsts = np.concatenate([[0], np.flatnonzero(objects[1:] != objects[:-1]) + 1])
    counts = np.diff(firsts, append=len(objects))
    # How a text object is printed is asked for at its first word.
    matrices = np.zeros((len(firsts), 6), np.float32)
    _write_all(library.get_matrix, page, starts[firsts], matrices)
    a, _, c, d, x, y = matrices.T.astype(np.float64)
    # Some files scale a font of size 1; pdfium counts angles clockwise.
    sizes = np.round(_call_all(library.get_size, page, starts[firsts]) * np.hypot(c, d), 1)
    angles = np.rint(np.arctan2(c, a) / (-math.pi / 2)).astype(np.int64) % 4
    styles = _styles(objects[firsts], starts[firsts], library, text_page)
    angles_of_words = np.repeat(angles, counts)
    x0, x1 = _sides(starts, ends, angles_of_words, library, page)
    return _Words(
        starts=starts,
        ends=ends,
        x0=x0,
        x1=x1,
        y=np.repeat(np.choose(angles, [y, -x, -y, x]), counts),
        sizes=np.repeat(sizes, counts),
        angles=angles_of_words,
        styles=np.repeat(styles, counts),
    )


@lru_cache(maxsize=1)
def _blanks() -> NDArray[np.bool_]:
    """Return True for the codes of blanks; all are below U+3001."""
    import numpy as np

    return np.array([chr(code).isspace() or not code for code in range(0x3002)])


def _ends_of(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places in the text where words begin and end."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    is_blank = _blanks()[np.minimum(codes, 0x3001)]
    # The next line follows a hyphen at the end of a line at once.
    is_hyphen = (codes == _HYPHENS[0]) | (codes == _HYPHENS[1])
    before = np.concatenate([[True], is_blank[:-1] | is_hyphen[:-1]])[: len(codes)]
    after = np.concatenate([is_blank[1:], [True]])[: len(codes)] | is_hyphen
    return np.flatnonzero(~is_blank & before), np.flatnonzero(~is_blank & after) + 1


def _divided(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    objects: NDArray[np.int64],
    library: _Library,
    page: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Divide words where another text object begins."""
    import numpy as np

    is_mixed = objects[:, 0] != objects[:, 1]
    parts: list[tuple[int, int, int]] = []
    for start, end in zip(starts[is_mixed].tolist(), ends[is_mixed].tolist(), strict=True):
        inner = [library.get_object(page, place) for place in range(start, end)]
        cuts = [n for n in range(1, len(inner)) if inner[n] != inner[n - 1]]
        for first, last in itertools.pairwise([0, *cuts, len(inner)]):
            parts.append((start + first, start + last, inner[first]))
    whole = np.stack([starts, ends, objects[:, 0]], axis=1)[~is_mixed]
    table = np.concatenate([whole, np.array(parts, np.int64)])
    table = table[table[:, 0].argsort()]
    return table[:, 0], table[:, 1], table[:, 2:]


def _styles(
    objects: NDArray[np.int64], places: NDArray[np.int64], library: _Library, text_page: Any
) -> NDArray[np.int64]:
    """Return the styles of text objects; each font is looked at once."""
    import numpy as np

    fonts = list(map(library.get_font, objects.tolist()))
    place_of = dict(zip(fonts, places.tolist(), strict=True))
    style_of = {font: _style(text_page, place) for font, place in place_of.items()}
    return np.array([style_of[font] for font in fonts], np.int64)


def _style(text_page: Any, place: int) -> int:
    """Return the style of a character's font: 2 for a bold one, 1 for one of fixed width."""
    raw = import_extra("pypdfium2.raw", "pdf")
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(text_page, place, None, 0, flags)
    buffer = ctypes.create_string_buffer(max(1, length))
    raw.FPDFText_GetFontInfo(text_page, place, buffer, length, flags)
    name = buffer.value.decode("latin-1", "replace").casefold()
    weight = raw.FPDFText_GetFontWeight(text_page, place)
    is_bold = any(word in name for word in _BOLD) or weight >= _BOLD_WEIGHT
    return 2 * is_bold + any(word in name for word in _MONO)


def _sides(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    angles: NDArray[np.int64],
    library: _Library,
    page: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the left and right ends of words, turned upright."""
    import numpy as np

    places = np.stack([starts, ends - 1], axis=1).ravel()
    boxes = np.zeros((len(places), 4), np.float32)
    # The loose box is as wide as the advance: a full stop of a fixed-width font is no gap.
    _write_all(library.get_box, page, places, boxes)
    left, top, right, bottom = boxes.T.astype(np.float64)
    both = np.repeat(angles, 2)
    x0 = np.choose(both, [left, bottom, -right, -top]).reshape(-1, 2)
    x1 = np.choose(both, [right, top, -left, -bottom]).reshape(-1, 2)
    return x0.min(axis=1), x1.max(axis=1)


def _call_all(
    function: Callable[[int, int], float], page: int, places: NDArray[np.int64]
) -> NDArray[Any]:
    """Return the answers of a function for places in the text, in the shape of the places."""
    import numpy as np

    answers = list(map(function, itertools.repeat(page), places.ravel().tolist()))
    return np.array(answers).reshape(places.shape)


def _write_all(
    function: Callable[[int, int, int], int],
    page: int,
    places: NDArray[np.int64],
    rows: NDArray[np.float32],
) -> None:
    """Call a function for places in the text; it writes its answers into the rows of an array."""
    begin, step = rows.ctypes.data, rows.strides[0]
    addresses = range(begin, begin + step * len(places), step)
    deque(map(function, itertools.repeat(page), places.tolist(), addresses), maxlen=0)


# From words to fragments.


def _fragments_of(text: str, words: _Words) -> Iterator[Fragment]:
    import numpy as np

    gaps, glued = _gaps(text, words)
    begins = _begins(text, words, gaps)
    firsts = np.flatnonzero(begins)
    ends = np.append(firsts[1:], len(begins))
    x0, x1 = np.minimum.reduceat(words.x0, firsts), np.maximum.reduceat(words.x1, firsts)
    columns = [words.y, words.sizes, words.angles, words.styles, words.starts]
    values = [column[firsts].tolist() for column in columns]
    last_places, distances = words.ends.tolist(), gaps.tolist()
    is_special = _SPECIAL.search(text) is not None
    for first, end, left, right, y, size, angle, style, start in zip(
        firsts.tolist(), ends.tolist(), x0.tolist(), x1.tolist(), *values, strict=True
    ):
        parts: list[str] = []
        begin = start
        for place in glued[bisect_right(glued, start) : bisect_left(glued, last_places[end - 1])]:
            parts += text[begin:place].split()
            begin = place
        line = " ".join([*parts, *text[begin : last_places[end - 1]].split()])
        line = line.translate(_PLAIN) if is_special else line
        if line:
            yield Fragment(
                text=line,
                x0=left,
                x1=right,
                y=y,
                size=size,
                is_bold=style >= 2,
                is_mono=style % 2 == 1,
                angle=angle,
                after_space=first > 0 and _has_blank(text[last_places[first - 1] : start]),
                gaps=distances[first : end - 1],
            )


def _gaps(text: str, words: _Words) -> tuple[NDArray[np.float64], list[int]]:
    """Return the distances of words, and the places of those that follow a gap without a blank."""
    import numpy as np

    gaps = words.x0[1:] - words.x1[:-1]
    if RIGHT_TO_LEFT.search(text):
        gaps = np.maximum(gaps, words.x0[:-1] - words.x1[1:])
    is_glued = (words.starts[1:] == words.ends[:-1]) & (gaps > WORD_GAP * words.sizes[1:])
    places = words.starts[1:][is_glued].tolist()
    return gaps, [place for place in places if not is_east(text[place - 1], text[place])]


def _begins(text: str, words: _Words, gaps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return True for the words that begin a fragment."""
    import numpy as np

    begins = np.ones(len(words.starts), np.bool_)
    sizes = words.sizes[1:]
    begins[1:] = (gaps > CELL_GAP * sizes) | (gaps < -sizes)
    for index in np.flatnonzero(begins[1:]) + 1:
        last, following = text[words.ends[index - 1] - 1], text[words.starts[index]]
        begins[index] = last not in LEADERS or following not in LEADERS
    for column in (words.y, words.sizes, words.angles, words.styles):
        begins[1:] |= column[1:] != column[:-1]
    return begins


def _has_blank(between: str) -> bool:
    """Return True if the text between two words has a blank, not only the end of a line."""
    return bool(between.rpartition("\n")[2].strip("\r\0"))


def is_east(one: str, other: str) -> bool:
    """Return True for two East Asian characters, which need no blank between them."""
    return EAST_ASIAN.match(one) is not None and EAST_ASIAN.match(other) is not None
