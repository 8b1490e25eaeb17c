"""What is made of a model's answers about questions, and what it is told about a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from structtuning_plugin.questions.walks.prompts import (
    Verdict,
    WrittenQuestion,
    check_judged,
    check_supported,
    check_written,
    prompt,
)
from tests.questions.walks.building import PROMPTS
from tests.samples.ssft_building import LANGUAGES

NEW = {"question": " Why? ", "explanation": "So.\n\nThus.", "answer": " x "}
FOUR = ["x", "y", "z", "w"]


def test_a_question_is_taken_as_it_is() -> None:
    assert check_written(False)(NEW) == WrittenQuestion(
        question="Why?", explanation="So.\n\nThus.", answer="x"
    )
    assert check_written(False)({**NEW, "options": FOUR}).options == ()


def test_options_are_a_line_each() -> None:
    found = check_written(True)({**NEW, "answer": "a  b", "options": ["a\nb", " y", "z ", "w"]})
    assert (found.answer, found.options) == ("a b", ("a b", "y", "z", "w"))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ([], '"question" must be a text.'),
        ({**NEW, "question": " "}, '"question" must be a text.'),
        ({**NEW, "explanation": None}, '"explanation" must be a text.'),
        ({**NEW, "answer": 3}, '"answer" must be a text.'),
        (NEW, '"options" must be a list of texts.'),
        ({**NEW, "options": "x, y, z, w"}, '"options" must be a list of texts.'),
        ({**NEW, "options": ["x", "y", "z", ""]}, '"options" must be a list of texts.'),
        ({**NEW, "options": ["x", "y", "z"]}, '"options" must hold 4 different texts.'),
        ({**NEW, "options": ["x", "X", "z", "w"]}, '"options" must hold 4 different texts.'),
        (
            {**NEW, "options": ["u", "y", "z", "w"]},
            '"answer" must be one of the "options", word for word.',
        ),
    ],
)
def test_a_wrong_question_is_told_so(data: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_written(True)(data)
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("answerable", "needed", "good"),
    [
        (True, True, True),
        ("yes", " TRUE ", True),
        (True, False, False),
        (False, True, False),
        ("No", "yes", False),
        ("false", "true", False),
    ],
)
def test_truth_is_jsons_own_or_a_word_for_it(answerable: Any, needed: Any, good: bool) -> None:
    reason = "No nodule is known; it is not noted."
    data = {"reason": reason, "answerable": answerable, "all_needed": needed}
    assert check_judged(data) == Verdict(good=good, reason=reason)


@pytest.mark.parametrize("value", ["perhaps", "", "no, since", 1, 0, None, ["true"]])
def test_anything_else_is_no_truth(value: Any) -> None:
    with pytest.raises(ValueError, match=r'^"answerable" must be true or false\.$'):
        check_judged({"reason": "r", "answerable": value, "all_needed": True})
    with pytest.raises(ValueError, match=r'^"supported" must be true or false\.$'):
        check_supported({"reason": "r", "supported": value, "explanation": "e"})


def test_a_reason_is_needed() -> None:
    with pytest.raises(ValueError, match=r'^"reason" must be a text\.$'):
        check_judged({"answerable": True, "all_needed": True})


def test_support_needs_an_explanation_and_its_lack_none() -> None:
    text = "No word is lost.\n\nFor example, the latest: 参考 [1]."
    assert check_supported({"reason": "r", "supported": "Yes", "explanation": text}) == Verdict(
        good=True, reason="r", text=text
    )
    assert check_supported({"reason": "r", "supported": False, "explanation": "e"}) == Verdict(
        good=False, reason="r"
    )
    with pytest.raises(ValueError, match=r'^"explanation" must be a text\.$'):
        check_supported({"reason": "r", "supported": True, "explanation": ""})


VALUES = {
    "domain": "D", "structure": "D > A", "passages": ["One.", "Two."], "example": "", "options": False, "question": "Q?",
    "explanation": "E.", "answer": "A.",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["write_one", "write_many", "judge", "support"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_prompt_name_the_fields_of_its_schema(language: str, kind: str) -> None:
    for options in (False, True):
        asked = prompt(PROMPTS, kind, language, **{**VALUES, "options": options})
        (message,) = asked.messages
        fields = asked.schema["properties"]
        assert message.role == "user"
        assert all(f'"{field}"' in message.content for field in fields)
        assert ('"options"' in message.content) == ("options" in fields)
        assert asked.schema["required"] == list(fields)
        assert "One." in message.content
        assert "Two." in message.content
