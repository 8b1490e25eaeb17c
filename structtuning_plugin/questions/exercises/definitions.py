"""Sentences that say what something is, and what it is that they define."""

from __future__ import annotations

from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages import Definitions
from structtuning_plugin.questions.exercises.words import is_generic

_MOST_WORDS = 5
_MOST_CHARACTERS = 48
_TERM = r"(?P<term>[\p{L}\p{N}'’ -]+?)"
_WIDE_TERM = r"「?“?(?P<term>[\p{Han}\p{Katakana}ー\p{Latin}\p{N}・·-]{2,16}?)”?」?"
_BRACKETS = r"(?:\s\([^()]{1,60}\)|（[^（）]{1,40}）)?"


# French names occur in texts of every language.
_ELIDED = r"l['’]"


@languages.cached
def _patterns(language: str) -> tuple[Any, ...]:
    """Compile the patterns of sentences that begin or end with the term that they define."""
    own = languages.get(language).exercises.definitions
    if own is None:
        return ()
    if own.unspaced:
        return (regex.compile(own.unspaced.replace("<term>", _WIDE_TERM + _BRACKETS)),)
    patterns = [_beginning(own)] if own.is_kind or own.means else []
    if own.called:
        patterns.append(regex.compile(rf".{{20,}}\s{own.called}{_TERM}{_BRACKETS}\.$"))
    return tuple(patterns)


def _beginning(own: Definitions) -> Any:
    before = rf"(?i:(?:{'|'.join(own.articles)})\s|{_ELIDED})?" if own.articles else ""
    alias = r"(?:,\sor\s[^,]{1,30},)?"
    no_kind = rf"(?!(?:{'|'.join(own.no_kind)})\b)" if own.no_kind else ""
    verbs = []
    if own.is_kind:
        verbs.append(rf"(?:{own.is_kind})(?:\s|(?<=[\s'’])){no_kind}")
    if own.means:
        verbs.append(rf"(?:{own.means})\s")
    return regex.compile(rf"{before}{_TERM}{_BRACKETS}{alias}\s(?:{'|'.join(verbs)})")


@languages.cached
def _no_terms() -> frozenset[str]:
    """Collect the words of all languages that have the place of a term, but are none."""
    words: set[str] = set()
    for language in languages.registered():
        if language.exercises.definitions is not None:
            words |= language.exercises.definitions.no_terms
    return frozenset(words)


@languages.cached
def _no_noun(language: str) -> Any:
    """Compile the pattern of words that no term begins with; None where a term may begin so."""
    own = languages.get(language).exercises
    first = own.definitions is not None and own.definitions.noun_first
    ending = own.word_classes.no_noun
    return regex.compile(ending, regex.VERBOSE) if first and ending else None


def defined_term(sentence: str, language: str) -> str | None:
    """The term that a sentence defines; None if it defines none.

    >>> defined_term("A spoke is a thin rod that joins hub and rim.", "en")
    'spoke'
    >>> defined_term("The middle part of a wheel is called the hub.", "en")
    'hub'
    >>> defined_term("There is a spoke.", "en") is None
    True
    """
    for pattern in _patterns(language):
        match = pattern.match(sentence)
        if match and _is_term(match["term"].strip(), language):
            return str(match["term"].strip())
    return None


def _is_term(term: str, language: str) -> bool:
    words = [word.casefold() for word in term.split()]
    lexicon, no_terms = languages.get(language).lexicon, _no_terms()
    if not words or len(words) > _MOST_WORDS or len(term) > _MOST_CHARACTERS:
        return False
    edges_fit = not {words[0], words[-1]} & (lexicon.function | no_terms)
    inside_fits = all(
        word not in lexicon.function or word in lexicon.linking for word in words[1:-1]
    )
    says = any(not is_generic(word, language) for word in words) and term.casefold() not in no_terms
    no_noun = _no_noun(language)
    tells_which = len(words) > 1 and no_noun is not None and bool(no_noun.search(words[0]))
    return edges_fit and inside_fits and says and not tells_which and any(c.isalpha() for c in term)
