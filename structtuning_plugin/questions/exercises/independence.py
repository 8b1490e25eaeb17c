"""Sentences without what ties them to their context, where nothing else of them depends on it.

    However, rust makes a chain stiff (Fig. 3).      Rust makes a chain stiff.
    A worn chain also slips.                         as it is

A connective before a comma is taken off, and a reference in brackets at the end. Connectives that
restrict a sentence ("otherwise") are none of these: without them it would say something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages import Context
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.ranking import GOOD, is_reference, rank_of
from structtuning_plugin.questions.exercises.words import UNSPACED

_LAST_BRACKETS = regex.compile(r"\s*[(（][^()（）]*[)）](?=[.。．]$)")


def detach(sentence: Sentence, language: str) -> Sentence | None:
    """Return a sentence without its ties; None if it depends on its context all the same.

    Args:
        sentence: A sentence of any rank.
        language: ISO 639-1 code.
    """
    if sentence.rank == GOOD:
        return sentence
    bare = _without_reference(_without_connective(sentence), language)
    rank = rank_of(_adverbs().sub("", bare.text), language)
    if rank is None:
        return None
    # The rank may have been raised by the paragraph or by the use of its first word.
    own = rank_of(sentence.text, language)
    raised = sentence.rank - (sentence.rank if own is None else own)
    return replace(bare, rank=rank + raised)


def without_ties(sentence: str, language: str) -> str:
    """Return a sentence without an opening connective and a reference at its end.

    >>> without_ties("However, rust makes a chain stiff (Fig. 3).", "en")
    'Rust makes a chain stiff.'
    """
    whole = Sentence(chunk_id="", text=sentence, start=0, end=len(sentence), rank=GOOD, stems=())
    return _without_reference(_without_connective(whole), language).text


def _without_connective(sentence: Sentence) -> Sentence:
    match = _opening().match(sentence.text)
    if match is None:
        return sentence
    text = sentence.text[match.end() :]
    return replace(sentence, text=text[:1].upper() + text[1:], start=sentence.start + match.end())


def _without_reference(sentence: Sentence, language: str) -> Sentence:
    match: Any = _LAST_BRACKETS.search(sentence.text)
    if match is None or not is_reference(match[0], language):
        return sentence
    mark = sentence.text[match.end() :]
    text = sentence.text[: match.start()] + mark
    return replace(sentence, text=text, end=sentence.start + len(text) - len(mark))


# Equal words of two languages mean the same, so one pattern serves all.
@languages.cached
def _opening() -> Any:
    """Compile the pattern of a connective at the beginning of a sentence, with its comma."""
    words = _of_all(lambda context: context.connectives)
    return regex.compile(rf"(?i:{'|'.join(words)})\s?[,，、]\s*")


@languages.cached
def _adverbs() -> Any:
    """Compile the pattern of adverbs that join a sentence to the one before it."""
    words = _of_all(lambda context: context.adverbs)
    spaced = [word for word in words if not UNSPACED.match(word)]
    unspaced = [word for word in words if UNSPACED.match(word)]
    # At its beginning, such a word is in the place of the subject.
    inside = rf"(?<!^)(?:{'|'.join(unspaced)})"
    return regex.compile(rf"\s*\b(?i:{'|'.join(spaced)})\b,?|{inside}")


def _of_all(words: Callable[[Context], tuple[str, ...]]) -> list[str]:
    """Collect words of every language, as patterns."""
    contexts = (language.exercises.context for language in languages.registered())
    return [
        regex.escape(word, special_only=True) for context in contexts for word in words(context)
    ]
