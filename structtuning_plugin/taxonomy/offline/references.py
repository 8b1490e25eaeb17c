"""References inside a text: citations, footnote marks, and numbers of figures and links.

    holds water (SCS, 2019)      (SCS, 2019)
    as Brandt et al. found [12]  Brandt et al., [12]
    see Figure 3.1               Figure 3.1

No term, gap or title lies in one. Questions and answers are without those that can be left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import FIGURE_SIGNS

_OPENING = regex.compile(r"[(\[（［]")
_YEAR = r"(?:1[5-9]|20)\d\d[a-z]?"
_NAME = r"\p{Lu}[\p{L}'’.-]*"
_AND_OTHERS = r"(?:et\sal\b\.?|и\sдр\.|y\scols?\.|и\sсоавт\.|u\.\s?a\.|i\sin\.|等|ら)"
# Brackets with a year that a name, a mark or another year precedes.
_BRACKETS = (
    rf"\([^()\n]{{0,160}}?(?:{_NAME}|[,;&.])\s?{_YEAR}(?![\d–-])[^()\n]{{0,80}}\)",
    rf"（[^（）\n]{{0,80}}?[,，、]?\s?{_YEAR}(?:年)?）",
    rf"\({_YEAR}(?:[,;]\s?{_YEAR})*\)",
)
_NUMBERS = (
    r"\[\^[^\]\s]{1,40}\]:?",
    r"\[@[^\]]{1,80}\]",
    r"\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\]",
    r"［\d{1,3}(?:[,，–-]\d{1,3})*］",
    r"\^\d{1,3}\^|<sup>\W?\d{1,3}\W?</sup>",
    r"(?<=[\p{L}.,;)])[¹²³⁰-⁹]+(?!\p{L})",
    r"\b(?:ibid|op\.\scit|loc\.\scit|et\sal)\b\.?",
    r"https?://\S+|www\.\S+|\bdoi:\s?\S+|\b10\.\d{4,}/\S+",
)
_NARRATIVE = (
    rf"{_NAME}(?:,?\s(?:and|&|y|et|und|и|i)\s{_NAME})?,?\s{_AND_OTHERS}",
    rf"\p{{Han}}{{1,4}}(?:等人?|ら)(?=\s?[(（\[]\s?{_YEAR})",
    rf"{_NAME}(?:\s{_NAME})?(?:(?:,\s{_NAME})*,?\s(?:and|&|y|et|und|и|i)\s{_NAME})?"
    rf"(?=\s\({_YEAR}\))",
)

# Brackets of nothing but authors and years, with a comma between them unless others are named, and
# marks of footnotes: a sentence is whole without them. "(in May 1850)" says when, and "[1, 2]" may
# be an interval, "[^a]" a pattern, "[@a]" a path.
_AUTHORS = rf"{_NAME}(?:[\s-]{_NAME})*(?:,?\s(?:and|&|y|et|und|и|i)\s{_NAME})?"
_YEARS = rf"{_YEAR}(?:,\s?{_YEAR})*(?:,\s?pp?\.\s?\d+(?:[–-]\d+)?)?"
_ONE = rf"(?:{_AUTHORS},?\s{_AND_OTHERS},?\s?|{_AUTHORS},\s){_YEARS}"
_CITATION = regex.compile(
    rf"\s\((?:see\s|cf\.\s|e\.g\.,?\s)?{_ONE}(?:;\s?{_ONE})*\)"
    rf"|（\p{{Han}}{{1,4}}(?:等人?|ら)?[,，、]\s?{_YEAR}(?:年)?）"
    r"|\s\[@[^\]]{1,80}\]|(?<=[\p{L}.,;:!?)”»])\[\^[\w-]{1,40}\](?![*+?`])"
)


def without_citations(text: str) -> str:
    """Leave out the citations in brackets, with the blanks before them.

    >>> without_citations("Sand loses nitrate (SCS, 2020). It opened (in May 1850)[^3].")
    'Sand loses nitrate. It opened (in May 1850).'
    """
    return str(_CITATION.sub("", text)) if _OPENING.search(text) else text


@languages.cached
def _pattern() -> Any:
    contexts = [language.exercises.context for language in languages.registered()]
    words = "|".join(
        dict.fromkeys(word for item in contexts for word in (*item.numbered, *item.captions))
    )
    figures = (
        rf"(?i:\b(?:{words})\b\.?)\s?(?:no\.?\s?)?\d+(?:[.–-]\d+)*\p{{Ll}}?\b",
        rf"[{FIGURE_SIGNS}]\s?\d+(?:[.–-]\d+)*",
    )
    return regex.compile("|".join((*_BRACKETS, *_NUMBERS, *_NARRATIVE, *figures)))


class References:
    """References of a text, by place."""

    def __init__(self, text: str) -> None:
        self._set([match.span() for match in _pattern().finditer(text)])

    @classmethod
    def at(cls, spans: Sequence[tuple[int, int]]) -> References:
        """Return the references at known places of a text, in order."""
        references = cls.__new__(cls)
        references._set(spans)
        return references

    def _set(self, spans: Sequence[tuple[int, int]]) -> None:
        self.spans = spans
        self._starts = [start for start, _ in self.spans]
        self._ends = [end for _, end in self.spans]

    def touch(self, start: int, end: int) -> bool:
        """Return True if `text[start:end]` lies in a reference, or has a part of one.

        >>> text = "Sand loses nitrate (SCS, 2020)."
        >>> References(text).touch(20, 23), References(text).touch(0, 4)
        (True, False)
        """
        at = bisect_right(self._starts, start)
        inside = at > 0 and self._ends[at - 1] > start
        return inside or (at < len(self._starts) and self._starts[at] < end)
