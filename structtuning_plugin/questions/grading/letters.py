"""Options that an answer names.

The clearest form counts first: options in the form of samples, letters alone, an option's own
words; then letters in a sentence, then the only option that is mentioned. An answer that hedges
("B or C") or breaks off names none.

Cyrillic letters are read by their shape, for a Russian keyboard gives В where B is meant: А, В, С,
Е are A, B, C, E. Б looks like no Latin letter, and it is the second letter of an alphabet in which
В is the third. It counts only next to the Latin letter that it means, as in "Б/B".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from structtuning_plugin.languages.unicode import FIRST_AFTER_CYRILLIC
from structtuning_plugin.questions.grading import mentions
from structtuning_plugin.questions.grading.final_answer import all_tails, tails
from structtuning_plugin.questions.grading.patterns import patterns
from structtuning_plugin.questions.grading.text import folded, unified

Options = Sequence[tuple[str, str]]
Chosen = frozenset[str]
NONE: Chosen = frozenset()
# An answer stands at the end: of what a model goes on repeating, the last characters and markers
# are enough.
_SEARCHED = 8_000
_TRIED = 10


def chosen_letters(text: str, options: Options, language: str | None = None) -> Chosen:
    """Return the letters of the options that the answer names; empty if it names none.

    >>> options = (("A", "liver"), ("B", "spleen"), ("C", "heart"))
    >>> sorted(chosen_letters("It filters blood. The answer is B and C.", options))
    ['B', 'C']
    """
    if spelt := _spelt_out(text, options):
        return spelt
    plain = unified(text)[-_SEARCHED:]
    candidates = tails(plain, language)
    if not candidates:
        return _in_answer(plain, options, marked=False)
    if not candidates[-1]:  # it breaks off right after the marker
        return NONE
    for tail in reversed(candidates[-_TRIED:]):
        if chosen := _in_answer(tail, options, marked=True):
            return chosen
    return mentions.in_sentences(plain, options)


def _spelt_out(text: str, options: Options) -> Chosen:
    """Return the letters of `A. text; C. text` at the end of the answer, verbatim.

    The longest such end counts: an option's text may itself look like an answer.
    """
    texts = dict(options)
    longest = sum(len(option) + len("A. ; ") for option in texts.values())
    for tail in all_tails(text, longest):
        if chosen := _whole(tail, texts):
            return chosen
    return NONE


def _whole(tail: str, texts: Mapping[str, str]) -> Chosen:
    chosen: list[str] = []
    rest = tail
    while True:
        letter = next((name for name in texts if rest.startswith(f"{name}. {texts[name]}")), None)
        if letter is None:
            return NONE
        chosen.append(letter)
        rest = rest[len(f"{letter}. {texts[letter]}") :]
        if not rest:
            return frozenset(chosen)
        if not rest.startswith("; "):
            return NONE
        rest = rest[2:]


def _in_answer(tail: str, options: Options, marked: bool) -> Chosen:
    """Return the letters that one answer names.

    With `marked`, a marker precedes it, and a letter at its beginning is a choice.
    """
    answer = tail.strip()
    first = answer.partition("\n")[0].strip()
    return (
        _alone(answer, options)
        or _alone(first, options)
        or _equal(answer, options)
        or _equal(first, options)
        or _listed(answer, options)
        or _begun(first, options)
        or mentions.leading(answer, options, marked)
        or mentions.in_sentences(answer, options)
        or _mentioned(first if marked else answer, options)
    )


def _alone(answer: str, options: Options) -> Chosen:
    """Return the letters of an answer that has nothing but letters: "B", "(b)", "B, C", "BC"."""
    letters = [letter for letter, _ in options]
    bare = patterns().intro.sub("", answer, count=1)
    pieces = [piece for piece in patterns().joints.split(bare) if piece]
    if len(pieces) == 1 and (single := pieces[0].upper()) in letters:
        return frozenset(single)
    if (
        len(pieces) == 1
        and 1 < len(pieces[0]) == len(set(pieces[0]))
        and not _equal(answer, options)
    ):
        pieces = list(
            pieces[0]
        )  # a glued run, which might be an option's own text ("AB" of the blood groups)
    return frozenset(pieces) if set(pieces) <= set(letters) else NONE


def _equal(answer: str, options: Options) -> Chosen:
    """Return the letters of an answer that is one option's text, or several of them, joined."""
    letter_of = {folded(text): letter for letter, text in reversed(options)}
    if len({folded(text) for _, text in options}) < len(options):
        letter_of = {
            text: letter
            for text, letter in letter_of.items()
            if [folded(other) for _, other in options].count(text) == 1
        }
    if (whole := folded(answer)) in letter_of:
        return frozenset(letter_of[whole])
    pieces = [folded(piece) for piece in re.split(r"[;\n；]|, |，|、", answer) if folded(piece)]
    return (
        frozenset(letter_of[piece] for piece in pieces)
        if len(pieces) > 1 and set(pieces) <= set(letter_of)
        else NONE
    )


def _listed(answer: str, options: Options) -> Chosen:
    """Return the letters of `B. text`, `(A) text and (C) text`, each with its own option's text."""
    chosen: list[str] = []
    rest = patterns().intro.sub("", answer, count=1)
    while True:
        stop = next((end for letter, text in options if (end := _item(rest, letter, text))), None)
        if stop is None:
            return frozenset(chosen)
        letter = rest[:stop].lstrip("-•([ ")[:1]
        rest = rest[stop:]
        if chosen and patterns().denial_after.match(rest):
            return frozenset(chosen)
        chosen.append(letter)
        rest = patterns().gap.sub("", rest, count=1)


def _item(rest: str, letter: str, text: str) -> int | None:
    start = re.match(rf"[-•(\[\s]*{letter}\s*[.):\]、\s]\s*", rest)
    if start is None or not text:
        return None
    body = re.match(
        r"\s+".join(map(re.escape, unified(text).split())), rest[start.end() :], re.IGNORECASE
    )
    return start.end() + body.end() if body else None


def _begun(answer: str, options: Options) -> Chosen:
    """Return the letter of the longest option with whose text the answer begins."""
    begun = [
        (len(own), letter)
        for letter, text in options
        if len(own := unified(text).strip(" .。")) > 1 and _starts(answer, own)
    ]
    longest = [letter for size, letter in begun if size == max(begun)[0]]
    return frozenset(longest) if len(longest) == 1 else NONE


def _starts(answer: str, own: str) -> bool:
    if not answer.casefold().startswith(own.casefold()):
        return False
    rest = answer[len(own) :]
    # "2" does not begin "2.5 mg", nor "no" "nor" or "no-one"; Han and Kana have no such edge but
    # punctuation.
    edge = (
        r"$|[\s;:。，；：、)]|[.,!?](?!\d)"
        if own[-1].isascii() or own[-1].casefold() < FIRST_AFTER_CYRILLIC
        else r"$|[\s,.;:。，；：、)]"
    )
    joined = re.match(rf"\s*(?:{patterns().or_})", rest, re.IGNORECASE)
    return (
        re.match(edge, rest) is not None
        and joined is None
        and not patterns().denial_after.match(rest)
    )


def _mentioned(answer: str, options: Options) -> Chosen:
    """Return the only option whose text occurs in the answer and is not denied.

    An option within the text of a longer one does not count.
    """
    spans = [
        (*span, letter)
        for letter, text in options
        for span in mentions.affirmed(answer, unified(text).strip(" .。"))
    ]
    outer = {
        letter
        for start, end, letter in spans
        if not any(
            other <= start and end <= stop and stop - other > end - start
            for other, stop, _ in spans
        )
    }
    return frozenset(outer) if len(outer) == 1 else NONE
