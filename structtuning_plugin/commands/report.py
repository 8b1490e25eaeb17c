"""Command `report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.atomic_files import check_folder, write_whole
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.evaluation.ablation.table import Row, table
from structtuning_plugin.evaluation.report.likelihoods import measured
from structtuning_plugin.evaluation.report.page import page
from structtuning_plugin.evaluation.report.plots import check_extra
from structtuning_plugin.evaluation.report.probes import remembered
from structtuning_plugin.evaluation.report.runs import Runs, read_runs
from structtuning_plugin.evaluation.report.scores import evaluated, scored
from structtuning_plugin.evaluation.report.sections import (
    arms,
    arms_measured,
    left_out,
    predicted,
    read_first,
)
from structtuning_plugin.evaluation.report.types import Section
from structtuning_plugin.questions.probes.files import Probe

_SUFFIX = ".html"


def report_command(
    config: str, runs: Sequence[str], against: str | None, ablation: str | None, output: str
) -> None:
    """Write the page."""
    path = _check(runs, against, ablation, output)
    results = read_runs(runs, against)
    trials = table(Path(ablation)) if ablation else None
    plan = open_recipe(config).plan
    text = page(f"Evaluation: {plan.block.domain}", _sections(plan, results, trials))
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    click.echo(f"Written: {path}", err=True)


def _check(runs: Sequence[str], against: str | None, ablation: str | None, output: str) -> Path:
    path = Path(output)
    if against and not runs:
        raise ConfigError(f"`--against {against}` needs a run to compare: add `--run RUN`.")
    if not runs and ablation is None:
        raise ConfigError(
            "A report needs something to tell: give a run with `--run`, an ablation with "
            "`--ablation`, or both."
        )
    if path.suffix.lower() != _SUFFIX:
        raise ConfigError(
            f"A report cannot be written as `{path.name}`. Give it the suffix {_SUFFIX}."
        )
    check_folder(output)
    check_extra()
    return path


def _sections(plan: Plan, runs: Runs, trials: Sequence[Row] | None) -> list[Section]:
    of_runs: list[Section | None] = []
    if runs.runs:
        of_runs = [
            evaluated(runs, plan.block.domain),
            scored(runs, plan.seed),
            measured(runs, plan.seed),
            remembered(runs, _probes(plan)),
            predicted(runs),
            left_out(runs),
            read_first(runs),
        ]
    of_arms = [arms(trials), arms_measured(trials)] if trials is not None else []
    return [section for section in (*of_runs, *of_arms) if section is not None]


def _probes(plan: Plan) -> list[Probe]:
    """Build the probes of the tree; none, with a notice, if no tree is built."""
    from structtuning_plugin.build.held_out import build_probes, split_corpus

    if plan.block.probes is None:
        return []
    try:
        return build_probes(plan, split_corpus(plan, *plan.load_taxonomy()))
    except ArtifactError as error:
        click.echo(f"The report has no section of probes: {error}", err=True)
        return []
