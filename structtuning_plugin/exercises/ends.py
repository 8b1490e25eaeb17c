"""Where sentences end; the plain cases without a segmenter, which takes a hundred times as long to see the same."""

from __future__ import annotations

import regex

from structtuning_plugin.corpus.joints import sentences

_MARK = regex.compile(r"[.!?…]")
# A long small word before the full stop is no abbreviation, and a capital after it begins a sentence.
_PLAIN_END = regex.compile(r"(?<=\p{Ll}{5}|\p{Ll}{4}-\p{Ll}{2})[.!?](?=\s+\p{Lu}|\s*$)\s*")
# What a segmenter must look at: quotations and brackets may hold sentences of their own.
_NESTED = regex.compile(r"[\"“”«»()\[\]「」『』（）]|\s['‘]")
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
    found = [match.end() for match in _PLAIN_END.finditer(text)]
    if len(found) == len(_MARK.findall(text)) and not _NESTED.search(text) and not _WIDE_END.search(text):
        return found
    return sentences(text, language)
