"""What the arms have scored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.evaluation.ablation.table import Cell, table
from tests.evaluation.ablation.test_writing import written


def scored(
    folder: Path, arm: str, seed: int, scores: dict[str, list[float]], name: str = "scores"
) -> None:
    place = folder / f"runs/{arm}-s{seed}" / name
    place.mkdir(parents=True)
    rows = [
        {"key": f"{name}{number}", "file": name, "score": score}
        for name, values in scores.items()
        for number, score in enumerate(values)
    ]
    (place / "graded.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "scores.json").write_text("{}")


def test_means_over_seeds_with_their_interval(tmp_path: Path) -> None:
    folder = written(tmp_path)
    scored(folder, "a", 1, {"x.jsonl": [1, 0, 1, 0], "y.jsonl": [0, 0]})
    scored(folder, "a", 2, {"x.jsonl": [1, 1, 1, 1], "y.jsonl": [1, 1]})
    first, second = table(folder)
    assert first.total is not None
    assert (first.arm, first.tokens, first.missing, first.total.seeds) == ("a", 1400, (), 2)
    assert first.total.mean == pytest.approx((2 / 6 + 1) / 2)
    # Two means 1/3 and 1: their standard error is half the distance, and t with one degree of freedom is 12.71.
    assert first.total.half == pytest.approx(12.71 / 3, rel=1e-6)
    assert first.by_set["x.jsonl"].mean == 0.75
    assert (second.total, second.by_set, second.missing) == (None, {}, (1, 2))


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    folder = written(tmp_path)
    scored(folder, "b c", 2, {"x.jsonl": [1, 0]})
    assert table(folder)[1].total == Cell(mean=0.5, half=None, seeds=1)
    assert table(folder)[1].missing == (1,)


def test_an_arm_that_reasons_is_asked_briefly_too(tmp_path: Path) -> None:
    folder = written(tmp_path)
    for arm in ("a", "b c"):
        scored(folder, arm, 1, {"x.jsonl": [1, 0]})
    scored(folder, "a", 1, {"x.jsonl": [0, 0]}, "scores-brief")
    first, second = table(folder)
    half, none = Cell(mean=0.5, half=None, seeds=1), Cell(mean=0, half=None, seeds=1)
    assert (first.style, first.total, first.brief) == ("reason", half, none)
    assert (second.style, second.total, second.brief) == ("brief", half, half)


def test_a_folder_without_an_ablation(tmp_path: Path) -> None:
    with pytest.raises(
        ArtifactError, match=r"holds no ablation .* Write one with `axolotl structtuning ablate`\."
    ):
        table(tmp_path)


def test_an_ablation_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "ablation.json").write_text('{"seeds": [1], "arms": [{"name": "a"}]}')
    with pytest.raises(
        ArtifactError,
        match=r"ablation\.json lacks 'style': another version wrote it\. Run `ablate` again\.",
    ):
        table(tmp_path)
