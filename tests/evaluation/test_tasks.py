"""Which questions a task has, what each is scored by, and what the model gets to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.core.errors import ConfigError, CorpusError
from structtuning_plugin.evaluation import tasks
from structtuning_plugin.questions.prompts import Style
from tests.evaluation.asking import (
    CHOICE,
    CHOICES,
    FORMATS,
    FREE,
    PASSAGE,
    QA,
    asked,
    questions,
    write,
)


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


# --- what the model gets to read


def said(path: Path, row: dict[str, object], style: Style = "brief", **settings: str) -> str:
    (item,) = asked(questions(path, row), style, **settings)
    return item.messages[-1].content


def test_the_passage_is_never_shown_and_the_topic_is(tmp_path: Path) -> None:
    for style in ("brief", "reason"):
        text = said(tmp_path / "a.jsonl", {**PASSAGE, "topic": "Novels"}, style, domain="Books")  # type: ignore[arg-type]
        assert "SECRET" not in text
        assert text.startswith("Novels\n\nWho wrote Elizabeth and After?")


def test_choices_have_their_hint_in_the_first_wording(tmp_path: Path) -> None:
    assert said(tmp_path / "a.jsonl", CHOICE) == (
        "Which organ filters old blood cells?\n\nA. liver\nB. spleen\nC. heart\nD. lung\n\n"
        "One option is right.\n\nGive the answer only."
    )
    assert "One or more options are right." in said(tmp_path / "b.jsonl", CHOICES)


def test_reasoning_is_asked_for_in_the_domain(tmp_path: Path) -> None:
    text = said(tmp_path / "a.jsonl", FREE, "reason", domain="Anatomy")
    assert (
        text
        == "What is a spleen?\n\nFirst say where in Anatomy this belongs, then reason, then answer."
    )


@pytest.mark.parametrize("language", ["en", "es", "fr", "ja", "ru", "zh"])
def test_the_wording_is_in_the_questions_language(tmp_path: Path, language: str) -> None:
    text = said(tmp_path / "a.jsonl", {**FREE, "language": language})
    assert text == QA.pool(language, "brief")[0].render(
        {"question": FREE["question"], "domain": "", "language": language}
    )


def test_a_conversation_is_asked_up_to_its_last_question(tmp_path: Path) -> None:
    turns = [
        ("system", "S"),
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
        ("assistant", "2"),
    ]
    (item,) = asked(
        questions(
            tmp_path / "a.jsonl", {"messages": [{"role": r, "content": c} for r, c in turns]}
        ),
        system="ours",
    )
    assert [(m.role, m.content) for m in item.messages] == turns[:-1]


def test_the_system_turn_of_the_block_comes_first(tmp_path: Path) -> None:
    (item,) = asked(questions(tmp_path / "a.jsonl", FREE), system="Be brief.")
    assert [(m.role) for m in item.messages] == ["system", "user"]


def test_the_key_is_of_question_and_answer_the_prompt_of_the_words(tmp_path: Path) -> None:
    found = questions(tmp_path / "a.jsonl", FREE)
    (brief,), (reason,) = asked(found), asked(found, "reason")
    assert brief.key == reason.key
    assert brief.prompt != reason.prompt
    (other,) = asked(questions(tmp_path / "a.jsonl", {**FREE, "answer": "Nothing."}))
    assert (other.key == brief.key, other.prompt == brief.prompt) == (False, True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_system_turn_of_ones_own_does_not_keep_the_reason_form_away(
    tmp_path: Path, language: str
) -> None:
    """Training puts the form around the question of such a conversation."""
    turns = [("system", "Be exact."), ("user", "Why?"), ("assistant", "So.")]
    row = {
        "messages": [{"role": role, "content": content} for role, content in turns],
        "language": language,
    }
    (item,) = asked(questions(tmp_path / "a.jsonl", row), "reason", domain="Anatomy", system="Ours")
    form = QA.pool(language, "reason")[0]
    text = form.render({"question": "Why?", "domain": "Anatomy", "language": language})
    assert [(m.role, m.content) for m in item.messages] == [("system", "Be exact."), ("user", text)]
