"""Segmenters of pysbd, with a memory for their patterns.

pysbd 0.3 passes patterns as strings to `re` at every call, some for every abbreviation of the
language. They are more than `re` remembers (512), so it compiles them again and again, which takes
half of the time.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Any

from structtuning_plugin import languages


@languages.cached
def segmenter(language: str) -> Any:
    """Return the segmenter of a language: pysbd's own one, else the English one."""
    import pysbd

    _remember_patterns()
    return pysbd.Segmenter(language=segmenter_code(language), clean=False)


def segmenter_code(language: str) -> str:
    """Return the code of the pysbd rules for a language: its own ones, else English ones.

    >>> segmenter_code("fr"), segmenter_code("xx")
    ('fr', 'en')
    """
    from pysbd.languages import LANGUAGE_CODES

    code = languages.get(language).sentences.segmenter or language
    return code if code in LANGUAGE_CODES else languages.FALLBACK


def _remember_patterns() -> None:
    """Replace `re` in the modules of pysbd; what they compute stays the same."""
    for name, module in list(sys.modules.items()):
        if name.startswith("pysbd.") and getattr(module, "re", None) is re:
            vars(module)["re"] = _CachedRe()


@lru_cache(maxsize=16_384)
def _compile(pattern: Any, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)


class _CachedRe:
    """The module `re` with a larger memory."""

    def __getattr__(self, name: str) -> Any:
        return getattr(re, name)

    def sub(self, pattern: Any, repl: Any, string: str, count: int = 0, flags: int = 0) -> str:
        return _compile(pattern, flags).sub(repl, string, count)

    def findall(self, pattern: Any, string: str, flags: int = 0) -> list[Any]:
        return _compile(pattern, flags).findall(string)

    def finditer(self, pattern: Any, string: str, flags: int = 0) -> Any:
        return _compile(pattern, flags).finditer(string)

    def search(self, pattern: Any, string: str, flags: int = 0) -> Any:
        return _compile(pattern, flags).search(string)

    def match(self, pattern: Any, string: str, flags: int = 0) -> Any:
        return _compile(pattern, flags).match(string)

    def split(self, pattern: Any, string: str, maxsplit: int = 0, flags: int = 0) -> list[Any]:
        return _compile(pattern, flags).split(string, maxsplit)
