"""The sentence of some passages that says what a question asks and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from structtuning_plugin import languages
from structtuning_plugin.questions.exercises.independence import without_ties
from structtuning_plugin.questions.exercises.ranking import APART, rank_of
from structtuning_plugin.questions.exercises.sentences import sentence_ends
from structtuning_plugin.questions.exercises.words import stems

# Part of the stems of question and answer that the sentence must have.
_LEAST = 0.3


def best_sentence(texts: Iterable[str], asked: str, answer: str, language: str) -> str:
    """Return the sentence with most of the words of a question and its answer.

    It has all words of a short answer, or half of those of a long one.

    Args:
        texts: Passages.
        asked: The question and its answers.
        answer: The answer.
        language: ISO 639-1 code.

    Returns:
        The sentence in one line; empty if none says enough of the question.
    """
    wanted, told = _telling(asked, language), _telling(answer, language) or stems(answer)
    best, most = "", 0.0
    for text in texts:
        for sentence in _sentences(text, language):
            own = stems(sentence)
            needed = len(told) if len(told) <= 2 else len(told) / 2
            score = len(wanted & own) / max(1, len(wanted))
            if len(told & own) >= needed and score > most and score >= _LEAST:
                best, most = sentence, score
    return without_ties(best, language)


def _sentences(text: str, language: str) -> Iterable[str]:
    """Yield the statements of a text, in one line each."""
    for start, end in pairwise(sorted({0, len(text), *sentence_ends(text, language)})):
        sentence = " ".join(text[start:end].split())
        rank = rank_of(sentence, language)
        if rank is not None and rank < APART:
            yield sentence


def _telling(text: str, language: str) -> set[str]:
    """Return the stems of the words that are no function words."""
    function = languages.get(language).lexicon.function
    words = [word for word in text.split() if word.casefold().strip(".,;:?!") not in function]
    return stems(" ".join(words))
