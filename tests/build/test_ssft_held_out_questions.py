"""Whatever overlaps a held-out question is not trained on, and is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.errors import CorpusError, StructTuningError
from tests.build.building import PROGRESS
from tests.build.ssft_building import (
    OWN,
    answer_of,
    built,
    counts_of,
    dropped_of,
    plan_of,
    rows_of,
    write_qa,
)
from tests.chats import WordChat
from tests.codecs import WordCodec


@pytest.fixture(scope="module")
def open_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return built(tmp_path_factory.mktemp("open"))


def test_a_given_question_that_is_held_out_leaves_no_trace(open_plan: Plan, tmp_path: Path) -> None:
    records = [
        json.loads(line)
        for path in OWN
        for line in Path(path).read_text(encoding="utf-8").splitlines()
    ]
    secret = records[3]
    words = secret["question"].rstrip("?").split()
    exam = write_qa(
        tmp_path / "exam.jsonl", [{**secret, "question": "  ".join(words).upper() + " ?!"}]
    )
    plan = built(tmp_path, ssft={"holdout": [exam]})
    (gone,) = [
        dropped for dropped in dropped_of(plan, "holdout") if dropped.id == "workshop.jsonl#4"
    ]
    assert gone.detail.startswith("overlaps exam.jsonl#1 (")
    assert "workshop.jsonl#4" not in {row["qa_id"] for row in rows_of(plan)}
    assert "workshop.jsonl#4" in {row["qa_id"] for row in rows_of(open_plan)}
    text = json.dumps([row["messages"] for row in rows_of(plan)], ensure_ascii=False)
    assert secret["question"] not in text
    assert counts_of(plan)["removed_for_holdout"] == len(dropped_of(plan, "holdout")) >= 1
    assert counts_of(plan)["questions"] == counts_of(open_plan)["questions"] - 1


def test_an_exercise_that_is_held_out_is_removed_and_listed(
    open_plan: Plan, tmp_path: Path
) -> None:
    secret = next(
        row
        for row in rows_of(open_plan, "exercise")
        if "/definition/" in row["id"] or "/cloze/" in row["id"]
    )
    exam = write_qa(
        tmp_path / "exam.jsonl",
        [{"question": secret["messages"][0]["content"], "answer": answer_of(secret)}],
    )
    plan = built(tmp_path, ssft={"holdout": [exam]})
    assert secret["id"] not in {row["id"] for row in rows_of(plan)}
    (gone,) = [dropped for dropped in dropped_of(plan, "holdout") if dropped.id == secret["id"]]
    assert gone.detail.startswith("overlaps exam.jsonl#1 (")
    assert gone.stage == "ssft"


@pytest.mark.parametrize("on_error", ["raise", "skip"])
@pytest.mark.parametrize("line", ["{broken", '{"question": "", "answer": "x"}', ""])
def test_a_held_out_file_that_cannot_be_read_whole_stops_the_build(
    tmp_path: Path, on_error: str, line: str
) -> None:
    exam = tmp_path / "exam.jsonl"
    good = json.dumps({"question": "What is a sprag?", "answer": "A wedge."}) + "\n" if line else ""
    exam.write_text(good + line, encoding="utf-8")
    plan = plan_of(tmp_path, ssft={"holdout": [str(exam)]}, on_error=on_error)
    with pytest.raises(StructTuningError, match=r"exam\.jsonl"):
        build(plan, WordCodec(), PROGRESS, WordChat())
    assert not plan.has("ssft")


def test_a_broken_record_to_train_on_may_be_skipped(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text(
        '{"question": "What is a sprag?", "answer": "A wedge."}\n{broken\n', encoding="utf-8"
    )
    plan = built(tmp_path, ssft={"qa": [str(own)]}, on_error="skip")
    assert counts_of(plan)["questions"] == 1
    assert [dropped.id for dropped in dropped_of(plan) if dropped.stage == "qa"] == ["own.jsonl#2"]
    strict = plan_of(tmp_path, ssft={"qa": [str(own)]})
    assert strict.keys == plan.keys
    assert not strict.is_built
    with pytest.raises(CorpusError, match=r"own\.jsonl, record 2, cannot be used.*on_error: skip"):
        build(strict, WordCodec(), PROGRESS, WordChat())


def test_readable_questions_are_built_once_whatever_on_error(tmp_path: Path) -> None:
    own = write_qa(tmp_path / "own.jsonl", [{"question": "What is a sprag?", "answer": "A wedge."}])
    plan = built(tmp_path, ssft={"qa": [own]}, on_error="skip")
    strict = plan_of(tmp_path, ssft={"qa": [own]})
    assert strict.keys == plan.keys
    assert strict.is_built
    assert build(strict, WordCodec(), PROGRESS, WordChat()) is False
