"""Commands `ablate` and `arms`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.commands.recipe_context import RecipeContext, open_block
from structtuning_plugin.commands.show import many
from structtuning_plugin.config import STAGES, StageName, parse_block
from structtuning_plugin.core.atomic_files import check_folder
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.progress import Progress, printable
from structtuning_plugin.evaluation.ablation.arms import (
    Arm,
    StageBudget,
    arms_of,
    block_of_arm,
    budgets,
    parameters_of,
    tokens_per_step,
)
from structtuning_plugin.evaluation.ablation.table import Cell, Row, table
from structtuning_plugin.evaluation.ablation.writing import Trial, write
from structtuning_plugin.evaluation.report.plots import bars, check_plot
from structtuning_plugin.evaluation.report.sections import reach
from structtuning_plugin.evaluation.report.wording import p_value
from structtuning_plugin.evaluation.results import MEASURE_NAMES, format_interval, format_measure
from structtuning_plugin.samples.budget import plan_budget


def ablate_command(
    config: str, output: str, names: Sequence[str], seeds: Sequence[int], parameters: float | None
) -> None:
    """Write the files of an ablation.

    Raises:
        ConfigError: If the recipe or an arm cannot be used.
    """
    from structtuning_plugin.axolotl_bridge.recipe import tokenizer_name

    recipe, block = open_block(config)
    arms = arms_of(block, names)
    tokens_per_step(recipe)  # told before the work
    folder = Path(output).absolute()
    if (folder / "ablation.json").exists():
        raise ConfigError(f"{folder} holds an ablation already: name another folder, or remove it.")
    # The data are the same for all seeds of training: those that the recipe's own seed gives.
    raw = {**block.model_dump(mode="json"), "seed": RecipeContext.of(recipe, block).plan.seed}
    chunk_tokens = block.chunk_tokens or _shared_chunk(recipe, raw, arms)
    blocks: dict[str, dict[str, dict[str, Any]]] = {
        arm.name: {stage: block_of_arm(raw, arm, stage, chunk_tokens) for stage in STAGES}
        for arm in arms
    }
    sizes = {
        stage: [_size(recipe, blocks[arm.name][stage], stage, arm) for arm in arms]
        for stage in STAGES
    }
    by_stage = {stage: budgets(sizes[stage], recipe) for stage in STAGES}
    trials = [
        Trial(
            arm=arm,
            blocks=blocks[arm.name],
            budgets={stage: by_stage[stage][at] for stage in STAGES},
        )
        for at, arm in enumerate(arms)
    ]
    # The second stage's model brings a tokenizer of its own along, for which its rows would be
    # built again.
    recipe = {**recipe, "tokenizer_config": tokenizer_name(recipe)}
    write(recipe, trials, seeds, folder, config, Path.cwd())
    _print(
        trials,
        seeds,
        folder,
        int(parameters) if parameters else parameters_of(Path(str(recipe.get("base_model", "")))),
    )


def table_command(
    folder: str, as_json: bool, plot: str | None = None, against: str | None = None
) -> None:
    """Print the tables of an ablation's arms.

    Args:
        folder: Folder of the ablation.
        as_json: Whether to print JSON.
        plot: File to draw the scores into; None for none.
        against: Arm that the others are compared with; the first one by default.

    Raises:
        ArtifactError: If the folder holds no ablation.
        ConfigError: If there is no such arm, or the plot cannot be written.
    """
    if plot is not None:
        check_folder(plot)
        check_plot(plot)
    rows = table(Path(folder), against)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        _print_table(rows, folder)
    if plot is not None:
        _plot(rows, folder, plot)


def _plot(rows: Sequence[Row], folder: str, plot: str) -> None:
    scored = {row.arm: row.total for row in rows if row.total is not None}
    if not scored:
        raise ConfigError(
            f"No arm of {folder} has run yet, so there is nothing to draw: run "
            f"{Path(folder) / 'run.sh'} first."
        )
    means, ends = [cell.mean for cell in scored.values()], [reach(cell) for cell in scored.values()]
    click.echo(f"Written: {bars('Arms', list(scored), means, ends, plot)}", err=True)


def _print_table(rows: Sequence[Row], folder: str) -> None:
    sets = sorted({name for row in rows for name in row.by_set})
    shown = sets if len(sets) > 1 else []
    head = ["arm", "tokens", "asked", "all", "asked briefly", *shown, "what it is"]
    click.echo(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    for row in rows:
        scores = [
            _shown(cell)
            for cell in (row.total, row.brief, *(row.by_set.get(name) for name in shown))
        ]
        cells = [row.arm, f"{row.tokens:,}", row.style, *scores, row.about]
        click.echo(printable(f"| {' | '.join(cells)} |"))
    _print_measures(rows)
    missing_seeds = {row.arm: row.missing for row in rows if row.missing}
    if missing_seeds:
        seeds = "; ".join(
            f"{arm}: {', '.join(map(str, missing))}" for arm, missing in missing_seeds.items()
        )
        click.echo(
            f"\nNot run yet (seeds): {seeds}. Run {Path(folder) / 'run.sh'} again: what is done is "
            "not done again."
        )


def _print_measures(rows: Sequence[Row]) -> None:
    """Print the likelihood measures and metrics of bare answers, if there are any."""
    names = [name for name in MEASURE_NAMES if any(name in row.measures for row in rows)]
    if not names:
        return
    head = ["measure", "arm", "mean", f"difference to {rows[0].against}", "p", "n", "smallest"]
    click.echo(
        "\nBare answers, a question's mean over seeds; 95 % intervals over questions, differences "
        "paired by question, smallest difference that so many questions can show:\n"
    )
    click.echo(printable(f"| {' | '.join(head)} |\n{'|---' * len(head)}|"))
    for name in names:
        for row in rows:
            if name in row.measures:
                cells = [MEASURE_NAMES[name], row.arm, *_measure_cells(name, row)]
                click.echo(printable(f"| {' | '.join(cells)} |"))


def _measure_cells(name: str, row: Row) -> tuple[str, ...]:
    value, comparison = row.measures[name], row.differences.get(name)
    mean = format_interval(name, value)
    if comparison is None:
        return mean, "-", "-", f"{value['n']:,}", "-"
    difference, low, high = (
        format_measure(name, comparison[key], "+") for key in ("difference", "low", "high")
    )
    smallest = comparison["detectable"]
    return (
        mean,
        f"{difference} ({low} to {high})",
        p_value(comparison["p"]),
        f"{comparison['n']:,}",
        "-" if smallest is None else format_measure(name, smallest),
    )


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return f"{100 * cell.mean:.1f}" + (f" ± {100 * cell.half:.1f}" if cell.half is not None else "")


def _shared_chunk(recipe: Mapping[str, Any], raw: Mapping[str, Any], arms: Sequence[Arm]) -> int:
    """Return the longest chunk that every arm has room for, so that all train the same passages."""
    blocks = [parse_block(block_of_arm(raw, arm, "scpt", None)) for arm in arms]
    opened = RecipeContext.of(recipe, blocks[0])
    length = opened.plan.facts.sequence_len
    return min(plan_budget(length, None, block.scpt, opened.codec).chunk for block in blocks)


def _size(
    recipe: Mapping[str, Any], block: Mapping[str, Any], stage: StageName, arm: Arm
) -> tuple[int, int]:
    """Return the tokens in all and the tokens with loss of one stage, which is built if needed."""
    progress = Progress()
    progress.say(f"arm {arm.name}, {stage}")
    opened = RecipeContext.of(recipe, parse_block(block))
    build(opened.plan, opened.codec, progress, opened.chat)
    train = opened.plan.store.require(stage, opened.plan.keys[stage])["counts"]["train"]
    return train["total_tokens"], train["trained_tokens"]


def _print(
    trials: Sequence[Trial], seeds: Sequence[int], folder: Path, parameters: int | None
) -> None:
    click.echo(
        f"{'arm':<14}{'stage':<7}{'steps':>8}{'tokens':>14}{'of them trained':>17}"
        f"{'epochs':>8}{'FLOPs':>10}"
    )
    for trial in trials:
        for stage in STAGES:
            click.echo(
                f"{trial.arm.name:<14}{stage:<7}" + _figures(trial.budgets[stage], parameters)
            )
    click.echo(f"\n{many(len(trials), 'arm')} with {many(len(seeds), 'seed')} each. Now:")
    click.echo(f"  bash {folder / 'run.sh'}\n  axolotl structtuning arms {folder}")


def _figures(budget: StageBudget, parameters: int | None) -> str:
    trained = int(budget.trained * budget.epochs)
    cost = f"{budget.flops(parameters):.1e}" if parameters else "-"
    tokens = budget.steps * budget.tokens_per_step
    return f"{budget.steps:>8,}{tokens:>14,}{trained:>17,}{budget.epochs:>8.1f}{cost:>10}"
