"""Screening of what a model wrote, by rule: each reason to leave an item out has a name.

too_short       too few letters to say anything
refusal         the model declines or apologises
copied_prompt   it repeats words of the prompt
copied_passage  a text that is the passage again, word for word
names_passage   a fact or a question that speaks of "the passage", which nobody sees
wrong_language  it is in another language than the corpus
holdout         it overlaps a held-out question
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from structtuning_plugin import languages
from structtuning_plugin.hookspecs import StudyReply
from structtuning_plugin.languages.unicode import UNSPACED
from structtuning_plugin.questions.study.forms import Item
from structtuning_plugin.questions.study.replies import StudyRequest
from structtuning_plugin.questions.study.targets import count_letters

# Letters and digits of the shortest item, by the form of the reply.
_SHORTEST = {"text": 60, "facts": 12, "questions": 1}
_SHORTEST_QUESTION = 8
# Words, or characters of a script without blanks, of a run that shows a copy.
_PROMPT_RUN, _PASSAGE_RUN = 8, 8
_COPIED = 0.9
# Characters at the beginning in which a refusal is looked for.
_OPENING = 120
# Letters from which on a language can be detected.
_DETECTABLE = 80
# Least share of letters in the language's own script.
_OWN_SCRIPT = 0.5
_UNSPACED = regex.compile(f"[{UNSPACED}]")
_WORDS = regex.compile(rf"(?V1)[{UNSPACED}]|[[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]+")

IsHeldOut = Callable[[str, str], str]


class Fault(NamedTuple):
    """Reason to leave an item out, and its detail; both empty if there is none."""

    reason: str = ""
    detail: str = ""


def find_fault(
    item: Item, reply: StudyReply, request: StudyRequest, language: str, is_held_out: IsHeldOut
) -> Fault:
    """Return the first fault of an item.

    Args:
        item: The item.
        reply: Form of the reply.
        request: The request that it answers.
        language: ISO 639-1 code of the corpus' language.
        is_held_out: Describes the held-out question that a text overlaps; empty for none.
    """
    faults = _find_faults(item, reply, request, language, is_held_out)
    return next((fault for fault in faults if fault.detail), Fault())


def _find_faults(
    item: Item, reply: StudyReply, request: StudyRequest, language: str, is_held_out: IsHeldOut
) -> Iterator[Fault]:
    """Yield the result of each rule; without a detail there is no fault."""
    yield Fault(reason="too_short", detail=_describe_length(item, reply))
    yield Fault(reason="refusal", detail=_find_refusal(item))
    yield Fault(reason="copied_prompt", detail=_find_copy(item.whole, request.instruction))
    if reply == "text":
        yield Fault(reason="copied_passage", detail=_describe_overlap(item.text, request.passages))
    else:
        yield Fault(reason="names_passage", detail=_find_passage_word(item.whole, language))
    yield Fault(reason="wrong_language", detail=_describe_language(item.whole, language))
    yield Fault(reason="holdout", detail=is_held_out(item.whole, language))


def _describe_length(item: Item, reply: StudyReply) -> str:
    letters = count_letters(item.text)
    if letters < _SHORTEST[reply]:
        return f"{letters} letters"
    if reply == "questions" and count_letters(item.question) < _SHORTEST_QUESTION:
        return f"a question of {count_letters(item.question)} letters"
    return ""


def _find_refusal(item: Item) -> str:
    """Return the words of a refusal; models decline in their own language, so all are tried."""
    opening = item.text[:_OPENING].casefold().replace("’", "'").lstrip()
    for language in languages.registered():
        for phrase in language.study.refusals:
            if opening.startswith(phrase):
                return phrase
    return ""


def split_words(text: str) -> list[str]:
    """Split into words in small letters, scripts without blanks into characters.

    >>> split_words("Two cells, 細胞")
    ['two', 'cells', '細', '胞']
    """
    return _WORDS.findall(text.casefold())


@lru_cache(maxsize=1024)
def _runs(text: str, length: int) -> tuple[tuple[str, ...], ...]:
    """List the runs of words; of a script without blanks runs twice as long."""
    words = split_words(text)
    if 2 * len(_UNSPACED.findall(text)) > len(words):
        length *= 2
    return tuple(tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _find_copy(text: str, instruction: str) -> str:
    words = set(_runs(instruction, _PROMPT_RUN))
    return next((" ".join(run) for run in _runs(text, _PROMPT_RUN) if run in words), "")


def _describe_overlap(text: str, passages: tuple[str, ...]) -> str:
    runs = _runs(text, _PASSAGE_RUN)
    shown: set[tuple[str, ...]] = set()
    for passage in passages:
        shown.update(_runs(passage, _PASSAGE_RUN))
    share = sum(run in shown for run in runs) / len(runs) if runs else 0.0
    return f"{share:.0%} of it is in the passage" if share >= _COPIED else ""


def _find_passage_word(text: str, language: str) -> str:
    match = _passage_words(language).search(text.casefold())
    return match[0] if match else ""


@languages.cached
def _passage_words(language: str) -> Any:
    """Compile the phrases that speak of the passage: whole words where words have blanks."""
    sources = ["(?!)"]  # of a language without such phrases: nothing
    for phrase in languages.get(language).study.passage_words:
        source = regex.escape(phrase)
        is_spaced = not _UNSPACED.search(phrase)
        sources.append(rf"(?<!\p{{L}}){source}(?!\p{{L}})" if is_spaced else source)
    return regex.compile("|".join(sources))


def _describe_language(text: str, language: str) -> str:
    """Describe another language than the corpus'; short texts are judged by their script alone."""
    own = languages.get(language)
    letters = [character for character in text if character.isalpha()]
    # A language without a script of its own here is written in Latin letters, if it is known.
    script = own.script or (r"\p{Latin}" if own.lexicon.function else "")
    if script and letters:
        share = len(regex.findall(script, "".join(letters))) / len(letters)
        if share < _OWN_SCRIPT:
            return f"{share:.0%} of its letters are of the script of {language}"
    if count_letters(text) < _DETECTABLE:
        return ""
    detected = languages.detect(text)
    if detected == language or not _has_more_words(text, detected, language):
        return ""
    return f"{detected} instead of {language}"


def _has_more_words(text: str, one: str, other: str) -> bool:
    """Return whether a text has more function words of one language than of another.

    Detection alone takes technical English for Latin or Dutch now and then.
    """
    words = split_words(text)
    counts = [
        sum(word in languages.get(code).lexicon.function for word in words) for code in (one, other)
    ]
    return counts[0] > counts[1]
