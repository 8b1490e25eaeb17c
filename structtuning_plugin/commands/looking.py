"""`show` and `preview`."""

from __future__ import annotations

import sys
from typing import Any

import click

from structtuning_plugin import artifacts
from structtuning_plugin.commands.opening import Opened, open_recipe
from structtuning_plugin.config import ALL_KINDS
from structtuning_plugin.errors import ConfigError, nearest
from structtuning_plugin.planning import Plan
from structtuning_plugin.taxonomy.tree import PATH_JOINT
from structtuning_plugin.types import Topic


def show_command(config: str, depth: int | None, branch: str | None = None, ids: bool = False) -> None:
    plan = open_recipe(config).plan
    root, _, chunks = plan.load_taxonomy()
    own: dict[str, list[int]] = {}
    for chunk in chunks:
        own.setdefault(chunk.topic_id, []).append(chunk.tokens)
    if branch is None:
        _show(root, own, "", "", depth, ids)
        return
    for path in _branches(root, branch):
        _show(path[-1], own, "".join(f"{_printable(topic.title)}{PATH_JOINT}" for topic in path[:-1]), "", depth, ids)


def _branches(root: Topic, text: str) -> list[tuple[Topic, ...]]:
    """Paths to the highest nodes whose titles hold the text, in any case of its letters.

    Raises:
        ConfigError: there is none.
    """
    found: list[tuple[Topic, ...]] = []
    stack: list[tuple[Topic, ...]] = [(root,)]
    while stack:
        path = stack.pop()
        if text.casefold() in path[-1].title.casefold():
            found.append(path)
        else:
            stack += [(*path, child) for child in reversed(path[-1].subtopics)]
    if not found:
        raise ConfigError(f"No title of the tree contains {text!r}. Run `show` without `--branch` to see all titles.")
    return found


def _show(topic: Topic, own: dict[str, list[int]], branch: str, indent: str, depth: int | None, ids: bool = False) -> None:
    sizes = [size for node in topic.walk() for size in own.get(node.id, ())]
    source = "" if topic.source in ("headings", "folders", "document") else f", {topic.source}"
    figures = f"{many(len(sizes), 'chunk')}, {many(sum(sizes), 'token')}{source}{f', {topic.id}' if ids else ''}"
    click.echo(f"{branch}{_printable(topic.title)}  [{figures}]")
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
        )


def many(count: int, what: str) -> str:
    """A number and its noun: 1 chunk, 2 chunks."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def preview_command(config: str, kind: str | None, count: int) -> None:
    if kind is not None and kind not in ALL_KINDS:
        raise ConfigError(f"Unknown kind `{kind}`.{nearest(kind, ALL_KINDS)}")
    opened = open_recipe(config)
    rows = _rows(opened.plan)
    kinds = [kind] if kind else [name for name in ALL_KINDS if any(row["kind"] == name for row in rows)]
    for name in kinds:
        found = [row for row in rows if row["kind"] == name]
        if not found:
            raise ConfigError(
                f"This build has no samples of the kind `{name}`; it has: {', '.join(sorted({r['kind'] for r in rows}))}."
            )
        for row in found[:: max(1, len(found) // count)][:count]:
            _show_row(opened, row)


def _rows(plan: Plan) -> list[dict[str, Any]]:
    plan.store.require("scpt", plan.keys["scpt"])
    return artifacts.load_rows(plan.train_dir)


def _show_row(opened: Opened, row: dict[str, Any]) -> None:
    from structtuning_plugin.axolotl_bridge.scpt import IGNORED, encode_rows

    codec = opened.codec
    encoded = encode_rows(codec, [row["prompt"]], [row["completion"]], [row["eos"]])
    ids, labels = encoded["input_ids"][0], encoded["labels"][0]
    split = next((index for index, label in enumerate(labels) if label != IGNORED), len(labels))
    masked, trained = codec.decode(ids[:split]), codec.decode(ids[split:])
    click.secho(f"--- {row['id']}  wording {row['template']}  {split} masked + {len(ids) - split} trained tokens", bold=True)
    if sys.stdout.isatty():
        click.echo(click.style(_printable(masked), dim=True) + click.style(_printable(trained), fg="green"))
    else:
        click.echo(f"{_printable(masked)}⟦{_printable(trained)}⟧")
    click.echo()


def _printable(text: str) -> str:
    """Corpus text must not steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
