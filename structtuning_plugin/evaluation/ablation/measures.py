"""Likelihood measures and bare answers of the arms, and their paired differences to one arm.

A question's value is the mean over the arm's seeds; intervals are over the questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from structtuning_plugin.evaluation.likelihood import (
    Measured,
    average,
    build_graded_row,
    parse_graded_row,
)
from structtuning_plugin.evaluation.predictions import (
    LIKELIHOOD_GRADED,
    SCORES,
    load_likelihoods,
    load_scores,
)
from structtuning_plugin.evaluation.results import (
    GENERATED_NAMES,
    MEAN_FORM,
    compare_likelihoods,
    compute_likelihood_figures,
)
from structtuning_plugin.evaluation.statistics import bootstrap, compare

# Of the intervals and of the signs of the permutation test.
_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResults:
    """Results of an arm's bare answers, by question, means over its seeds.

    `generated` has by metric the values by key of the question, 0 to 1.
    """

    measured: tuple[Measured, ...] = ()
    generated: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def load_results(folders: Sequence[Path]) -> ArmResults:
    """Load the finished evaluations of an arm, one folder a seed.

    Raises:
        ArtifactError: If the results of a folder cannot be read.
    """
    finished = [folder for folder in folders if (folder / SCORES).exists()]
    return ArmResults(measured=_load_measured(finished), generated=_load_generated(finished))


def _load_measured(folders: Sequence[Path]) -> tuple[Measured, ...]:
    by_key: dict[str, list[Measured]] = {}
    for folder in folders:
        if (folder / LIKELIHOOD_GRADED).exists():
            for row in load_likelihoods(folder).values():
                measured = parse_graded_row(row)
                by_key.setdefault(measured.key, []).append(measured)
    return tuple(map(average, by_key.values()))


def _load_generated(folders: Sequence[Path]) -> dict[str, dict[str, float]]:
    runs = [load_scores(folder) for folder in folders]
    generated = {}
    for name in GENERATED_NAMES:
        values: dict[str, list[float]] = {}
        for rows in runs:
            for key, row in rows.items():
                if name in row:
                    values.setdefault(key, []).append(float(row[name]))
        if values:
            generated[name] = {key: fmean(own) for key, own in values.items()}
    return generated


def compute_measures(results: ArmResults) -> dict[str, Any]:
    """Compute the mean of each measure with its 95 % interval over the questions."""
    figures = compute_likelihood_figures(results.measured, _SEED)["forms"].get(MEAN_FORM, {})
    generated = {
        name: bootstrap(list(values.values()), _SEED).as_dict()
        for name, values in results.generated.items()
    }
    return {**figures, **generated}


def compare_measures(ours: ArmResults, theirs: ArmResults) -> dict[str, Any]:
    """Compare two arms by each measure, on the questions of both."""
    rows = {measured.key: build_graded_row(measured) for measured in theirs.measured}
    forms = compare_likelihoods(ours.measured, rows, _SEED)["forms"]
    comparisons: dict[str, Any] = dict(forms.get(MEAN_FORM, {}))
    for name, values in ours.generated.items():
        other = theirs.generated.get(name, {})
        keys = [key for key in values if key in other]
        if keys:
            pairs = [values[key] for key in keys], [other[key] for key in keys]
            comparisons[name] = compare(*pairs, _SEED).as_dict()
    return comparisons
