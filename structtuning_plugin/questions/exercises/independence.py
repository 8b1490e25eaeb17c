"""Sentences without what ties them to their context, where nothing else of them depends on it.

    However, rust makes a chain stiff (Fig. 3).      Rust makes a chain stiff.
    A worn chain also slips.                         as it is

A connective before a comma is taken off, and a reference in brackets at the end. Connectives that
restrict a sentence ("otherwise") are none of these: without them it would say something else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import regex

from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.ranking import GOOD, is_reference, rank_of

# Words that join a sentence to the one before it and do not change what it says. They are few, and
# equal words of two languages mean the same, so one list serves all.
_CONNECTIVES = (
    "however|moreover|furthermore|in addition|additionally|for example|for instance|therefore|thus"
    "|hence|consequently|as a result|similarly|likewise|in fact|indeed|nevertheless|nonetheless"
    "|besides|in contrast|by contrast|in other words|in general|generally|of course"
    "|sin embargo|además|por ejemplo|por lo tanto|por tanto|así pues|asimismo|en consecuencia"
    "|no obstante|de hecho|igualmente|por consiguiente|en general"
    "|cependant|toutefois|de plus|en outre|par exemple|ainsi|par conséquent|en effet|néanmoins"
    "|par ailleurs|en général"
    "|однако|кроме того|например|таким образом|следовательно|более того|к тому же|тем не менее"
    "|вообще"
    "|但是|然而|此外|另外|例如|因此|所以|同样|不过|事实上|而且|并且|比如"
    "|しかし|また|さらに|例えば|たとえば|したがって|そのため|同様に|なお|実際|しかしながら"
)
_OPENING = regex.compile(rf"(?i:{_CONNECTIVES})\s?[,，、]\s*")
_ADVERBS = regex.compile(
    r"\s*\b(?i:also|too|however|likewise|también|además|asimismo|aussi|également|cependant"
    r"|toutefois|также|тоже|однако)\b,?|也|还"
)
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
    rank = rank_of(_ADVERBS.sub("", bare.text), language)
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
    whole = Sentence(
        chunk_id="", text=sentence, start=0, end=len(sentence), rank=GOOD, stems=frozenset()
    )
    return _without_reference(_without_connective(whole), language).text


def _without_connective(sentence: Sentence) -> Sentence:
    match = _OPENING.match(sentence.text)
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
