"""`axolotl structtuning ...`, also `python -m structtuning_plugin ...`. Imports click alone until a command runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

_CONFIG = click.argument("config", type=click.Path(dir_okay=False))


def _clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Our errors become one message and exit status 1; anything else is a bug and keeps its traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from structtuning_plugin.errors import StructTuningError

        try:
            command(*args, **kwargs)
        except StructTuningError as error:
            raise click.ClickException(str(error)) from None

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def structtuning() -> None:
    """Structure-aware pre-training and instruction tuning: build, look at and export their data."""


@structtuning.command()
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, and nothing else on standard output.")
@_clear_errors
def build(config: str, as_json: bool) -> None:
    """Build everything for the recipe CONFIG, as `axolotl preprocess` would, and say what was built.

    \b
    axolotl structtuning build example_configs/quickstart.yaml
    """
    from structtuning_plugin.commands import building

    building.build_command(config, as_json)


@structtuning.command()
@_CONFIG
@click.option("--depth", type=click.IntRange(min=0), default=None, help="Levels to show beneath the first; all by default.")
@click.option("--branch", default=None, help="Show only the branches whose title contains this text, with their path.")
@click.option("--ids", is_flag=True, help="Show the ids of the topics too.")
@_clear_errors
def show(config: str, depth: int | None, branch: str | None, ids: bool) -> None:
    """Show the knowledge tree of the recipe CONFIG, with chunks and tokens of each branch.

    \b
    axolotl structtuning show example_configs/quickstart.yaml --depth 2
    """
    from structtuning_plugin.commands import looking

    looking.show_command(config, depth, branch, ids)


@structtuning.command()
@_CONFIG
@click.option("--kind", default=None, help="Show samples of this kind only.")
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, help="Samples of each kind.")
@_clear_errors
def preview(config: str, kind: str | None, count: int) -> None:
    """Show samples as the model will get them: decoded from their ids, trained and masked tokens told apart.

    On a terminal trained text is green and masked text dim; elsewhere trained text stands between ⟦ and ⟧.

    \b
    axolotl structtuning preview example_configs/quickstart.yaml --kind locate --count 3
    """
    from structtuning_plugin.commands import looking

    looking.preview_command(config, kind, count)


@structtuning.command()
@_CONFIG
@click.option(
    "--what",
    type=click.Choice(["taxonomy", "documents", "chunks", "scpt", "ssft", "structurizer"]),
    required=True,
    help="What to export.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "md", "parquet"]),
    default=None,
    help="By default the suffix of the output file decides, else json for the taxonomy and jsonl for the rest.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), default=None, help="File to write; standard output by default.")
@click.option(
    "--held-out",
    type=click.FloatRange(0, 0.5),
    default=0.1,
    show_default=True,
    help="structurizer: share of the rows that whole books of their own are held out for, into FILE.held_out.SUFFIX.",
)
@_clear_errors
def export(config: str, what: str, form: str | None, output: str | None, held_out: float) -> None:
    """Write the taxonomy, documents, chunks or samples of the recipe CONFIG to a file.

    `structurizer` writes training data for a model that structures texts without headings, made from those with headings.

    \b
    axolotl structtuning export example_configs/quickstart.yaml --what taxonomy -o taxonomy.json
    """
    from structtuning_plugin.commands import exporting

    exporting.export_command(config, what, form, output, held_out)


@structtuning.command()
@_CONFIG
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), default=None, help="Requests a second that the server answers."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, and nothing else on standard output.")
@_clear_errors
def estimate(config: str, rate: float | None, as_json: bool) -> None:
    """Say what building the recipe CONFIG would ask the language model: requests, tokens, time. Nothing is sent.

    Without --rate, each of `llm.max_concurrency` requests under way is taken to need two seconds.

    \b
    axolotl structtuning estimate example_configs/llm_taxonomy.yaml --rate 10
    """
    from structtuning_plugin.commands import estimating

    estimating.estimate_command(config, rate, as_json)


@structtuning.command()
@_CONFIG
@click.argument("sample_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, and nothing else on standard output.")
@_clear_errors
def trace(config: str, sample_id: str, as_json: bool) -> None:
    """Say where the sample ID of the recipe CONFIG comes from: wordings, topics, chunks with file and span, question, model.

    \b
    axolotl structtuning trace example_configs/quickstart_ssft.yaml reasoned/workshop.jsonl#1
    """
    from structtuning_plugin.commands import tracing

    tracing.trace_command(config, sample_id, as_json)


@structtuning.command()
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="Print all points as JSON, and nothing else on standard output.")
@_clear_errors
def coverage(config: str, as_json: bool) -> None:
    """Say which knowledge points of the recipe CONFIG have no chunk, no sample or no question of yours, branch by branch.

    \b
    axolotl structtuning coverage example_configs/quickstart_ssft.yaml
    """
    from structtuning_plugin.commands import tracing

    tracing.coverage_command(config, as_json)


@structtuning.command()
@_CONFIG
@_clear_errors
def validate(config: str) -> None:
    """Check all of the recipe CONFIG that can be checked without the long work, an edited taxonomy too.

    \b
    axolotl structtuning validate example_configs/quickstart.yaml
    """
    from structtuning_plugin.commands import building

    building.validate_command(config)


@structtuning.command()
@_clear_errors
def schema() -> None:
    """Print the JSON schema of the `structtuning:` block.

    \b
    axolotl structtuning schema > structtuning.schema.json
    """
    import json

    from structtuning_plugin.config import StructTuningConfig

    click.echo(json.dumps(StructTuningConfig.model_json_schema(), indent=2, ensure_ascii=False))
