"""How well the models predict texts: what pre-training brought, and what it cost elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from structtuning_plugin.evaluation.texts import HELD_OUT
from structtuning_plugin.html_report.runs import Runs
from structtuning_plugin.html_report.values import Column, Section, Table
from structtuning_plugin.html_report.wording import NOTHING, change, sentence

_LINES = (
    sentence("Lower is better. {text} is text of the domain that pre-training never saw.", text=HELD_OUT),
    "Where a text of another kind became harder to predict, the model has forgotten something.",
)
_UNLIKE = "Perplexities over other tokens or windows cannot be compared; bits per byte can."


def predicted(runs: Runs) -> Section | None:
    """Perplexity by text and run, with the change to the run compared with; None where no run has any."""
    if not any(run.scores.get("perplexity") for run in runs.shown):
        return None
    titles = ["text", "run", "perplexity", "bits per byte", "tokens"]
    titles += ["change of perplexity", "change of bits per byte"] if runs.compared else []
    columns = tuple(Column(title=title, words=title in ("text", "run")) for title in titles)
    table = Table(caption="Perplexity by text", columns=columns, rows=tuple(_rows(runs)))
    lines = (*_LINES, _UNLIKE) if _unlike(runs) else _LINES
    return Section(anchor="perplexity", title="Perplexity and forgetting", lines=lines, parts=(table,))


def _rows(runs: Runs) -> Iterator[tuple[str, ...]]:
    texts = dict.fromkeys(text for run in runs.shown for text in run.scores.get("perplexity") or {})
    for text in texts:
        for run in runs.shown:
            found = (run.scores.get("perplexity") or {}).get(text)
            if found is not None:
                then = _before(runs, text) if run in runs.compared else None
                yield text, run.name, *_figures(found), *(_changes(found, then) if runs.compared else ())


def _figures(found: Mapping[str, Any]) -> tuple[str, ...]:
    if found["perplexity"] is None:
        return NOTHING, NOTHING, f"{found['tokens']:,}"
    return f"{found['perplexity']:,.2f}", f"{found['bits_per_byte']:.3f}", f"{found['tokens']:,}"


def _changes(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> tuple[str, str]:
    if then is None:
        return NOTHING, NOTHING
    perplexity = change(now["perplexity"], then["perplexity"]) if _alike(now, then) else NOTHING
    return perplexity, change(now["bits_per_byte"], then["bits_per_byte"])


def _alike(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    return all(now.get(name) == then.get(name) for name in ("tokens", "window"))


def _before(runs: Runs, text: str) -> Mapping[str, Any] | None:
    found = (runs.before.scores.get("perplexity") or {}).get(text) if runs.before is not None else None
    return dict(found) if found is not None else None


def _unlike(runs: Runs) -> bool:
    pairs = [
        (found, _before(runs, text)) for run in runs.compared for text, found in (run.scores.get("perplexity") or {}).items()
    ]
    return any(then is not None and not _alike(now, then) for now, then in pairs)
