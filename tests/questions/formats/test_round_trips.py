"""What a format asks and answers holds what the record held, and its own answer is right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from structtuning_plugin.questions.grading.final_answer import marker
from tests.questions.formats.records import FORMATS, QUESTIONS, any_records, parse, texts
from tests.strategies import examples


@examples
@given(any_records)
def test_the_own_answer_is_right(named: tuple[str, dict[str, Any]]) -> None:
    name, record = named
    pair = parse(name, record)
    assert FORMATS[name].grade(pair, FORMATS[name].answer(pair)) == 1


@examples
@given(any_records, texts)
def test_the_own_answer_is_right_after_any_reasoning(
    named: tuple[str, dict[str, Any]], reasoning: str
) -> None:
    name, record = named
    pair = parse(name, record)
    quoted = " ".join(f"OPTION {letter} IS CORRECT: {text}." for letter, text in pair.options)
    said = f"{reasoning} {quoted}\n\n{marker(pair.language)} {FORMATS[name].answer(pair)}"
    assert FORMATS[name].grade(pair, said) == 1


@examples
@given(any_records)
def test_question_and_options_are_asked_and_the_passage_is_not(
    named: tuple[str, dict[str, Any]],
) -> None:
    name, record = named
    pair = parse(name, record | {"context": "the secret passage"})
    asked = FORMATS[name].ask(pair)
    assert asked.startswith(pair.question)
    assert len(asked.splitlines()) >= len(pair.options)
    assert "secret passage" not in asked
    assert bool(pair.context) is (name in ("longbench", "multiple_choice", "squad"))


@examples
@given(any_records, texts)
def test_grades_lie_between_0_and_1(named: tuple[str, dict[str, Any]], answer: str) -> None:
    name, record = named
    assert 0 <= FORMATS[name].grade(parse(name, record), answer) <= 1


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_with_options_in_six_languages(language: str) -> None:
    question, (first, second), reasoning = QUESTIONS[language]
    record = {
        "question": question,
        "options": [first, second],
        "answer_idx": 1,
        "language": language,
    }
    format_, pair = FORMATS["mmedbench"], parse("mmedbench", record)
    assert format_.ask(pair) == f"{question}\n\nA. {first}\nB. {second}"
    assert format_.answer(pair) == f"B. {second}"
    for said in (
        second,
        "B",
        f"{reasoning}\n\n{marker(language)} B",
        f"**{marker(language)}** {second}",
    ):
        assert format_.grade(pair, said) == 1, said
    for said in (
        first,
        "A",
        f"{reasoning}\n\n{marker(language)} A",
        "",
        "A, B",
        f"{marker(language)}",
    ):
        assert format_.grade(pair, said) == 0, said


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_without_options_in_six_languages(language: str) -> None:
    question, (first, second), reasoning = QUESTIONS[language]
    pair = parse("plain", {"question": question, "answer": [second, first]}, language)
    grade = FORMATS["plain"].grade
    assert FORMATS["plain"].answer(pair) == second
    assert grade(pair, f"{reasoning}\n\n{marker(language)} {first}.") == 1
    assert grade(pair, "xyz") == 0
