"""Finds the few held-out questions that a text could overlap, among many.

Exact: a text that lacks all of a form's rarest words lacks more than may be missing (prefix filtering: Chaudhuri, Ganti
and Kaushik 2006), and a run of `run` words holds one of the form's shorter runs that begin at every `anchor`-th word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from structtuning_plugin.qa.decontamination.folding import UNSPACED, Words, spellings
from structtuning_plugin.qa.decontamination.forms import Form
from structtuning_plugin.qa.decontamination.matching import may_match, run_share

# Words that a common run must have: 13 are what GPT-3 was decontaminated with (Brown et al. 2020); a script without
# blanks needs two characters for a word. Seven words at every seventh place are in every run of 13.
_RUN = {False: 13, True: 26}
_ANCHOR = {False: 7, True: 13}
# A shared passage is the question itself if it is half of it; less may be a formula of a trade ("heart rate 80 per minute").
_LEAST_SHARE = 0.5

Place = tuple[int, int]


class Index:
    """The forms of all held-out questions by their rarest words and by their runs."""

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
        """Forms whose words may be there, each once, in the order of the held-out questions."""
        different = set(text.words)
        numbers = {number for word in different for number in self._postings.get(word, ())}
        return (form for number in sorted(numbers) if may_match(form := self.forms[number], different))

    def spelt(self, folded: str) -> Iterator[Form]:
        """Forms with the letters of the text."""
        numbers = {number for spelling in spellings(folded) for number in self._spelt.get(spelling, ())}
        return (self.forms[number] for number in sorted(numbers))

    def runs(self, text: Words) -> Iterator[tuple[Form, float]]:
        """Forms of which long runs make up a good part, and which part."""
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

    def _run(self, number: int, start: int, words: tuple[str, ...], at: int, unspaced: bool) -> set[int]:
        """The places of the longest common run around these two, if it is long enough."""
        own = self.forms[number].words
        first, last = start, start
        while first and at - (start - first) > 0 and own[first - 1] == words[at - (start - first) - 1]:
            first -= 1
        while last < len(own) and at + last - start < len(words) and own[last] == words[at + last - start]:
            last += 1
        return set(range(first, last)) if last - first >= _RUN[unspaced] else set()


def _signature(form: Form) -> Iterator[str]:
    """The rarest words, as many as cannot all be missing."""
    missing = 0.0
    for word in form.rarest:
        yield word
        missing += form.weights[word]
        if missing > form.most_missing:
            return


def _is_unspaced(words: tuple[str, ...]) -> bool:
    return 2 * sum(bool(UNSPACED.fullmatch(word)) for word in words) > len(words)
