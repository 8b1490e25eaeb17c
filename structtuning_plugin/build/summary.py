"""Summary of a build, read from its manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structtuning_plugin.build.artifacts import DROPPED, FAULTS
from structtuning_plugin.build.by_document import load_counts
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.config import STAGES, StageName
from structtuning_plugin.llm.cache import Cache


def summary(plan: Plan) -> dict[str, Any]:
    """Collect the figures of a finished build, as `build --json` prints them.

    Raises:
        ArtifactError: If it is not finished.
    """
    counts = {stage: plan.store.require(stage, plan.keys[stage])["counts"] for stage in plan.stages}
    documents, taxonomy = counts["documents"], counts["taxonomy"]
    return {
        "documents": documents["documents"],
        "languages": documents["languages"],
        "same_text_as_another": documents["same_text_as_another"],
        "headings": documents["headings"],
        "doubtful_levels": documents["doubtful_levels"],
        "dropped_by_readers": documents["dropped"],
        "topics_per_level": taxonomy["topics_per_level"],
        "topics_by_source": taxonomy["topics_by_source"],
        "llm": _llm(plan, {stage: counts[stage].get("llm_faults") for stage in plan.stages}),
        "documents_without_headings": taxonomy["documents_without_headings"],
        "chunks": taxonomy["chunks"],
        "corpus_tokens": taxonomy["corpus_tokens"],
        "longest_chunk": taxonomy["longest_chunk"],
        "chunks_under_16_tokens": taxonomy["chunks_under_16_tokens"],
        "sequence_len": plan.facts.sequence_len,
        **({"study": _study(plan, counts["study"])} if plan.prompts else {}),
        "stages": {
            stage: _rows(plan, stage, counts[stage], taxonomy["corpus_tokens"])
            for stage in plan.block.stage
        },
    }


def _study(plan: Plan, counts: Mapping[str, Any]) -> dict[str, Any]:
    figures = {name: counts[name] for name in counts if name != "llm_faults"}
    return {**figures, "dropped_file": str(plan.folder("study") / DROPPED)}


def _rows(plan: Plan, stage: StageName, counts: Mapping[str, Any], corpus: int) -> dict[str, Any]:
    train, evaluation = counts["train"], counts["eval"]
    eval_dir = plan.eval_dir(stage)
    figures = {
        "train_dir": str(plan.train_dir(stage)),
        "eval_dir": str(eval_dir) if eval_dir else None,
        "samples": train["samples"],
        "eval_samples": evaluation["samples"],
        "tokens": {
            "prompt": train["prompt_tokens"],
            "trained": train["trained_tokens"],
            "trained_by_kind": train["trained_tokens_by_kind"],
            "total": train["total_tokens"],
            "held_out": evaluation["trained_tokens"],
        },
        "longest_sample": max(train["longest_sample"], evaluation["longest_sample"]),
        "wordings_in_english_for": counts["wordings_in_english_for"],
        "dropped": _with_overlooked(plan, counts["dropped"]),
        "dropped_file": str(plan.folder(stage) / DROPPED),
        "facts": counts.get("facts"),
    }
    if not STAGES[stage].is_chat:
        return {**figures, "overhead": round(train["total_tokens"] / max(1, corpus) - 1, 3)}
    own = (
        "questions",
        "linked",
        "held_out_questions",
        "removed_for_holdout",
        "shapes_of_walks",
        "walks_per_chapter",
    )
    return {**figures, **{name: counts[name] for name in own}}


def _with_overlooked(plan: Plan, dropped: Mapping[str, int]) -> dict[str, int]:
    """Add the files that no reader takes: they are no part of a build."""
    unread = sum(item.reason == "unknown_format" for item in plan.overlooked)
    own = {"unknown_format": unread} if unread else {}
    return dict(sorted({**dropped, **own}.items()))


def _llm(plan: Plan, faults: Mapping[str, dict[str, int] | None]) -> dict[str, Any] | None:
    """Count the requests to the language model in all runs of this build; None without one."""
    if plan.block.llm is None:
        return None
    stages = [stage for stage, counts in faults.items() if counts is not None]
    used: dict[str, int] = {}
    if plan.answers.is_file():
        with Cache(plan.answers) as cache:
            for stage in stages:
                for kind, count in cache.usage(plan.keys[stage]).items():
                    used[kind] = used.get(kind, 0) + count
    failed = {
        kind.removeprefix("fault:"): count
        for kind, count in used.items()
        if kind.startswith("fault:")
    }
    figures = {
        kind: used.get(kind, 0)
        for kind in ("requests", "answers", "from_cache", "input_tokens", "output_tokens")
    }
    unusable: dict[str, int] = {}
    for stage in stages:
        for what, count in (faults[stage] or {}).items():
            unusable[what] = unusable.get(what, 0) + count
    return {
        **figures,
        "failed_requests": failed,
        "unusable_answers": unusable,
        "unusable_answers_files": [str(plan.folder(stage) / FAULTS) for stage in stages],
        "replaced_in_the_tree": sum(
            n for what, n in (faults["taxonomy"] or {}).items() if what.endswith("replaced")
        ),
    }


def closing_rows(plan: Plan) -> list[tuple[str, str]]:
    """Return the rows of the closing table: name and value.

    Raises:
        ArtifactError: If the build is not finished.
    """
    figures = summary(plan)
    rows = [
        ("documents", f"{figures['documents']:,} ({_pairs(figures['languages'])})"),
        *_reuse_rows(plan),
        ("topics per level", " > ".join(f"{size:,}" for size in figures["topics_per_level"])),
        ("topics by source", _pairs(figures["topics_by_source"])),
        *_llm_rows(figures["llm"]),
        ("chunks", f"{figures['chunks']:,}, longest {figures['longest_chunk']:,} tokens"),
        ("tokens of the corpus", f"{figures['corpus_tokens']:,}"),
    ]
    if "study" in figures:
        rows += _study_rows(figures["study"])
    several = len(figures["stages"]) > 1
    for stage, counts in figures["stages"].items():
        if several:
            rows.append((f"stage {stage}", counts["train_dir"]))
        rows += [*_question_rows(counts), *_stage_rows(counts, figures["sequence_len"])]
    return rows


def _reuse_rows(plan: Plan) -> list[tuple[str, str]]:
    """Return how much of the work on single documents earlier builds had done; none if nothing."""
    counts = load_counts(plan)
    if not any(reused for reused, _ in counts.values()):
        return []
    shares = [f"{name} {reused:,} of {reused + made:,}" for name, (reused, made) in counts.items()]
    return [("known from earlier builds", ", ".join(shares))]


def _study_rows(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    ratio = counts["tokens"] / max(1, counts["tokens_of_passages"])
    written = (
        f"{counts['tokens']:,} of {counts['budget_tokens']:,} tokens, {ratio:.2f} for each token "
        f"of {counts['passages']:,} passages"
    )
    rows = [("study", written), ("forms of the study", _pairs(counts["forms"]) or "none")]
    if counts["passages_without_form"]:
        rows.append(("passages without a form", f"{counts['passages_without_form']:,}"))
    if counts["dropped"]:
        rows.append(("left out of the study", _pairs(counts["dropped"])))
    return rows


def _question_rows(counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "questions" not in counts:
        return []
    rows = [
        (
            "questions given",
            f"{counts['questions']:,}, {counts['linked']:,} linked to knowledge points",
        )
    ]
    if counts["held_out_questions"]:
        removed = f"{counts['removed_for_holdout']:,} left out of training for overlapping one"
        rows.append(("questions held out", f"{counts['held_out_questions']:,}, {removed}"))
    if counts["shapes_of_walks"]:
        rows.append(("questions from walks", _pairs(counts["shapes_of_walks"])))
    return rows


def _stage_rows(counts: Mapping[str, Any], sequence_len: int) -> list[tuple[str, str]]:
    tokens = counts["tokens"]
    trained = max(1, tokens["trained"])
    rows = []
    by_tokens = sorted(counts["samples"], key=lambda kind: -tokens["trained_by_kind"][kind])
    for kind in by_tokens:
        count, share = counts["samples"][kind], tokens["trained_by_kind"][kind] / trained
        rows.append((f"samples: {kind}", f"{count:,}, {share:.1%} of the trained tokens"))
    if counts["eval_samples"]:
        rows.append(
            (
                "held out for evaluation",
                f"{_pairs(counts['eval_samples'])}, {tokens['held_out']:,} tokens",
            )
        )
    if counts["facts"]:
        rows.append(("facts", _facts(counts["facts"])))
    over = f" ({counts['overhead']:+.1%} over the corpus)" if "overhead" in counts else ""
    return [
        *rows,
        ("tokens of prompts (masked)", f"{tokens['prompt']:,}"),
        ("tokens trained", f"{tokens['trained']:,}"),
        ("tokens in all", f"{tokens['total']:,}{over}"),
        ("longest sample", f"{counts['longest_sample']:,} of {sequence_len:,} tokens"),
        ("left out", _pairs(counts["dropped"]) if counts["dropped"] else "nothing"),
    ]


def _facts(counts: Mapping[str, Any]) -> str:
    """Describe how many facts there are, and how often they are told and asked for."""
    total = max(1, counts["facts"])
    uses = [
        f"{name} {counts[name] / total:.0%}"
        for name in ("told", "recited", "asked")
        if counts[name]
    ]
    often = f", {counts['questions_per_fact']} questions a fact" if counts["asked"] else ""
    told = f": {', '.join(uses)}{often}" if uses else ""
    return f"{counts['facts']:,} in {counts['sentences']:,} sentences{told}"


def _llm_rows(used: dict[str, Any] | None) -> list[tuple[str, str]]:
    if used is None:
        return []
    tokens = f"{used['input_tokens']:,} tokens in, {used['output_tokens']:,} out"
    rows = [
        (
            "requests to the model",
            f"{used['requests']:,} sent, {used['from_cache']:,} answered from the cache; {tokens}",
        )
    ]
    if used["failed_requests"]:
        rows.append(("requests that failed", _pairs(used["failed_requests"])))
    if used["unusable_answers"]:
        rows.append(
            (
                "answers not usable",
                "; ".join(f"{what} {count:,}" for what, count in used["unusable_answers"].items()),
            )
        )
    return rows


def notices(plan: Plan) -> list[str]:
    """Return what a user should know in addition to the figures.

    Raises:
        ArtifactError: If the build is not finished.
    """
    figures = summary(plan)
    lines = []
    if parts := figures["topics_by_source"].get("parts"):
        lines.append(
            f"{parts:,} topics are plain numbered parts: text far longer than a chunk without "
            f"headings ({figures['documents_without_headings']:,} of {figures['documents']:,} "
            "documents have none)."
        )
    if replaced := (figures["llm"] or {}).get("replaced_in_the_tree"):
        lines.append(
            f"{replaced:,} questions to the model got no usable answer; the offline segmentation "
            "answered in its place. They are listed in "
            f"{figures['llm']['unusable_answers_files'][0]}"
        )
    lines += _heading_notices(plan, figures)
    if figures["same_text_as_another"]:
        lines.append(
            f"{figures['same_text_as_another']:,} documents have the same text as another one; "
            "they are kept."
        )
    study = [figures["study"]] if "study" in figures else []
    for counts in (*study, *figures["stages"].values()):
        if counts["wordings_in_english_for"]:
            languages = ", ".join(counts["wordings_in_english_for"])
            lines.append(f"Wordings are in English for: {languages}.")
        if counts["dropped"]:
            lines.append(f"What was left out, and why, is listed in {counts['dropped_file']}")
    return list(dict.fromkeys(lines))


# What readers did about headings, by the reason of what they left out.
_LOSSES = {
    "fence_never_closed": "Code fences that are never closed; headings below them are text",
    "comment_never_closed": "Comments that are never closed; headings below them are text",
    "headings_inside_html": "Blocks of HTML that hide headings, without a blank line before these",
    "paragraph_as_heading": "Paragraphs with the mark of a heading, taken as text",
    "running_header": "Repetitions of running headers, left out",
    "page_mark_as_heading": "Page marks with the mark of a heading, taken as text",
    "contents_entry_as_heading": "Entries of a list of contents marked as headings, taken as text",
    "formula_as_heading": "Formulas with the mark of a heading, taken as text",
    "table_row_as_heading": "Rows of tables with the mark of a heading, taken as text",
    "data_as_heading": "Encoded data with the mark of a heading, taken as text",
    "box_as_heading": 'Titles of boxes such as "Note" with the mark of a heading, taken as text',
    "list_item_as_heading": "Items of lists with the mark of a heading, taken as text",
    "wiki_navigation": "Bars of a wiki around its pages, left out",
}
_DOUBTS = {
    "flat_levels": "Documents whose many headings all have one level and no numbers",
    "levels_reset": "Documents with subsections in their first section only, as if the levels "
    "began anew on each page",
}


def _heading_notices(plan: Plan, figures: Mapping[str, Any]) -> list[str]:
    """Return what was done about headings, and how many."""
    lines = []
    origins = figures["headings"]
    if levelled := origins.get("levelled"):
        lines.append(
            f"Headings with another level than their mark's, by their numbers or the list of "
            f"contents: {levelled:,}. `show --why` says which; `taxonomy.headings: as_marked` "
            "turns it off."
        )
    if inferred := origins.get("inferred"):
        lines.append(
            f"Headings inferred from lines without a mark: {inferred:,}. `show --why` says from "
            "what; `taxonomy.headings: as_marked` turns it off."
        )
    for doubt, count in figures["doubtful_levels"].items():
        advice = "" if figures["llm"] else " An `llm:` in the block is asked for the levels."
        lines.append(f"{_DOUBTS[doubt]}: {count:,}.{advice}")
    losses = [name for name in figures["dropped_by_readers"] if name in _LOSSES]
    lines += [f"{_LOSSES[name]}: {figures['dropped_by_readers'][name]:,}." for name in losses]
    if losses:
        lines.append(f"Their lines are listed in {plan.folder('documents') / DROPPED}")
    return lines


def closing_lines(plan: Plan) -> list[str]:
    """Return the closing table as plain lines.

    Raises:
        ArtifactError: If the build is not finished.
    """
    rows = closing_rows(plan)
    width = max(len(name) for name, _ in rows)
    return [*(f"{name:<{width}}  {value}" for name, value in rows), *notices(plan)]


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
