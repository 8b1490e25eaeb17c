"""What the model gets to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.evaluation.types import Style
from tests.evaluation.asking import CHOICE, CHOICES, FREE, PASSAGE, QA, asked, questions


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
