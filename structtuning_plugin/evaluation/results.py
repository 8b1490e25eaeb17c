"""Aggregation of graded answers into scores, and the table that `evaluate` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.statistics import bootstrap, compare, macro_bootstrap
from structtuning_plugin.evaluation.types import Graded, summary_of

METRIC_NAMES = {
    "accuracy": "accuracy",
    "f1": "token F1",
    "rouge_l": "ROUGE-L",
    "exact_match": "exact match",
    "classification": "classification",
    "grade": "grade",
}


def figures(graded: Sequence[Graded], dropped: Sequence[Dropped], seed: int) -> dict[str, Any]:
    """Compute scores in all, per file, per language and per metric, as shares of 1.

    `score` uses the metric of each question. Questions that could not be asked have no score: they
    are counted by reason in `left_out`.
    """
    languages = _grouped(graded, lambda item: item.asked.language)
    scores = {name: [item.score for item in items] for name, items in languages.items()}
    return {
        "questions": len(graded),
        "left_out": dict(sorted(Counter(item.reason for item in dropped).items())),
        "cut_off": sum(item.answer.finish == "length" for item in graded),
        "score": bootstrap([item.score for item in graded], seed).as_dict() if graded else None,
        "macro_languages": macro_bootstrap(scores, seed).as_dict() if graded else None,
        "metrics": {name: summary_of(graded, name) for name in _metrics(graded)},
        "files": {
            name: _of_group(items, seed)
            for name, items in _grouped(graded, lambda item: item.asked.question.file).items()
        },
        "languages": {name: _of_group(items, seed) for name, items in languages.items()},
    }


def against(
    graded: Sequence[Graded], theirs: Mapping[str, Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """Compare this run with another (`predictions.load_scores`) on the questions of both."""
    both = [item for item in graded if item.asked.key in theirs]
    alone = {
        "only_here": len(graded) - len(both),
        "only_there": len(set(theirs) - {item.asked.key for item in both}),
    }
    files = _grouped(both, lambda item: item.asked.question.file)
    return {
        **alone,
        "score": _compared(both, theirs, seed) if both else None,
        "files": {name: _compared(items, theirs, seed) for name, items in files.items()},
    }


def _compared(
    items: Sequence[Graded], theirs: Mapping[str, Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    return compare(
        [item.score for item in items],
        [float(theirs[item.asked.key]["score"]) for item in items],
        seed,
    ).as_dict()


def _of_group(items: Sequence[Graded], seed: int) -> dict[str, Any]:
    metrics = sorted({item.asked.question.metric for item in items})
    return {
        "metric": metrics[0] if len(metrics) == 1 else "mixed",
        **bootstrap([item.score for item in items], seed).as_dict(),
        "metrics": {name: summary_of(items, name) for name in _metrics(items)},
    }


def _metrics(items: Sequence[Graded]) -> list[str]:
    return sorted({name for item in items for name in item.metrics})


def _grouped(items: Sequence[Graded], of: Callable[[Graded], str]) -> dict[str, list[Graded]]:
    groups: dict[str, list[Graded]] = {}
    for item in items:
        groups.setdefault(of(item), []).append(item)
    return groups


def closing_rows(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the rows of the closing table: label and figure."""
    left_out = scores["left_out"]
    rows = [
        (
            "model",
            scores["model"] + (f" with {scores['adapter']}" if scores.get("adapter") else ""),
        ),
        ("questions", f"{scores['questions']:,} answered in the style `{scores['style']}`"),
    ]
    if left_out:
        rows.append(
            ("left out", ", ".join(f"{name} {count:,}" for name, count in left_out.items()))
        )
    if scores["cut_off"]:
        rows.append(
            ("answers cut off", f"{scores['cut_off']:,} at {scores['max_new_tokens']:,} tokens")
        )
    for name, found in scores["files"].items():
        rows.append(
            (
                name,
                f"{METRIC_NAMES.get(found['metric'], 'score')} {_interval(found)}, n = "
                f"{found['n']:,}",
            )
        )
    if len(scores["languages"]) > 1:
        rows += [
            (f"language {name}", f"{_interval(found)}, n = {found['n']:,}")
            for name, found in scores["languages"].items()
        ]
        rows.append(("mean of the languages", _interval(scores["macro_languages"])))
    rows += [
        (METRIC_NAMES.get(name, name), f"{_percent(found['mean'])}, n = {found['n']:,}")
        for name, found in scores["metrics"].items()
    ]
    if scores["score"]:
        rows.append(("all questions", _interval(scores["score"])))
    return [
        *rows,
        *_perplexity_rows(scores.get("perplexity") or {}),
        *_against_rows(scores.get("against")),
    ]


def _perplexity_rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            f"perplexity: {name}",
            f"{value['perplexity']:,.2f}, {value['bits_per_byte']:.3f} bits a byte, "
            f"{value['tokens']:,} tokens",
        )
        if value["perplexity"] is not None
        else (f"perplexity: {name}", "no token to predict")
        for name, value in found.items()
    ]


def _against_rows(found: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    if found["score"] is None:
        return [(f"against {found['run']}", "no question in common")]
    rows = [(f"against {found['run']}", _difference(found["score"]))]
    if len(found["files"]) > 1:
        rows += [(f"  {name}", _difference(value)) for name, value in found["files"].items()]
    if found["only_here"] or found["only_there"]:
        rows.append(
            (
                "not in common",
                f"{found['only_here']:,} questions only here, {found['only_there']:,} only there",
            )
        )
    return rows


def _difference(comparison: Mapping[str, Any]) -> str:
    difference, low, high = (100 * comparison[key] for key in ("difference", "low", "high"))
    p = "p < 0.001" if comparison["p"] < 0.001 else f"p = {comparison['p']:.3f}"
    return (
        f"{difference:+.1f} points ({low:+.1f} to {high:+.1f}), {p} ({comparison['test']}), "
        f"n = {comparison['n']:,}"
    )


def _interval(found: Mapping[str, Any]) -> str:
    return f"{_percent(found['mean'])} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def closing_lines(scores: Mapping[str, Any]) -> list[str]:
    """Format the closing table as plain lines."""
    rows = closing_rows(scores)
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {value}" for name, value in rows]
