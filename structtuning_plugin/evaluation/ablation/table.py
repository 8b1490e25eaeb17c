"""Scores of the arms: mean over seeds with its interval, over all questions and by file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from structtuning_plugin.config import STAGES
from structtuning_plugin.core.errors import ArtifactError, ConfigError, nearest
from structtuning_plugin.evaluation.ablation.measures import (
    ArmResults,
    compare_measures,
    compute_measures,
    load_results,
)
from structtuning_plugin.evaluation.ablation.writing import BRIEF, MANIFEST, SCORES
from structtuning_plugin.evaluation.predictions import load_scores

# Half the width of a 95 % interval of a mean of n, in standard errors: Student's t with n - 1
# degrees of freedom.
_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
_T_MANY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Mean score of some runs, 0 to 1; `half` is half of the 95 % interval over seeds, or None."""

    mean: float
    half: float | None
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One arm: its score over all questions and by file; `missing` are seeds without scores yet.

    `style` is how questions were asked. `brief` is the score for bare answers, None if unknown.
    `measures` has by name the mean of a likelihood measure or of a metric of bare answers, with
    its interval over the questions; `differences` the paired comparisons with the arm `against`,
    none for that arm itself.
    """

    arm: str
    about: str
    tokens: int
    style: str
    total: Cell | None
    brief: Cell | None
    by_set: Mapping[str, Cell]
    missing: tuple[int, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    differences: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""


def table(folder: Path, against: str | None = None) -> list[Row]:
    """Return the arms of an ablation in their order, as far as they have run.

    Args:
        folder: Folder of the ablation.
        against: Arm that the others are compared with; the first one by default.

    Raises:
        ArtifactError: If the folder holds no ablation, or the scores of a run are not readable.
        ConfigError: If there is no arm `against`.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"{folder} holds no ablation ({error}). Write one with `axolotl structtuning ablate`."
        ) from None
    try:
        rows = [_row(folder, arm, manifest["seeds"]) for arm in manifest["arms"]]
        results = {
            arm["name"]: load_results(_brief_folders(folder, arm, manifest["seeds"]))
            for arm in manifest["arms"]
        }
    except (KeyError, TypeError) as error:
        raise ArtifactError(
            f"{folder / MANIFEST} lacks {error}: another version wrote it. Run `ablate` again."
        ) from None
    return _with_measures(rows, results, _baseline(results, against))


def _brief_folders(folder: Path, arm: Mapping[str, Any], seeds: Sequence[int]) -> list[Path]:
    """List the folders of the evaluations that asked for bare answers."""
    scores = SCORES if arm["style"] == "brief" else BRIEF
    return [folder / "runs" / f"{arm['name']}-s{seed}" / scores for seed in seeds]


def _baseline(results: Mapping[str, ArmResults], against: str | None) -> str:
    if against is not None and against not in results:
        raise ConfigError(
            f"There is no arm `{against}` to compare with.{nearest(against, results)}"
        )
    return against if against is not None else next(iter(results), "")


def _with_measures(
    rows: Sequence[Row], results: Mapping[str, ArmResults], against: str
) -> list[Row]:
    return [
        replace(
            row,
            measures=compute_measures(results[row.arm]),
            differences=compare_measures(results[row.arm], results[against])
            if row.arm != against
            else {},
            against=against,
        )
        for row in rows
    ]


def _row(folder: Path, arm: Mapping[str, Any], seeds: Sequence[int]) -> Row:
    done, brief = (
        _runs(folder, arm["name"], seeds, name)
        for name in (SCORES, SCORES if arm["style"] == "brief" else BRIEF)
    )
    runs = list(done.values())
    names = sorted({str(row["file"]) for rows in runs for row in rows.values()})
    return Row(
        arm=arm["name"],
        about=arm["about"],
        tokens=sum(arm[stage]["steps"] * arm[stage]["tokens_per_step"] for stage in STAGES),
        style=arm["style"],
        total=_cell([[row["score"] for row in rows.values()] for rows in runs]),
        brief=_cell([[row["score"] for row in rows.values()] for rows in brief.values()]),
        by_set={
            name: cell
            for name in names
            if (
                cell := _cell(
                    [
                        [row["score"] for row in rows.values() if row["file"] == name]
                        for rows in runs
                    ]
                )
            )
        },
        missing=tuple(seed for seed in seeds if seed not in done),
    )


def _runs(
    folder: Path, arm: str, seeds: Sequence[int], scores: str
) -> dict[int, dict[str, dict[str, Any]]]:
    """Load the graded answers of the seeds that have run."""
    folders = {seed: folder / "runs" / f"{arm}-s{seed}" / scores for seed in seeds}
    return {
        seed: load_scores(path) for seed, path in folders.items() if (path / "scores.json").exists()
    }


def _cell(runs: Sequence[Sequence[float]]) -> Cell | None:
    means = [sum(scores) / len(scores) for scores in runs if scores]
    if not means:
        return None
    mean, count = sum(means) / len(means), len(means)
    if count == 1:
        return Cell(mean=mean, half=None, seeds=1)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in means) / (count - 1))
    return Cell(mean=mean, half=_T.get(count, _T_MANY) * deviation / math.sqrt(count), seeds=count)
