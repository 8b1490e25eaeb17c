"""Takes out of what is trained on whatever overlaps a held-out question, in one of three ways:

`same`   its words in the same order; case, width, accents, punctuation, blanks and unseen characters never count.
`bag`    its words in any order: from six words of content on anywhere in the text, below that alone between marks
         ("What is diabetes?" is no part of "What is diabetes insipidus?"); one word in twenty may be missing from
         twelve words on. If both have options, these must be alike where the question itself says little. A question
         that is a formula ("Which is true?") is only known together with its options or its answer.
`ngram`  runs of 13 words (26 characters of a script without blanks) that make up half of a question of twelve words or
         more: a shared case history counts, whatever is asked about it.

The thresholds were chosen on 3,893 real records of six languages, half of each file asked against the other half, nine
times shuffled, and against sets of 1 to 30: what was taken out were repeated questions and shared case histories only.
With six words for twelve, "What are the treatments for (a long name)?" was taken for "What is (the same name)?". Of 27
disguises, none hid a question but a formula without options or answer, and a short one behind an instruction without
any mark between.

Not found: other words for the same thing, translations, traditional for simplified characters, kana for kanji, another
inflection, a word added to or taken from a question of under twelve words of content.

Cost: an inverted index over the rarest words; 100,000 questions against 10,000 held-out ones take about a minute and
0.4 GB on one core.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.questions.exclusion.forms import Weights, answered_forms, asked_forms
from structtuning_plugin.questions.exclusion.index import Index, same_options, score
from structtuning_plugin.questions.exclusion.normalise import (
    Asked,
    Words,
    questions_of,
    read_text,
    words_of,
)

# A sentence in so many held-out questions is an instruction: it is looked for with and without.
_COMMON, _LEAST_COMMON = 0.05, 5
_SENTENCE = re.compile(r"(?<=[\n?!;:。])|(?<=\.)(?=\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """`how`: "same" words in the same order, an "ngram" (long run), or a "bag" of words; `score`: the share found, 0..1."""

    holdout_id: str
    how: str
    score: float


class Decontaminator:
    """Knows the held-out questions. Its answers depend on these alone, not on what else is asked."""

    def __init__(self, holdout: Sequence[QAPair]) -> None:
        questions = [(pair.id, asked) for pair in holdout for asked in questions_of(pair)]
        questions = [*questions, *_without_instructions(questions)]
        self._views = [_View(questions, tight) for tight in (False, True)]

    def overlap(self, text: str, language: str = "en") -> Overlap | None:
        """The held-out question that a text asks or quotes, if any; the text may have options and an answer with it.

        `language` is not looked at: how a text is written says where its words are, and a wrong one would hide it.
        """
        return self._overlap(read_text(text))

    def split(self, pairs: Sequence[QAPair]) -> tuple[list[QAPair], list[Dropped]]:
        """The records that may be trained on, in order, and those that may not."""
        kept, dropped = [], []
        for pair in pairs:
            found = next(filter(None, map(self._overlap, questions_of(pair))), None)
            if found is None:
                kept.append(pair)
                continue
            detail = f"overlaps {found.holdout_id} ({found.how}, {found.score:.2f})"
            dropped.append(Dropped(stage="ssft", id=pair.id, reason="holdout", detail=detail))
        return kept, dropped

    def _overlap(self, question: Asked) -> Overlap | None:
        found = [overlap for view in self._views for overlap in view.overlaps(question)]
        return max(found, key=lambda overlap: (overlap.how == "same", overlap.score), default=None)


class _View:
    """All held-out questions by one way of telling words."""

    def __init__(self, questions: Sequence[tuple[str, Asked]], tight: bool) -> None:
        self._tight = tight
        weights = Weights([asked for _, asked in questions], tight)
        self._asked = Index(
            form for name, asked in questions for form in asked_forms(name, asked, weights, tight)
        )
        self._answered = Index(
            form
            for name, asked in questions
            for form in answered_forms(name, asked, weights, tight)
        )

    def overlaps(self, question: Asked) -> Iterator[Overlap]:
        text = words_of(question.asked, self._tight)
        yield from self._in(self._asked, text, question)
        for form, share in self._asked.runs(text):
            yield Overlap(holdout_id=form.holdout_id, how="ngram", score=share)
        if self._answered.forms:
            yield from self._in(self._answered, words_of(question.answered, self._tight), question)

    def _in(self, index: Index, text: Words, question: Asked) -> Iterator[Overlap]:
        for form in index.candidates(text):
            found = score(
                form, text, self._options(question), bool(question.options or question.answers)
            )
            if found:
                whole = form.words in (text.words, words_of(question.text, self._tight).words)
                yield Overlap(
                    holdout_id=form.holdout_id, how="same" if whole else "bag", score=found
                )
        for part in (
            ()
            if self._tight
            else dict.fromkeys([question.text, question.asked, *question.text.splitlines()])
        ):
            for form in index.spelt(part):
                if same_options(form.options, self._options(question)):
                    yield Overlap(holdout_id=form.holdout_id, how="bag", score=1.0)

    def _options(self, question: Asked) -> Counter[str]:
        return Counter(words_of("\n".join(question.options), self._tight).words)


def _without_instructions(questions: Sequence[tuple[str, Asked]]) -> Iterator[tuple[str, Asked]]:
    sentences = [_SENTENCE.split(asked.text) for _, asked in questions]
    times = Counter(sentence.strip() for parts in sentences for sentence in {*parts})
    limit = max(_LEAST_COMMON, _COMMON * len(questions))
    for (name, asked), parts in zip(questions, sentences, strict=True):
        own = [part for part in parts if times[part.strip()] <= limit]
        if own and len(own) < len([part for part in parts if part.strip()]):
            yield name, replace(asked, text="".join(own), cut=True)
