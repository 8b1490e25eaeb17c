"""Aggregation of graded answers into scores, and the table that `evaluate` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.likelihood import FORMS, MEASURES, Measured
from structtuning_plugin.evaluation.statistics import bootstrap, compare, macro_bootstrap
from structtuning_plugin.evaluation.types import Graded, summary_of

LIKELIHOOD_NAMES = {
    "margin": "margin, nats",
    "bits_per_byte": "bits a byte of the right answer",
    "pairs": "pairs in right order, %",
    "acc": "acc, %",
    "acc_norm": "acc_norm, %",
    "acc_bytes": "acc_bytes, %",
}
GENERATED_NAMES = {"exact_match": "exact match, %", "f1": "token F1, %"}
MEASURE_NAMES = {**LIKELIHOOD_NAMES, **GENERATED_NAMES}
# Form that stands for the mean of all forms.
MEAN_FORM = "mean"
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


def compute_likelihood_figures(measured: Sequence[Measured], seed: int) -> dict[str, Any]:
    """Compute means and intervals of the likelihood measures, by form and of their means."""
    by_form = {form: _by_measure(measured, form) for form in (MEAN_FORM, *FORMS)}
    return {
        "questions": len(measured),
        "forms": {
            form: {name: bootstrap(values, seed).as_dict() for name, values in measures.items()}
            for form, measures in by_form.items()
            if measures
        },
    }


def compare_likelihoods(
    measured: Sequence[Measured], theirs: Mapping[str, Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """Compare likelihood measures with another run (`predictions.load_likelihoods`)."""
    both = [item for item in measured if item.key in theirs]
    forms = {}
    for form in (MEAN_FORM, *FORMS):
        comparisons = _likelihoods_compared(both, theirs, form, seed)
        if comparisons:
            forms[form] = comparisons
    return {
        "only_here": len(measured) - len(both),
        "only_there": len(set(theirs) - {item.key for item in both}),
        "forms": forms,
    }


def _likelihoods_compared(
    both: Sequence[Measured], theirs: Mapping[str, Mapping[str, Any]], form: str, seed: int
) -> dict[str, Any]:
    comparisons = {}
    for name in MEASURES:
        pairs = []
        for item in both:
            ours, other = _of_form(item, form), _of_row(theirs[item.key], form)
            if name in ours and name in other:
                pairs.append((ours[name], float(other[name])))
        if pairs:
            first, second = zip(*pairs, strict=True)
            comparisons[name] = compare(first, second, seed).as_dict()
    return comparisons


def _by_measure(measured: Sequence[Measured], form: str) -> dict[str, list[float]]:
    """Collect the values of each measure that at least one question has."""
    values: dict[str, list[float]] = {}
    for item in measured:
        for name, value in _of_form(item, form).items():
            values.setdefault(name, []).append(value)
    return {name: values[name] for name in MEASURES if name in values}


def _of_form(measured: Measured, form: str) -> Mapping[str, float]:
    return measured.mean if form == MEAN_FORM else measured.forms.get(form, {})


def _of_row(row: Mapping[str, Any], form: str) -> Mapping[str, Any]:
    measures: Mapping[str, Any] = row["mean"] if form == MEAN_FORM else row["forms"].get(form, {})
    return measures


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
        *_question_rows(scores),
    ]
    if left_out:
        rows.append(
            ("left out", ", ".join(f"{name} {count:,}" for name, count in left_out.items()))
        )
    if scores["cut_off"]:
        rows.append(
            ("answers cut off", f"{scores['cut_off']:,} at {scores['max_new_tokens']:,} tokens")
        )
    for name, summary in scores["files"].items():
        rows.append(
            (
                name,
                f"{METRIC_NAMES.get(summary['metric'], 'score')} {_interval(summary)}, n = "
                f"{summary['n']:,}",
            )
        )
    if len(scores["languages"]) > 1:
        rows += [
            (f"language {name}", f"{_interval(summary)}, n = {summary['n']:,}")
            for name, summary in scores["languages"].items()
        ]
        rows.append(("mean of the languages", _interval(scores["macro_languages"])))
    rows += [
        (METRIC_NAMES.get(name, name), f"{_percent(summary['mean'])}, n = {summary['n']:,}")
        for name, summary in scores["metrics"].items()
    ]
    if scores["score"]:
        rows.append(("all questions", _interval(scores["score"])))
    return [
        *rows,
        *_likelihood_rows(scores.get("likelihood")),
        *_perplexity_rows(scores.get("perplexity") or {}),
        *_against_rows(scores.get("against")),
    ]


def _question_rows(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if scores["questions"] or not scores.get("likelihood"):
        answered = f"{scores['questions']:,} answered in the style `{scores['style']}`"
        rows.append(("questions", answered))
    if scores.get("likelihood"):
        rows.append(("likelihoods", f"{scores['likelihood']['questions']:,} questions"))
    return rows


def _likelihood_rows(figures: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return a row for each measure, the mean of the forms and then the forms."""
    forms = figures["forms"] if figures else {}
    rows = []
    for name in MEASURES:
        cells = [
            f"{'' if form == MEAN_FORM else f'{form} '}{format_interval(name, values[name])}"
            for form, values in forms.items()
            if name in values
        ]
        if cells:
            n = forms[MEAN_FORM][name]["n"]
            rows.append((LIKELIHOOD_NAMES[name], f"{'; '.join(cells)}, n = {n:,}"))
    return rows


def format_interval(name: str, value: Mapping[str, Any]) -> str:
    """Format the mean of a likelihood measure with its interval."""
    mean, low, high = (format_measure(name, value[key]) for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def format_measure(name: str, value: float, sign: str = "") -> str:
    """Format a likelihood measure: a share as a percentage, another measure in its unit.

    Args:
        name: Name of the measure.
        value: Its value; a share is 0 to 1.
        sign: "+" for a difference.
    """
    share = MEASURE_NAMES[name].endswith("%")
    return f"{100 * value:{sign}.1f}" if share else f"{value:{sign}.3f}"


def _perplexity_rows(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            f"perplexity: {name}",
            f"{value['perplexity']:,.2f}, {value['bits_per_byte']:.3f} bits a byte, "
            f"{value['tokens']:,} tokens",
        )
        if value["perplexity"] is not None
        else (f"perplexity: {name}", "no token to predict")
        for name, value in values.items()
    ]


def _against_rows(comparison: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if comparison is None:
        return []
    likelihoods = _likelihoods_against_rows(comparison)
    if "score" not in comparison:
        return likelihoods
    return [*_scores_against_rows(comparison), *likelihoods]


def _likelihoods_against_rows(comparison: Mapping[str, Any]) -> list[tuple[str, str]]:
    forms = comparison.get("likelihood", {}).get("forms", {})
    return [
        (
            f"against {comparison['run']}: {LIKELIHOOD_NAMES[name]}",
            _likelihood_difference(name, value),
        )
        for name, value in forms.get(MEAN_FORM, {}).items()
    ]


def _likelihood_difference(name: str, comparison: Mapping[str, Any]) -> str:
    difference, low, high = (
        format_measure(name, comparison[key], "+") for key in ("difference", "low", "high")
    )
    smallest = comparison["detectable"]
    shown = "" if smallest is None else f", smallest to be seen {format_measure(name, smallest)}"
    return f"{difference} ({low} to {high}), {_p(comparison)}, n = {comparison['n']:,}{shown}"


def _scores_against_rows(comparison: Mapping[str, Any]) -> list[tuple[str, str]]:
    if comparison["score"] is None:
        return [(f"against {comparison['run']}", "no question in common")]
    rows = [(f"against {comparison['run']}", _difference(comparison["score"]))]
    if len(comparison["files"]) > 1:
        rows += [(f"  {name}", _difference(value)) for name, value in comparison["files"].items()]
    if comparison["only_here"] or comparison["only_there"]:
        rows.append(
            (
                "not in common",
                f"{comparison['only_here']:,} questions only here, "
                f"{comparison['only_there']:,} only there",
            )
        )
    return rows


def _difference(comparison: Mapping[str, Any]) -> str:
    difference, low, high = (100 * comparison[key] for key in ("difference", "low", "high"))
    return (
        f"{difference:+.1f} points ({low:+.1f} to {high:+.1f}), {_p(comparison)}, "
        f"n = {comparison['n']:,}"
    )


def _p(comparison: Mapping[str, Any]) -> str:
    p = "p < 0.001" if comparison["p"] < 0.001 else f"p = {comparison['p']:.3f}"
    return f"{p} ({comparison['test']})"


def _interval(summary: Mapping[str, Any]) -> str:
    return (
        f"{_percent(summary['mean'])} ({100 * summary['low']:.1f} to {100 * summary['high']:.1f})"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def closing_lines(scores: Mapping[str, Any]) -> list[str]:
    """Format the closing table as plain lines."""
    rows = closing_rows(scores)
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {value}" for name, value in rows]
