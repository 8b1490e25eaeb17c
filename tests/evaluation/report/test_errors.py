"""What cannot be reported is told, and nothing is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.evaluation.predictions import GRADED, RUN, SCORES
from structtuning_plugin.evaluation.report.runs import read_runs
from structtuning_plugin.evaluation.types import PromptedQuestion
from tests.evaluation.report.building import run_of
from tests.evaluation.report.conftest import Report


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "give a run with `--run`, an ablation with `--ablation`, or both"),
        (["--against", "ours"], "`--against ours` needs a run to compare: add `--run RUN`."),
        (["--run", "ours", "--run", "./ours"], "The run ours is given twice"),
        (["--run", "ours", "--against", "ours"], "`--against ours` is the run itself"),
        (
            ["--run", "none"],
            "none is no run: it has no run.json. Give the folder that `evaluate -o` wrote.",
        ),
        (["--run", "ours", "--against", "none"], "none is no run"),
        (
            ["--run", "begun"],
            "The run begun is not finished: it has no scores.json. `evaluate` it again with `-o begun`",
        ),
        (["--ablation", "none"], "none holds no ablation"),
    ],
)
def test_what_cannot_be_is_told(
    report: Report, exam: list[PromptedQuestion], arguments: list[str], fault: str
) -> None:
    run_of(Path("ours"), exam, ["B"] * 3)
    run_of(Path("begun"), exam, ["B"] * 3).joinpath(SCORES).unlink()
    done = report(*arguments)
    assert done.exit_code == 1
    assert fault in done.output
    assert done.stdout == ""
    assert not Path("page.html").exists()


def test_where_it_cannot_be_written(report: Report, exam: list[PromptedQuestion]) -> None:
    run_of(Path("ours"), exam, ["B"] * 3)
    assert (
        "cannot be written as `page.pdf`. Give it the suffix .html."
        in report("--run", "ours", output="page.pdf").output
    )
    assert (
        "The folder of no/page.html does not exist"
        in report("--run", "ours", output="no/page.html").output
    )
    Path("page.html").mkdir()
    assert report("--run", "ours").exit_code != 0
    assert not [path for path in Path().iterdir() if path.suffix == ".html" and path.is_file()]


def test_without_matplotlib_the_error_comes_before_the_work(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = report("--run", "none")
    assert done.exit_code == 1
    assert "pip install 'structtuning-plugin[plots]'" in done.output


def test_files_that_evaluate_did_not_write(exam: list[PromptedQuestion], tmp_path: Path) -> None:
    folder = run_of(tmp_path / "r", exam, ["B"] * 3)
    scores = json.loads((folder / SCORES).read_text(encoding="utf-8"))
    (folder / SCORES).write_text(
        json.dumps({name: value for name, value in scores.items() if name != "files"})
    )
    with pytest.raises(ArtifactError, match=r"scores\.json cannot be read \(it lacks files\)"):
        read_runs([str(folder)], None)
    (folder / SCORES).write_text("[]")
    with pytest.raises(ArtifactError, match=r"scores\.json cannot be read"):
        read_runs([str(folder)], None)
    (folder / SCORES).write_text(json.dumps(scores))
    for row in ("{", "{}", "3", '{"right": 1}'):
        (folder / GRADED).write_text(row + "\n")
        with pytest.raises(
            ArtifactError,
            match=r"graded\.jsonl cannot be read .* it is written anew from the kept answers",
        ):
            read_runs([str(folder)], None)
    (folder / RUN).unlink()
    with pytest.raises(ArtifactError, match="is no run"):
        read_runs([str(folder)], None)


def test_runs_with_the_same_name_go_by_their_paths(
    exam: list[PromptedQuestion], tmp_path: Path
) -> None:
    one, two = (run_of(tmp_path / name / "scores", exam, ["B"] * 3) for name in ("one", "two"))
    assert [run.name for run in read_runs([str(one), str(two)], None).shown] == [str(one), str(two)]
    assert [run.name for run in read_runs([str(one)], None).shown] == ["scores"]
