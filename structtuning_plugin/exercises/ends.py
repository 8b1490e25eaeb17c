"""Where sentences end; the plain cases without a segmenter, which takes a hundred times as long to see the same."""

from __future__ import annotations

from functools import lru_cache

import regex

from structtuning_plugin.corpus.joints import sentences

_MARK = regex.compile(r"[.!?…]")
# A capital letter after a small word and a full stop begins a sentence, unless the word is short for another.
_PLAIN_END = regex.compile(r"(?<=(?<!\.)\b([\p{L}'’-]*\p{Ll}{2}))[.!?](?=\s+\p{Lu}|\s*$)\s*")
# What a segmenter must look at: quotations and brackets that hold sentences, or end with one.
_NESTED = regex.compile(
    r"\((?:[^()]*[.!?…][^()]*)\)|\[(?:[^\[\]]*[.!?…][^\[\]]*)\]|[“«](?:[^”»]*[.!?…])|\"(?:[^\"]*[.!?…][^\"]*)\""
    r"|[.!?…]\s?[\"”»)\]'’]|[「」『』（）]|\s['‘]|(?m:^\s*[-(\[])"
)
_WIDE_END = regex.compile(r"[。！？]+\s*")
_WIDE_NESTED = regex.compile(r"[「『（(“\"‘](?:[^」』）)”\"’]*)[。！？]|[。！？][」』）)”’\"]")


def sentence_ends(text: str, language: str) -> list[int]:
    """Offsets at which sentences end, blanks included; as `corpus.joints.sentences`, which is asked wherever there is doubt.

    >>> text = "The heart beats. Blood flows through vessels. It is red."
    >>> [text[:end] for end in sentence_ends(text, "en")][0]
    'The heart beats. '
    """
    if language in ("zh", "ja") and not _MARK.search(text) and not _WIDE_NESTED.search(text):
        return [match.end() for match in _WIDE_END.finditer(text)]
    found = list(_PLAIN_END.finditer(text))
    short = _abbreviations(language)
    plain = len(found) == len(_MARK.findall(text)) and all(match[1].casefold() not in short for match in found)
    if plain and not _NESTED.search(text) and not _WIDE_END.search(text):
        return [match.end() for match in found]
    return sentences(text, language)


@lru_cache(maxsize=16)
def _abbreviations(language: str) -> frozenset[str]:
    """Those that the segmenter knows."""
    from pysbd.languages import LANGUAGE_CODES

    known = LANGUAGE_CODES.get(language, LANGUAGE_CODES["en"])
    return frozenset(known.Abbreviation.ABBREVIATIONS)
