"""Command `clean`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from structtuning_plugin.build.store import Artifact, Store
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.errors import ConfigError

_UNITS = ("kB", "MB", "GB", "TB")


def clean_command(configs: Sequence[str], delete: bool) -> None:
    """List the artifacts of a `work_dir` that no given recipe uses; delete them if asked to.

    Args:
        configs: Recipes with one `work_dir`.
        delete: Delete what is listed.

    Raises:
        ConfigError: If the recipes have different `work_dir`s.
    """
    plans = [open_recipe(config).plan for config in configs]
    roots = sorted({str(Path(plan.block.work_dir).resolve()) for plan in plans})
    if len(roots) > 1:
        raise ConfigError(
            f"The recipes have different folders in `work_dir`: {', '.join(roots)}. Give the "
            "recipes of one `work_dir` at a time."
        )
    store = plans[0].store
    wanted = {(stage, key) for plan in plans for stage, key in plan.keys.items()}
    unused = store.unused(store.with_sources(wanted))
    for artifact in unused:
        click.echo(f"{_size(artifact.bytes):>10}  {artifact.stage}/{artifact.key}{_note(artifact)}")
    total = _size(sum(artifact.bytes for artifact in unused))
    if not delete:
        click.echo(f"{len(unused)} builds of other recipes or earlier versions, {total}.")
        if unused:
            click.echo(
                "Nothing was deleted. `--delete` deletes them; a recipe can build them again."
            )
    else:
        busy = [artifact for artifact in unused if not store.remove(artifact)]
        freed = sum(artifact.bytes for artifact in unused if artifact not in busy)
        click.echo(f"Deleted {len(unused) - len(busy)} builds, {_size(freed)}.")
        for artifact in busy:
            click.echo(f"Still being built, so it stays: {artifact.stage}/{artifact.key}")
    for line in _other_folders(store):
        click.echo(line)


def _note(artifact: Artifact) -> str:
    return "" if artifact.is_complete else "  (incomplete)"


def _other_folders(store: Store) -> Iterator[str]:
    """Yield what `clean` never deletes: it costs money or hours to get again."""
    for name, content in (
        ("cache", "replies of language models and hashes of files"),
        ("evaluations", "answers and scores of models"),
    ):
        folder = store.root / name
        if folder.is_dir():
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            yield f"Not considered: {name}/ ({content}), {_size(size)}."


def _size(count: float) -> str:
    """Format bytes.

    >>> [_size(count) for count in (0, 999, 1_000, 2_345_678)]
    ['0 B', '999 B', '1.0 kB', '2.3 MB']
    """
    if count < 1_000:
        return f"{count:.0f} B"
    power = 1
    while count >= 1_000 ** (power + 1) and power < len(_UNITS):
        power += 1
    return f"{count / 1_000**power:.1f} {_UNITS[power - 1]}"
