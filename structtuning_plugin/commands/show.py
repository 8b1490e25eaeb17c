"""Commands `show` and `preview`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import click

from structtuning_plugin.commands.recipe_context import RecipeContext, open_recipe
from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.core.progress import printable
from structtuning_plugin.core.types import Document, Message, Topic
from structtuning_plugin.taxonomy.tree import PATH_JOINT


def show_command(
    config: str,
    depth: int | None,
    branch: str | None = None,
    ids: bool = False,
    why: bool = False,
) -> None:
    """Print the tree, or its branches whose titles contain a text.

    Args:
        config: The recipe.
        depth: Levels to show below the first; None for all.
        branch: Text in the titles of the branches to show.
        ids: Whether to show the ids of the topics.
        why: Whether to show the evidence for each heading.
    """
    plan = open_recipe(config).plan
    root, documents, chunks = plan.load_taxonomy()
    notes = _evidence(root, documents) if why else {}
    own: dict[str, list[int]] = {}
    for chunk in chunks:
        own.setdefault(chunk.topic_id, []).append(chunk.tokens)
    if branch is None:
        _show(root, own, "", "", depth, ids, notes)
        return
    for path in _branches(root, branch):
        _show(
            path[-1],
            own,
            "".join(f"{printable(topic.title)}{PATH_JOINT}" for topic in path[:-1]),
            "",
            depth,
            ids,
            notes,
        )


def _evidence(root: Topic, documents: Sequence[Document]) -> dict[str, str]:
    """Return by the id of its topic the evidence for each heading."""
    headings = {
        (document.id, heading.start, heading.title): heading
        for document in documents
        for heading in document.headings
    }
    notes = {}
    for topic in root.walk():
        span = topic.spans[0] if topic.spans else None
        heading = headings.get((span.document_id, span.start, topic.title)) if span else None
        if heading is not None:
            names = ", ".join(heading.evidence) or "marked as a heading"
            notes[topic.id] = f"{heading.origin} {heading.score:.2f}: {names}"
    return notes


def _branches(root: Topic, text: str) -> list[tuple[Topic, ...]]:
    """Find the paths to the highest nodes whose titles contain the text, in any case.

    Raises:
        ConfigError: If there is none.
    """
    branches: list[tuple[Topic, ...]] = []
    stack: list[tuple[Topic, ...]] = [(root,)]
    while stack:
        path = stack.pop()
        if text.casefold() in path[-1].title.casefold():
            branches.append(path)
        else:
            stack += [(*path, child) for child in reversed(path[-1].subtopics)]
    if not branches:
        raise ConfigError(
            f"No title of the tree contains {text!r}. Run `show` without `--branch` to see all "
            "titles."
        )
    return branches


def _show(
    topic: Topic,
    own: dict[str, list[int]],
    branch: str,
    indent: str,
    depth: int | None,
    ids: bool,
    notes: Mapping[str, str],
) -> None:
    sizes = [size for node in topic.walk() for size in own.get(node.id, ())]
    source = "" if topic.source in ("headings", "folders", "document") else f", {topic.source}"
    figures = f"{many(len(sizes), 'chunk')}, {many(sum(sizes), 'token')}{source}"
    if ids:
        figures += f", {topic.id}"
    note = f"  ({printable(notes[topic.id])})" if topic.id in notes else ""
    click.echo(f"{branch}{printable(topic.title)}  [{figures}]{note}")
    if depth == 0:
        return
    for child in topic.subtopics:
        last = child is topic.subtopics[-1]
        _show(
            child,
            own,
            indent + ("└─ " if last else "├─ "),
            indent + ("   " if last else "│  "),
            None if depth is None else depth - 1,
            ids,
            notes,
        )


def many(count: int, what: str) -> str:
    """Format a number and its noun: 1 chunk, 2 chunks."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def preview_command(config: str, kind: str | None, count: int) -> None:
    """Print samples of a kind, or of every kind.

    Raises:
        ConfigError: If the kind is unknown, or the build has no sample of it.
    """
    opened = open_recipe(config)
    kinds_by_name = opened.plan.kinds
    if kind is not None and kind not in kinds_by_name:
        raise ConfigError(f"Unknown kind `{kind}`.{nearest(kind, kinds_by_name)}")
    rows = [row for stage in opened.plan.block.stage for row in opened.plan.load_rows(stage)]
    built = {row["kind"] for row in rows}
    kinds = [kind] if kind else [name for name in kinds_by_name if name in built]
    for name in kinds:
        matches = [row for row in rows if row["kind"] == name]
        if not matches:
            raise ConfigError(
                f"This build has no samples of the kind `{name}`; it has: "
                f"{', '.join(sorted(built))}."
            )
        for row in matches[:: max(1, len(matches) // count)][:count]:
            show_row(opened, row)


def show_row(opened: RecipeContext, row: dict[str, Any]) -> None:
    """Print a row decoded from its ids, with trained tokens marked."""
    from structtuning_plugin.axolotl_bridge.scpt import IGNORED

    encoded = _encoded(opened, row)
    ids, labels = encoded["input_ids"], encoded["labels"]
    trained = sum(label != IGNORED for label in labels)
    name = printable(f"{row['id']}  wording {row['template']}")
    click.secho(f"--- {name}  {len(ids) - trained} masked + {trained} trained tokens", bold=True)
    for is_trained, run in groupby(
        zip(ids, labels, strict=True), key=lambda pair: pair[1] != IGNORED
    ):
        text = printable(opened.codec.decode([token for token, _ in run]))
        if sys.stdout.isatty():
            click.echo(
                click.style(text, fg="green") if is_trained else click.style(text, dim=True),
                nl=False,
            )
        else:
            click.echo(f"⟦{text}⟧" if is_trained else text, nl=False)
    click.echo("\n")


def _encoded(opened: RecipeContext, row: dict[str, Any]) -> dict[str, list[int]]:
    from structtuning_plugin.axolotl_bridge.chat import AxolotlChat
    from structtuning_plugin.axolotl_bridge.scpt import encode_rows

    if "messages" in row and isinstance(opened.chat, AxolotlChat):
        return opened.chat.tokenised(
            [Message(role=m["role"], content=m["content"]) for m in row["messages"]]
        )
    encoded = encode_rows(opened.codec, [row["prompt"]], [row["completion"]], [row["eos"]])
    return {name: values[0] for name, values in encoded.items()}
