"""What has no score, and answers that were cut."""

from __future__ import annotations

from structtuning_plugin.html_report.runs import Runs
from structtuning_plugin.html_report.values import Column, Section, Table

_REASONS = {
    "too_long": "question and answer do not fit the model",
    "chat_template": "the chat template refuses the conversation",
    "unanswered": "no answer of the server, after all retries",
}
_RECORD = "a record that is no question"


def left_out(runs: Runs) -> Section | None:
    """Counts by reason; None where all was asked and answered whole."""
    counts = [{str(name): int(count) for name, count in run.scores["left_out"].items()} for run in runs.shown]
    rows = [
        (reason, _REASONS.get(reason, _RECORD), *(f"{found.get(reason, 0):,}" for found in counts))
        for reason in sorted({name for found in counts for name in found})
    ]
    if any(run.scores["cut_off"] for run in runs.shown):
        cut = tuple(f"{run.scores['cut_off']:,}" for run in runs.shown)
        rows.append(("cut off", "answers that reached their longest length; they are graded as they are", *cut))
    if not rows:
        return None
    titles = (Column(title="reason", words=True), Column(title="what", words=True))
    columns = (*titles, *(Column(title=run.name) for run in runs.shown))
    return Section(
        anchor="left-out",
        title="What was left out",
        lines=("What could not be asked has no score. Each run's dropped.jsonl names every question and record.",),
        parts=(Table(caption="Left out, by reason", columns=columns, rows=tuple(rows)),),
    )
