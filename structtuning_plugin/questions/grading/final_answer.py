"""Where a model's reasoning ends and its answer begins."""

from __future__ import annotations

import re

from structtuning_plugin.questions.grading.markers import MARKERS, pattern

_EDGES = " \t\n\r*_`#>\u00a0"
# Characters for a marker before an answer.
_ROOM = 80
_OWN = re.compile("|".join(re.escape(phrases[0]) for phrases in MARKERS.values()))
# The end of a Japanese sentence whose beginning was the marker.
_COPULA = re.compile(r"(?:です|である|だ)[。．.]?$")


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
    found = _tails(text, language) if language in MARKERS else []
    return found or _tails(text, None)


def all_tails(text: str, longest: int) -> list[str]:
    """The text and what follows each marker of any language, as it stands but for white space; the longest first.

    Only those of at most `longest` characters, or little more: an answer is compared with no others.
    """
    whole = text.strip()
    near = whole[-(longest + _ROOM) :]
    markers = [*_OWN.finditer(near), *pattern(None).finditer(near)]
    # Markdown and quotes around an answer belong to it after a marker of ours, and to the marker elsewhere.
    found = {near, *(near[match.end() :].strip() for match in markers), *tails(near)}
    return sorted(
        found if len(near) == len(whole) else found - {near}, key=lambda tail: (-len(tail), tail)
    )


def _tails(text: str, language: str | None) -> list[str]:
    return [_tail(text, match) for match in pattern(language).finditer(text)]


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
    return _COPULA.sub("", text) if len(text.splitlines()) == 1 else text
