"""Words and their stems, the length of a text in words, and general words."""

from __future__ import annotations

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import EAST_ASIAN, SOUTH_EAST_ASIAN

_STEM = 5
WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
UNSPACED = regex.compile(rf"[{EAST_ASIAN}{SOUTH_EAST_ASIAN}]")
_RUN = regex.compile(rf"{UNSPACED.pattern}+")
# Characters of unspaced scripts that make up a word, on average.
_PER_WORD = 2.75


def stems(text: str) -> set[str]:
    """Return the first letters of every word; in unspaced scripts the pairs of characters.

    >>> sorted(stems("Cells and a membrane")), sorted(stems("細胞膜"))
    (['and', 'cells', 'membr'], ['細胞', '胞膜'])
    """
    runs = _RUN.findall(text)
    spaced = _RUN.sub(" ", text) if runs else text
    result = {word[:_STEM].casefold() for word in WORD.findall(spaced) if len(word) > 1}
    for run in runs:
        result |= {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return result


def size(text: str) -> int:
    """Count the words; in unspaced scripts about three characters count as one.

    >>> size("A bicycle has two wheels."), size("自転車には車輪が二つある。")
    (5, 4)
    """
    wide = len(UNSPACED.findall(text))
    return len(WORD.findall(UNSPACED.sub(" ", text) if wide else text)) + round(wide / _PER_WORD)


def key(text: str) -> str:
    """Return a key that is equal for texts that differ in marks, blanks and capitals only.

    >>> key("The heart!") == key("the  Heart")
    True
    """
    return "".join(WORD.findall(text)).casefold()


def first_word(text: str) -> str:
    """Return the first word of a text; empty without one."""
    match = WORD.search(text)
    return str(match[0]) if match else ""


def is_generic(word: str, language: str) -> bool:
    """Return whether a word is a general one of its language, or the plural of one in "s".

    In a name such as "blood pressure" another word says more, so this holds for single words only.

    >>> is_generic("Parts", "en"), is_generic("heart", "en")
    (True, False)
    """
    own = languages.get(language)
    word = word.casefold()
    if "-" in word and len(word) > 1:
        return all(is_generic(part, language) for part in word.split("-"))
    singulars = (
        word,
        word.removesuffix("s"),
        word.removesuffix("es"),
        f"{word.removesuffix('ies')}y",
    )
    return word in own.lexicon.function or any(
        singular in own.exercises.generic for singular in singulars
    )
