"""Command `clean`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from structtuning_plugin.build.by_document import (
    FOLDER,
    list_unused,
    list_unused_numbers,
    remove_unused,
)
from structtuning_plugin.build.store import ARTIFACT_STAGES, Artifact, Store
from structtuning_plugin.commands.recipe_context import open_recipe
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.step_results import UnusedResults, delete_database

_UNITS = ("kB", "MB", "GB", "TB")


def clean_command(configs: Sequence[str], delete: bool, requests: bool = False) -> None:
    """List what no given recipe uses in a `work_dir`; delete it if asked to.

    Args:
        configs: Recipes with one `work_dir`.
        delete: Delete what is listed.
        requests: List the replies of language models too.

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
    used = store.with_sources({item for plan in plans for item in plan.keys.items()})
    unused, results = store.unused(used), list_unused(store, used)
    answers = [plans[0].answers] if requests and plans[0].answers.is_file() else []
    files = {
        **dict.fromkeys(list_unused_numbers(store, plans), "numbers of tokens that no recipe uses"),
        **dict.fromkeys(answers, "all replies of language models"),
    }
    for line in _list_all(unused, results, files):
        click.echo(line)
    sizes = [item.bytes for item in unused] + [each.bytes for each in results]
    total = sum((*sizes, *map(_size_of, files)))
    if not delete:
        click.echo(
            f"{len(unused)} builds of other recipes or earlier versions, "
            f"{sum(item.count for item in results):,} results of single documents, {_size(total)}."
        )
        if unused or results or files:
            click.echo("Nothing was deleted. `--yes` deletes them; a recipe can build them again.")
    else:
        _delete_builds(store, unused)
        _delete_results(store, used, results)
        _delete_files(store, files)
    for line in _other_folders(store, requests):
        click.echo(line)


def _list_all(
    unused: Sequence[Artifact], results: Sequence[UnusedResults], files: Mapping[Path, str]
) -> Iterator[str]:
    for item in unused:
        yield f"{_size(item.bytes):>10}  {item.stage}/{item.key}{_note(item)}"
    for each in results:
        name = f"{each.path.parent.name}/{each.path.name}"
        yield f"{_size(each.bytes):>10}  {name}: {each.count:,} results that no recipe uses"
    for path, content in files.items():
        yield f"{_size(_size_of(path)):>10}  {path.parent.name}/{path.name}: {content}"


def _delete_builds(store: Store, unused: Sequence[Artifact]) -> None:
    busy = [artifact for artifact in unused if not store.remove(artifact)]
    freed = sum(artifact.bytes for artifact in unused if artifact not in busy)
    click.echo(f"Deleted {len(unused) - len(busy)} builds, {_size(freed)}.")
    for artifact in busy:
        click.echo(f"Still being built, so it stays: {artifact.stage}/{artifact.key}")


def _delete_results(
    store: Store, used: Collection[tuple[str, str]], results: Sequence[UnusedResults]
) -> None:
    for each in results:
        name = f"{each.path.parent.name}/{each.path.name}"
        if remove_unused(store, used, each.path):
            click.echo(f"Deleted {each.count:,} results in {name}.")
        else:
            click.echo(f"In use by another process, so it stays: {name}")


def _delete_files(store: Store, files: Iterable[Path]) -> None:
    """Delete whole files, unless a build may be using them."""
    for path in files:
        name = f"{path.parent.name}/{path.name}"
        if store.builds_now():
            click.echo(f"A build is under way, so it stays: {name}")
        else:
            delete_database(path)
            click.echo(f"Deleted {name}.")


def _note(artifact: Artifact) -> str:
    return "" if artifact.is_complete else "  (incomplete)"


def _other_folders(store: Store, requests: bool) -> Iterator[str]:
    """Yield what is not deleted: it costs money or hours to get again, or nobody knows it."""
    contents = {
        "cache": "replies of language models and hashes of files",
        "evaluations": "answers and scores of models",
    }
    if requests:
        contents["cache"] = "hashes of files"
    for name, content in contents.items():
        folder = store.root / name
        if folder.is_dir():
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            yield f"Not considered: {name}/ ({content}), {_size(size)}."
    known = {*contents, *ARTIFACT_STAGES, FOLDER, "locks", "tmp"}
    for path in sorted(store.root.glob("*")):
        if path.name not in known:
            yield f"Not considered: {path.name} (none of ours)."


def _size_of(path: Path) -> int:
    return path.stat().st_size


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
