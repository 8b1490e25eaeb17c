"""Search for the few held-out questions that a text could overlap, among many.

The search is exact. A text without all of a form's rarest words lacks more than may be missing
(prefix filtering: Chaudhuri, Ganti and Kaushik 2006). A common run of `run` words contains one of
the form's shorter runs that begin at every `anchor`-th word.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from structtuning_plugin.questions.exclusion.forms import Form
from structtuning_plugin.questions.exclusion.normalise import UNSPACED, Words, spellings

# Words that a common run must have: 13 are what GPT-3 was decontaminated with (Brown et al. 2020);
# a script without blanks needs two characters for a word. Seven words at every seventh place are in
# every run of 13.
_RUN = {False: 13, True: 26}
_ANCHOR = {False: 7, True: 13}
# A shared passage is the question itself if it is half of it; less may be a formula of a trade
# ("heart rate 80 per minute").
_LEAST_SHARE = 0.5

Place = tuple[int, int]


class Index:
    """Index of the forms of all held-out questions, by their rarest words and by their runs."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self.forms = tuple(forms)
        self._postings: defaultdict[str, list[int]] = defaultdict(list)
        self._anchors: dict[bool, defaultdict[tuple[str, ...], list[Place]]] = {
            unspaced: defaultdict(list) for unspaced in (False, True)
        }
        self._spelt: defaultdict[str, list[int]] = defaultdict(list)
        for number, form in enumerate(self.forms):
            for spelling in form.spellings:
                self._spelt[spelling].append(number)
            for word in _signature(form):
                self._postings[word].append(number)
            if form.rule == "near":
                self._add_runs(number, form)

    def _add_runs(self, number: int, form: Form) -> None:
        unspaced = _is_unspaced(form.words)
        step = _ANCHOR[unspaced]
        for start in range(0, len(form.words) - step + 1, step):
            self._anchors[unspaced][form.words[start : start + step]].append((number, start))

    def candidates(self, text: Words) -> Iterator[Form]:
        """Yield the forms whose words may be in the text, each once, in their order."""
        different = set(text.words)
        numbers = {number for word in different for number in self._postings.get(word, ())}
        return (
            form for number in sorted(numbers) if may_match(form := self.forms[number], different)
        )

    def spelt(self, folded: str) -> Iterator[Form]:
        """Return the forms that have the letters of the text."""
        numbers = {
            number for spelling in spellings(folded) for number in self._spelt.get(spelling, ())
        }
        return (self.forms[number] for number in sorted(numbers))

    def runs(self, text: Words) -> Iterator[tuple[Form, float]]:
        """Yield the forms that share long runs with the text, and the share of them."""
        covered: defaultdict[int, set[int]] = defaultdict(set)
        for unspaced, anchors in self._anchors.items():
            step = _ANCHOR[unspaced]
            for at in range(len(text.words) - step + 1 if anchors else 0):
                for number, start in anchors.get(text.words[at : at + step], ()):
                    if start not in covered[number]:
                        covered[number] |= self._run(number, start, text.words, at, unspaced)
        for number in sorted(covered):
            share = run_share(self.forms[number], covered[number])
            if share >= _LEAST_SHARE:
                yield self.forms[number], share

    def _run(
        self, number: int, start: int, words: tuple[str, ...], at: int, unspaced: bool
    ) -> set[int]:
        """Return the positions of the longest common run around these two, if it is long enough."""
        own = self.forms[number].words
        first, last = start, start
        while (
            first and at - (start - first) > 0 and own[first - 1] == words[at - (start - first) - 1]
        ):
            first -= 1
        while (
            last < len(own)
            and at + last - start < len(words)
            and own[last] == words[at + last - start]
        ):
            last += 1
        return set(range(first, last)) if last - first >= _RUN[unspaced] else set()


def _signature(form: Form) -> Iterator[str]:
    """Return the rarest words, one more than may be missing."""
    missing = 0.0
    for word in form.rarest:
        yield word
        missing += form.weights[word]
        if missing > form.most_missing:
            return


def _is_unspaced(words: tuple[str, ...]) -> bool:
    return 2 * sum(bool(UNSPACED.fullmatch(word)) for word in words) > len(words)


# --- Whether the words of a question hold those of a held-out one: in one stretch, between marks,
# or as a long run.

# So much content, or so many words, is known with any words before it, with no mark between; not in
# scripts without blanks, where what stands before belongs to the word.
_KNOWN_BY_ITS_END, _WORDS_BY_THEIR_END = 3.0, 5
_SLACK, _LEAST_SLACK = 5, 2
_ROUNDING = 1e-9
# Options of two questions are the same ones if they share half of their words.
_SAME_OPTIONS = 0.5


def may_match(form: Form, different: frozenset[str] | set[str]) -> bool:
    """Return False if the words alone exclude a match."""
    missing = 0.0
    for word in form.rarest:
        if word not in different:
            missing += form.weights[word]
            if missing > form.most_missing + _ROUNDING:
                return False
    return True


def score(form: Form, text: Words, options: Mapping[str, int], answered: bool) -> float:
    """Return the share of the held-out question's weight that matches by its rule, or 0.

    Args:
        form: the held-out question.
        text: the text's words.
        options: the words of the text's options.
        answered: True if the text has options or answers.
    """
    if form.rule == "alone":
        return float(not answered and Counter(text.words) == form.counts)
    if form.rule == "edges":
        share = float(_stands_between_marks(form, text))
    else:
        share = _densest(form, text.words)
    if share < 1 - form.most_missing / form.total - _ROUNDING:
        return 0.0
    telling = form.rule != "edges" and share == 1
    return share if telling or same_options(form.options, options) else 0.0


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
        ends_here = (
            end in text.ends
            or text.words[end : end + 2] in form.follow
            or text.words[end : end + 1] in form.follow
        )
        if ends_here and Counter(text.words[start:end]) == form.counts:
            return True
    return False


def _densest(form: Form, words: tuple[str, ...]) -> float:
    """Return the greatest share of the form's weight in any stretch of about its length."""
    slack = 0 if form.rule == "stretch" else len(form.words) // _SLACK + _LEAST_SLACK
    span = len(form.words) + slack
    have: Counter[str] = Counter()
    share = best = 0.0
    for index, word in enumerate(words):
        if index >= span and (gone := words[index - span]) in form.counts:
            have[gone] -= 1
            share -= form.weights[gone] if have[gone] < form.counts[gone] else 0.0
        if word in form.counts:
            share += form.weights[word] if have[word] < form.counts[word] else 0.0
            have[word] += 1
            best = max(best, share)
    share = best / form.total
    return 1.0 if share > 1 - _ROUNDING else share


def run_share(form: Form, covered: set[int]) -> float:
    """Return the share of the form's weight at these positions of it."""
    return math.fsum(form.weights[form.words[index]] for index in covered) / form.total
