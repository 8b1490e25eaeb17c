"""Search forms of a held-out question: its words, their weights, and the share that must match.

The weight of a word is its inverse document frequency among the held-out questions (Sparck Jones
1972), scaled to 0..1. Words of formulas have the lowest weight.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from structtuning_plugin.questions.exclusion.normalise import (
    UNSPACED,
    ComparedQuestion,
    formula_words,
    spellings,
    words_of,
)

Rule = Literal["near", "all", "stretch", "edges", "alone"]

LEAST_WEIGHT = 0.1
# Questions that were not seen, so that a small set does not take its own subject for a formula.
_UNSEEN_QUESTIONS = 50
# Two characters of a script without blanks make about one word.
_CHARACTER = 0.5
# From this many words of content on a question is known wherever its words stand together; below,
# it must stand alone between marks ("What is diabetes?" is no part of "What is diabetes
# insipidus?").
_TELLING = 6.0
# From here on a few small words are no other question. Below they are: "What is" and "What causes",
# with ten words after.
_LONG = 12.0
# With less than one word of content a question is a formula: only its options or its answer tell
# which one it is.
_FORMULA = 1.0
# What is left of a question without its instruction must say so much to be looked for by itself.
_LEAST_REST = 3.0
# Share of a long question's weight that may be missing: one word in twenty.
_MISSING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One wording of a held-out question.

    `rule` is the position that its words must have for an overlap:

    `near`: nearly all within a stretch of about its length, in any order. `all`: the same, but
    every word. `stretch`: all words and no others in one stretch. `edges`: all words and no others
    between two places where a sentence may begin and end. `alone`: as the whole question.

    `rarest` has every different word, the rarest first. `options` are the words of the options,
    `follow` the first words of these and of the answers, `spellings` the letters of the whole text.
    """

    holdout_id: str
    rule: Rule
    words: tuple[str, ...]
    counts: Mapping[str, int]
    weights: Mapping[str, float]
    rarest: tuple[str, ...]
    total: float
    content: float
    most_missing: float
    options: Mapping[str, int]
    follow: frozenset[tuple[str, ...]]
    spellings: frozenset[str]


class Weights:
    """Weights of words, from the held-out questions in which they occur."""

    def __init__(self, questions: Iterable[ComparedQuestion], tight: bool) -> None:
        texts = [set(words_of(question.asked, tight).words) for question in questions]
        self._frequencies = Counter(word for words in texts for word in words)
        self._all = len(texts) + _UNSEEN_QUESTIONS
        self._formula = formula_words()

    def __getitem__(self, word: str) -> float:
        if word in self._formula:
            return LEAST_WEIGHT
        rarity = math.log(self._all / max(1, self._frequencies[word])) / math.log(_UNSEEN_QUESTIONS)
        return min(1.0, max(LEAST_WEIGHT, rarity))

    def content(self, words: Iterable[str]) -> float:
        """Return the content of the words beyond formulas, in words.

        The frequency of a single character does not count: it says nothing about the character's
        word.
        """
        weighed = ((word, self[word]) for word in words)
        return math.fsum(
            _CHARACTER if UNSPACED.fullmatch(word) else weight
            for word, weight in weighed
            if weight > LEAST_WEIGHT
        )

    def rarest(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            sorted(set(words), key=lambda word: (-self[word], self._frequencies[word], word))
        )


def asked_forms(
    holdout_id: str, question: ComparedQuestion, weights: Weights, tight: bool
) -> Iterator[Form]:
    """Return the question alone, if its content suffices, and the question with its options."""
    content = weights.content(words_of(question.text, tight).words)
    if question.cut and content < _LEAST_REST:
        return
    if content >= _FORMULA:
        rule: Rule = "near" if content >= _LONG else "stretch" if content >= _TELLING else "edges"
        yield _form(holdout_id, rule, question.text, question, weights, tight)
    elif not question.options and words_of(question.text, tight).words:
        yield _form(holdout_id, "alone", question.text, question, weights, tight)
    if question.options:
        yield from _whole(holdout_id, question.asked, question, weights, tight)


def answered_forms(
    holdout_id: str, question: ComparedQuestion, weights: Weights, tight: bool
) -> Iterator[Form]:
    """Return a formula with its answers: with all of them, and with each."""
    if (
        question.cut
        or not question.answers
        or weights.content(words_of(question.text, tight).words) >= _FORMULA
    ):
        return
    for answer in dict.fromkeys(["\n".join(question.answers), *question.answers]):
        yield from _whole(holdout_id, f"{question.text}\n{answer}", question, weights, tight)


def _whole(
    holdout_id: str, text: str, question: ComparedQuestion, weights: Weights, tight: bool
) -> Iterator[Form]:
    words = words_of(text, tight).words
    if words:
        yield _form(
            holdout_id,
            "all" if weights.content(words) >= _TELLING else "edges",
            text,
            question,
            weights,
            tight,
        )


def _form(
    holdout_id: str,
    rule: Rule,
    text: str,
    question: ComparedQuestion,
    weights: Weights,
    tight: bool,
) -> Form:
    words = words_of(text, tight).words
    total = math.fsum(weights[word] for word in words)
    after = [words_of(option, tight).words[:2] for option in (*question.options, *question.answers)]
    return Form(
        holdout_id=holdout_id,
        rule=rule,
        words=words,
        counts=Counter(words),
        weights={word: weights[word] for word in set(words)},
        rarest=weights.rarest(words),
        total=total,
        content=weights.content(words),
        most_missing=_MISSING * total if rule == "near" else 0.0,
        options=Counter(words_of("\n".join(question.options), tight).words),
        follow=frozenset(after) - {()},
        # they are the same for both ways of telling words
        spellings=frozenset() if tight or rule == "alone" else spellings(text),
    )
