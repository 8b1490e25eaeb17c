"""`export`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from structtuning_plugin import artifacts
from structtuning_plugin.commands.opening import open_recipe
from structtuning_plugin.errors import ConfigError
from structtuning_plugin.pipeline import Plan
from structtuning_plugin.taxonomy.files import to_json
from structtuning_plugin.taxonomy.outlines import render

_SUFFIXES = {".json": "json", ".jsonl": "jsonl", ".md": "md", ".parquet": "parquet"}


def export_command(config: str, what: str, form: str | None, output: str | None) -> None:
    form = form or _SUFFIXES.get(Path(output or "").suffix.lower()) or ("json" if what == "taxonomy" else "jsonl")
    if (what != "taxonomy" and form == "md") or (what == "taxonomy" and form in ("jsonl", "parquet")):
        allowed = "json, md" if what == "taxonomy" else "json, jsonl, parquet"
        raise ConfigError(f"`{what}` cannot be written as {form}. Allowed: {allowed}.")
    if form == "parquet" and output is None:
        raise ConfigError("Parquet is binary: name a file with `-o FILE`.")
    plan = open_recipe(config).plan
    _write(_content(plan, what, form), form, output)


def _content(plan: Plan, what: str, form: str) -> Any:
    if what == "scpt":
        plan.store.require("scpt", plan.keys["scpt"])
        return artifacts.load_rows(plan.train_dir)
    root, documents, chunks = plan.load_taxonomy()
    if what == "documents":
        return [asdict(document) for document in documents]
    if what == "chunks":
        return [asdict(chunk) for chunk in chunks]
    return render(root, documents) if form == "md" else to_json(root, documents)


def _write(content: Any, form: str, output: str | None) -> None:
    if form == "parquet":
        _replace(Path(str(output)), lambda path: _parquet(content, path))
        return
    if form == "jsonl":
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in content)
    else:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
    else:
        _replace(Path(output), lambda path: path.write_text(text + "\n", encoding="utf-8", newline="\n"))


def _parquet(rows: Iterable[dict[str, Any]], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)


def _replace(path: Path, write: Any) -> None:
    """A file is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
    click.echo(f"Written: {path}", err=True)
