"""The questions that went worst and best: what to read first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from structtuning_plugin.evaluation.report import METRIC_NAMES
from structtuning_plugin.html_report.runs import Asking, FinishedRun, Runs
from structtuning_plugin.html_report.values import Answered, Questions, Said, Section
from structtuning_plugin.html_report.wording import percent

_EACH = 5
_LONGEST = 2_000  # characters


def read_first(runs: Runs) -> Section | None:
    """The worst and the best answers of each run, of every set of questions alike; None where there is no answer."""
    before = {asking.graded.asked.key: asking for asking in runs.before.askings} if runs.before is not None else {}
    parts = [part for run in runs.runs for part in _of_run(run, before if run in runs.compared else {})]
    if not parts:
        return None
    lines = ("Of equal scores the first ones of each set. All answers are in each run's graded.jsonl.",)
    return Section(anchor="questions", title="Questions to read first", lines=lines, parts=tuple(parts))


def _of_run(run: FinishedRun, before: Mapping[str, Asking]) -> list[Questions]:
    order = _spread(run.askings)
    worst = [asking for asking in sorted(order, key=lambda asking: asking.graded.score) if asking.graded.score < 1][:_EACH]
    # One that is best and worst at once is the worst.
    best = [
        asking
        for asking in sorted(order, key=lambda asking: -asking.graded.score)
        if asking.graded.score > 0 and not any(asking is other for other in worst)
    ][:_EACH]
    found = {f"Answered worst by {run.name}": worst, f"Answered best by {run.name}": best}
    return [
        Questions(caption=caption, items=tuple(_answered(asking, before) for asking in askings))
        for caption, askings in found.items()
        if askings
    ]


def _spread(askings: Sequence[Asking]) -> list[Asking]:
    """The first one of each file, then the second ones, and so on."""
    seen: Counter[str] = Counter()
    ranks = []
    for asking in askings:
        seen[asking.graded.asked.question.file] += 1
        ranks.append(seen[asking.graded.asked.question.file])
    return [asking for _, asking in sorted(zip(ranks, askings, strict=True), key=lambda pair: pair[0])]


def _answered(asking: Asking, before: Mapping[str, Asking]) -> Answered:
    graded, question = asking.graded, asking.graded.asked.question
    earlier = before.get(graded.asked.key)
    return Answered(
        about=f"{question.pair.id}, {METRIC_NAMES.get(question.metric, question.metric)} {percent(graded.score)}",
        language=graded.asked.language,
        question=_said(asking.question),
        answer=_said(graded.answer.text),
        right=tuple(map(_said, asking.right)),
        before=_said(earlier.graded.answer.text) if earlier is not None else None,
    )


def _said(text: str) -> Said:
    return Said(text=text[:_LONGEST], more=max(0, len(text) - _LONGEST))
