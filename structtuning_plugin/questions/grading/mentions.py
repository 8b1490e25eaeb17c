"""Letters and option texts within sentences: chosen, denied, or plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from structtuning_plugin import languages
from structtuning_plugin.languages.unicode import (
    FIRST_AFTER_CYRILLIC,
    SMALL_LETTERS,
    WORD_CODE_POINTS,
)
from structtuning_plugin.questions.grading.patterns import patterns
from structtuning_plugin.questions.grading.text import folded, tokens

Options = Sequence[tuple[str, str]]
Chosen = frozenset[str]

_WORD = WORD_CODE_POINTS
_LETTER = re.compile(rf"(?<![{_WORD}'’\-])(?<![{_WORD}]\.)([A-Z])(?![{_WORD}]|[-'’][{_WORD}])")
# Characters around a letter that may say what is meant by it.
_NEAR = 80
_FEW = 12  # tokens; a short option ("no") inside a longer answer is a word like any other


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A letter in a sentence, up to `end`. `right` is True if the words after it call it right."""

    letter: str
    end: int
    right: bool
    denied: bool


def leading(answer: str, options: Options, marked: bool) -> Chosen:
    """Return the letters at the start of an answer: "B because", "(B), (C)", "option B. text"."""
    texts = dict(options)
    at = match.end() if (match := patterns().intro.match(answer)) else 0
    chosen: list[str] = []
    while (opening := re.compile(r"[(\[\"'「]*").match(answer, at)) and (
        letter := _LETTER.match(answer, opening.end())
    ):
        rest = _around(answer, letter)[1]
        if letter[1] not in texts or _is_word(letter[1], rest, texts[letter[1]], marked):
            break
        if patterns().hedge.match(rest):
            return frozenset()
        if (chosen or not marked) and patterns().denial_after.match(rest):
            break
        chosen.append(letter[1])
        joint = _joint().match(answer, letter.end())
        if joint is None:
            # "B is correct. C is correct." names both.
            return frozenset(chosen) | _called_right(answer, options, rest)
        at = joint.end()
    return frozenset(chosen)


def _called_right(answer: str, options: Options, rest: str) -> Chosen:
    """Return all letters that an answer calls right, if `rest` calls its first letter so."""
    if not patterns().right.match(rest):
        return frozenset()
    last = {mention.letter: mention for mention in _mentions(answer, options)}
    return frozenset(letter for letter, mention in last.items() if mention.right)


def _is_word(letter: str, rest: str, text: str, marked: bool) -> bool:
    """Return True if the letter is an article, a preposition, or the beginning of a name."""
    if patterns().goes_on.match(rest) and not patterns().and_.match(rest):
        return False
    if re.match(rf"\s+[{_WORD}]", rest) and not patterns().and_.match(rest):
        return not _agrees(rest, text) and (letter in patterns().letter_words or not marked)
    # "E. coli" is no choice of E, unless that is what E says.
    return bool(re.match(rf"\.\s+[{SMALL_LETTERS}]", rest)) and not _agrees(rest, text)


def _agrees(rest: str, text: str) -> bool:
    return bool(set(tokens(rest)[:_FEW]) & set(tokens(text)))


def in_sentences(answer: str, options: Options) -> Chosen:
    """Return the letters that the sentences choose.

    Those are the letters of the conclusion, else those called right, else the only ones. A letter
    whose last mention is denied is not chosen.
    """
    mentions = list(_mentions(answer, options))
    last = {mention.letter: mention for mention in mentions}
    affirmed = [
        mention for mention in mentions if not mention.denied and not last[mention.letter].denied
    ]
    concluded = max(
        (match.end() for match in patterns().conclusion.finditer(answer)), default=len(answer)
    )
    for some in (
        [m for m in affirmed if m.end > concluded],
        [m for m in affirmed if m.right],
        affirmed,
    ):
        if some and (joined := _one_group(some, answer)):
            return joined
    return frozenset()


def _one_group(mentions: list[Mention], answer: str) -> Chosen:
    """Return the letters of mentions that are one letter, one enumeration, or each called right."""
    letters = frozenset(mention.letter for mention in mentions)
    gaps = [answer[before.end : after.end - 1] for before, after in pairwise(mentions)]
    joined = all(_between().fullmatch(gap) for gap in gaps)
    return (
        letters
        if len(letters) == 1 or joined or all(mention.right for mention in mentions)
        else frozenset()
    )


def _mentions(answer: str, options: Options) -> Iterator[Mention]:
    names = dict(options)
    previous: Mention | None = None
    for match in _LETTER.finditer(answer):
        letter, before, rest = match[1], *_around(answer, match)
        if letter not in names:
            continue
        denied = bool(
            patterns().denial_before.search(before) or patterns().denial_after.match(rest)
        )
        right = not denied and bool(patterns().right.match(rest))
        follows = previous is not None and _between().fullmatch(answer, previous.end, match.start())
        is_choice = denied or right or follows or _is_named(before, rest, letter, names[letter])
        if is_choice and not patterns().hedge.match(rest) and not patterns().hedged.search(before):
            previous = Mention(letter=letter, end=match.end(), right=right, denied=denied)
            yield previous


def _around(answer: str, match: re.Match[str]) -> tuple[str, str]:
    return answer[max(0, match.start() - _NEAR) : match.start()], answer[
        match.end() : match.end() + _NEAR
    ]


def _is_named(before: str, rest: str, letter: str, text: str) -> bool:
    """Return True if the words around a letter make it a choice.

    That is a letter at the beginning with a full stop, or after "option", "so", "("...
    """
    if _is_word(letter, rest, text, marked=False):
        return False
    starts = not before.strip() or before[-1] == "\n"
    return bool(patterns().choosing.search(before)) or (
        starts and re.match(r"\s*(?:[.):,;。，、]|$)", rest) is not None
    )


def affirmed(answer: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield the places at which an option's text occurs as whole words and is not denied."""
    if not folded(text) or (
        len(folded(text)) < 4
        and len(tokens(answer)) > _FEW
        and text[0].casefold() < FIRST_AFTER_CYRILLIC
    ):
        return
    body = r"\s+".join(map(re.escape, text.split()))
    for match in re.finditer(
        rf"(?<![{_WORD}])(?<!\d[.,]){body}(?![{_WORD}]|[.,]\d)", answer, re.IGNORECASE
    ):
        before, rest = _around(answer, match)
        if not patterns().denial_before.search(before) and not patterns().denial_after.match(rest):
            yield match.span()


@languages.cached
def _between() -> re.Pattern[str]:
    """Compile the pattern of the text between two letters of one enumeration."""
    return re.compile(rf"[)\]」]*{patterns().and_.pattern}[(\[「]*")


@languages.cached
def _joint() -> re.Pattern[str]:
    """Compile the pattern of the text after a letter that another one follows."""
    return re.compile(rf"[)\]\"'」]*{patterns().and_.pattern}")
