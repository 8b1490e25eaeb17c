"""`arms --plot`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.cli import structtuning
from tests.evaluation.ablation.test_table import scored
from tests.evaluation.ablation.test_writing import written
from tests.extras import need_plots


@pytest.fixture(autouse=True)
def _plots() -> None:
    need_plots()


def arms(*arguments: object) -> Result:
    return CliRunner().invoke(structtuning, ["arms", *map(str, arguments)])


def test_every_arm_that_has_run_is_drawn_and_one_seed_has_no_whisker(tmp_path: Path) -> None:
    folder = written(tmp_path / "f")
    scored(folder, "a", 1, {"x.jsonl": [1, 0]})
    done = arms(folder, "--plot", tmp_path / "one.svg")
    assert done.exit_code == 0, done.output
    assert done.stderr == f"Written: {tmp_path / 'one.svg'}\n"
    assert done.stdout.startswith("| arm | tokens | asked | all | asked briefly | what it is |")
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert "<!-- a -->" in one
    assert "<!-- b c -->" not in one
    assert "#222222" not in one
    scored(folder, "a", 2, {"x.jsonl": [1, 1]})
    scored(folder, "b c", 1, {"x.jsonl": [1, 1]})
    assert arms(folder, "--plot", tmp_path / "two.svg", "--json").exit_code == 0
    two = (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert "<!-- b c -->" in two
    assert "#222222" in two


def test_the_figures_stay_alone_on_standard_output(tmp_path: Path) -> None:
    folder = written(tmp_path / "f")
    scored(folder, "a", 1, {"x.jsonl": [1, 0]})
    done = arms(folder, "--json", "--plot", tmp_path / "a.png")
    assert [row["arm"] for row in json.loads(done.stdout)] == ["a", "b c"]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "f")
    done = arms(folder, "--plot", tmp_path / "a.svg")
    assert done.exit_code == 1
    assert (
        f"No arm of {folder} has run yet, so there is nothing to draw: run {folder / 'run.sh'} first."
        in done.stderr
    )
    assert not (tmp_path / "a.svg").exists()
    assert "Allowed suffixes: .png, .svg." in arms(folder, "--plot", tmp_path / "a.pdf").output
    assert (
        "does not exist: make it first" in arms(folder, "--plot", tmp_path / "no" / "a.svg").output
    )
