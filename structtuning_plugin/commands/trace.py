"""Commands `trace` and `coverage`: the origin of a sample, and topics without samples."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.coverage import FactCount, describe, load_facts, merge
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.commands.recipe_context import RecipeContext, open_recipe
from structtuning_plugin.commands.show import many, show_row
from structtuning_plugin.config import STAGES, StageName
from structtuning_plugin.core.errors import ConfigError, nearest
from structtuning_plugin.core.progress import printable
from structtuning_plugin.core.types import Chunk, Topic
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree

_LISTED = 20


def trace_command(config: str, sample_id: str, as_json: bool) -> None:
    """Print the origin of a sample.

    Raises:
        ConfigError: If there is no such sample.
    """
    opened = open_recipe(config)
    stages = opened.plan.block.stage
    rows = {row["id"]: row for stage in stages for row in _all_rows(opened.plan, stage)}
    if sample_id not in rows:
        raise ConfigError(printable(_why_not(opened.plan, sample_id, list(rows))))
    row = rows[sample_id]
    record = origin(opened.plan, row)
    if as_json:
        click.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    for name, value in record.items():
        for number, line in enumerate(_lines(value)):
            click.echo(f"{name if not number else '':<10} {line}")
    click.echo()
    show_row(opened, row)


def _all_rows(plan: Plan, stage: StageName) -> list[dict[str, Any]]:
    parts = ("train", "eval") if plan.block.eval else ("train",)
    return [row for part in parts for row in plan.load_rows(stage, part)]


def _why_not(plan: Plan, sample_id: str, sample_ids: Sequence[str]) -> str:
    """Explain why there is no such sample: it was left out, or list the nearest ids."""
    for stage in (*(name for name in plan.stages if name == "study"), *plan.block.stage):
        for item in artifacts.load_dropped(plan.folder(stage)):
            if item.id == sample_id:
                return f"The sample `{sample_id}` was left out (`{item.reason}`): {item.detail}."
    unknown = f"There is no sample `{sample_id}` in this build."
    kind = sample_id.split("/")[0]
    same = [name for name in sample_ids if name.split("/")[0] == kind] or sorted(
        {name.split("/")[0] + "/..." for name in sample_ids}
    )
    if len(same) <= _LISTED:
        return unknown + nearest(sample_id, same)
    close = difflib.get_close_matches(sample_id, same, n=1)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return f"{unknown}{hint} Ids look like `{same[0]}`; `export` and `preview` show them."


def _topic_ids(row: Mapping[str, Any]) -> list[str]:
    """List the topics of a row, each once; none for a question as given or a replayed row."""
    topic_ids = row["topic_ids"] if "topic_ids" in row else [row["topic_id"]]
    return [topic_id for topic_id in dict.fromkeys(topic_ids) if topic_id]


def origin(plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the origin of a row."""
    root, documents, chunks = plan.load_taxonomy()
    tree = Tree(
        root,
        {document.id: document for document in documents},
        plan.block.taxonomy.apparatus,
    )
    by_id = {chunk.id: chunk for chunk in chunks}
    stage = plan.kinds[row["kind"]].stage
    # Rows that are no conversations are counted without what the tokenizer puts in front.
    front = 0
    if not STAGES[stage].is_chat:
        front = plan.store.require("taxonomy", plan.keys["taxonomy"])["budget"]["specials"] - 1
    record: dict[str, Any] = {
        "id": row["id"],
        "kind": row["kind"],
        "wordings": row["template"].split("+"),
        "topics": [
            PATH_JOINT.join(tree.path_titles(tree.topics[topic_id])) for topic_id in _topic_ids(row)
        ],
        "structure": row.get("structure", ""),
        "chunks": [_place(by_id[chunk_id]) for chunk_id in row["chunk_ids"]],
    }
    if row.get("qa_id"):
        questions = artifacts.load_questions(plan.folder(stage))
        record["question"] = next(
            ({k: v for k, v in q.items() if v} for q in questions if q["id"] == row["qa_id"]),
            row["qa_id"],
        )
    form = next((form for form in plan.load_forms() if form.id == row["id"]), None)
    if form is not None:
        # Rows of pre-training have no columns for these.
        record |= {"prompt": form.prompt, "round": str(form.turn + 1), "facts": list(form.facts)}
        record["topics"] = [
            PATH_JOINT.join(tree.path_titles(tree.topics[topic_id])) for topic_id in form.topic_ids
        ]
        row = {**row, "request": form.request, "model": form.model, "verdict": form.verdict}
    for name in ("request", "model", "verdict"):
        if row.get(name):
            record[name] = row[name]
    record["tokens"] = {"masked": front + row["prompt_tokens"], "trained": row["trained_tokens"]}
    return record


def _place(chunk: Chunk) -> dict[str, Any]:
    return {
        "file": chunk.document_id,
        "start": chunk.start,
        "end": chunk.end,
        "text": " ".join(chunk.text.split())[:120],
    }


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return [printable(line) for line in value.splitlines()] or ["-"]
    if isinstance(value, dict) and "file" in value:
        return [
            printable(
                f"{value['file']}, characters {value['start']:,}-{value['end']:,}: {value['text']}"
            )
        ]
    if isinstance(value, dict):
        return [
            printable(f"{name}: {json.dumps(item, ensure_ascii=False)}")
            for name, item in value.items()
        ]
    return [line for item in value for line in _lines(item)] or ["-"]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of one knowledge point: its chunks, its samples, and the questions linked to it.

    `facts` are those of its own text, which `is_judged` if it has any. `probed` points are kept for
    probes, so no sample of instruction tuning is about them.
    """

    topic: Topic
    chunks: int
    samples: int
    questions: int
    probed: bool
    facts: tuple[FactCount, ...] = ()
    is_judged: bool = False

    @property
    def missed(self) -> bool:
        return not self.samples and not self.probed

    @property
    def lacks_facts(self) -> bool:
        return self.is_judged and not self.facts


def coverage_command(config: str, as_json: bool) -> None:
    """Print the knowledge points without a chunk, a sample or a question."""
    opened = open_recipe(config)
    tree, counts = _counted(opened)
    branches = _by_branch(tree, counts)
    if as_json:
        click.echo(
            json.dumps(
                {"branches": branches, "points": [_point(tree, c) for c in counts]},
                indent=2,
                ensure_ascii=False,
            )
        )
        return
    click.echo(
        f"{'points':>7} {'no chunk':>9} {'no sample':>10} {'no question':>12} {'samples':>8} "
        f"{'questions':>10} {'facts':>7} {'told':>6} {'recited':>8} {'asked':>6} {'both ways':>10} "
        f"{'a fact':>7}  branch"
    )
    for name, totals in branches.items():
        figures = (
            totals[key]
            for key in (
                *("points", "no_chunk", "no_sample", "no_question", "samples", "questions"),
                *("facts", "told", "recited", "asked", "asked_both_ways", "questions_per_fact"),
            )
        )
        click.echo(
            "{:>7,} {:>9,} {:>10,} {:>12,} {:>8,} {:>10,} {:>7,} {:>6,} {:>8,} {:>6,} {:>10,} "
            "{:>7.2f}".format(*figures)
            + f"  {printable(name)}"
        )
    for what, empty in (
        ("sample", [c for c in counts if c.missed]),
        ("chunk", [c for c in counts if not c.chunks]),
        ("fact, so nothing is asked about it", [c for c in counts if c.lacks_facts]),
    ):
        if empty:
            click.echo(f"\n{many(len(empty), 'knowledge point')} without a {what}:")
            for count in empty[:_LISTED]:
                click.echo(f"  {printable(PATH_JOINT.join(tree.path_titles(count.topic)))}")
            if len(empty) > _LISTED:
                click.echo(f"  ... and {len(empty) - _LISTED:,} more; `--json` lists all")
    if probed := sum(count.probed for count in counts):
        click.echo(f"\n{many(probed, 'knowledge point')} kept for probes")


def _counted(opened: RecipeContext) -> tuple[Tree, list[_Counts]]:
    from structtuning_plugin.build.held_out import split_corpus

    plan = opened.plan
    root, documents, chunks = plan.load_taxonomy()
    tree = Tree(
        root,
        {document.id: document for document in documents},
        plan.block.taxonomy.apparatus,
    )
    own = Counter(chunk.topic_id for chunk in chunks if chunk.text.strip())
    samples: Counter[str] = Counter()
    questions: Counter[str] = Counter()
    probed: frozenset[str] = frozenset()
    for stage in plan.block.stage:
        for row in plan.load_rows(stage):
            samples.update(_topic_ids(row))
        if not STAGES[stage].is_chat:
            continue
        for question in artifacts.load_questions(plan.folder(stage)):
            questions.update(set(question["link"]["topic_ids"]))
        probed = split_corpus(plan, root, documents, chunks).probed
    facts: dict[str, list[FactCount]] = {}
    loaded = merge(load_facts(plan.folder(stage)) for stage in plan.block.stage)
    for fact in loaded:
        facts.setdefault(fact.topic_id, []).append(fact)
    points = [
        topic
        for topic in root.walk()
        if tree.is_knowledge(topic) and tree.document_level(topic) >= 1
    ]
    # A heading has the text of the topics below it.
    return tree, [
        _Counts(
            topic,
            sum(own[node.id] for node in topic.walk()),
            samples[topic.id],
            questions[topic.id],
            topic.id in probed,
            tuple(facts.get(topic.id, ())),
            bool(loaded and own[topic.id]),
        )
        for topic in points
    ]


def _by_branch(tree: Tree, counts: Sequence[_Counts]) -> dict[str, dict[str, int]]:
    """Sum the counts of each chapter, and of all."""
    branches: dict[str, list[_Counts]] = {"all": list(counts)}
    for count in counts:
        branches.setdefault(
            PATH_JOINT.join(tree.path_titles(tree.chapter(count.topic))), []
        ).append(count)
    return {
        name: {
            "points": len(counts),
            "no_chunk": sum(not count.chunks for count in counts),
            "no_sample": sum(count.missed for count in counts),
            "no_question": sum(not count.questions for count in counts),
            "samples": sum(count.samples for count in counts),
            "questions": sum(count.questions for count in counts),
            "probed": sum(count.probed for count in counts),
            **describe([fact for count in counts for fact in count.facts]),
        }
        for name, counts in branches.items()
    }


def _point(tree: Tree, count: _Counts) -> dict[str, Any]:
    path = PATH_JOINT.join(tree.path_titles(count.topic))
    return {
        "id": count.topic.id,
        "path": path,
        "chunks": count.chunks,
        "samples": count.samples,
        "questions": count.questions,
        "probed": count.probed,
        "facts": [asdict(fact) for fact in count.facts],
    }
