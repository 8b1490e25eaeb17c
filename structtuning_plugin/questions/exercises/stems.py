"""What words are told by, whatever their endings."""

from __future__ import annotations

import regex

_STEM = 5
WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_RUN = regex.compile(rf"{UNSPACED.pattern}+")
# Characters of unspaced scripts that make up a word, on average.
_PER_WORD = 2.75


def stems(text: str) -> set[str]:
    """The first letters of every word; in unspaced scripts the pairs of characters.

    >>> sorted(stems("Cells and a membrane")), sorted(stems("細胞膜"))
    (['and', 'cells', 'membr'], ['細胞', '胞膜'])
    """
    runs = _RUN.findall(text)
    spaced = _RUN.sub(" ", text) if runs else text
    found = {word[:_STEM].casefold() for word in WORD.findall(spaced) if len(word) > 1}
    for run in runs:
        found |= {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return found


def size(text: str) -> int:
    """Words; in unspaced scripts about three characters count for one.

    >>> size("A bicycle has two wheels."), size("自転車には車輪が二つある。")
    (5, 4)
    """
    wide = len(UNSPACED.findall(text))
    return len(WORD.findall(UNSPACED.sub(" ", text) if wide else text)) + round(wide / _PER_WORD)


def key(text: str) -> str:
    """Equal for texts that differ in marks, blanks and capitals only.

    >>> key("The heart!") == key("the  Heart")
    True
    """
    return "".join(WORD.findall(text)).casefold()


def first_word(text: str) -> str:
    """The word that a text begins with; empty if there is none."""
    match = WORD.search(text)
    return str(match[0]) if match else ""
