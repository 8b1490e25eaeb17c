"""Whole pages, as the command writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.types import PromptedQuestion
from tests.evaluation.ablation.test_table import scored
from tests.evaluation.ablation.test_writing import written
from tests.evaluation.report.building import Page, run_of
from tests.evaluation.report.conftest import Report

TEXT = {"perplexity": 10.0, "bits_per_byte": 1.0, "tokens": 100, "texts": 1, "window": 64}


def page_of(report: Report, *arguments: str, **more: Any) -> Page:
    done = report(*arguments, **more)
    assert done.exit_code == 0, done.output
    assert done.stderr == "Written: page.html\n"
    return Page(Path("page.html").read_text(encoding="utf-8"))


def test_one_run(report: Report, exam: list[PromptedQuestion]) -> None:
    run_of(Path("ours"), exam, ["B", "A", "Filters blood."])
    page = page_of(report, "--run", "ours")
    assert page.text("h1") == ["Evaluation: Bicycles"]
    assert page.text("h2") == ["What was evaluated", "Scores", "Questions to read first"]
    assert page.attributes("html", "lang") == ["en"]
    assert page.tables["Runs"] == [
        ["", "ours"], ["model", "org/model"], ["questions answered", "3"], ["style", "brief"], ["longest answer", "128 tokens"],
    ]  # fmt: skip
    names = [row[0] for row in page.tables["Scores by set of questions"]]
    assert names == ["set", "a.jsonl (accuracy)", "b.jsonl (token F1)", "all questions"]
    assert page.tables["Scores by set of questions"][1] == [
        "a.jsonl (accuracy)",
        "50.0 % (0.0 to 100.0), n = 2",
    ]
    assert [row[0] for row in page.tables["Scores by language"]] == [
        "language",
        "en",
        "zh",
        "mean of the languages",
    ]
    assert ["accuracy", "50.0 %, n = 2"] in page.tables["All metrics"]
    assert page.attributes("svg", "aria-label") == [
        "Scores by set of questions",
        "Scores by language",
    ]


def test_several_runs_stand_in_the_order_given_and_are_compared(
    report: Report, exam: list[PromptedQuestion]
) -> None:
    run_of(Path("z"), exam, ["B", "B", "An organ that filters blood."])
    run_of(Path("a"), exam[:2], ["A", "B"])
    run_of(Path("base"), exam, ["A", "A", "no"])
    page = page_of(report, "--run", "z", "--run", "a", "--against", "base")
    assert page.tables["Runs"][0] == ["", "base", "z", "a"]
    assert page.tables["Difference to base, over the questions of both"] == [
        ["run", "set", "difference in points", "95 % interval", "p", "test", "n"],
        ["z", "a.jsonl", "+100.0", "+100.0 to +100.0", "0.500", "McNemar", "2"],
        ["z", "b.jsonl", "+100.0", "+100.0 to +100.0", "1.000", "McNemar", "1"],
        ["z", "all questions", "+100.0", "+100.0 to +100.0", "0.250", "McNemar", "3"],
        ["a", "a.jsonl", "+50.0", "+0.0 to +100.0", "1.000", "McNemar", "2"],
    ]
    assert "Not in common: 0 questions of a alone, 1 of base alone." in page.text("p")
    assert page.tables["Scores by set of questions"][2] == [
        "b.jsonl (token F1)", "0.0 % (0.0 to 0.0), n = 1", "100.0 % (100.0 to 100.0), n = 1", "–",
    ]  # fmt: skip
    itself = page_of(report, "--run", "base", "--run", "z", "--against", "base")
    assert itself.tables["Runs"][0] == ["", "base", "z"]
    assert {
        row[0] for row in itself.tables["Difference to base, over the questions of both"][1:]
    } == {"z"}


def test_nothing_in_common_is_told(report: Report, exam: list[PromptedQuestion]) -> None:
    run_of(Path("ours"), exam[:1], ["B"])
    run_of(Path("base"), exam[1:], ["B", "x"])
    page = page_of(report, "--run", "ours", "--against", "base")
    assert not [caption for caption in page.tables if caption.startswith("Difference")]
    assert "Not in common: 1 questions of ours alone, 2 of base alone." in page.text("p")


def test_runs_that_were_asked_otherwise_are_told(
    report: Report, exam: list[PromptedQuestion]
) -> None:
    run_of(Path("ours"), exam, ["B"] * 3)
    run_of(Path("base"), exam, ["B"] * 3, style="reason", max_new_tokens=1024)
    page = page_of(report, "--run", "ours", "--run", "base")
    assert "The runs were not asked alike: compare the rows style and longest answer." in page.text(
        "p"
    )


def test_perplexity_by_text_and_what_changed(report: Report, exam: list[PromptedQuestion]) -> None:
    run_of(Path("base"), exam, ["B"] * 3, perplexity={"held-out": TEXT, "general.txt": TEXT})
    now = {
        "held-out": {**TEXT, "perplexity": 8.0, "bits_per_byte": 0.9},
        "new.txt": {**TEXT, "perplexity": None},
    }
    run_of(
        Path("ours"),
        exam,
        ["B"] * 3,
        perplexity={**now, "general.txt": {**TEXT, "tokens": 90, "bits_per_byte": 1.1}},
    )
    page = page_of(report, "--run", "ours", "--against", "base")
    assert page.tables["Perplexity by text"] == [
        [
            "text",
            "run",
            "perplexity",
            "bits per byte",
            "tokens",
            "change of perplexity",
            "change of bits per byte",
        ],
        ["held-out", "base", "10.00", "1.000", "100", "–", "–"],
        ["held-out", "ours", "8.00", "0.900", "100", "-20.0 %", "-10.0 %"],
        ["general.txt", "base", "10.00", "1.000", "100", "–", "–"],
        ["general.txt", "ours", "10.00", "1.100", "90", "–", "+10.0 %"],
        ["new.txt", "ours", "–", "–", "100", "–", "–"],
    ]
    assert (
        "Perplexities over other tokens or windows cannot be compared; bits per byte can."
        in page.text("p")
    )
    alone = page_of(report, "--run", "base")
    assert alone.tables["Perplexity by text"][0] == [
        "text",
        "run",
        "perplexity",
        "bits per byte",
        "tokens",
    ]


def test_perplexity_alone(report: Report) -> None:
    run_of(Path("ours"), [], [], perplexity={"held-out": TEXT})
    page = page_of(report, "--run", "ours")
    assert page.text("h2") == ["What was evaluated", "Perplexity and forgetting"]


def test_what_was_left_out(report: Report, exam: list[PromptedQuestion]) -> None:
    dropped = [
        Dropped(stage="e", id=name, reason=reason)
        for name, reason in (("1", "too_long"), ("2", "no_question"))
    ]
    run_of(Path("ours"), exam, ["B"] * 3, dropped=dropped, cut_off=2)
    page = page_of(report, "--run", "ours")
    assert page.tables["Left out, by reason"] == [
        ["reason", "what", "ours"],
        ["no_question", "a record that is no question", "1"],
        ["too_long", "question and answer do not fit the model", "1"],
        ["cut off", "answers that reached their longest length; they are graded as they are", "2"],
    ]


def test_the_worst_and_the_best_of_every_set(report: Report, exam: list[PromptedQuestion]) -> None:
    run_of(Path("ours"), exam, ["B", "A", "An organ that heals."])
    run_of(Path("base"), exam, ["C", "C", ""])
    page = page_of(report, "--run", "ours", "--against", "base")
    assert page.text("h3") == ["Answered worst by ours", "Answered best by ours"]
    assert page.text("h4") == [
        "a.jsonl#2, accuracy 0.0 %",
        "b.jsonl#1, token F1 57.1 %",
        "a.jsonl#1, accuracy 100.0 %",
    ]
    assert page.attributes("dl", "lang") == ["zh", "en", "en"]
    worst = page.text("dd")[:4]
    assert worst[0].startswith("过滤血液的器官是哪一个？")
    assert worst[1:] == ["A", "C", "B"]
    assert page.text("dd")[6] == "(nothing)"
    assert page.text("dt")[:4] == ["question", "answer", "answer before", "right"]


def test_arms_of_an_ablation(report: Report, tmp_path: Path) -> None:
    folder = written(tmp_path / "ablation")
    scored(folder, "a", 1, {"x.jsonl": [1, 0, 1, 0], "y.jsonl": [0, 0]})
    scored(folder, "a", 2, {"x.jsonl": [1, 1, 1, 1], "y.jsonl": [1, 1]})
    scored(folder, "b c", 2, {"x.jsonl": [1, 0], "y.jsonl": [0]})
    page = page_of(report, "--ablation", "ablation")
    assert page.text("h2") == ["Ablation"]
    assert page.tables["Arms of the ablation"] == [
        [
            "arm",
            "asked",
            "score",
            "asked briefly",
            "seeds",
            "tokens",
            "x.jsonl",
            "y.jsonl",
            "what it is",
        ],
        [
            "a",
            "reason",
            "66.7 % ± 423.7",
            "–",
            "2",
            "1,400",
            "75.0 % ± 317.8",
            "50.0 % ± 635.5",
            "an arm",
        ],
        ["b c", "brief", "33.3 %", "33.3 %", "1", "1,400", "50.0 %", "0.0 %", "an arm"],
    ]
    assert "Not run yet: b c with seed 1." in page.text("p")
    assert page.attributes("svg", "aria-label") == ["Score of each arm"]


def test_an_ablation_that_has_not_run(report: Report, tmp_path: Path) -> None:
    written(tmp_path / "ablation")
    page = page_of(report, "--ablation", "ablation")
    assert page.tables["Arms of the ablation"][1] == [
        "a",
        "reason",
        "–",
        "–",
        "0",
        "1,400",
        "an arm",
    ]
    assert page.text("svg") == []


def test_the_same_input_gives_the_same_bytes(
    report: Report, exam: list[PromptedQuestion], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of(Path("ours"), exam, ["B", "A", "x"])
    run_of(Path("base"), exam, ["A", "A", "y"])
    written(Path("ablation").absolute())
    arguments = ["--run", "ours", "--against", "base", "--ablation", "ablation"]
    page_of(report, *arguments)
    first = Path("page.html").read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    page_of(report, *arguments)
    assert Path("page.html").read_bytes() == first


def test_nothing_comes_from_elsewhere_and_all_can_be_read_aloud(
    report: Report, exam: list[PromptedQuestion], tmp_path: Path
) -> None:
    run_of(Path("ours"), exam, ["B", "A", "x"])
    run_of(Path("base"), exam, ["A", "A", "y"])
    scored(written(tmp_path / "ablation"), "a", 1, {"x.jsonl": [1, 0]})
    page = page_of(report, "--run", "ours", "--run", "base", "--ablation", "ablation")
    assert not {"script", "link", "iframe", "object", "img"} & {tag for tag, _ in page.tags}
    links = [attrs.get(name) for _, attrs in page.tags for name in ("href", "src") if name in attrs]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link} <= set(ids)
    assert all(link is not None and link.startswith("#") for link in links)
    assert "url(http" not in Path("page.html").read_text(encoding="utf-8")
    assert set(page.attributes("th", "scope")) == {"col", "row"}
    assert len(page.text("caption")) == len(page.text("table"))
    assert page.text("style")[0].count("prefers-color-scheme") == 1
