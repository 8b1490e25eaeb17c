"""Grades of a model's answer to one question, 0 to 1."""

from __future__ import annotations

import unicodedata

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.questions.grading.final_answer import all_tails, final_answer
from structtuning_plugin.questions.grading.letters import chosen_letters
from structtuning_plugin.questions.grading.text import exact_match, token_f1


def grade_choice(pair: QAPair, reply: str) -> float:
    """Return 1 if exactly the right options are named, else 0: MMedBench's accuracy."""
    options = tuple((letter, _composed(text)) for letter, text in pair.options)
    return float(
        chosen_letters(_composed(reply), options, pair.language) == frozenset(pair.correct)
    )


def grade_text(pair: QAPair, reply: str) -> float:
    """Return the best token F1 of the final answer with a right one; 1 if it is one of them."""
    if says_one_of(pair, reply):
        return 1.0
    final = final_answer(reply, pair.language)
    # A right answer that has a marker of its own is compared as a whole, too.
    whole = (
        [reply] if any(final_answer(answer) != answer.strip() for answer in pair.answers) else []
    )
    return max(_score(pair, candidate) for candidate in (final, *whole))


def _score(pair: QAPair, candidate: str) -> float:
    if exact_match(candidate, pair.answers, pair.language):
        return 1.0
    return token_f1(candidate, pair.answers, pair.language)


def says_one_of(pair: QAPair, reply: str) -> bool:
    """Return True if the reply is a right answer verbatim, or ends in one after a marker."""
    right = {_composed(answer).strip() for answer in pair.answers}
    return any(tail in right for tail in all_tails(_composed(reply), max(map(len, right))))


def grade_class(pair: QAPair, reply: str) -> float:
    """Compute LongBench's classification score.

    It is 1 / number of the classes named if the right one is among them, else 0. A class whose name
    is part of the right one's name does not count. The classes are the texts of `options`.
    """
    if says_one_of(pair, reply):
        return 1.0
    final = final_answer(reply, pair.language)
    return max(_share(answer, final, [text for _, text in pair.options]) for answer in pair.answers)


def _share(answer: str, reply: str, classes: list[str]) -> float:
    mentions = [
        name for name in classes if name in reply and (name == answer or name not in answer)
    ]
    return 1 / len(mentions) if answer in mentions else 0.0


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
