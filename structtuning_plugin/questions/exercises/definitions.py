"""Sentences that define a term, and the term that they define."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import regex

from structtuning_plugin import languages
from structtuning_plugin.languages import Definitions
from structtuning_plugin.questions.exercises.ranking import has_order_form, points_elsewhere
from structtuning_plugin.questions.exercises.words import is_generic

# Entries of a list of terms: "**ebb**: the falling of the water", "ebb — the falling ...".
_ENTRY = regex.compile(
    r"(?:[-*+•]\s+)?(?:"
    r"(?P<mark>\*\*|__)(?P<term>[^*_\n]{1,60}?)\s?[:：]?(?P=mark)"
    r"(?:\s?\([^()]{1,60}\)|（[^（）]{1,40}）)?"
    r"\s?(?:[:：–—-]|(?=\p{Ll}))"
    r"|(?P<term>\p{Ll}[^:：.!?\n]{1,50}?)(?:\s?:|\s[–—])(?=\s)"
    r")\s*(?P<meaning>\S.*)$",
    regex.DOTALL,
)
_CODE = regex.compile(r"[()=<>{}\[\]/\\;|$]")
_FEWEST_LETTERS_OF_MEANING = 8
_MOST_WORDS = 5
_MOST_CHARACTERS = 48
_TERM = r"(?P<term>[\p{L}\p{N}'’ -]+?)"
_WIDE_TERM = r"「?“?(?P<term>[\p{Han}\p{Katakana}ー\p{Latin}\p{N}・·-]{2,16}?)”?」?"
_BRACKETS = r"(?:\s\([^()]{1,60}\)|（[^（）]{1,40}）)?"


# French names occur in texts of every language.
_ELIDED = r"l['’]"
# Words of the predicate that are checked for a judgement.
_MOST_CHECKED = 6
_CLAUSE_END = regex.compile(r"[,;:.()（—–]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    """Compiled patterns of one language.

    `openings` match sentences that begin with the term they define, `endings` those that end with
    it. The others are None where a language has no such words.
    """

    openings: Any
    endings: Any
    vague: Any
    negated: Any
    no_first: Any


@languages.cached
def _patterns(language: str) -> _Patterns | None:
    own = languages.get(language).exercises.definitions
    if own is None:
        return None
    endings = (
        rf".{{20,}}(?<!\band|\bbut|\bet|\by)\s{own.called}{_TERM}{_BRACKETS}\.$"
        if own.called
        else ""
    )
    if own.unspaced:
        openings = own.unspaced.replace("<term>", _WIDE_TERM + _BRACKETS)
    else:
        openings = _beginning(own) if own.is_kind or own.means else ""
    return _Patterns(
        openings=_compile(openings),
        endings=_compile(endings),
        vague=_compile(_either(own.vague), regex.IGNORECASE),
        negated=_compile(own.negated, regex.IGNORECASE),
        no_first=_compile(_either(own.no_first), regex.IGNORECASE),
    )


def _compile(pattern: str, flags: int = 0) -> Any:
    return regex.compile(pattern, flags) if pattern else None


def _either(words: tuple[str, ...]) -> str:
    return rf"(?:{'|'.join(words)})" if words else ""


def _beginning(own: Definitions) -> str:
    before = rf"(?i:(?:{'|'.join(own.articles)})\s|{_ELIDED})?" if own.articles else ""
    alias = r"(?:,\sor\s[^,]{1,30},)?"
    no_kind = rf"(?!(?:{'|'.join(own.no_kind)})\b)" if own.no_kind else ""
    verbs = []
    if own.is_kind:
        verbs.append(rf"(?:{own.is_kind})(?:\s|(?<=[\s'’])){no_kind}")
    if own.means:
        verbs.append(rf"(?:{own.means})\s")
    return rf"{before}{_TERM}{_BRACKETS}{alias}\s(?:{'|'.join(verbs)})"


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
    """Return the term that a sentence defines; None without a definition.

    >>> defined_term("A spoke is a thin rod that joins hub and rim.", "en")
    'spoke'
    >>> defined_term("The middle part of a wheel is called the hub.", "en")
    'hub'
    >>> defined_term("There is a spoke.", "en") is None
    True
    """
    line = " ".join(sentence.split())
    if (term := entry_term(line, language)) is not None:
        return term
    patterns = _patterns(language)
    if patterns is None or (patterns.negated is not None and patterns.negated.search(line)):
        return None
    for match in _matches(patterns, line, language):
        name = str(match["term"].strip())
        if _is_term(name, language) and not _begins_wrong(name, patterns):
            return name
    return None


def entry_term(text: str, language: str) -> str | None:
    """Return the term of an entry of a glossary; None for other text.

    >>> entry_term("**ebb**: the falling of the water between high tide and low tide.", "en")
    'ebb'
    """
    match = _ENTRY.match(text)
    if match is None or len(match["meaning"]) < _FEWEST_LETTERS_OF_MEANING:
        return None
    term = str(match["term"].strip(" *_:：`"))
    words = term.split()
    fits = 0 < len(words) <= _MOST_WORDS and len(term) <= _MOST_CHARACTERS
    fits = fits and not _CODE.search(term)
    fits = fits and not has_order_form(match["meaning"], language)
    if not fits or term.casefold() in _no_terms() or not any(c.isalpha() for c in term):
        return None
    return None if all(is_generic(word, language) for word in words) else term


def _matches(patterns: _Patterns, line: str, language: str) -> Iterator[Any]:
    """Yield the matches of patterns of a definition in a sentence of one line."""
    match = patterns.openings.match(line) if patterns.openings is not None else None
    if match and not _is_vague(line[match.end() :], patterns, language):
        yield match
    match = patterns.endings.match(line) if patterns.endings is not None else None
    if match and not points_elsewhere(line, language) and not _is_quality(match, language):
        yield match


def _is_vague(predicate: str, patterns: _Patterns, language: str) -> bool:
    """Return True if the noun after "is a" judges the term or names its place in the world.

    "Slugs are a common cause of damage" says something about slugs, and does not define them.
    """
    if patterns.vague is None:
        return False
    own = languages.get(language)
    if not own.spaced:
        return bool(patterns.vague.search(predicate))
    definitions = own.exercises.definitions or Definitions()
    ends = own.lexicon.linking | definitions.relative
    for word in _CLAUSE_END.split(predicate)[0].split()[:_MOST_CHECKED]:
        if word.casefold() in ends:
            return False
        if patterns.vague.fullmatch(word):
            return True
    return False


def _is_quality(match: Any, language: str) -> bool:
    """Return True if what something is called is an adjective: "are called antagonistic"."""
    term = match["term"].strip()
    ending = languages.get(language).exercises.word_classes.adjective
    article = match.string[: match.start("term")].rstrip().rpartition(" ")[2]
    is_named = article.casefold() in languages.get(language).lexicon.naming
    return bool(ending) and " " not in term and not is_named and bool(regex.search(ending, term))


def _begins_wrong(term: str, patterns: _Patterns) -> bool:
    first = term.split()[0] if term.split() else term
    return patterns.no_first is not None and patterns.no_first.fullmatch(first) is not None


def _has_article(words: list[str], language: str) -> bool:
    """Return True if an article is inside a term: "turning the heap", "end of the bone"."""
    article = _article(language)
    return article is not None and any(article.fullmatch(word) for word in words[1:])


@languages.cached
def _article(language: str) -> Any:
    own = languages.get(language).exercises.definitions
    return _compile(_either(own.articles) if own is not None else "", regex.IGNORECASE)


def _is_term(term: str, language: str) -> bool:
    words = [word.casefold() for word in term.split()]
    lexicon, no_terms = languages.get(language).lexicon, _no_terms()
    if not words or len(words) > _MOST_WORDS or len(term) > _MOST_CHARACTERS:
        return False
    if _has_article(words, language):
        return False
    edges_fit = not {words[0], words[-1]} & (lexicon.function | no_terms)
    inside_fits = all(
        word not in lexicon.function or word in lexicon.linking for word in words[1:-1]
    )
    says = any(not is_generic(word, language) for word in words) and term.casefold() not in no_terms
    no_noun = _no_noun(language)
    tells_which = len(words) > 1 and no_noun is not None and bool(no_noun.search(words[0]))
    return edges_fit and inside_fits and says and not tells_which and any(c.isalpha() for c in term)
