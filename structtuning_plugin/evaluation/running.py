"""One run: ask what was not asked yet, and grade everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from structtuning_plugin.evaluation.metrics import grade
from structtuning_plugin.evaluation.predictions import Run, missing
from structtuning_plugin.evaluation.values import Answer, Answerer, Asked, Graded
from structtuning_plugin.hookspecs import QAFormat
from structtuning_plugin.progress import Progress
from structtuning_plugin.types import Dropped


def answer_all(asked: Sequence[Asked], run: Run, answerer: Callable[[], Answerer], progress: Progress) -> list[Dropped]:
    """Asks every question that the run has no answer to; returns those that could not be asked, each with its reason.

    `answerer` is called if there is one to ask: a model takes long to load.
    """
    todo = missing(asked, run.kept)
    if len(todo) < len({item.prompt for item in asked}):
        known = sum(item.prompt in run.kept for item in asked)
        progress.say(f"{known:,} of {len(asked):,} questions are answered already, in {run.folder}")
    if not todo:
        return []
    model = answerer()
    with progress.stage("asking", len(todo)) as step:

        def done(item: Asked, answer: Answer) -> None:
            run.add(item, answer)
            step()

        failed = model.answer(todo, done)
    return _with_twins(failed, asked, todo)


def _with_twins(failed: Sequence[Dropped], asked: Sequence[Asked], todo: Sequence[Asked]) -> list[Dropped]:
    """Questions of one prompt are asked once, and fail together."""
    prompts = {item.question.pair.id: item.prompt for item in todo}
    reasons = {prompts[item.id]: item for item in failed}
    return [
        Dropped(stage=found.stage, id=item.question.pair.id, reason=found.reason, detail=found.detail)
        for item in asked
        if (found := reasons.get(item.prompt))
    ]


def grade_all(asked: Sequence[Asked], answers: Mapping[str, Answer], formats: Mapping[str, QAFormat]) -> list[Graded]:
    """Every question that has an answer, in order."""
    return [grade(item, answers[item.prompt], formats) for item in asked if item.prompt in answers]
