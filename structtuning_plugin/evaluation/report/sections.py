"""Sections on arms, omissions, perplexity, and the best and worst answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from structtuning_plugin.evaluation.ablation.table import Cell, Row
from structtuning_plugin.evaluation.perplexity import HELD_OUT
from structtuning_plugin.evaluation.report.charts import chart
from structtuning_plugin.evaluation.report.likelihoods import LINES, NamedMeasures, build_parts
from structtuning_plugin.evaluation.report.plots import Series
from structtuning_plugin.evaluation.report.runs import AnswerRow, FinishedRun, Runs
from structtuning_plugin.evaluation.report.types import (
    AnsweredQuestion,
    Chart,
    Column,
    Excerpt,
    Questions,
    Section,
    Table,
)
from structtuning_plugin.evaluation.report.wording import NOTHING, change, percent, sentence
from structtuning_plugin.evaluation.results import METRIC_NAMES

_ABOUT = (
    "Mean over seeds of training, with its 95 % interval over seeds (Student's t); "
    "one seed alone has none."
)

_MEASURED = (
    "Bare answers alone. A question has its mean over the seeds; intervals are over the questions, "
    "and differences are paired by question."
)


def arms(rows: Sequence[Row]) -> Section:
    """Build the section of the arms in their order, as far as they have run."""
    sets = sorted({name for row in rows for name in row.by_set})
    shown = sets if len(sets) > 1 else []
    figures = ("score", "asked briefly", "seeds", "tokens", *shown)
    titles = [
        ("arm", True),
        ("asked", True),
        *((title, False) for title in figures),
        ("what it is", True),
    ]
    columns = tuple(Column(title=title, words=words) for title, words in titles)
    table = Table(
        caption="Arms of the ablation",
        columns=columns,
        rows=tuple(_cells(row, shown) for row in rows),
    )
    return Section(
        anchor="arms",
        title="Ablation",
        lines=(_ABOUT, *(_missing(row) for row in rows if row.missing)),
        parts=(*_chart(rows), table),
    )


def arms_measured(rows: Sequence[Row]) -> Section | None:
    """Build the section of the arms' measures of bare answers; None where no arm has any."""
    shown = [
        NamedMeasures(name=row.arm, measures=row.measures, comparisons=row.differences)
        for row in rows
        if row.measures
    ]
    if not shown:
        return None
    return Section(
        anchor="arms-measured",
        title="Measures of the arms",
        lines=(_MEASURED, *LINES),
        parts=build_parts("arms-likelihood", "arm", shown, rows[0].against),
    )


def reach(cell: Cell) -> tuple[float, float] | None:
    """Return the interval, clipped to 0..1; None for one seed alone."""
    return (
        None
        if cell.half is None
        else (max(0.0, cell.mean - cell.half), min(1.0, cell.mean + cell.half))
    )


def _chart(rows: Sequence[Row]) -> tuple[Chart, ...]:
    scored = {row.arm: row.total for row in rows if row.total is not None}
    if not scored:
        return ()
    means, ends = [cell.mean for cell in scored.values()], [reach(cell) for cell in scored.values()]
    return (
        chart(
            "ablation",
            "Score of each arm",
            list(scored),
            [Series(name="score", means=means, ends=ends)],
        ),
    )


def _cells(row: Row, sets: Sequence[str]) -> tuple[str, ...]:
    seeds = f"{row.total.seeds:,}" if row.total is not None else "0"
    of_sets = (_cell(row.by_set.get(name)) for name in sets)
    return (
        row.arm,
        row.style,
        _cell(row.total),
        _cell(row.brief),
        seeds,
        f"{row.tokens:,}",
        *of_sets,
        row.about,
    )


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    return f"{100 * cell.mean:.1f} %" + (
        f" ± {100 * cell.half:.1f}" if cell.half is not None else ""
    )


def _missing(row: Row) -> str:
    seeds = ", ".join(map(str, row.missing))
    return sentence("Not run yet: {arm} with seed {seeds}.", arm=row.arm, seeds=seeds)


_REASONS = {
    "too_long": "question and answer do not fit the model",
    "chat_template": "the chat template refuses the conversation",
    "unanswered": "no answer of the server, after all retries",
}
_RECORD = "a record that is no question"


def left_out(runs: Runs) -> Section | None:
    """Build the section of omissions by reason; None where everything was asked and answered."""
    counts = [
        {str(name): int(count) for name, count in run.scores["left_out"].items()}
        for run in runs.shown
    ]
    rows = [
        (
            reason,
            _REASONS.get(reason, _RECORD),
            *(f"{totals.get(reason, 0):,}" for totals in counts),
        )
        for reason in sorted({name for totals in counts for name in totals})
    ]
    if any(run.scores["cut_off"] for run in runs.shown):
        cut = tuple(f"{run.scores['cut_off']:,}" for run in runs.shown)
        rows.append(
            (
                "cut off",
                "answers that reached their longest length; they are graded as they are",
                *cut,
            )
        )
    if not rows:
        return None
    titles = (Column(title="reason", words=True), Column(title="what", words=True))
    columns = (*titles, *(Column(title=run.name) for run in runs.shown))
    return Section(
        anchor="left-out",
        title="What was left out",
        lines=(
            "What could not be asked has no score. Each run's dropped.jsonl names every question "
            "and record.",
        ),
        parts=(Table(caption="Left out, by reason", columns=columns, rows=tuple(rows)),),
    )


_LINES = (
    sentence(
        "Lower is better. {text} is text of the domain that pre-training never saw.", text=HELD_OUT
    ),
    "Where a text of another kind became harder to predict, the model has forgotten something.",
)
_UNLIKE = "Perplexities over other tokens or windows cannot be compared; bits per byte can."


def predicted(runs: Runs) -> Section | None:
    """Build the section of perplexity by text and run, with changes; None where no run has any."""
    if not any(run.scores.get("perplexity") for run in runs.shown):
        return None
    titles = ["text", "run", "perplexity", "bits per byte", "tokens"]
    titles += ["change of perplexity", "change of bits per byte"] if runs.compared else []
    columns = tuple(Column(title=title, words=title in ("text", "run")) for title in titles)
    table = Table(caption="Perplexity by text", columns=columns, rows=tuple(_rows(runs)))
    lines = (*_LINES, _UNLIKE) if _unlike(runs) else _LINES
    return Section(
        anchor="perplexity", title="Perplexity and forgetting", lines=lines, parts=(table,)
    )


def _rows(runs: Runs) -> Iterator[tuple[str, ...]]:
    texts = dict.fromkeys(text for run in runs.shown for text in run.scores.get("perplexity") or {})
    for text in texts:
        for run in runs.shown:
            value = (run.scores.get("perplexity") or {}).get(text)
            if value is not None:
                then = _before(runs, text) if run in runs.compared else None
                yield (
                    text,
                    run.name,
                    *_figures(value),
                    *(_changes(value, then) if runs.compared else ()),
                )


def _figures(value: Mapping[str, Any]) -> tuple[str, ...]:
    if value["perplexity"] is None:
        return NOTHING, NOTHING, f"{value['tokens']:,}"
    return f"{value['perplexity']:,.2f}", f"{value['bits_per_byte']:.3f}", f"{value['tokens']:,}"


def _changes(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> tuple[str, str]:
    if then is None:
        return NOTHING, NOTHING
    perplexity = change(now["perplexity"], then["perplexity"]) if _alike(now, then) else NOTHING
    return perplexity, change(now["bits_per_byte"], then["bits_per_byte"])


def _alike(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    return all(now.get(name) == then.get(name) for name in ("tokens", "window"))


def _before(runs: Runs, text: str) -> Mapping[str, Any] | None:
    value = (
        (runs.before.scores.get("perplexity") or {}).get(text) if runs.before is not None else None
    )
    return dict(value) if value is not None else None


def _unlike(runs: Runs) -> bool:
    pairs = [
        (value, _before(runs, text))
        for run in runs.compared
        for text, value in (run.scores.get("perplexity") or {}).items()
    ]
    return any(then is not None and not _alike(now, then) for now, then in pairs)


_EACH = 5
_LONGEST = 2_000  # characters


def read_first(runs: Runs) -> Section | None:
    """Build the section of the worst and best answers by run and file; None without answers."""
    before = (
        {answer_row.graded.asked.key: answer_row for answer_row in runs.before.answer_rows}
        if runs.before is not None
        else {}
    )
    parts = [
        part for run in runs.runs for part in _of_run(run, before if run in runs.compared else {})
    ]
    if not parts:
        return None
    lines = (
        "Of equal scores the first ones of each set. All answers are in each run's graded.jsonl.",
    )
    return Section(
        anchor="questions", title="Questions to read first", lines=lines, parts=tuple(parts)
    )


def _of_run(run: FinishedRun, before: Mapping[str, AnswerRow]) -> list[Questions]:
    order = _spread(run.answer_rows)
    worst = [
        answer_row
        for answer_row in sorted(order, key=lambda answer_row: answer_row.graded.score)
        if answer_row.graded.score < 1
    ][:_EACH]
    # One that is best and worst at once is the worst.
    best = [
        answer_row
        for answer_row in sorted(order, key=lambda answer_row: -answer_row.graded.score)
        if answer_row.graded.score > 0 and not any(answer_row is other for other in worst)
    ][:_EACH]
    tables = {f"Answered worst by {run.name}": worst, f"Answered best by {run.name}": best}
    return [
        Questions(
            caption=caption,
            items=tuple(_answered(answer_row, before) for answer_row in answer_rows),
        )
        for caption, answer_rows in tables.items()
        if answer_rows
    ]


def _spread(answer_rows: Sequence[AnswerRow]) -> list[AnswerRow]:
    """Order answers so that the first of each file come first, then the second ones, and so on."""
    ranks_of: Counter[str] = Counter()
    ranks = []
    for answer_row in answer_rows:
        ranks_of[answer_row.graded.asked.question.file] += 1
        ranks.append(ranks_of[answer_row.graded.asked.question.file])
    return [
        answer_row
        for _, answer_row in sorted(zip(ranks, answer_rows, strict=True), key=lambda pair: pair[0])
    ]


def _answered(answer_row: AnswerRow, before: Mapping[str, AnswerRow]) -> AnsweredQuestion:
    graded, question = answer_row.graded, answer_row.graded.asked.question
    earlier = before.get(graded.asked.key)
    metric = METRIC_NAMES.get(question.metric, question.metric)
    return AnsweredQuestion(
        about=f"{question.pair.id}, {metric} {percent(graded.score)}",
        language=graded.asked.language,
        question=_said(answer_row.question),
        answer=_said(graded.answer.text),
        right=tuple(map(_said, answer_row.right)),
        before=_said(earlier.graded.answer.text) if earlier is not None else None,
    )


def _said(text: str) -> Excerpt:
    return Excerpt(text=text[:_LONGEST], more=max(0, len(text) - _LONGEST))
