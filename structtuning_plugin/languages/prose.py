r"""Prose of a text, for the detection of its language: no code, tables, references or data.

```python                     samples_of(text) == ["Die Pumpe fördert den Kraftstoff..."]
def step(value): ...
```
Die Pumpe fördert den Kraftstoff...
[12] J. Smith. A study. 2019.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from structtuning_plugin.languages.unicode import UNSPACED

# Samples of a text, and their length in characters.
_SAMPLES, _LENGTH = 10, 500
# Windows of a long text that are looked at, and their length in characters: the time does not grow
# with the text.
_WINDOWS, _WINDOW = 40, 4_000
# Letters of the shortest prose that is enough to judge a text.
_ENOUGH = 60
# Sentences have fewer other characters than code and tables.
_LETTERS = 0.65

_FENCE = regex.compile(
    r"^[ ]{0,3}(```+|~~~+).*?(?:^[ ]{0,3}\1[`~]*[^\S\n]*$|\Z)", regex.M | regex.S
)
_NO_PROSE = regex.compile(
    r"<(script|style|pre|svg|math)\b.*?</\1\s*>|<[^<>\n]{1,400}>|`[^`\n]+`|\$[^$\n]{1,200}\$"
    r"|\b(?:https?://|www\.)\S+|[!-~]{80,}|\[@[^\]]*\]",
    regex.S | regex.I,
)
_UNSPACED = regex.compile(rf"[{UNSPACED}]")
_SENTENCE_END = regex.compile(r"[.!?;:…][\"'”’»)\]]*(?:\s|$)|[。！？；।॥؟۔።]")
# Lines of a list of references, which are in the languages of what they name.
_REFERENCE_WORDS = regex.compile(
    r"\b(?:doi|isbn|issn|arxiv|et al\.|proceedings|vol\.|pp\.|in:)", regex.I
)
_NUMBERED = regex.compile(r"\s*\[[^\]\n]{1,12}\]\s.*\b(?:1[5-9]|20)\d\d\b")
_NAMES = regex.compile(
    r"\s*(?:[-*•]\s+|\(?\d{1,3}[.)]\s+)?(?:\p{Lu}[\p{L}'-]+,\s+\p{Lu}\.|(?:\p{Lu}\.\s*)+\p{Lu})"
    r".*\b(?:1[5-9]|20)\d\d\b"
)
_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d\d\b")
_TABLE = regex.compile(r"\s*\||[^|\n]*\|[^|\n]*\||[^\t\n]*\t[^\t\n]*\t|[-+=|:\s]{5,}$")
_CODE = regex.compile(
    r"(?:\t|[ ]{4,})\S|.*(?:[{};]\s*$|[=<>]=|->|=>|\w\(\)|\w_\w+\()|\s*[@#$%\\]\w"
)


def samples_of(text: str) -> list[str]:
    """Return samples of the prose from all parts of a text, about 500 characters each.

    Where too little looks like prose, other lines with letters are samples; then the text itself.
    """
    text = _windows_of(text)
    bare = _NO_PROSE.sub(" ", _FENCE.sub("\n\n", text))
    blocks = [block for block in bare.split("\n\n") if block.strip()]
    prose = [part for block in blocks if (part := _prose_of(block))]
    for parts in (prose, list(_lines(blocks)), [text]):
        if _count_letters(parts) >= _ENOUGH:
            return _spread(_joined(parts))
    return _spread(_joined(prose or [text]))


def _windows_of(text: str) -> str:
    """Return a text, or windows of a long one at equal distances, each from the end of a block."""
    if len(text) <= _WINDOWS * _WINDOW:
        return text
    step = (len(text) - _WINDOW) // (_WINDOWS - 1)
    windows = []
    for start in range(0, _WINDOWS * step, step):
        window = text[start : start + _WINDOW]
        before, _, after = window.partition("\n\n")
        windows.append(after if start and after else before + "\n\n" + after)
    return "\n\n".join(windows)


def _prose_of(block: str) -> str:
    """Return the lines of a block that are prose; nothing if it has no sentence."""
    lines = "\n".join(_lines([block]))
    dense = len("".join(lines.split()))
    letters = _count_letters([lines])
    if not letters or letters < _LETTERS * dense:
        return ""
    has_end = _SENTENCE_END.search(lines) or len(_UNSPACED.findall(lines)) > 10
    return lines if has_end else ""


def _lines(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        for line in block.split("\n"):
            if line.strip() and not _is_other(line):
                yield line


def _is_other(line: str) -> bool:
    return bool(_TABLE.match(line) or _CODE.match(line)) or _is_reference(line)


def _is_reference(line: str) -> bool:
    if not _YEAR.search(line):
        return False
    return bool(_NUMBERED.match(line) or _NAMES.match(line) or _REFERENCE_WORDS.search(line))


def _count_letters(parts: list[str]) -> int:
    return sum(sum(map(str.isalpha, part)) for part in parts)


def _joined(parts: list[str]) -> list[str]:
    """Join short parts and cut long ones, to the length of a sample."""
    pieces: list[str] = []
    for part in parts:
        for start in range(0, len(part), _LENGTH):
            piece = part[start : start + _LENGTH]
            if pieces and len(pieces[-1]) + len(piece) < _LENGTH:
                pieces[-1] += f"\n{piece}"
            else:
                pieces.append(piece)
    return pieces


def _spread(pieces: list[str]) -> list[str]:
    """Choose samples at equal distances from the beginning to the end."""
    if len(pieces) <= _SAMPLES:
        return pieces
    return [pieces[index * (len(pieces) - 1) // (_SAMPLES - 1)] for index in range(_SAMPLES)]
