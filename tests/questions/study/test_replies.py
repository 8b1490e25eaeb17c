"""Requests as text in six languages, and the checks of replies."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.hookspecs import StudyReply
from structtuning_plugin.questions.study.forms import Item
from structtuning_plugin.questions.study.replies import (
    check_judgement,
    check_reply,
    write_judge_request,
    write_request,
)
from tests.questions.study.building import PROMPTS, WORDINGS

LANGUAGES = ("en", "es", "fr", "ja", "ru", "zh")
VALUES = {
    "domain": "DOMAIN",
    "path": "DOMAIN > PATH",
    "name": "NAME",
    "outline": "OUTLINE",
    "siblings": "SIBLING; OTHER",
    "parts": [{"path": "PART 1", "text": "TEXT 1"}, {"path": "PART 2", "text": "TEXT 2"}],
    "facts": ["FACT 1", "FACT 2"],
    "version": 3,
}


def test_there_are_wordings_of_every_prompt_in_six_languages() -> None:
    assert WORDINGS.languages() == set(LANGUAGES)
    pools = {tuple(key.split("/")[:2]) for key in WORDINGS.sources}
    expected = {*PROMPTS, "frame", "judge", "again"}
    assert pools == {(language, pool) for language in LANGUAGES for pool in expected}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PROMPTS)
def test_a_request_shows_everything(name: str, language: str) -> None:
    prompt = PROMPTS[name]
    request = write_request(WORDINGS, name, prompt.reply, language, VALUES)
    (message,) = request.messages
    shown = ["DOMAIN > PATH", "OUTLINE", "SIBLING; OTHER", "PART 1", "TEXT 1", "PART 2", "TEXT 2"]
    places = [message.content.index(text) for text in [*shown, "- FACT 1", "- FACT 2"]]
    assert places == sorted(places)
    assert "3" in message.content
    assert message.content.endswith(
        {
            "text": '{"text": "..."}',
            "facts": '{"facts": ["...", "..."]}',
            "questions": '{"questions": [{"question": "...", "answer": "..."}]}',
        }[prompt.reply]
    )
    assert request.passages == ("TEXT 1", "TEXT 2")
    assert request.facts == ("FACT 1", "FACT 2")
    for text in ("TEXT 1", "FACT", "OUTLINE", "NAME", "DOMAIN", "PATH"):
        assert text not in request.instruction
    assert WORDINGS.pool(language, name)[0].render({**VALUES, "name": ""}) in request.instruction


def test_the_first_version_says_nothing_of_versions() -> None:
    first = write_request(WORDINGS, "case", "text", "en", {**VALUES, "version": 1, "facts": []})
    assert "version" not in first.messages[0].content
    assert "Write above all" not in first.messages[0].content


def test_a_language_without_wordings_is_asked_in_english() -> None:
    german = write_request(WORDINGS, "case", "text", "de", VALUES)
    assert german.messages == write_request(WORDINGS, "case", "text", "en", VALUES).messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_judge_sees_passages_and_numbered_items(language: str) -> None:
    request = write_request(WORDINGS, "questions", "questions", language, VALUES)
    items = [Item(text="ANSWER", question="QUESTION"), Item(text="SECOND")]
    asked = write_judge_request(WORDINGS, language, "DOMAIN", request, items)
    content = asked.messages[0].content
    shown = ["DOMAIN", "TEXT 1", "TEXT 2", "1. QUESTION\nANSWER", "2. SECOND", '"unsupported"']
    places = [content.index(text) for text in shown]
    assert places == sorted(places)
    assert asked.reply == "verdict"
    assert asked.schema["properties"]["unsupported"]["maxItems"] == 2


@pytest.mark.parametrize(
    ("reply", "data", "items"),
    [
        ("text", {"text": " It is so.\n"}, [Item(text="It is so.")]),
        ("text", {"text": ["a | b", "c | d"]}, [Item(text="a | b\nc | d")]),
        (
            "facts",
            {"facts": ["One\n is.", "Two is."]},
            [Item(text="One is."), Item(text="Two is.")],
        ),
        (
            "questions",
            {"questions": [{"question": "Who?\n", "answer": " He. ", "more": 1}]},
            [Item(text="He.", question="Who?")],
        ),
    ],
)
def test_replies(reply: StudyReply, data: Any, items: list[Item]) -> None:
    assert check_reply(reply)(data) == tuple(items)


@pytest.mark.parametrize(
    ("reply", "data", "fault"),
    [
        ("text", {"text": " "}, '"text" must be a text.'),
        ("text", ["It is so."], '"text" must be a text.'),
        ("facts", {"facts": []}, '"facts" must be a list of sentences.'),
        ("facts", {"facts": ["One.", ""]}, '"facts" must be a list of sentences.'),
        ("questions", {"questions": {}}, '"questions" must be a list of questions with answers.'),
        (
            "questions",
            {"questions": [{"question": "Who?"}]},
            'Each of "questions" must have a "question" and an "answer".',
        ),
    ],
)
def test_wrong_replies_say_what_is_wrong(reply: StudyReply, data: Any, fault: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        check_reply(reply)(data)
    assert str(caught.value) == fault


def test_a_very_long_list_is_cut() -> None:
    assert len(check_reply("facts")({"facts": [f"Fact {n}." for n in range(50)]})) == 24


def test_a_judgement_counts_from_one() -> None:
    judgement = check_judgement(3)({"reason": " No\nword of it. ", "unsupported": [1, "3"]})
    assert (judgement.reason, judgement.unsupported) == ("No word of it.", {0, 2})
    assert check_judgement(1)({"unsupported": []}).unsupported == frozenset()


@pytest.mark.parametrize("numbers", [[0], [4], [True], ["one"], None, 1, [1.0]])
def test_a_judgement_of_other_numbers_is_wrong(numbers: Any) -> None:
    with pytest.raises(ValueError, match='"unsupported" must be a list of numbers'):
        check_judgement(3)({"reason": "", "unsupported": numbers})
