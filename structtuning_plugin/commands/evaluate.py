"""Command `evaluate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table

from structtuning_plugin.commands.model_under_test import MEASURES, ModelUnderTest, Options
from structtuning_plugin.commands.recipe_context import RecipeContext, open_recipe
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.progress import Progress, printable
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import likelihood, tasks
from structtuning_plugin.evaluation import perplexity as texts
from structtuning_plugin.evaluation import predictions as running
from structtuning_plugin.evaluation import results as report
from structtuning_plugin.evaluation.predictions import (
    Run,
    load_likelihoods,
    load_scores,
    open_run,
)
from structtuning_plugin.evaluation.types import Graded, PromptedQuestion
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.questions.prompts import PromptBuilder
from structtuning_plugin.taxonomy.titles import display_title

# A new number makes old answers count no more.
_VERSION = 1


def evaluate_command(config: str, options: Options, as_json: bool) -> None:
    """Ask the questions, grade the answers, and print the scores."""
    _check(options)
    opened = open_recipe(config)
    theirs = _theirs(options)
    passages = texts.texts_of(opened.plan, options.perplexity)
    questions, dropped = _asked(opened, options)
    target = ModelUnderTest(opened, options, Progress())
    settings = {
        **target.identity,
        "style": options.style,
        "max_new_tokens": options.most,
        "version": _VERSION,
    }
    folder = Path(options.output) if options.output else _folder(opened, settings, questions)
    with open_run(folder, settings) as run:
        scores = _evaluated(run, questions, dropped, target, passages, theirs)
    if as_json:
        click.echo(json.dumps(scores, indent=2, ensure_ascii=False))
        return
    _print_closing(scores)
    click.echo(printable(f"Answers and scores are in {folder}"))


def _print_closing(scores: Mapping[str, Any]) -> None:
    if not sys.stdout.isatty():
        click.echo(printable("\n".join(report.closing_lines(scores))))
        return
    table = Table(title="Evaluation", show_header=False, title_justify="left")
    for name, value in report.closing_rows(scores):
        table.add_row(printable(name), printable(value))
    Console(markup=False, highlight=False).print(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Theirs:
    """Results of the run to compare with; None for what is not measured."""

    graded: Mapping[str, Mapping[str, Any]] | None
    likelihoods: Mapping[str, Mapping[str, Any]] | None


def _theirs(options: Options) -> _Theirs | None:
    if not options.against:
        return None
    folder = Path(options.against)
    return _Theirs(
        graded=load_scores(folder) if options.generates else None,
        likelihoods=load_likelihoods(folder) if options.scores_likelihoods else None,
    )


def _evaluated(
    run: Run,
    questions: Sequence[PromptedQuestion],
    dropped: Sequence[Dropped],
    target: ModelUnderTest,
    passages: Mapping[str, Sequence[str]],
    theirs: _Theirs | None,
) -> dict[str, Any]:
    options, plan, progress = target.options, target.opened.plan, target.progress
    if run.moved is not None:
        progress.say(f"answers of another model or other settings were set aside as {run.moved}")
    graded: list[Graded] | None = None
    if options.generates:
        dropped = [*dropped, *running.answer_all(questions, run, lambda: target.answerer, progress)]
        graded = running.grade_all(questions, run.kept, plan.questions.formats)
    measured, unmeasured = _measured(run, questions, target)
    dropped = [*dropped, *unmeasured]
    scores = {**target.names, **report.figures(graded or [], dropped, plan.seed)}
    scores |= {"style": options.style, "max_new_tokens": options.most, "folder": str(run.folder)}
    if options.scores_likelihoods:
        scores["likelihood"] = report.compute_likelihood_figures(measured, plan.seed)
    if passages:
        scores["perplexity"] = target.perplexities(passages)
    if theirs is not None:
        scores["against"] = _against(graded or [], measured, theirs, options, plan.seed)
    rows = map(likelihood.build_graded_row, measured) if options.scores_likelihoods else None
    run.finish(graded, dropped, scores, rows)
    return scores


def _measured(
    run: Run, items: Sequence[PromptedQuestion], target: ModelUnderTest
) -> tuple[list[likelihood.Measured], list[Dropped]]:
    """Measure likelihoods where that is asked for."""
    if not target.options.scores_likelihoods:
        return [], []
    questions = [item.question for item in items]
    wordings = target.opened.plan.wordings["qa"]
    # An answer follows its question at once, so reasoning is not asked for.
    builder = replace(_prompt_builder(target.opened, target.options), style="brief")
    prompts, dropped = likelihood.build_prompts(questions, builder, wordings)
    dropped += likelihood.score_all(
        prompts, run.scored, run.add_likelihoods, lambda: target.scorer, target.progress
    )
    return likelihood.measure_all(prompts, run.scored), dropped


def _against(
    graded: Sequence[Graded],
    measured: Sequence[likelihood.Measured],
    theirs: _Theirs,
    options: Options,
    seed: int,
) -> dict[str, Any]:
    comparison: dict[str, Any] = {"run": options.against}
    if theirs.graded is not None:
        comparison |= report.against(graded, theirs.graded, seed)
    if theirs.likelihoods is not None:
        comparison["likelihood"] = report.compare_likelihoods(measured, theirs.likelihoods, seed)
    return comparison


def _check(options: Options) -> None:
    if options.server and not options.served_model:
        raise ConfigError(
            "`--server` needs `--served-model`: give the name of the model, as the server knows it."
        )
    if options.served_model and not options.server:
        raise ConfigError(
            "`--served-model` names a model of a server: give its address with `--server`, or take "
            "it out."
        )
    if options.server and (options.model or options.adapter):
        raise ConfigError(
            "`--server` and `--model` or `--adapter` cannot go together: a model is asked there or "
            "here."
        )
    if options.server and options.scores_likelihoods:
        raise ConfigError(
            "`--measures likelihood` needs the model itself: a server tells no probabilities. Take "
            "`--server` out, or measure `generate` alone."
        )
    if options.server and options.perplexity:
        raise ConfigError(
            "`--perplexity` needs the model itself: a server tells no probabilities. Take "
            "`--server` out."
        )


def _asked(opened: RecipeContext, options: Options) -> tuple[list[PromptedQuestion], list[Dropped]]:
    plan = opened.plan
    formats, settings = plan.questions.formats, plan.block.ssft
    if options.tasks:
        files = tasks.files_of(options.tasks, formats)
    else:
        files = list(plan.questions.holdout) or reading.discover(settings.holdout, formats)
    if not files and options.perplexity:
        return [], []
    questions, dropped = tasks.load(files, formats, plan.block.on_error, options.limit)
    return tasks.build_asked(questions, _prompt_builder(opened, options)), dropped


def _prompt_builder(opened: RecipeContext, options: Options) -> PromptBuilder:
    plan = opened.plan
    return PromptBuilder(
        wordings=plan.wordings["qa"],
        domain=display_title(plan.block.domain),
        formats=plan.questions.formats,
        style=options.style,
        system=plan.block.ssft.system,
    )


def _folder(
    opened: RecipeContext, settings: Mapping[str, Any], questions: Sequence[PromptedQuestion]
) -> Path:
    """Return the folder of a run, one for each model, settings and questions."""
    return (
        Path(opened.plan.block.work_dir)
        / "evaluations"
        / fingerprint(settings, [[a.key, a.prompt] for a in questions])
    )


def options_of(values: Mapping[str, Any]) -> Options:
    """Convert click's values to options.

    Raises:
        ConfigError: If `--measures` names something else than measures.
    """
    measures = tuple(name.strip() for name in values["measures"].split(",") if name.strip())
    if not measures or not set(measures) <= set(MEASURES):
        raise ConfigError(
            f"`--measures {values['measures']}`: give one or both of {', '.join(MEASURES)}, with a "
            "comma between them."
        )
    return Options(**cast(dict[str, Any], {**values, "measures": measures}))
