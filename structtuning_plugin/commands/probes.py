"""Command `probes`: questions excluded from instruction tuning, and a model's answers to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.commands.show import many
from structtuning_plugin.core.atomic_files import check_folder, write_whole
from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.core.progress import printable
from structtuning_plugin.evaluation.report.plots import bars, check_plot
from structtuning_plugin.questions.probes.files import (
    PROBE_KINDS,
    Probe,
    read_predictions,
    record_of,
)
from structtuning_plugin.questions.probes.scores import ALL, Score, scores_by_branch, unanswered


def probes_command(
    config: str,
    output: str | None,
    kind: str | None,
    count: int | None,
    predictions: str | None,
    before: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """List or write probes, or score answers to them."""
    _check(output, kind, predictions, before, plot)
    probes = _wanted(_probes(open_recipe(config).plan), kind, count)
    if output is not None:
        _write(probes, Path(output))
    if predictions is not None:
        answers = read_predictions(predictions, probes)
        earlier = read_predictions(before, probes) if before is not None else None
        _tell_scores(probes, answers, earlier, plot, as_json)
    elif output is None:
        _list(probes, as_json)


def _check(
    output: str | None,
    kind: str | None,
    predictions: str | None,
    before: str | None,
    plot: str | None,
) -> None:
    if kind is not None and kind not in PROBE_KINDS:
        raise ConfigError(f"Unknown kind of probe `{kind}`.{nearest(kind, PROBE_KINDS)}")
    for name, value in (("--before", before), ("--plot", plot)):
        if value is not None and predictions is None:
            raise ConfigError(f"`{name}` needs the answers of a run: add `--predictions RUN`.")
    for path in (output, plot):
        if path is not None:
            check_folder(path)
    if plot is not None:
        check_plot(plot)


def _probes(plan: Plan) -> list[Probe]:
    """Build the probes of the tree that was built.

    Raises:
        ConfigError: If the block has no `probes:`.
    """
    from structtuning_plugin.build.held_out import build_probes, split_corpus

    if plan.block.probes is None:
        raise ConfigError(
            "This recipe keeps no knowledge point for probes: add `probes:` to its block, such as "
            "`probes: {}`."
        )
    return build_probes(plan, split_corpus(plan, *plan.load_taxonomy()))


def _wanted(probes: Sequence[Probe], kind: str | None, count: int | None) -> list[Probe]:
    """Select probes of a kind, and `count` of each kind, spread over the tree.

    Raises:
        ConfigError: If there is no probe of the kind.
    """
    of_kind = {
        name: [probe for probe in probes if probe.kind == name]
        for name in PROBE_KINDS
        if kind in (None, name)
    }
    ids = {
        probe.id
        for same_kind in of_kind.values()
        for probe in (same_kind if count is None else _spread(same_kind, count))
    }
    if not ids:
        there = ", ".join(
            name for name in PROBE_KINDS if any(probe.kind == name for probe in probes)
        )
        raise ConfigError(
            f"There is no probe{f' of the kind `{kind}`' if kind else ''} in this tree; it has: "
            f"{there or 'none'}."
        )
    return [probe for probe in probes if probe.id in ids]


def _spread(probes: Sequence[Probe], count: int) -> list[Probe]:
    return list(probes[:: max(1, len(probes) // count)][:count])


def _list(probes: Sequence[Probe], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([record_of(probe) for probe in probes], indent=2, ensure_ascii=False))
        return
    for probe in probes:
        click.secho(
            f"--- {printable(probe.id)}  {probe.kind}, {printable(probe.branch)}", bold=True
        )
        click.echo(f"{printable(probe.pair.question)}\n⟦{printable(probe.pair.answers[0])}⟧\n")
    click.echo(_summary(probes), err=True)


def _summary(probes: Sequence[Probe]) -> str:
    kinds = Counter(probe.kind for probe in probes)
    of_kinds = ", ".join(f"{kind} {kinds[kind]:,}" for kind in PROBE_KINDS if kinds[kind])
    topics = {probe.topic_id for probe in probes}
    return f"{many(len(probes), 'probe')} of {many(len(topics), 'knowledge point')}: {of_kinds}"


def _write(probes: Sequence[Probe], path: Path) -> None:
    text = "".join(json.dumps(record_of(probe), ensure_ascii=False) + "\n" for probe in probes)
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    click.echo(f"Written: {path}, {_summary(probes)}", err=True)


def _tell_scores(
    probes: Sequence[Probe],
    answers: Mapping[str, str],
    earlier: Mapping[str, str] | None,
    plot: str | None,
    as_json: bool,
) -> None:
    scores = scores_by_branch(probes, answers, earlier)
    missing = unanswered(probes, answers)
    if as_json:
        click.echo(
            json.dumps(
                {"scores": list(map(asdict, scores)), "unanswered": missing},
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        _table(
            "branch",
            [score for score in scores if score.kind == ALL],
            "branch",
            earlier is not None,
        )
        click.echo()
        _table(
            "kind", [score for score in scores if score.branch == ALL], "kind", earlier is not None
        )
    if missing:
        click.echo(
            f"{many(len(missing), 'probe')} of {len(probes):,} without an answer; they do not "
            "count.",
            err=True,
        )
    if plot is not None:
        shown = [score for score in scores if score.kind == ALL]
        ends = [(score.low, score.high) for score in shown]
        path = bars(
            "Probes of memory",
            [score.branch for score in shown],
            [score.score for score in shown],
            ends,
            plot,
        )
        click.echo(f"Written: {path}", err=True)


def _table(title: str, scores: Sequence[Score], name: str, compared: bool) -> None:
    click.echo(
        f"{'points':>7} {'n':>7} {'score':>7} {'exact':>7} {'change':>8}  {title}"
        if compared
        else _head(title)
    )
    for score in scores:
        figures = f"{score.points:>7,} {score.n:>7,} {score.score:>7.1%} {score.exact:>7.1%}"
        change = f" {_signed(score.change):>8}" if compared else ""
        click.echo(f"{figures}{change}  {printable(_named(score, name))}")


def _head(title: str) -> str:
    return f"{'points':>7} {'n':>7} {'score':>7} {'exact':>7}  {title}"


def _named(score: Score, name: str) -> Any:
    return score.branch if name == "branch" else score.kind


def _signed(change: float | None) -> str:
    """Format a change in percentage points; `-` where the other run answered none."""
    return "-" if change is None else f"{100 * change:+.1f}"
