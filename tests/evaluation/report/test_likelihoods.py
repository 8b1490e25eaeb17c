"""Likelihood measures on a page, of runs and of arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.evaluation.likelihood import FORMS, Measured, build_graded_row
from structtuning_plugin.evaluation.predictions import open_run
from structtuning_plugin.evaluation.results import compute_likelihood_figures, figures
from structtuning_plugin.evaluation.statistics import compare
from structtuning_plugin.evaluation.types import PromptedQuestion, Question
from tests.build.ssft_building import plan_of
from tests.evaluation.ablation.test_measures import measured as measured_arm
from tests.evaluation.ablation.test_writing import written
from tests.evaluation.report.building import HOSTILE, run_of
from tests.evaluation.report.conftest import Report
from tests.evaluation.report.test_pages import page_of

MEASURES = {"margin": 0.5, "bits_per_byte": 2.0, "pairs": 1.0, "acc": 1.0, "acc_norm": 0.0}


def question_of(number: int, **changes: float) -> Measured:
    """One question with the same measures in every form."""
    pair = QAPair(id=f"q{number}", format="plain", question="Q?", answers=("A",), language="en")
    measures = {**MEASURES, "acc_bytes": 0.0, **changes}
    return Measured(
        question=Question(pair=pair, file="x.jsonl", metric="f1"),
        key=f"k{number}",
        forms=dict.fromkeys(FORMS, measures),
    )


def likelihood_run(folder: Path, items: Sequence[Measured], **scores: Any) -> Path:
    """A finished run that measured likelihoods alone."""
    settings = {"style": "brief", "max_new_tokens": 128}
    names: Mapping[str, Any] = {"model": "m", "adapter": None, "server": None}
    with open_run(folder, settings) as run:
        likelihood = compute_likelihood_figures(items, 1)
        every = {**names, **settings, **figures([], [], 1), "likelihood": likelihood, **scores}
        run.finish(None, [], every, map(build_graded_row, items))
    return folder


def test_a_run_of_likelihoods_alone(report: Report) -> None:
    likelihood_run(Path("ours"), [question_of(1), question_of(2, margin=-1.5, acc=0.0)])
    page = page_of(report, "--run", "ours")
    assert page.text("h2") == ["What was evaluated", "Likelihood measures"]
    assert ["likelihoods", "2 questions"] in page.tables["Runs"]
    assert page.tables["Measures by run"] == [
        ["measure", "run", "mean (95 % interval)", "n"],
        ["margin, nats", "ours", "-0.500 (-1.500 to 0.500)", "2"],
        ["bits a byte of the right answer", "ours", "2.000 (2.000 to 2.000)", "2"],
        ["pairs in right order, %", "ours", "100.0 (100.0 to 100.0)", "2"],
        ["acc, %", "ours", "50.0 (0.0 to 100.0)", "2"],
        ["acc_norm, %", "ours", "0.0 (0.0 to 0.0)", "2"],
        ["acc_bytes, %", "ours", "0.0 (0.0 to 0.0)", "2"],
    ]
    assert [row[:3] for row in page.tables["Likelihood measures by form"]] == [
        ["run", "form", "margin, nats"],
        ["ours", "plain", "-0.500 (-1.500 to 0.500)"],
        ["ours", "bare", "-0.500 (-1.500 to 0.500)"],
        ["ours", "prompt", "-0.500 (-1.500 to 0.500)"],
    ]
    assert page.attributes("svg", "aria-label") == ["Likelihood measures that are shares, by run"]
    assert page.attributes("svg", "role") == ["img"]


def test_runs_are_compared_question_by_question(report: Report, tmp_path: Path) -> None:
    likelihood_run(Path("ours"), [question_of(1, margin=2.0), question_of(2, margin=1.0)])
    likelihood_run(Path("base"), [question_of(1), question_of(2), question_of(3, margin=9.0)])
    page = page_of(report, "--run", "ours", "--against", "base")
    table = page.tables["Difference to base by run, paired by question"]
    expected = compare([2.0, 1.0], [0.5, 0.5], plan_of(tmp_path).seed)
    assert table[0] == [
        "measure",
        "run",
        "difference",
        "95 % interval",
        "p",
        "test",
        "n",
        "smallest",
    ]
    assert table[1] == [
        "margin, nats",
        "ours",
        "+1.000",
        "+0.500 to +1.500",
        f"{expected.p:.3f}",
        "permutation",
        "2",
        f"{expected.detectable:.3f}",
    ]
    assert "base" not in {row[1] for row in table}
    assert page.tables["Measures by run"][1][1] == "base"


def test_questions_without_a_wrong_answer_have_no_chart(report: Report) -> None:
    item = question_of(1)
    forms = {form: {"bits_per_byte": 3.0} for form in FORMS}
    bits = Measured(question=item.question, key=item.key, forms=forms)
    likelihood_run(Path("ours"), [bits])
    page = page_of(report, "--run", "ours")
    assert [row[0] for row in page.tables["Measures by run"]] == [
        "measure",
        "bits a byte of the right answer",
    ]
    assert page.tables["Likelihood measures by form"][1][2:] == [
        "–",
        "3.000 (3.000 to 3.000)",
        *["–"] * 4,
    ]
    assert page.attributes("svg", "aria-label") == []


def test_runs_with_answers_have_no_such_section(
    report: Report, exam: list[PromptedQuestion]
) -> None:
    run_of(Path("answers"), exam, ["B"] * 3)
    likelihood_run(Path("likelihoods"), [question_of(1)])
    page = page_of(report, "--run", "answers", "--run", "likelihoods", "--against", "answers")
    assert {row[1] for row in page.tables["Measures by run"][1:]} == {"likelihoods"}
    assert not [caption for caption in page.tables if caption.startswith("Difference")]
    assert "Scores" in page.text("h2")


def test_a_damaged_file_of_likelihoods_is_told(report: Report) -> None:
    likelihood_run(Path("ours"), [question_of(1)])
    Path("ours/likelihood_graded.jsonl").write_text('{"key": "k", "forms": {}}\n')
    done = report("--run", "ours")
    assert done.exit_code == 1
    assert "likelihood_graded.jsonl cannot be read ('id')" in done.stderr
    assert not Path("page.html").exists()


def test_hostile_names_stay_text(report: Report) -> None:
    likelihood_run(Path("<script>ours"), [question_of(1)], model=HOSTILE)
    page = page_of(report, "--run", "<script>ours")
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.tables["Measures by run"][1][1] == "<script>ours"


def test_arms(report: Report, tmp_path: Path) -> None:
    folder = written(tmp_path / "ablation")
    measured_arm(folder, "a", 1, "scores-brief", {"1": (1.0, 2.0), "2": (3.0, 2.0)}, exact=1.0)
    measured_arm(folder, "b c", 1, "scores", {"1": (0.5, 4.0), "2": (0.0, 3.5)})
    page = page_of(report, "--ablation", "ablation")
    assert page.text("h2") == ["Ablation", "Measures of the arms"]
    rows = page.tables["Measures by arm"]
    assert rows[1] == ["margin, nats", "a", "2.000 (1.000 to 3.000)", "2"]
    assert ["exact match, %", "a", "100.0 (100.0 to 100.0)", "2"] in rows
    differences = page.tables["Difference to a by arm, paired by question"]
    assert differences[1][:4] == ["margin, nats", "b c", "-1.750", "-3.000 to -0.500"]
    assert ["exact match, %", "b c", "-100.0", "-100.0 to -100.0"] in [
        row[:4] for row in differences
    ]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
