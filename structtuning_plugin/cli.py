"""The CLI: `axolotl structtuning ...`, also `python -m structtuning_plugin ...`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

_CONFIG = click.argument("config", type=click.Path(dir_okay=False))


def _clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print our errors as one message, with exit status 1; other exceptions are bugs."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from structtuning_plugin.core.errors import StructTuningError

        try:
            command(*args, **kwargs)
        except StructTuningError as error:
            raise click.ClickException(str(error)) from None

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def structtuning() -> None:
    """Structure-aware pre-training and instruction tuning: build, inspect, export."""


@structtuning.command()
@_CONFIG
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the figures as JSON, and nothing else on standard output.",
)
@_clear_errors
def build(config: str, as_json: bool) -> None:
    """Build everything for the recipe CONFIG, as `axolotl preprocess` would, and print a summary.

    \b
    axolotl structtuning build example_configs/quickstart.yaml
    """
    from structtuning_plugin.commands import build as building

    building.build_command(config, as_json)


@structtuning.command()
@_CONFIG
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    default=None,
    help="Levels to show below the first; all by default.",
)
@click.option(
    "--branch",
    default=None,
    help="Show only the branches whose title contains this text, with their path.",
)
@click.option("--ids", is_flag=True, help="Show the ids of the topics too.")
@click.option("--why", is_flag=True, help="Show the evidence for each heading and its level too.")
@_clear_errors
def show(config: str, depth: int | None, branch: str | None, ids: bool, why: bool) -> None:
    """Show the knowledge tree of the recipe CONFIG, with chunks and tokens of each branch.

    \b
    axolotl structtuning show example_configs/quickstart.yaml --depth 2
    """
    from structtuning_plugin.commands import show as looking

    looking.show_command(config, depth, branch, ids, why)


@structtuning.command()
@_CONFIG
@click.option("--kind", default=None, help="Show samples of this kind only.")
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Samples of each kind.",
)
@_clear_errors
def preview(config: str, kind: str | None, count: int) -> None:
    """Show samples as the model gets them, decoded from their ids, with trained tokens marked.

    On a terminal, trained text is green and masked text is dim. Elsewhere trained text is between ⟦
    and ⟧.

    \b
    axolotl structtuning preview example_configs/quickstart.yaml --kind locate --count 3
    """
    from structtuning_plugin.commands import show as looking

    looking.preview_command(config, kind, count)


@structtuning.command()
@_CONFIG
@click.option(
    "--what",
    type=click.Choice(["taxonomy", "documents", "chunks", "scpt", "ssft", "structurizer"]),
    default=None,
    help="What to export; with --to by default the rows of all stages of the recipe.",
)
@click.option(
    "--to",
    "target",
    default=None,
    help="Write rows for another toolkit into the folder -o: trl, llama-factory, messages, "
    "completion, parquet, hub-folder, or a plugin's.",
)
@click.option(
    "--license",
    "license_id",
    default="unknown",
    show_default=True,
    help="--to: license of the rows, for the dataset card; an identifier of the hub.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "md", "parquet"]),
    default=None,
    help="Default: by the suffix of the output file, else json for the taxonomy and jsonl for "
    "the rest.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    default=None,
    help="File to write, or folder with --to; standard output by default.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 0.5),
    default=0.1,
    show_default=True,
    help="structurizer: share of the rows that is held out, as whole books, into "
    "FILE.held_out.SUFFIX.",
)
@_clear_errors
def export(
    config: str,
    what: str | None,
    target: str | None,
    license_id: str,
    form: str | None,
    output: str | None,
    held_out: float,
) -> None:
    """Write the taxonomy, documents, chunks or samples of the recipe CONFIG to a file.

    With --to, write the samples of a finished build for another toolkit, with a dataset card.

    `structurizer` writes training data for a model that adds structure to texts without headings,
    made from those with headings.

    \b
    axolotl structtuning export example_configs/quickstart.yaml --what taxonomy -o taxonomy.json
    """
    from structtuning_plugin.commands import export as exporting

    exporting.check_options(what, target, form, output)
    if target is not None:
        exporting.export_to(config, target, what, str(output), license_id)
    else:
        exporting.export_command(config, str(what), form, output, held_out)


@structtuning.command()
@_CONFIG
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    help="Requests a second that the server answers.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the figures as JSON, and nothing else on standard output.",
)
@_clear_errors
def estimate(config: str, rate: float | None, as_json: bool) -> None:
    """Estimate requests, tokens and time of the language model for CONFIG; nothing is sent.

    Without --rate, each of `llm.max_concurrency` concurrent requests is assumed to take two
    seconds.

    \b
    axolotl structtuning estimate example_configs/llm_taxonomy.yaml --rate 10
    """
    from structtuning_plugin.commands import estimate as estimating

    estimating.estimate_command(config, rate, as_json)


@structtuning.command()
@_CONFIG
@click.argument("sample_id", metavar="ID")
@click.option(
    "--json", "as_json", is_flag=True, help="Print it as JSON, and nothing else on standard output."
)
@_clear_errors
def trace(config: str, sample_id: str, as_json: bool) -> None:
    """Show the origin of the sample ID of the recipe CONFIG: templates, topics, chunks, ...

    Chunks are shown with their file and span.

    \b
    axolotl structtuning trace example_configs/quickstart_ssft.yaml reasoned/workshop.jsonl#1
    """
    from structtuning_plugin.commands import trace as tracing

    tracing.trace_command(config, sample_id, as_json)


@structtuning.command()
@_CONFIG
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print all points as JSON, and nothing else on standard output.",
)
@_clear_errors
def coverage(config: str, as_json: bool) -> None:
    """List knowledge points of the recipe CONFIG that lack a chunk, a sample or a question.

    \b
    axolotl structtuning coverage example_configs/quickstart_ssft.yaml
    """
    from structtuning_plugin.commands import trace as tracing

    tracing.coverage_command(config, as_json)


@structtuning.command()
@_CONFIG
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False),
    required=True,
    help="Folder for the recipes and all runs.",
)
@click.option(
    "--arm",
    "names",
    multiple=True,
    help="An arm; may be given several times. Default: the five main ones.",
)
@click.option(
    "--seed",
    "seeds",
    type=int,
    multiple=True,
    default=(1, 2, 3),
    show_default=True,
    help="A seed of training.",
)
@click.option(
    "--parameters",
    type=float,
    default=None,
    help="Parameters of the model, if its files are not at hand.",
)
@_clear_errors
def ablate(
    config: str,
    output: str,
    names: tuple[str, ...],
    seeds: tuple[int, ...],
    parameters: float | None,
) -> None:
    """Write recipes that measure each part of the method for the recipe CONFIG, at equal tokens.

    \b
    axolotl structtuning ablate example_configs/quickstart_ssft.yaml -o ablation
    bash ablation/run.sh
    axolotl structtuning arms ablation
    """
    from structtuning_plugin.commands import ablate as ablating

    ablating.ablate_command(config, output, names, seeds, parameters)


@structtuning.command()
@_CONFIG
@click.option(
    "--model",
    default=None,
    help="Model to ask, a folder or a name; by default the `output_dir`, else `base_model`.",
)
@click.option("--adapter", default=None, help="Adapter of peft on top of it, a folder or a name.")
@click.option(
    "--tasks",
    multiple=True,
    metavar="FILE",
    help="File or folder of questions; may be given often. By default `holdout`.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=None,
    help="Ask the first so many questions of each file.",
)
@click.option(
    "--server",
    default=None,
    metavar="URL",
    help="OpenAI-compatible server to ask instead, such as http://host:8000/v1.",
)
@click.option(
    "--served-model", default=None, metavar="NAME", help="The model's name at the server."
)
@click.option(
    "--against",
    type=click.Path(file_okay=False),
    default=None,
    metavar="RUN",
    help="Folder of a run to compare with.",
)
@click.option(
    "--style",
    type=click.Choice(["brief", "reason", "explain"]),
    default="brief",
    show_default=True,
    help="Ask for the answer alone, for structure and reasoning before it, or for reasoning "
    "alone before it.",
)
@click.option(
    "--measures",
    default="generate",
    show_default=True,
    metavar="NAMES",
    help="`generate` grades written answers, `likelihood` compares the likelihoods of right and "
    "wrong ones; `generate,likelihood` does both.",
)
@click.option(
    "--perplexity",
    multiple=True,
    metavar="FILE",
    help="Text to measure too; `held-out` is the recipe's own.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False),
    default=None,
    help="Folder to write; in `work_dir` by default.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the scores as JSON, and nothing else on standard output.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Questions at once.",
)
@click.option(
    "--max-new-tokens",
    type=click.IntRange(min=16),
    default=None,
    help="Longest answer; by default 128, or 1024 to reason.",
)
@_clear_errors
def evaluate(config: str, as_json: bool, **values: Any) -> None:
    """Ask a model the held-out questions of the recipe CONFIG, closed-book, and grade it.

    \b
    axolotl structtuning evaluate example_configs/quickstart_ssft.yaml --style reason
    """
    from structtuning_plugin.commands import evaluate as evaluating

    evaluating.evaluate_command(config, evaluating.options_of(values), as_json)


@structtuning.command()
@_CONFIG
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    default=None,
    help="JSON lines to write: a set of questions.",
)
@click.option("--kind", default=None, help="Probes of this kind only.")
@click.option(
    "--count", type=click.IntRange(min=1), default=None, help="Probes of each kind; all by default."
)
@click.option(
    "--predictions",
    default=None,
    help="Answers of a model: the folder that `evaluate -o` wrote, or a JSONL file.",
)
@click.option("--before", default=None, help="Answers of another model, to compare with.")
@click.option("--plot", default=None, help="PNG or SVG to draw the score of each branch in.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, and nothing else on standard output."
)
@_clear_errors
def probes(
    config: str,
    output: str | None,
    kind: str | None,
    count: int | None,
    predictions: str | None,
    before: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """List or write questions about knowledge points that CONFIG excludes from tuning.

    With --predictions, score a model's answers to them by branch and by kind.

    \b
    axolotl structtuning probes example_configs/quickstart_ssft.yaml -o probes.jsonl
    """
    from structtuning_plugin.commands import probes as probing

    probing.probes_command(config, output, kind, count, predictions, before, plot, as_json)


@structtuning.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the figures as JSON, and nothing else on standard output.",
)
@click.option("--plot", default=None, help="PNG or SVG to draw the score of each arm in.")
@click.option(
    "--against",
    default=None,
    metavar="ARM",
    help="Arm that the others are compared with; by default the first one.",
)
@_clear_errors
def arms(folder: str, as_json: bool, plot: str | None, against: str | None) -> None:
    """Print the scores so far of the arms in FOLDER: means over seeds, 95 % intervals.

    Likelihood measures and bare answers follow, with paired differences to one arm.

    \b
    axolotl structtuning arms ablation
    """
    from structtuning_plugin.commands import ablate as ablating

    ablating.table_command(folder, as_json, plot, against)


@structtuning.command()
@_CONFIG
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="RUN",
    help="Folder that `evaluate -o` wrote; may be given several times.",
)
@click.option(
    "--against", default=None, metavar="RUN", help="Folder of a run to compare them with."
)
@click.option("--ablation", default=None, metavar="FOLDER", help="Folder that `ablate -o` wrote.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), required=True, help="HTML file to write."
)
@_clear_errors
def report(
    config: str, runs: tuple[str, ...], against: str | None, ablation: str | None, output: str
) -> None:
    """Write evaluations with the recipe CONFIG, an ablation, or both as one HTML page.

    \b
    axolotl structtuning report example_configs/quickstart_ssft.yaml \\
      --run runs/ours --against runs/base -o report.html
    """
    from structtuning_plugin.commands import report as reporting

    reporting.report_command(config, runs, against, ablation, output)


@structtuning.command()
@click.argument("configs", nargs=-1, required=True, type=click.Path(dir_okay=False))
@click.option("--yes", "--delete", "delete", is_flag=True, help="Delete what is listed.")
@click.option("--requests", is_flag=True, help="List all replies of language models too.")
@_clear_errors
def clean(configs: tuple[str, ...], delete: bool, requests: bool) -> None:
    """List what none of the recipes CONFIGS uses in `work_dir`; delete it with --yes.

    That is builds, what a killed build left, and results of single documents. Replies of language
    models stay without --requests, evaluations always.

    \b
    axolotl structtuning clean example_configs/quickstart.yaml example_configs/quickstart_ssft.yaml
    """
    from structtuning_plugin.commands import clean as cleaning

    cleaning.clean_command(configs, delete, requests)


@structtuning.command("ask-again")
@_CONFIG
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(["taxonomy", "study", "ssft"]),
    help="Questions of this stage only; can be given twice.",
)
@click.option(
    "--faults",
    multiple=True,
    type=click.Choice(["replaced", "repaired", "left_out"]),
    help="Questions with this outcome only; can be given several times.",
)
@click.option("--dry-run", is_flag=True, help="List the questions, and remove nothing.")
@_clear_errors
def ask_again(config: str, stages: tuple[str, ...], faults: tuple[str, ...], dry_run: bool) -> None:
    """Forget the answers of questions that failed in the build of the recipe CONFIG.

    The next build asks these questions again; all other answers stay.

    \b
    axolotl structtuning ask-again example_configs/quickstart.yaml --dry-run
    """
    from structtuning_plugin.commands import ask_again as asking

    asking.ask_again_command(config, stages, faults, dry_run)


@structtuning.command()
@_CONFIG
@_clear_errors
def validate(config: str) -> None:
    """Check everything in the recipe CONFIG that needs no long work, an edited taxonomy included.

    \b
    axolotl structtuning validate example_configs/quickstart.yaml
    """
    from structtuning_plugin.commands import build as building

    building.validate_command(config)


@structtuning.command()
@_clear_errors
def schema() -> None:
    """Print the JSON schema of the `structtuning:` block.

    \b
    axolotl structtuning schema > structtuning.schema.json
    """
    from structtuning_plugin.commands.schema import schema_command

    schema_command()
