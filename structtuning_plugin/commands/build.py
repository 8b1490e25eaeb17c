"""Commands `build` and `validate`."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from structtuning_plugin.build.context import make_pool
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.stages.documents import read_documents
from structtuning_plugin.build.summary import closing_lines, closing_rows, notices, summary
from structtuning_plugin.commands.recipe_context import RecipeContext, open_recipe
from structtuning_plugin.commands.show import many
from structtuning_plugin.config import STAGES
from structtuning_plugin.core.progress import Progress, printable
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.files import loading as reading
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.taxonomy.io.json_file import inspect
from structtuning_plugin.taxonomy.tree import per_level


def build_command(config: str, as_json: bool) -> None:
    """Build all stages and print the summary."""
    opened = open_recipe(config)
    plan = opened.plan
    if not all(plan.has(stage) for stage in plan.stages):
        Progress().say("loading the tokenizer")
        build(plan, opened.codec, Progress(), opened.chat)
    elif not as_json:
        Progress().say("everything is built already")
    if as_json:
        click.echo(json.dumps(summary(plan), indent=2, ensure_ascii=False))
    else:
        _print_closing(plan)


def _print_closing(plan: Plan) -> None:
    if not sys.stdout.isatty():
        click.echo("\n".join(closing_lines(plan)))
        return
    table = Table(title="StructTuning", show_header=False, title_justify="left")
    for name, value in closing_rows(plan):
        table.add_row(name, value)
    console = Console(markup=False, highlight=False)
    console.print(table)
    for line in notices(plan):
        console.print(line)


def validate_command(config: str) -> None:
    """Check what can be checked before the long work."""
    opened = open_recipe(config)
    plan = opened.plan
    budget = plan_budget(
        plan.facts.sequence_len, plan.block.chunk_tokens, plan.block.scpt, opened.codec
    )
    plan.check_client()
    taxonomy = _given_taxonomy(plan)
    click.echo(
        f"files          {len(plan.files)}, "
        f"{sum(file.path.stat().st_size for file in plan.files):,} bytes"
    )
    for item in plan.overlooked:
        click.echo(f"not read       {printable(f'{item.id}: {item.detail}')}")
    if taxonomy is None:
        click.echo(f"extractor      {plan.extractor.name}")
    else:
        click.echo(f"taxonomy       {taxonomy}")
    if llm := plan.block.llm:
        click.echo(
            f"model          {llm.model or llm.script} ({llm.client}), asked when the tree is built"
        )
    for stage, wordings in _wordings(plan):
        click.echo(
            f"wordings       {stage}: {len(wordings.sources)} in "
            f"{', '.join(sorted(wordings.languages()))}"
        )
    if plan.block.study is not None:
        names = ", ".join(prompt.name for prompt in plan.prompts)
        click.echo(f"study          {names}; {plan.block.study.tokens_per_token:g} per token")
    if plan.block.replay is not None:
        files = many(len(plan.questions.replay), "file")
        click.echo(f"replay         {files}, {plan.block.replay.share:.0%} of the trained tokens")
    if any(STAGES[stage].is_chat for stage in plan.block.stage):
        _validate_questions(opened)
    click.echo(
        f"tokens a row   {budget.sequence_len:,} = {budget.specials} special + {budget.prompt} "
        f"prompt + {budget.title} title "
        f"+ {budget.chunk:,} chunk, at most"
    )
    for stage in plan.block.stage:
        click.echo(f"built          {'yes' if plan.has(stage) else 'no'}, {plan.train_dir(stage)}")
    click.echo(f"axolotl        {describe_host()}")
    click.echo("The recipe can be used.")


def describe_host() -> str:
    """Describe the version of Axolotl, and that it was not tested where it was not."""
    from structtuning_plugin.axolotl_bridge.host import TESTED, host_version, is_tested

    installed = host_version()
    return installed if is_tested(installed) else f"{installed}; tested with {TESTED} only"


def _wordings(plan: Plan) -> list[tuple[str, Wordings]]:
    folders = [folder for stage in plan.block.stage for folder in STAGES[stage].template_folders]
    return [(folder, plan.wordings[folder]) for folder in folders]


def _validate_questions(opened: RecipeContext) -> None:
    """Read the sets of questions and load the chat template, to report their faults now."""
    plan = opened.plan
    questions = plan.questions
    for name, files, on_error in (
        ("questions", questions.train, plan.block.on_error),
        ("held out", questions.holdout, "raise"),
    ):
        pairs, dropped = reading.read(files, questions.formats, on_error)
        left_out = f", {many(len(dropped), 'record')} left out" if dropped else ""
        click.echo(f"{name:<14} {len(pairs):,} in {many(len(files), 'file')}{left_out}")
    settings = plan.block.ssft
    kinds = ", ".join(plan.selected("ssft").names)
    click.echo(
        f"samples        {kinds}; "
        f"{'chat template' if opened.chat and settings.format == 'chat' else 'plain text'}"
    )


def _read_now(plan: Plan) -> list[Document]:
    progress = Progress()
    with closing(make_pool(plan, progress)) as pool:
        return read_documents(plan, progress, pool)[0]


def _given_taxonomy(plan: Plan) -> str | None:
    """Check the file of `taxonomy.path` against the documents and summarise it; None without one.

    Built documents are used, or else the corpus is read. Nothing is written.
    """
    if plan.block.taxonomy.path is None:
        return None
    path, key = Path(plan.block.taxonomy.path), plan.keys["documents"]
    built = plan.store.manifest("documents", key) is not None
    inspection = inspect(path, plan.load_documents() if built else _read_now(plan))
    figures = [
        f"{many(sum(1 for _ in inspection.root.walk()), 'topic')} in "
        f"{many(len(per_level(inspection.root)), 'level')}",
        f"{inspection.new:,} new",
    ]
    if inspection.renamed is not None:
        figures.append(f"{inspection.renamed:,} renamed")
    if inspection.regrouped is not None:
        figures.append(f"{inspection.regrouped:,} with other text")
    return f"{path.name}: {', '.join(figures)}"
