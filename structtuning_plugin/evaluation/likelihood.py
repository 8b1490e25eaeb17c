"""Likelihood measures: log-likelihoods of right and wrong answers, which the prompt never shows.

They move long before a model can write an answer: the margin is `mmlu_early_training` of
lm-evaluation-harness (E2LMC), bits per byte of the right answer that of arXiv 2508.13144, the share
of pairs that of arXiv 2503.15299. Every question is asked in three forms of prompt:

    plain    Question: What fills the lungs?
             Answer:⟦ air⟧
    bare     What fills the lungs?⟦ air⟧
    prompt   the user's turn of instruction tuning, through the chat template, then ⟦air⟧
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal, Protocol

from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Dropped, Message, QAPair
from structtuning_plugin.evaluation.types import Question
from structtuning_plugin.questions.prompts import PromptBuilder

Form = Literal["plain", "bare", "prompt"]
FORMS: tuple[Form, ...] = ("plain", "bare", "prompt")
MEASURES = ("margin", "bits_per_byte", "pairs", "acc", "acc_norm", "acc_bytes")
# Measures of which less is better.
LESS_IS_BETTER = ("bits_per_byte",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Answers that are scored; `right` has the indices of the right ones, at least one."""

    texts: tuple[str, ...]
    right: tuple[int, ...]

    @property
    def wrong(self) -> tuple[int, ...]:
        """Indices of the wrong answers."""
        return tuple(index for index in range(len(self.texts)) if index not in self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """A question in one form and wording, with the candidates that may continue it.

    Args:
        question: The question.
        form: Form of the prompt.
        wording: 0 for the question itself, then the number of its rewording.
        context: Text before a candidate; empty for the form `prompt`.
        messages: Turns before a candidate; empty for the other forms.
        candidates: The answers to score.
        key: Hash of the question and its candidates, which pairs two runs.
        prompt: Hash of the prompt and its candidates, which identifies the log-likelihoods.
    """

    question: Question
    form: Form
    wording: int
    context: str
    messages: tuple[Message, ...]
    candidates: Candidates
    key: str
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measures of one question by form, means over its wordings.

    A measure that needs a wrong answer is missing where the question has none.
    """

    question: Question
    key: str
    forms: dict[str, dict[str, float]]

    @property
    def mean(self) -> dict[str, float]:
        """Means over the forms."""
        return _means(list(self.forms.values()))


class LikelihoodScorer(Protocol):
    """A model that gives log-likelihoods."""

    def score(
        self, prompted: Sequence[Prompted], done: Callable[[Prompted, tuple[float, ...]], None]
    ) -> list[Dropped]:
        """Call `done` with the log-likelihood of each candidate, in nats.

        Returns:
            Prompts that could not be scored, with reasons.
        """
        ...


def get_candidates(question: Question) -> Candidates | None:
    """Return right and wrong answers: the options, else `Question.wrong` and the first answer.

    None for a conversation. The right answer is last where the record has no options, so that
    equal log-likelihoods count as wrong.
    """
    pair = question.pair
    if pair.turns or not pair.answers:
        return None
    if not pair.options:
        wrong = tuple(dict.fromkeys(text for text in question.wrong if text not in pair.answers))
        return Candidates(texts=(*wrong, pair.answers[0]), right=(len(wrong),))
    texts = tuple(text for _, text in pair.options)
    right = tuple(
        index
        for index, (letter, text) in enumerate(pair.options)
        if (letter in pair.correct if pair.correct else text in pair.answers)
    )
    return Candidates(texts=texts, right=right) if right else None


def build_prompts(
    questions: Sequence[Question], builder: PromptBuilder, wordings: Wordings
) -> tuple[list[Prompted], list[Dropped]]:
    """Build every question's prompts in all forms and wordings, without its options.

    Returns:
        The prompts, and the questions that have no answer to score.
    """
    prompts: list[Prompted] = []
    dropped: list[Dropped] = []
    for question in questions:
        candidates = get_candidates(question)
        if candidates is None:
            dropped.append(_without_candidates(question))
        else:
            prompts += _prompts_of(question, candidates, builder, wordings)
    return prompts, dropped


def _without_candidates(question: Question) -> Dropped:
    detail = "a conversation, or a question without a right answer, has no likelihood"
    return Dropped(stage="evaluate", id=question.pair.id, reason="no_likelihood", detail=detail)


def _prompts_of(
    question: Question, candidates: Candidates, builder: PromptBuilder, wordings: Wordings
) -> Iterator[Prompted]:
    key = fingerprint(question.pair.id, question.pair.question, candidates.texts, candidates.right)
    for wording, text in enumerate((question.pair.question, *question.rewordings)):
        bare = replace(question.pair, question=text, options=(), correct=(), several=False)
        for form in FORMS:
            context = render_context(bare, form, wordings)
            messages = builder.build_messages(bare) if form == "prompt" else ()
            shown = [context, *([message.role, message.content] for message in messages)]
            yield Prompted(
                question=question,
                form=form,
                wording=wording,
                context=context,
                messages=messages,
                candidates=candidates,
                key=key,
                prompt=fingerprint(form, shown, candidates.texts),
            )


def render_context(pair: QAPair, form: Form, wordings: Wordings) -> str:
    """Return the text before a candidate; an empty one for the form `prompt`."""
    if form == "bare":
        return pair.question
    if form == "prompt":
        return ""
    wording = wordings.pool(pair.language, "plain")[0]
    return wording.render({"question": pair.question, "domain": "", "language": pair.language})


def measure(candidates: Candidates, logliks: Sequence[float]) -> dict[str, float]:
    """Compute the measures of one prompt from the log-likelihoods of its candidates, in nats.

    `margin`: mean of the right answers less mean of the wrong ones. `bits_per_byte`: of the right
    answers, their UTF-8 bytes without the blank before them. `pairs`: share of (right, wrong) pairs
    whose right answer is likelier. `acc`, `acc_norm` and `acc_bytes` are lm-evaluation-harness's:
    the likeliest candidate is right, by log-likelihood, by log-likelihood per character and by
    log-likelihood per byte; the first of equal ones counts.

    >>> measure(Candidates(texts=("no", "yes"), right=(1,)), [-4.0, -3.0])["margin"]
    1.0
    """
    right = [logliks[index] for index in candidates.right]
    wrong = [logliks[index] for index in candidates.wrong]
    measures = {"bits_per_byte": fmean(_bits_per_byte(candidates, logliks))}
    if not wrong:
        return measures
    pairs = [float(one > other) for one in right for other in wrong]
    characters = [len(text) for text in candidates.texts]
    return {
        "margin": fmean(right) - fmean(wrong),
        **measures,
        "pairs": fmean(pairs),
        "acc": _is_right(candidates, logliks, [1] * len(logliks)),
        "acc_norm": _is_right(candidates, logliks, characters),
        "acc_bytes": _is_right(candidates, logliks, _sizes(candidates)),
    }


def _bits_per_byte(candidates: Candidates, logliks: Sequence[float]) -> list[float]:
    sizes = _sizes(candidates)
    return [-logliks[index] / math.log(2) / sizes[index] for index in candidates.right]


def _sizes(candidates: Candidates) -> list[int]:
    return [len(text.encode("utf-8", "replace")) for text in candidates.texts]


def _is_right(candidates: Candidates, logliks: Sequence[float], lengths: Sequence[int]) -> float:
    scores = [loglik / length for loglik, length in zip(logliks, lengths, strict=True)]
    return float(scores.index(max(scores)) in candidates.right)


def score_all(
    prompted: Sequence[Prompted],
    scored: Mapping[str, Sequence[float]],
    add: Callable[[str, str, Sequence[float]], None],
    scorer: Callable[[], LikelihoodScorer],
    progress: Progress,
) -> list[Dropped]:
    """Score every prompt without log-likelihoods; return those that could not be scored.

    `add(id, prompt, logliks)` stores one result. `scorer` is called only if there is a prompt to
    score, because loading a model takes long.
    """
    todo = list({item.prompt: item for item in prompted if item.prompt not in scored}.values())
    if not todo:
        return []
    model = scorer()
    with progress.stage("likelihoods", len(todo)) as step:

        def done(item: Prompted, logliks: tuple[float, ...]) -> None:
            add(item.question.pair.id, item.prompt, logliks)
            step()

        return model.score(todo, done)


def measure_all(
    prompted: Sequence[Prompted], scored: Mapping[str, Sequence[float]]
) -> list[Measured]:
    """Measure every question that has log-likelihoods, in order; means over its wordings."""
    questions: dict[tuple[str, str], list[Prompted]] = {}
    for item in prompted:
        if item.prompt in scored:
            questions.setdefault((item.question.file, item.key), []).append(item)
    return [_measured(items, scored) for items in questions.values()]


def _measured(items: Sequence[Prompted], scored: Mapping[str, Sequence[float]]) -> Measured:
    forms: dict[str, list[dict[str, float]]] = {}
    for item in items:
        measures = measure(item.candidates, scored[item.prompt])
        forms.setdefault(item.form, []).append(measures)
    means = {form: _means(measures) for form, measures in forms.items()}
    return Measured(question=items[0].question, key=items[0].key, forms=means)


def _means(measures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = [name for name in MEASURES if measures and name in measures[0]]
    return {name: fmean(item[name] for item in measures) for name in names}


def build_graded_row(measured: Measured) -> dict[str, object]:
    """Return the row of `likelihood_graded.jsonl`."""
    pair = measured.question.pair
    return {
        "id": pair.id,
        "key": measured.key,
        "file": measured.question.file,
        "language": pair.language,
        "question": pair.question,
        "right": list(pair.answers),
        "mean": measured.mean,
        "forms": measured.forms,
    }


def parse_graded_row(row: Mapping[str, Any]) -> Measured:
    """Parse a row of `likelihood_graded.jsonl`.

    Raises:
        KeyError: If the row lacks a key.
    """
    pair = QAPair(
        id=row["id"],
        format="",
        question=row["question"],
        answers=tuple(row["right"]),
        language=row["language"],
    )
    question = Question(pair=pair, file=row["file"], metric="grade")
    return Measured(question=question, key=row["key"], forms=row["forms"])


def average(runs: Sequence[Measured]) -> Measured:
    """Average one question over runs that measured it, such as seeds of training."""
    forms = {form: _means([run.forms[form] for run in runs]) for form in runs[0].forms}
    return replace(runs[0], forms=forms)
