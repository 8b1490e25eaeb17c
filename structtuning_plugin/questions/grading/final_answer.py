"""The marker between a model's reasoning and its answer.

The first marker of a language (`languages.Grading.markers`) is written in samples; models write the
others too. One that ends in a colon is a noun: the colon must follow, or the noun is alone on a
line (a heading). After the others, which are whole clauses, a colon may follow. Markdown around
them, wide colons and no-break spaces make no difference.
"""

from __future__ import annotations

import re

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import FIRST_AFTER_CYRILLIC

_EDGES = " \t\n\r*_`#>\u00a0"
# Characters for a marker before an answer.
_ROOM = 80
_MARKDOWN = r"[*_`\"“”«»\s]*"
_BLANK = r"[ \t\u00a0\u202f]"


def marker(language: str) -> str:
    """Return the marker that samples have before an answer; English for a language without one.

    >>> marker("es"), marker("de")
    ('Respuesta:', 'Answer:')
    """
    own = languages.get(language).grading.markers
    return (own or languages.get(languages.FALLBACK).grading.markers)[0]


def final_answer(text: str, language: str | None = None) -> str:
    """What stands after the last answer marker; the whole text where there is none.

    The markers of `language` and of English count before those of other languages.

    >>> final_answer("It is soft. **Answer:** the liver")
    'the liver'
    """
    found = tails(text, language)
    return _without_copula(found[-1]) if found else text.strip()


def tails(text: str, language: str | None = None) -> list[str]:
    r"""What follows each answer marker, or stands in a \boxed{}, in order of the markers.

    >>> tails("Answer: B, or \\boxed{C}.")
    ['B, or \\boxed{C}.', 'C']
    """
    known = language is not None and languages.get(language).grading.markers
    found = _tails(text, language) if known else []
    return found or _tails(text, None)


def all_tails(text: str, longest: int) -> list[str]:
    """The text and what follows each marker of any language, as it stands but for white space; the longest first.

    Only those of at most `longest` characters, or little more: an answer is compared with no others.
    """
    whole = text.strip()
    near = whole[-(longest + _ROOM) :]
    markers = [*_own_markers().finditer(near), *_pattern(None).finditer(near)]
    # Markdown and quotes around an answer belong to it after a marker of ours, and to the marker elsewhere.
    found = {near, *(near[match.end() :].strip() for match in markers), *tails(near)}
    return sorted(
        found if len(near) == len(whole) else found - {near}, key=lambda tail: (-len(tail), tail)
    )


def _tails(text: str, language: str | None) -> list[str]:
    return [_tail(text, match) for match in _pattern(language).finditer(text)]


def _tail(text: str, match: re.Match[str]) -> str:
    if match[0].startswith("\\"):
        return _in_braces(text[match.end() :])
    return text[match.end() :].strip(_EDGES)


def _in_braces(rest: str) -> str:
    depth = 1
    for at, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if not depth:
            inner = rest[:at]
            return re.sub(r"\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}", r"\1", inner).strip(
                _EDGES
            )
    return rest.strip(_EDGES)


def _without_copula(text: str) -> str:
    return _copula().sub("", text) if len(text.splitlines()) == 1 else text


@languages.cached
def _copula() -> re.Pattern[str]:
    """Compile the pattern of the end of a sentence that the marker began."""
    copulas = "|".join(word for own in languages.registered() for word in own.grading.copulas)
    return re.compile(rf"(?:{copulas})[。．.]?$" if copulas else r"(?!)")


@languages.cached
def _own_markers() -> re.Pattern[str]:
    markers = [own.grading.markers[0] for own in languages.registered() if own.grading.markers]
    return re.compile("|".join(re.escape(phrase) for phrase in markers))


@languages.cached
def _pattern(language: str | None) -> re.Pattern[str]:
    """Compile the markers of a language and English, or of all (None), up to the answer."""
    everyone = languages.registered()
    if language is not None:
        everyone = (languages.get(language), languages.get(languages.FALLBACK))
    phrases = {phrase.casefold() for own in everyone for phrase in own.grading.markers}
    # The longest first, so that none is cut off by another that it begins with.
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    bodies = "|".join(map(_marker_pattern, ordered))
    return re.compile(bodies + r"|\\boxed\s*\{", re.IGNORECASE | re.MULTILINE)


def _marker_pattern(phrase: str) -> str:
    words = phrase.rstrip(":：\u00a0 ").split()
    body = rf"{_BLANK}+".join(map(re.escape, words))
    spaced = words[0].isascii() or words[0][0].casefold() < FIRST_AFTER_CYRILLIC
    start = r"(?<!\w)" if spaced else ""
    if not phrase.endswith((":", "：")):
        end = r"(?!\w)" if spaced else ""
        return rf"{start}{body}{end}{_MARKDOWN}[:：]?{_MARKDOWN}"
    return (
        rf"{start}{body}[*_`]*{_BLANK}*[*_`]*{_colon()}{_MARKDOWN}"
        rf"|^[#*_>{{}}\t ]*{body}[*_\t ]*$\s*"
    )


@languages.cached
def _colon() -> str:
    """Build the pattern of a colon, or of a dash or a word that has its place in some languages."""
    words = [word for own in languages.registered() for word in own.grading.colons]
    return rf"(?:{'|'.join(['[:：]', '[—–]', *words])})"
