"""Which questions a task has, and what each is scored by."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.core.errors import ConfigError, CorpusError
from structtuning_plugin.evaluation import tasks
from tests.evaluation.asking import CHOICE, CHOICES, FORMATS, FREE, PASSAGE, questions, write


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        *((name, "f1") for name in ("hotpotqa", "2wikimqa", "musique", "qasper", "narrativeqa")),
        *(
            ("multifieldqa_en", "f1"),
            ("multifieldqa_zh", "f1"),
            ("dureader", "rouge_l"),
            ("other", "f1"),
        ),
    ],
)
def test_a_set_of_longbench_has_its_published_metric(
    tmp_path: Path, name: str, metric: str
) -> None:
    (found,) = questions(tmp_path / "a.jsonl", {**PASSAGE, "dataset": name})
    assert (found.dataset, found.metric) == (name, metric)


def test_a_record_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    (found,) = questions(tmp_path / "dureader.jsonl", {**PASSAGE, "dataset": None})
    assert found.metric == "rouge_l"
    (other,) = questions(tmp_path / "dureader_e.jsonl", PASSAGE)
    assert other.metric == "f1"


def test_options_are_scored_by_accuracy_and_classes_by_classification(tmp_path: Path) -> None:
    assert [q.metric for q in questions(tmp_path / "a.jsonl", CHOICE, CHOICES)] == ["accuracy"] * 2
    (found,) = questions(
        tmp_path / "b.jsonl",
        {**PASSAGE, "answers": ["x"], "all_classes": ["x", "y"], "dataset": "trec"},
    )
    assert found.metric == "classification"
    assert questions(tmp_path / "c.jsonl", FREE)[0].metric == "f1"


def test_a_limit_is_one_of_each_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(
            tmp_path / f"{name}.jsonl",
            [{**FREE, "question": f"What is {name}{n}?"} for n in range(5)],
        )
    found, dropped = tasks.load(tasks.files_of([str(tmp_path)], FORMATS), FORMATS, limit=2)
    assert [q.pair.id for q in found] == ["a.jsonl#1", "a.jsonl#2", "b.jsonl#1", "b.jsonl#2"]
    assert dropped == []


def test_a_files_questions_do_not_depend_on_other_files(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [FREE])
    write(tmp_path / "b.jsonl", [FREE, FREE])
    found, dropped = tasks.load(tasks.files_of([str(tmp_path)], FORMATS), FORMATS)
    assert [q.pair.id for q in found] == ["a.jsonl#1", "b.jsonl#1"]
    assert [(d.id, d.reason) for d in dropped] == [("b.jsonl#2", "duplicate")]


def test_a_record_that_is_none_stops_it_or_is_listed(tmp_path: Path) -> None:
    files = tasks.files_of(
        [str(write(tmp_path / "a.jsonl", [FREE, {"question": "", "answer": "x"}]))], FORMATS
    )
    with pytest.raises(CorpusError, match=r"record 2, cannot be used"):
        tasks.load(files, FORMATS)
    found, dropped = tasks.load(files, FORMATS, "skip")
    assert (len(found), [d.reason for d in dropped]) == (1, ["empty_question"])


def test_no_question_is_an_error() -> None:
    with pytest.raises(
        ConfigError, match=r"no question to ask in no file. Give files with `--tasks`"
    ):
        tasks.load([], FORMATS)
