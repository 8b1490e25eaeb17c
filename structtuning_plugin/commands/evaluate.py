"""Command `evaluate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table

from structtuning_plugin.commands.model_under_test import Options, Target
from structtuning_plugin.commands.recipe_context import Opened, open_recipe
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hashing import fingerprint
from structtuning_plugin.core.progress import Progress, printable
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import perplexity as texts
from structtuning_plugin.evaluation import predictions as running
from structtuning_plugin.evaluation import results as report
from structtuning_plugin.evaluation import tasks
from structtuning_plugin.evaluation.predictions import Run, load_scores, open_run
from structtuning_plugin.evaluation.prompts import Prompter
from structtuning_plugin.evaluation.types import Asked
from structtuning_plugin.questions.files import loading as reading

# A new number makes old answers count no more.
_VERSION = 1


def evaluate_command(config: str, options: Options, as_json: bool) -> None:
    """Ask the questions, grade the answers, and print the scores."""
    _check(options)
    opened = open_recipe(config)
    theirs = load_scores(Path(options.against)) if options.against else None
    passages = texts.texts_of(opened.plan, options.perplexity)
    questions, dropped = _asked(opened, options)
    target = Target(opened, options, Progress())
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


def _evaluated(
    run: Run,
    questions: Sequence[Asked],
    dropped: Sequence[Dropped],
    target: Target,
    passages: Mapping[str, Sequence[str]],
    theirs: Mapping[str, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    options, plan, progress = target.options, target.opened.plan, target.progress
    if run.moved is not None:
        progress.say(f"answers of another model or other settings were set aside as {run.moved}")
    dropped = [*dropped, *running.answer_all(questions, run, lambda: target.answerer, progress)]
    graded = running.grade_all(questions, run.kept, plan.questions.formats)
    scores = {**target.names, **report.figures(graded, dropped, plan.seed)}
    scores |= {"style": options.style, "max_new_tokens": options.most, "folder": str(run.folder)}
    if passages:
        scores["perplexity"] = target.perplexities(passages)
    if theirs is not None:
        scores["against"] = {"run": options.against, **report.against(graded, theirs, plan.seed)}
    run.finish(graded, dropped, scores)
    return scores


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
    if options.server and options.perplexity:
        raise ConfigError(
            "`--perplexity` needs the model itself: a server tells no probabilities. Take "
            "`--server` out."
        )


def _asked(opened: Opened, options: Options) -> tuple[list[Asked], list[Dropped]]:
    plan = opened.plan
    formats, settings = plan.questions.formats, plan.block.ssft
    if options.tasks:
        files = tasks.files_of(options.tasks, formats)
    else:
        files = list(plan.questions.holdout) or reading.discover(settings.holdout, formats)
    if not files and options.perplexity:
        return [], []
    questions, dropped = tasks.load(files, formats, plan.block.on_error, options.limit)
    prompter = Prompter(
        formats=formats,
        wordings=plan.wordings["qa"],
        domain=plan.block.domain,
        system=settings.system,
        style=options.style,
    )
    return prompter.ask(questions), dropped


def _folder(opened: Opened, settings: Mapping[str, Any], questions: Sequence[Asked]) -> Path:
    """Return the folder of a run, one for each model, settings and questions."""
    return (
        Path(opened.plan.block.work_dir)
        / "evaluations"
        / fingerprint(settings, [[a.key, a.prompt] for a in questions])
    )


def options_of(values: Mapping[str, Any]) -> Options:
    """Convert click's values to options."""
    return Options(**cast(dict[str, Any], values))
