"""Patterns of the words around a letter or an option's text, of all registered languages at once.

The words are those of `languages.Grading`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from structtuning_plugin import languages
from structtuning_plugin.languages import Grading

# Whole words, for languages with blanks between words; the others take words as they are.
_WHOLE = r"(?<!\w)(?:{})(?!\w)"
_CLOSING = r"[)\]」』.]?\s*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Compiled patterns, and `or_`, the source of one.

    Args:
        choosing: End of the text before the letter of a chosen option.
        intro: "option" and the like before the letter that begins an answer.
        right: Text after a letter that calls it right.
        denial_after: Text that denies the letter or the option before it.
        denial_before: End of the text before a letter or an option that it denies.
        conclusion: Word that introduces a conclusion.
        goes_on: Blank and word after a letter that go on with the sentence. Other words make the
            letter one of them ("A patient").
        or_: Word for "or".
        joints: Text between letters, if there is nothing but letters.
        and_: Comma or "and" between two letters.
        hedge: "or" and another letter.
        hedged: End of the text before a letter: "or".
        gap: Text between options that are spelt out.
        letter_words: Capital letters that are words.
    """

    choosing: re.Pattern[str]
    intro: re.Pattern[str]
    right: re.Pattern[str]
    denial_after: re.Pattern[str]
    denial_before: re.Pattern[str]
    conclusion: re.Pattern[str]
    goes_on: re.Pattern[str]
    or_: str
    joints: re.Pattern[str]
    and_: re.Pattern[str]
    hedge: re.Pattern[str]
    hedged: re.Pattern[str]
    gap: re.Pattern[str]
    letter_words: frozenset[str]


@languages.cached
def patterns() -> Patterns:
    """Compile the patterns of all registered languages."""
    gradings = [language.grading for language in languages.registered()]
    or_ = _any("or_words", r"(?<!\w)(?i:{})(?!\w)")
    and_ = _any("and_words", _WHOLE)
    # A copula of one character is part of other words.
    copulas = [word for own in gradings for word in own.copulas if len(word) > 1]
    between = "|".join([r"[\s,;/&+、，；。.:()\[\]\"'「」『』“”«»]+", and_, *copulas])
    return Patterns(
        choosing=_choosing(),
        intro=_intro(gradings),
        right=_after([own.right for own in gradings]),
        denial_after=_after([own.wrong for own in gradings]),
        denial_before=_denial_before(gradings),
        conclusion=re.compile(_any("conclusion", _WHOLE), re.IGNORECASE),
        goes_on=_goes_on(gradings),
        or_=or_,
        joints=re.compile(rf"(?:{between})+"),
        and_=re.compile(rf"\s*(?:(?:[,;/&+、，；]|{and_})\s*)+"),
        hedge=re.compile(rf"[)\]]?\s*,?\s*(?:{or_})\s*[(\[]?[A-Z](?![A-Za-z])"),
        hedged=re.compile(rf"(?:{or_})\s*[(\[]?$"),
        gap=re.compile(rf"^(?:[\s;,.。，；、&+]|[-•*]\s|{and_})*"),
        letter_words=frozenset("".join(own.letter_words for own in gradings)),
    )


def _any(name: str, spaced: str, unspaced: str = "{}") -> str:
    """Join a field of all languages; `{}` of a form is the place of their words."""
    words: dict[bool, list[str]] = {True: [], False: []}
    for language in languages.registered():
        words[language.spaced].extend(getattr(language.grading, name))
    forms = {True: spaced, False: unspaced}
    # A pattern that matches nothing, where no language has such a word.
    parts = [forms[kind].replace("{}", "|".join(some)) for kind, some in words.items() if some]
    return "|".join(parts) or "(?!)"


def _choosing() -> re.Pattern[str]:
    words = _any("choosing", r"(?<!\w)(?:{})[\s:,]*", r"(?:{})[\s:,、]*")
    return re.compile(rf"(?:{words}|[(\[「『]\s*)$", re.IGNORECASE)


def _intro(gradings: Sequence[Grading]) -> re.Pattern[str]:
    articles = "|".join(word for own in gradings for word in own.intro_articles)
    words = _any("intro", rf"(?:{articles})?(?:{{}})\s*:?\s+", r"(?:{})\s*:?\s*")
    # A letter before a small one begins a word.
    return re.compile(rf"^(?i:{words})(?=[(\[\"'「]?[A-Z](?![a-z]))")


def _after(sources: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"{_CLOSING}(?:{'|'.join(filter(None, sources))})", re.IGNORECASE)


def _denial_before(gradings: Sequence[Grading]) -> re.Pattern[str]:
    """Compile the pattern of a denial and at most two small words ("not in the spleen")."""
    endings = "|".join(word for own in gradings for word in own.denial_endings)
    small = "|".join(word for own in gradings for word in own.small_words)
    tail = rf"(?:\s+(?:{small})){{0,2}}[\s(\"'«]+$"
    words = _any("denial", rf"(?:(?<!\w)(?:{{}})|\w(?:{endings})){tail}", r"(?:{})\s*$")
    return re.compile(words, re.IGNORECASE)


def _goes_on(gradings: Sequence[Grading]) -> re.Pattern[str]:
    words = [word for own in gradings for word in own.goes_on]
    return re.compile(rf"\s+(?:{'|'.join([*words, '—', '–', '-'])})(?!\w)", re.IGNORECASE)
