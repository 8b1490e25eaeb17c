"""Letters and option texts inside sentences: which are meant, which denied, which are only words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from structtuning_plugin.questions.grading import wording
from structtuning_plugin.questions.grading.normalise import folded
from structtuning_plugin.questions.grading.text import tokens

Options = Sequence[tuple[str, str]]
Chosen = frozenset[str]

_WORD = "0-9A-Za-z\u00c0-\u024f\u0400-\u04ff"
_LETTER = re.compile(rf"(?<![{_WORD}'’\-])(?<![{_WORD}]\.)([A-Z])(?![{_WORD}]|[-'’][{_WORD}])")
# What stands between two letters of one enumeration.
_BETWEEN = re.compile(rf"[)\]」]*{wording.AND.pattern}[(\[「]*")
# Letters that are words of a language; before another word they are no choice unless the sentence goes on from them.
_WORDS = frozenset("AEIOUY")
# Characters around a letter that may say what is meant by it.
_NEAR = 80
_FEW = 12  # tokens; a short option ("no") inside a longer answer is a word like any other


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A letter in a sentence: `end` is where it ends, `right` that the words after call it right."""

    letter: str
    end: int
    right: bool
    denied: bool


def leading(answer: str, options: Options, marked: bool) -> Chosen:
    """The letters that an answer begins with: "B because...", "(B), (C)", "option B. text"."""
    texts = dict(options)
    at = match.end() if (match := wording.INTRO.match(answer)) else 0
    chosen: list[str] = []
    while (found := re.compile(r"[(\[\"'「]*").match(answer, at)) and (
        letter := _LETTER.match(answer, found.end())
    ):
        rest = _around(answer, letter)[1]
        if letter[1] not in texts or _is_word(letter[1], rest, texts[letter[1]], marked):
            break
        if wording.HEDGE.match(rest):
            return frozenset()
        if (chosen or not marked) and wording.DENIAL_AFTER.match(rest):
            break
        chosen.append(letter[1])
        joint = re.compile(rf"[)\]\"'」]*{wording.AND.pattern}").match(answer, letter.end())
        if joint is None:
            break
        at = joint.end()
    return frozenset(chosen)


def _is_word(letter: str, rest: str, text: str, marked: bool) -> bool:
    """Whether the letter is an article, a preposition, or the beginning of a name, not a choice."""
    if wording.GOES_ON.match(rest) and not wording.AND.match(rest):
        return False
    if re.match(rf"\s+[{_WORD}]", rest) and not wording.AND.match(rest):
        return not _agrees(rest, text) and (letter in _WORDS or not marked)
    # "E. coli" is no choice of E, unless that is what E says.
    return bool(re.match(r"\.\s+[a-zа-яё]", rest)) and not _agrees(rest, text)


def _agrees(rest: str, text: str) -> bool:
    return bool(set(tokens(rest)[:_FEW]) & set(tokens(text)))


def in_sentences(answer: str, options: Options) -> Chosen:
    """The letters that the sentences choose: those of the conclusion, else those called right, else the only ones.

    A letter that is denied where it is mentioned last is not chosen.
    """
    found = list(_mentions(answer, options))
    last = {mention.letter: mention for mention in found}
    affirmed = [
        mention for mention in found if not mention.denied and not last[mention.letter].denied
    ]
    concluded = max(
        (match.end() for match in wording.CONCLUSION.finditer(answer)), default=len(answer)
    )
    for some in (
        [m for m in affirmed if m.end > concluded],
        [m for m in affirmed if m.right],
        affirmed,
    ):
        if some and (joined := _one_group(some, answer)):
            return joined
    return frozenset()


def _one_group(found: list[Mention], answer: str) -> Chosen:
    """The letters of mentions which are one letter, one enumeration, or each called right; else none."""
    letters = frozenset(mention.letter for mention in found)
    gaps = [answer[before.end : after.end - 1] for before, after in pairwise(found)]
    joined = all(_BETWEEN.fullmatch(gap) for gap in gaps)
    return (
        letters
        if len(letters) == 1 or joined or all(mention.right for mention in found)
        else frozenset()
    )


def _mentions(answer: str, options: Options) -> Iterator[Mention]:
    names = dict(options)
    previous: Mention | None = None
    for match in _LETTER.finditer(answer):
        letter, before, rest = match[1], *_around(answer, match)
        if letter not in names:
            continue
        denied = bool(wording.DENIAL_BEFORE.search(before) or wording.DENIAL_AFTER.match(rest))
        right = not denied and bool(wording.RIGHT_AFTER.match(rest))
        follows = previous is not None and _BETWEEN.fullmatch(answer, previous.end, match.start())
        named = denied or right or follows or _is_named(before, rest, letter, names[letter])
        if named and not wording.HEDGE.match(rest) and not wording.HEDGED.search(before):
            previous = Mention(letter=letter, end=match.end(), right=right, denied=denied)
            yield previous


def _around(answer: str, match: re.Match[str]) -> tuple[str, str]:
    return answer[max(0, match.start() - _NEAR) : match.start()], answer[
        match.end() : match.end() + _NEAR
    ]


def _is_named(before: str, rest: str, letter: str, text: str) -> bool:
    """Whether the words around make it a choice: at the beginning with a full stop, or after "option", "so", "("..."""
    if _is_word(letter, rest, text, marked=False):
        return False
    starts = not before.strip() or before[-1] == "\n"
    return bool(wording.CHOOSING.search(before)) or (
        starts and re.match(r"\s*(?:[.):,;。，、]|$)", rest) is not None
    )


def affirmed(answer: str, text: str) -> Iterator[tuple[int, int]]:
    """Where an option's text occurs in the answer as whole words, not denied."""
    if not folded(text) or (
        len(folded(text)) < 4 and len(tokens(answer)) > _FEW and text[0].casefold() < "\u0500"
    ):
        return
    body = r"\s+".join(map(re.escape, text.split()))
    for match in re.finditer(
        rf"(?<![{_WORD}])(?<!\d[.,]){body}(?![{_WORD}]|[.,]\d)", answer, re.IGNORECASE
    ):
        before, rest = _around(answer, match)
        if not wording.DENIAL_BEFORE.search(before) and not wording.DENIAL_AFTER.match(rest):
            yield match.span()
