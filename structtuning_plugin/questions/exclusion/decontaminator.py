"""Decontamination: removal of training questions that overlap a held-out question.

Three kinds of overlap:

`same`   the same words in the same order. Case, width, accents, punctuation, blanks and invisible
         characters never count.
`bag`    the same words in any order: anywhere in the text from six words of content on, below that
         alone between punctuation marks ("What is diabetes?" is no part of "What is diabetes
         insipidus?"). From twelve words on, one word in twenty may be missing. If both have
         options, the options must be alike where the question itself says little. A question that
         is a formula ("Which is true?") is recognised together with its options or answer only.
`ngram`  runs of 13 words (26 characters of an unspaced script) that make up half of a question of
         twelve words or more: a shared case history counts, with any question about it.

The thresholds were chosen on 3,893 real records of six languages: half of each file against the
other half, in nine shuffles, and against sets of 1 to 30. Only repeated questions and shared case
histories were removed. With six words for twelve, "What are the treatments for (a long name)?" was
taken for "What is (the same name)?". Of 27 disguises two hid a question: a formula without options
or answer, and a short question after an instruction without any mark between them.

Not recognised: paraphrases, translations, traditional for simplified characters, kana for kanji,
other inflections, a word added to or removed from a question of under twelve words of content.

Cost: an inverted index over the rarest words. 100,000 questions against 10,000 held-out ones take
about a minute and 0.4 GB on one core.
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
    ComparedQuestion,
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
    """Overlap of a question with a held-out one.

    `how` is "same", "ngram" or "bag". `score` is the share of the held-out question in the text,
    0..1.
    """

    holdout_id: str
    how: str
    score: float


class Decontaminator:
    """Index of the held-out questions. Its answers depend on these questions alone."""

    def __init__(self, holdout: Sequence[QAPair]) -> None:
        questions = [(pair.id, question) for pair in holdout for question in questions_of(pair)]
        questions = [*questions, *_without_instructions(questions)]
        self._views = [_View(questions, tight) for tight in (False, True)]

    def overlap(self, text: str, language: str = "en") -> Overlap | None:
        """Return the held-out question that a text asks or quotes, if any.

        Args:
            text: a question, with or without its options and answer.
            language: not used. The script of the text decides how it is split into words, and a
                wrong language would hide an overlap.
        """
        return self._overlap(read_text(text))

    def split(self, pairs: Sequence[QAPair]) -> tuple[list[QAPair], list[Dropped]]:
        """Split the records into those to train on, in order, and those that overlap."""
        clean, dropped = [], []
        for pair in pairs:
            overlap = next(filter(None, map(self._overlap, questions_of(pair))), None)
            if overlap is None:
                clean.append(pair)
                continue
            detail = f"overlaps {overlap.holdout_id} ({overlap.how}, {overlap.score:.2f})"
            dropped.append(Dropped(stage="ssft", id=pair.id, reason="holdout", detail=detail))
        return clean, dropped

    def _overlap(self, question: ComparedQuestion) -> Overlap | None:
        overlaps = [overlap for view in self._views for overlap in view.overlaps(question)]
        return max(
            overlaps, key=lambda overlap: (overlap.how == "same", overlap.score), default=None
        )


class _View:
    """All held-out questions by one way of splitting text into words."""

    def __init__(self, questions: Sequence[tuple[str, ComparedQuestion]], tight: bool) -> None:
        self._tight = tight
        weights = Weights([question for _, question in questions], tight)
        self._asked = Index(
            form
            for name, question in questions
            for form in asked_forms(name, question, weights, tight)
        )
        self._answered = Index(
            form
            for name, question in questions
            for form in answered_forms(name, question, weights, tight)
        )

    def overlaps(self, question: ComparedQuestion) -> Iterator[Overlap]:
        text = words_of(question.asked, self._tight)
        yield from self._in(self._asked, text, question)
        for form, share in self._asked.runs(text):
            yield Overlap(holdout_id=form.holdout_id, how="ngram", score=share)
        if self._answered.forms:
            yield from self._in(self._answered, words_of(question.answered, self._tight), question)

    def _in(self, index: Index, text: Words, question: ComparedQuestion) -> Iterator[Overlap]:
        for form in index.candidates(text):
            share = score(
                form, text, self._options(question), bool(question.options or question.answers)
            )
            if share:
                whole = form.words in (text.words, words_of(question.text, self._tight).words)
                yield Overlap(
                    holdout_id=form.holdout_id, how="same" if whole else "bag", score=share
                )
        for part in (
            ()
            if self._tight
            else dict.fromkeys([question.text, question.asked, *question.text.splitlines()])
        ):
            for form in index.spelt(part):
                if same_options(form.options, self._options(question)):
                    yield Overlap(holdout_id=form.holdout_id, how="bag", score=1.0)

    def _options(self, question: ComparedQuestion) -> Counter[str]:
        return Counter(words_of("\n".join(question.options), self._tight).words)


def _without_instructions(
    questions: Sequence[tuple[str, ComparedQuestion]],
) -> Iterator[tuple[str, ComparedQuestion]]:
    sentences = [_SENTENCE.split(question.text) for _, question in questions]
    times = Counter(sentence.strip() for parts in sentences for sentence in {*parts})
    limit = max(_LEAST_COMMON, _COMMON * len(questions))
    for (name, question), parts in zip(questions, sentences, strict=True):
        own = [part for part in parts if times[part.strip()] <= limit]
        if own and len(own) < len([part for part in parts if part.strip()]):
            yield name, replace(question, text="".join(own), cut=True)
