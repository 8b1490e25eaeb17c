"""Likelihood measures and bare answers of the arms, by the functions of `evaluate`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from structtuning_plugin.cli import structtuning
from structtuning_plugin.core.errors import ArtifactError, ConfigError
from structtuning_plugin.evaluation.ablation.table import table
from structtuning_plugin.evaluation.statistics import bootstrap, compare
from tests.evaluation.ablation.test_writing import written

# Margin and bits per byte of each question.
Questions = Mapping[str, tuple[float, float]]


def likelihood_row(key: str, margin: float, bits: float) -> dict[str, Any]:
    measures = {
        "margin": margin,
        "bits_per_byte": bits,
        "pairs": 0.5,
        "acc": 1.0,
        "acc_norm": 1.0,
        "acc_bytes": 1.0,
    }
    return {
        "id": key,
        "key": key,
        "file": "x.jsonl",
        "language": "en",
        "question": "Why?",
        "right": ["Because."],
        "mean": measures,
        "forms": {"plain": measures},
    }


def measured(
    folder: Path, arm: str, seed: int, name: str, questions: Questions, exact: float = 0.0
) -> None:
    """Write a finished evaluation of an arm's bare answers."""
    place = folder / f"runs/{arm}-s{seed}" / name
    place.mkdir(parents=True)
    graded = [
        {"key": key, "file": "x.jsonl", "score": exact, "exact_match": exact, "f1": exact}
        for key in questions
    ]
    rows = [likelihood_row(key, *values) for key, values in questions.items()]
    for file, lines in (("graded.jsonl", graded), ("likelihood_graded.jsonl", rows)):
        (place / file).write_text("".join(json.dumps(row) + "\n" for row in lines))
    (place / "scores.json").write_text("{}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`a` is tuned to reason and has two seeds, `b c` answers briefly and has one."""
    ablation = written(tmp_path / "ablation")
    measured(ablation, "a", 1, "scores-brief", {"1": (1.0, 2.0), "2": (3.0, 2.0)}, exact=1.0)
    measured(ablation, "a", 2, "scores-brief", {"1": (2.0, 1.0), "2": (3.0, 3.0)})
    measured(ablation, "b c", 1, "scores", {"1": (0.5, 4.0), "2": (0.0, 3.5), "3": (9.0, 9.0)})
    return ablation


def test_the_measures_are_those_of_evaluate(folder: Path) -> None:
    first, second = table(folder)
    # A question has its mean over the seeds.
    assert first.measures["margin"] == bootstrap([1.5, 3.0], 0).as_dict()
    assert first.measures["bits_per_byte"] == bootstrap([1.5, 2.5], 0).as_dict()
    assert first.measures["exact_match"] == bootstrap([0.5, 0.5], 0).as_dict()
    assert second.measures["margin"] == bootstrap([0.5, 0.0, 9.0], 0).as_dict()
    assert list(first.measures) == [
        "margin",
        "bits_per_byte",
        "pairs",
        "acc",
        "acc_norm",
        "acc_bytes",
        "exact_match",
        "f1",
    ]


def test_differences_are_paired_by_question(folder: Path) -> None:
    first, second = table(folder)
    assert (first.against, first.differences) == ("a", {})
    assert second.differences["margin"] == compare([0.5, 0.0], [1.5, 3.0], 0).as_dict()
    assert second.differences["f1"] == compare([0.0, 0.0], [0.5, 0.5], 0).as_dict()
    first, second = table(folder, "b c")
    assert (second.against, second.differences) == ("b c", {})
    assert first.differences["margin"] == compare([1.5, 3.0], [0.5, 0.0], 0).as_dict()


def test_an_arm_that_is_not_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no arm `d` to compare with\."):
        table(folder, "d")


def test_a_file_that_is_no_measure(folder: Path) -> None:
    path = folder / "runs/a-s1/scores-brief/likelihood_graded.jsonl"
    path.write_text('{"key": "1", "forms": 3}\n')
    with pytest.raises(ArtifactError, match=r"likelihood_graded\.jsonl cannot be read"):
        table(folder)


def test_the_command_prints_them(folder: Path) -> None:
    done = CliRunner().invoke(structtuning, ["arms", str(folder)])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    head = "| measure | arm | mean | difference to a | p | n | smallest |"
    start = lines.index(head)
    assert lines[start + 1] == "|---|---|---|---|---|---|---|"
    assert lines[start + 2] == "| margin, nats | a | 2.250 (1.500 to 3.000) | - | - | 2 | - |"
    compared = compare([0.5, 0.0], [1.5, 3.0], 0)
    assert compared.detectable is not None
    assert lines[start + 3] == (
        "| margin, nats | b c | 3.167 (0.000 to 9.000) | -2.000 (-3.000 to -1.000) "
        f"| {compared.p:.3f} | 2 | {compared.detectable:.3f} |"
    )
    assert lines[start + 4].startswith("| bits a byte of the right answer | a | 2.000 ")


def test_json_has_them(folder: Path) -> None:
    done = CliRunner().invoke(structtuning, ["arms", str(folder), "--json", "--against", "b c"])
    rows = json.loads(done.output)
    assert [row["against"] for row in rows] == ["b c", "b c"]
    assert rows[0]["differences"]["margin"]["difference"] == 2.0
    assert rows[0]["measures"]["margin"]["mean"] == 2.25


def test_arms_without_likelihoods_have_the_table_of_scores_alone(tmp_path: Path) -> None:
    ablation = written(tmp_path / "ablation")
    done = CliRunner().invoke(structtuning, ["arms", str(ablation)])
    assert done.exit_code == 0
    assert "measure" not in done.output
    assert [row.measures for row in table(ablation)] == [{}, {}]
