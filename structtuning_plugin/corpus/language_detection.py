"""Detection of the language of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_SAMPLE = 4_000
_FALLBACK = "en"


def language_of(text: str) -> str:
    """Detect the ISO 639-1 code from a sample of the middle; `en` for fewer than 8 letters.

    >>> language_of("Der Hund läuft schnell über die grüne Wiese, und die Katze schläft.")
    'de'
    """
    middle = max(0, len(text) // 2 - _SAMPLE // 2)
    sample = text[middle : middle + _SAMPLE]
    if sum(character.isalpha() for character in sample) < 8:
        return _FALLBACK
    import py3langid  # loads its model: only where there is something to detect

    return str(py3langid.classify(sample)[0])


def most_common_language(languages: Iterable[str]) -> str:
    """Return the most frequent language, the first one of equals; `en` where there is none."""
    counted = Counter(languages).most_common(1)
    return counted[0][0] if counted else _FALLBACK
