"""Command `export`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from structtuning_plugin import __version__, plugins
from structtuning_plugin.build.context import BuildContext
from structtuning_plugin.build.pipeline import load_or_build_documents
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.commands.recipe_context import RecipeContext, open_recipe
from structtuning_plugin.config import STAGES, StageName
from structtuning_plugin.core.atomic_files import check_folder, write_whole
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.tokens import count_tokens
from structtuning_plugin.export.card import CardFacts, render_card
from structtuning_plugin.export.folder import check_output, write_folder
from structtuning_plugin.hookspecs import ExportRequest
from structtuning_plugin.taxonomy.io.json_file import to_json
from structtuning_plugin.taxonomy.io.outline_writer import render
from structtuning_plugin.taxonomy.llm_extraction.distillation_data import (
    DistillationRow,
    hold_books_out,
    is_book,
    lessons,
)

_SUFFIXES = {".json": "json", ".jsonl": "jsonl", ".md": "md", ".parquet": "parquet"}


def check_options(
    what: str | None, target: str | None, form: str | None, output: str | None
) -> None:
    """Check that the options fit together, before any work.

    Raises:
        ConfigError: If they do not.
        UsageError: If neither `--what` nor `--to` is given.
    """
    if target is None:
        if what is None:
            raise click.UsageError(
                "Say what to export: `--what taxonomy`, or `--to trl -o FOLDER`."
            )
        if output is not None and Path(output).is_dir():
            raise ConfigError(f"{output} is a folder: name a file with `-o FILE`.")
        return
    if form is not None:
        raise ConfigError("`--to` decides the form: leave `--format` out.")
    if what not in (None, *STAGES):
        raise ConfigError(f"`--to` writes rows: `{what}` has none. Allowed: {', '.join(STAGES)}.")
    if output is None:
        raise ConfigError("`--to` writes a folder: name one with `-o FOLDER`.")


def export_to(config: str, target: str, what: str | None, output: str, license_id: str) -> None:
    """Write the rows of a finished build for another toolkit, whole or not at all.

    Args:
        config: The recipe.
        target: Name of the exporter.
        what: Stage whose rows are written; None for all of the recipe.
        output: The folder.
        license_id: License for the dataset card.

    Raises:
        StructTuningError: If there is no such exporter, no finished build, or the rows cannot be
            written in this form.
    """
    exporter = plugins.find(plugins.exporters(plugins.build_plugin_manager()), target, "exporter")
    path = Path(output)
    check_output(path)
    opened = open_recipe(config)
    plan = opened.plan
    stages = [_stage(plan, what)] if what else list(plan.block.stage)
    manifests = {stage: plan.store.require(stage, plan.keys[stage]) for stage in stages}
    notices: list[str] = []

    def fill(folder: Path) -> None:
        notices.extend(exporter.write(_request(opened, stages, folder)))
        facts = _facts(plan, target, license_id, manifests, notices)
        if not (folder / "README.md").exists():
            card = render_card(facts, folder)
            (folder / "README.md").write_text(card, encoding="utf-8", newline="\n")

    mark = {"exporter": target, "built_from": {stage: plan.keys[stage] for stage in stages}}
    write_folder(path, mark, fill)
    for notice in notices:
        click.echo(notice, err=True)
    click.echo(f"Written: {output}", err=True)


def _request(opened: RecipeContext, stages: Sequence[StageName], folder: Path) -> ExportRequest:
    plan, tokenizer = opened.plan, opened.tokenizer

    def load_rows(stage: str, part: str) -> list[dict[str, Any]]:
        return plan.load_rows(_stage(plan, stage), part)

    def encode_raw(texts: Sequence[str]) -> list[list[int]]:
        rows: list[list[int]] = tokenizer(list(texts))["input_ids"]
        return rows

    parts = ("train", "eval") if plan.block.eval else ("train",)
    return ExportRequest(
        folder=folder,
        parts={
            stage: tuple(part for part in parts if (plan.folder(stage) / part).is_dir())
            for stage in stages
        },
        rows=load_rows,
        sequence_len=plan.facts.sequence_len,
        codec=opened.codec,
        encode_raw=encode_raw,
        eos_text=str(tokenizer.eos_token),
    )


def _facts(
    plan: Plan,
    target: str,
    license_id: str,
    manifests: Mapping[StageName, Mapping[str, Any]],
    notices: Sequence[str],
) -> CardFacts:
    documents = plan.store.require("documents", plan.keys["documents"])
    dropped: Counter[str] = Counter()
    for manifest in manifests.values():
        dropped |= Counter(manifest["counts"]["dropped"])
    return CardFacts(
        domain=plan.block.domain,
        exporter=target,
        license=license_id,
        version=__version__,
        seed=plan.seed,
        sequence_len=plan.facts.sequence_len,
        stages={
            stage: {part: manifest["counts"][part] for part in ("train", "eval")}
            for stage, manifest in manifests.items()
        },
        languages=documents["counts"]["languages"],
        sources=list(documents["sources"]),
        dropped=dict(sorted(dropped.items())),
        notices=notices,
    )


def export_command(
    config: str, what: str, form: str | None, output: str | None, held_out: float
) -> None:
    """Write a part of a build to a file or to standard output.

    Raises:
        ConfigError: If the form does not exist for this part, or the file cannot be written.
    """
    form = (
        form
        or _SUFFIXES.get(Path(output or "").suffix.lower())
        or ("json" if what == "taxonomy" else "jsonl")
    )
    if (what != "taxonomy" and form == "md") or (
        what == "taxonomy" and form in ("jsonl", "parquet")
    ):
        allowed = "json, md" if what == "taxonomy" else "json, jsonl, parquet"
        raise ConfigError(f"`{what}` cannot be written as {form}. Allowed: {allowed}.")
    if form == "parquet" and output is None:
        raise ConfigError("Parquet is binary: name a file with `-o FILE`.")
    if output is not None:
        check_folder(output)
    opened = open_recipe(config)
    if what == "structurizer":
        _write_lessons(opened, form, output, held_out)
    else:
        _write(_content(opened.plan, what, form), form, output)


def _write_lessons(opened: RecipeContext, form: str, output: str | None, share: float) -> None:
    """Write training rows to one file and held-out rows to another, or all to standard output."""
    rows = hold_books_out(_lessons(opened), share, opened.plan.seed)
    longest = max(
        count_tokens(
            opened.codec, ["".join(turn["content"] for turn in row.messages) for row in rows]
        )
    )
    click.echo(
        f"The longest row has {longest:,} tokens: train with a `sequence_len` that has room for "
        "it.",
        err=True,
    )
    if output is None:
        _write([asdict(row) for row in rows], form, None)
        return
    path = Path(output)
    _write_part([row for row in rows if not row.held_out], form, path)
    held_out, aside = (
        [row for row in rows if row.held_out],
        path.with_name(f"{path.stem}.held_out{path.suffix}"),
    )
    if held_out:
        _write_part(held_out, form, aside)
    else:
        aside.unlink(missing_ok=True)  # what an earlier export held out is trained on now
        click.echo(
            "Nothing is held out: leave `test_datasets` out of the recipe that trains on this.",
            err=True,
        )


def _write_part(rows: list[DistillationRow], form: str, path: Path) -> None:
    _write([asdict(row) for row in rows], form, str(path))
    click.echo(f"{len(rows):,} rows of {len({row.document_id for row in rows}):,} books", err=True)


def _lessons(opened: RecipeContext) -> list[DistillationRow]:
    progress, plan = Progress(), opened.plan
    build_context = BuildContext(plan, opened.codec, progress)
    with closing(build_context.pool):
        documents = load_or_build_documents(build_context)
    books = [document for document in documents if is_book(document)]
    if not books:
        raise ConfigError(
            "No document of the corpus has headings, so none can show how a text is structured."
        )
    options = (
        plan.block.taxonomy.options if plan.block.taxonomy.extractor in ("auto", "llm") else {}
    )
    context = replace(build_context.extraction, options=options)

    async def collect() -> list[DistillationRow]:
        with progress.stage("asking about books with headings", len(books)) as step:
            return [lesson async for lesson in lessons(books, context, step)]

    return run(collect())


def _content(plan: Plan, what: str, form: str) -> Any:
    if what in STAGES:
        return plan.load_rows(_stage(plan, what))
    root, documents, chunks = plan.load_taxonomy()
    if what == "documents":
        return [asdict(document) for document in documents]
    if what == "chunks":
        return [asdict(chunk) for chunk in chunks]
    return render(root, documents) if form == "md" else to_json(root, documents)


def _stage(plan: Plan, what: str) -> StageName:
    for stage in plan.block.stage:
        if stage == what:
            return stage
    raise ConfigError(
        f"This recipe builds no `{what}`: its block says `stage: {', '.join(plan.block.stage)}`."
    )


def _write(content: Any, form: str, output: str | None) -> None:
    if form == "parquet":
        _replace(Path(str(output)), lambda path: _parquet(content, path))
        return
    if form == "jsonl":
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in content)
    else:
        text = (
            content
            if isinstance(content, str)
            else json.dumps(content, ensure_ascii=False, indent=2)
        )
    if output is None:
        click.echo(text)
    else:
        _replace(
            Path(output), lambda path: path.write_text(text + "\n", encoding="utf-8", newline="\n")
        )


def _parquet(rows: Iterable[dict[str, Any]], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    write_whole(path, write)
    click.echo(f"Written: {path}", err=True)
