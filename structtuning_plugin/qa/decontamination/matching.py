"""Whether the words of a question hold those of a held-out one: in one stretch, between marks, or as a long run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from structtuning_plugin.qa.decontamination.folding import UNSPACED, Words
from structtuning_plugin.qa.decontamination.forms import Form

# So much content, or so many words, is known with any words before it, with no mark between; not in scripts without
# blanks, where what stands before belongs to the word.
_KNOWN_BY_ITS_END, _WORDS_BY_THEIR_END = 3.0, 5
_SLACK, _LEAST_SLACK = 5, 2
_ROUNDING = 1e-9
# Options of two questions are the same ones if they share half of their words.
_SAME_OPTIONS = 0.5


def may_match(form: Form, different: frozenset[str] | set[str]) -> bool:
    """A cheap look at which words are there at all."""
    missing = 0.0
    for word in form.rarest:
        if word not in different:
            missing += form.weights[word]
            if missing > form.most_missing + _ROUNDING:
                return False
    return True


def score(form: Form, text: Words, options: Mapping[str, int], answered: bool) -> float:
    """Share of the held-out question's weight that is found as its rule asks, or 0.

    `options` are the words of the options that the text is asked with, `answered` whether it has options or answers.
    """
    if form.rule == "alone":
        return float(not answered and Counter(text.words) == form.counts)
    if form.rule == "edges":
        found = float(_stands_between_marks(form, text))
    else:
        found = _densest(form, text.words)
    if found < 1 - form.most_missing / form.total - _ROUNDING:
        return 0.0
    telling = form.rule != "edges" and found == 1
    return found if telling or same_options(form.options, options) else 0.0


def same_options(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    if not one or not other:
        return True
    shared = sum(min(count, other.get(word, 0)) for word, count in one.items())
    return 2 * shared >= _SAME_OPTIONS * (sum(one.values()) + sum(other.values()))


def _stands_between_marks(form: Form, text: Words) -> bool:
    length = len(form.words)
    spaced = not any(map(UNSPACED.fullmatch, form.words))
    anywhere = spaced and (form.content >= _KNOWN_BY_ITS_END or length >= _WORDS_BY_THEIR_END)
    for end in range(length, len(text.words) + 1):
        start = end - length
        if start not in text.starts and not anywhere:
            continue
        ends_here = end in text.ends or text.words[end : end + 2] in form.follow or text.words[end : end + 1] in form.follow
        if ends_here and Counter(text.words[start:end]) == form.counts:
            return True
    return False


def _densest(form: Form, words: tuple[str, ...]) -> float:
    """The greatest share of the form's weight in any stretch of its length, or a little longer by its rule."""
    slack = 0 if form.rule == "stretch" else len(form.words) // _SLACK + _LEAST_SLACK
    span = len(form.words) + slack
    have: Counter[str] = Counter()
    found = best = 0.0
    for index, word in enumerate(words):
        if index >= span and (gone := words[index - span]) in form.counts:
            have[gone] -= 1
            found -= form.weights[gone] if have[gone] < form.counts[gone] else 0.0
        if word in form.counts:
            found += form.weights[word] if have[word] < form.counts[word] else 0.0
            have[word] += 1
            best = max(best, found)
    share = best / form.total
    return 1.0 if share > 1 - _ROUNDING else share


def run_share(form: Form, covered: set[int]) -> float:
    """Share of the form's weight at these places of it."""
    return math.fsum(form.weights[form.words[index]] for index in covered) / form.total
