"""What a build did, read from its manifests."""

from __future__ import annotations

from typing import Any

from structtuning_plugin.artifacts import FAULTS
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.planning import STAGES, Plan


def summary(plan: Plan) -> dict[str, Any]:
    """The figures of a finished build, as `build --json` prints them.

    Raises:
        ArtifactError: it is not finished.
    """
    documents, taxonomy, scpt = (plan.store.require(stage, plan.keys[stage])["counts"] for stage in STAGES)
    train = scpt["train"]
    return {
        "train_dir": str(plan.train_dir),
        "eval_dir": str(plan.eval_dir) if plan.eval_dir else None,
        "documents": documents["documents"],
        "languages": documents["languages"],
        "same_text_as_another": documents["same_text_as_another"],
        "topics_per_level": taxonomy["topics_per_level"],
        "topics_by_source": taxonomy["topics_by_source"],
        "llm": _llm(plan, taxonomy["llm_faults"]),
        "documents_without_headings": taxonomy["documents_without_headings"],
        "chunks": taxonomy["chunks"],
        "longest_chunk": taxonomy["longest_chunk"],
        "chunks_under_16_tokens": taxonomy["chunks_under_16_tokens"],
        "samples": train["samples"],
        "eval_samples": scpt["eval"]["samples"],
        "tokens": {
            "corpus": taxonomy["corpus_tokens"],
            "prompt": train["prompt_tokens"],
            "trained": train["trained_tokens"],
            "trained_by_kind": train["trained_tokens_by_kind"],
            "total": train["total_tokens"],
            "held_out": scpt["eval"]["trained_tokens"],
        },
        "overhead": round(train["total_tokens"] / max(1, taxonomy["corpus_tokens"]) - 1, 3),
        "longest_sample": max(train["longest_sample"], scpt["eval"]["longest_sample"]),
        "sequence_len": plan.host.sequence_len,
        "wordings_in_english_for": scpt["wordings_in_english_for"],
        "dropped": scpt["dropped"],
        "dropped_file": str(plan.train_dir.with_name("dropped.jsonl")),
    }


def _llm(plan: Plan, faults: dict[str, int]) -> dict[str, Any] | None:
    """What the language model was asked for this tree, in all runs that it took; None if there is none."""
    if plan.block.llm is None:
        return None
    used: dict[str, int] = {}
    if plan.answers.is_file():
        with Cache(plan.answers) as cache:
            used = cache.usage(plan.keys["taxonomy"])
    failed = {kind.removeprefix("fault:"): count for kind, count in used.items() if kind.startswith("fault:")}
    sent = {kind: used.get(kind, 0) for kind in ("requests", "answers", "from_cache", "input_tokens", "output_tokens")}
    place = plan.store.path("taxonomy", plan.keys["taxonomy"]) / FAULTS
    return {**sent, "failed_requests": failed, "unusable_answers": faults, "unusable_answers_file": str(place)}


def closing_rows(plan: Plan) -> list[tuple[str, str]]:
    """The closing table: what, how much."""
    figures = summary(plan)
    tokens = figures["tokens"]
    rows = [
        ("documents", f"{figures['documents']:,} ({_pairs(figures['languages'])})"),
        ("topics per level", " > ".join(f"{size:,}" for size in figures["topics_per_level"])),
        ("topics by source", _pairs(figures["topics_by_source"])),
        *_llm_rows(figures["llm"]),
        ("chunks", f"{figures['chunks']:,}, longest {figures['longest_chunk']:,} tokens"),
    ]
    trained = max(1, tokens["trained"])
    for kind, count in sorted(figures["samples"].items(), key=lambda item: -tokens["trained_by_kind"][item[0]]):
        share = tokens["trained_by_kind"][kind] / trained
        rows.append((f"samples: {kind}", f"{count:,}, {share:.1%} of the trained tokens"))
    if figures["eval_samples"]:
        rows.append(("held out for evaluation", f"{_pairs(figures['eval_samples'])}, {tokens['held_out']:,} tokens"))
    rows += [
        ("tokens of the corpus", f"{tokens['corpus']:,}"),
        ("tokens of prompts (masked)", f"{tokens['prompt']:,}"),
        ("tokens trained", f"{tokens['trained']:,}"),
        ("tokens in all", f"{tokens['total']:,} ({figures['overhead']:+.1%} over the corpus)"),
        ("longest sample", f"{figures['longest_sample']:,} of {figures['sequence_len']:,} tokens"),
        ("left out", _pairs(figures["dropped"]) if figures["dropped"] else "nothing"),
    ]
    return rows


def _llm_rows(used: dict[str, Any] | None) -> list[tuple[str, str]]:
    if used is None:
        return []
    tokens = f"{used['input_tokens']:,} tokens in, {used['output_tokens']:,} out"
    rows = [("requests to the model", f"{used['requests']:,} sent, {used['from_cache']:,} answered from the cache; {tokens}")]
    if used["failed_requests"]:
        rows.append(("requests that failed", _pairs(used["failed_requests"])))
    if used["unusable_answers"]:
        rows.append(("answers not usable", "; ".join(f"{what} {count:,}" for what, count in used["unusable_answers"].items())))
    return rows


def notices(plan: Plan) -> list[str]:
    """What a user should know beside the figures."""
    figures = summary(plan)
    lines = []
    if parts := figures["topics_by_source"].get("parts"):
        lines.append(
            f"{parts:,} topics are plain numbered parts: text far longer than a chunk without headings "
            f"({figures['documents_without_headings']:,} of {figures['documents']:,} documents have none)."
        )
    if replaced := sum(
        n for what, n in ((figures["llm"] or {}).get("unusable_answers") or {}).items() if what.endswith("replaced")
    ):
        lines.append(
            f"{replaced:,} questions to the model got no usable answer; the offline segmentation answered in its place. They are "
            f"listed in {figures['llm']['unusable_answers_file']}"
        )
    if figures["same_text_as_another"]:
        lines.append(f"{figures['same_text_as_another']:,} documents have the same text as another one; they are kept.")
    if figures["wordings_in_english_for"]:
        lines.append(f"Lead-ins are in English for: {', '.join(figures['wordings_in_english_for'])}.")
    if figures["dropped"]:
        lines.append(f"What was left out, and why, is listed in {figures['dropped_file']}")
    return lines


def closing_lines(plan: Plan) -> list[str]:
    """The closing table as plain lines."""
    rows = closing_rows(plan)
    width = max(len(name) for name, _ in rows)
    return [*(f"{name:<{width}}  {value}" for name, value in rows), *notices(plan)]


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
