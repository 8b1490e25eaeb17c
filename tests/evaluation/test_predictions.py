"""A run's folder: nothing is asked twice, nothing counts that another model said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.evaluation import predictions as running
from structtuning_plugin.evaluation.predictions import PREDICTIONS, SCORES, load_scores, open_run
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from tests.evaluation.asking import CHOICE, FORMATS, FREE, PASSAGE, Scripted, asked, gold, questions

QUIET = Progress(quiet=True)


@pytest.fixture
def three(tmp_path: Path) -> list[PromptedQuestion]:
    rows = [{**FREE, "question": f"What is {n}?", "answer": f"It is {n}."} for n in range(3)]
    return asked(questions(tmp_path / "a.jsonl", *rows))


def test_a_killed_run_asks_no_question_twice(tmp_path: Path, three: list[PromptedQuestion]) -> None:
    def dies(item: PromptedQuestion) -> str:
        if item.question.pair.id.endswith("#3"):
            raise KeyboardInterrupt
        return gold(item)

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt), open_run(folder, {"model": 1}) as run:
        running.answer_all(three, run, lambda: Scripted(dies), QUIET)
    with (folder / PREDICTIONS).open("ab") as file:
        file.write(b'{"id": "a.jsonl#3", "te')  # what a kill may leave
    second = Scripted(gold)
    with open_run(folder, {"model": 1}) as run:
        running.answer_all(three, run, lambda: second, QUIET)
        assert [running.grade_all(three, run.kept, FORMATS)[n].score for n in range(3)] == [1, 1, 1]
    assert second.asked == ["a.jsonl#3"]
    assert [json.loads(line)["id"] for line in (folder / PREDICTIONS).read_text().splitlines()] == [
        q.question.pair.id for q in three
    ]


def test_scores_of_before_go_with_the_first_new_answer(
    tmp_path: Path, three: list[PromptedQuestion]
) -> None:
    def finish(settings: dict[str, int], some: list[PromptedQuestion]) -> None:
        with open_run(tmp_path / "run", settings) as run:
            running.answer_all(some, run, lambda: Scripted(gold), QUIET)
            if len(some) < 3:
                run.finish(running.grade_all(some, run.kept, FORMATS), [], {"questions": len(some)})

    scores = tmp_path / "run" / SCORES
    finish({}, three[:2])
    finish({}, three[:1])
    assert json.loads(scores.read_text()) == {"questions": 1}
    finish({}, three)  # stopped before its end
    assert not scores.exists()
    finish({}, three[:2])
    with open_run(tmp_path / "run", {"model": 2}):
        assert not scores.exists()


def test_a_finished_run_loads_no_model(tmp_path: Path, three: list[PromptedQuestion]) -> None:
    for _ in range(2):
        with open_run(tmp_path / "run", {}) as run:
            if len(run.kept) == 3:
                assert (
                    running.answer_all(three, run, lambda: pytest.fail("a model was loaded"), QUIET)
                    == []
                )
            else:
                running.answer_all(three, run, lambda: Scripted(gold), QUIET)


def test_answers_of_another_model_do_not_count_and_stay(
    tmp_path: Path, three: list[PromptedQuestion]
) -> None:
    folder = tmp_path / "run"
    for model, moved, count in (("a", False, 3), ("b", True, 3), ("a", True, 0)):
        scripted = Scripted(lambda item, model=model: model)  # type: ignore[misc]
        with open_run(folder, {"model": model}) as run:
            running.answer_all(three, run, lambda scripted=scripted: scripted, QUIET)  # type: ignore[misc]
            assert (run.moved is not None, len(scripted.asked)) == (moved, count)
            assert {answer.text for answer in run.kept.values()} == {model}


def test_other_questions_are_asked_beside_the_old_ones(
    tmp_path: Path, three: list[PromptedQuestion]
) -> None:
    with open_run(tmp_path / "run", {}) as run:
        running.answer_all(three[:2], run, lambda: Scripted(gold), QUIET)
        more = Scripted(gold)
        running.answer_all(three, run, lambda: more, QUIET)
    assert more.asked == ["a.jsonl#3"]


def test_the_same_prompt_is_asked_once(tmp_path: Path) -> None:
    twins = asked([*questions(tmp_path / "a.jsonl", FREE), *questions(tmp_path / "b.jsonl", FREE)])
    scripted = Scripted(gold)
    with open_run(tmp_path / "run", {}) as run:
        running.answer_all(twins, run, lambda: scripted, QUIET)
        assert [g.score for g in running.grade_all(twins, run.kept, FORMATS)] == [1, 1]
    assert len(scripted.asked) == 1


def test_two_evaluations_at_once_are_refused(tmp_path: Path) -> None:
    with (
        open_run(tmp_path / "run", {}),
        pytest.raises(
            ArtifactError, match=r"Another evaluation writes to .*another folder with `-o`"
        ),
        open_run(tmp_path / "run", {}),
    ):
        pass


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with (
        pytest.raises(ArtifactError, match=r"cannot be written: .*`-o`"),
        open_run(tmp_path / "run", {}),
    ):
        pass


def test_what_is_written_can_be_read_back(tmp_path: Path) -> None:
    found = asked(questions(tmp_path / "a.jsonl", CHOICE)) + asked(
        questions(tmp_path / "b.jsonl", PASSAGE)
    )
    with open_run(tmp_path / "run", {}) as run:
        running.answer_all(found, run, lambda: Scripted(lambda item: "B.\n\ud800\u2028"), QUIET)
        run.finish(running.grade_all(found, run.kept, FORMATS), [], {"score": 1})
    rows = load_scores(tmp_path / "run")
    assert [row["score"] for row in rows.values()] == [1.0, 0.0]
    assert set(rows) == {item.key for item in found}
    assert [row["right"] for row in rows.values()] == [["B"], ["Matt Cohen"]]
    with open_run(tmp_path / "run", {}) as run:
        assert set(run.kept.values()) == {Answer(text="B.\n?\u2028")}


def test_a_run_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"is no finished evaluation: graded\.jsonl"):
        load_scores(tmp_path)
