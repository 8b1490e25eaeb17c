from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import QAPair
from structtuning_plugin.questions.grading.answers import final_answer, grade_class, grade_text
from structtuning_plugin.questions.grading.final_answer import marker
from structtuning_plugin.questions.grading.text import (
    exact_match,
    normalise,
    rouge_l,
    token_f1,
    tokens,
)
from tests.strategies import examples

WITH_MARKERS = ("en", "es", "fr", "ja", "ru", "zh")


@pytest.mark.parametrize(
    ("text", "language", "normal"),
    [
        ("The  Liver, a gland.", "en", "liver gland"),
        ("La foie, un organe.", "fr", "la foie un organe"),
        ("肝脏，是 器官。", "zh", "肝脏是器官"),
        ("肝臓 は、臓器。", "ja", "肝臓は臓器"),
        ("Ｌｉｖｅｒ", "en", "liver"),
        ("The", "en", "the"),
        ("?!", "en", "?!"),
    ],
)
def test_normalise(text: str, language: str, normal: str) -> None:
    assert normalise(text, language) == normal


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("the T-cell, 3.5 mg", "en", ["tcell", "35", "mg"]),
        ("脾 X线", "zh", ["脾", "x", "线"]),
        ("ตับ", "th", ["ต", "ั", "บ"]),
    ],
)
def test_tokens(text: str, language: str, parts: list[str]) -> None:
    assert tokens(text, language) == parts


def test_scores_are_those_of_the_best_answer() -> None:
    assert token_f1("red pulp of the spleen", ["white pulp", "red pulp"]) == pytest.approx(
        2 * 2 / (4 + 2)
    )
    assert rouge_l("pulp red spleen", ["red pulp spleen"]) == pytest.approx(2 * 2 / 6)
    assert token_f1("pulp red spleen", ["red pulp spleen"]) == 1
    assert token_f1("x", []) == 0
    assert exact_match("The Spleen!", ["spleen"])
    assert not exact_match("spleens", ["spleen"])


words = st.lists(st.sampled_from(["liver", "spleen", "肝", "脾", "печень", "3.5"]), max_size=8).map(
    " ".join
)


@examples
@given(words, words)
def test_scores_are_symmetric_and_bounded(one: str, other: str) -> None:
    for score in (token_f1, rouge_l):
        assert score(one, [other]) == score(other, [one])
        assert 0 <= score(one, [other]) <= 1
    assert rouge_l(one, [other]) <= token_f1(one, [other])
    assert not one or rouge_l(one, [one]) == 1


def test_the_markers_that_we_write() -> None:
    assert {language: marker(language) for language in (*WITH_MARKERS, "de")} == {
        "en": "Answer:", "zh": "答案：", "ja": "答え：", "fr": "Réponse\u00a0:", "ru": "Ответ:", "es": "Respuesta:",
        "de": "Answer:",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("no marker at all", "no marker at all"),
        ("It is soft. So the correct answer is the liver.", "the liver."),
        ("The answer is A. No: Overall, the answer is B", "B"),
        ("**Answer:** the *liver*", "the *liver"),
        ("ANSWER : x", "x"),
        ("答案是：肝", "肝"),
        ("正解は肝臓です。", "肝臓"),
        ("答え：肝臓\n甲状腺です", "肝臓\n甲状腺です"),
        ("**Réponse :** le foie", "le foie"),
        ("La réponse est : le foie", "le foie"),
        ("Правильный ответ — печень", "печень"),
        ("La respuesta correcta es: hígado", "hígado"),
        ("x\n\n### Answer\n\nliver", "liver"),
        ("Answer:", ""),
    ],
)
def test_final_answer(text: str, answer: str) -> None:
    assert final_answer(text) == answer


@pytest.mark.parametrize("language", [*WITH_MARKERS, "de"])
@pytest.mark.parametrize("reasoning", ["", "Answer: no", "答案是肝", "La réponse est B. Ответ: A"])
def test_our_marker_is_the_last_one(language: str, reasoning: str) -> None:
    assert final_answer(f"{reasoning}\n\n{marker(language)} 42 mg", language) == "42 mg"


def test_a_quoted_marker_of_another_language_does_not_count() -> None:
    assert (
        final_answer("Answer: the word before it, Respuesta: nada", "en")
        == "the word before it, Respuesta: nada"
    )
    assert final_answer("Respuesta: nada", "en") == "nada"


def asked(*answers: str, options: tuple[str, ...] = ()) -> QAPair:
    letters = tuple(("", text) for text in options)
    return QAPair(
        id="q", format="plain", question="?", answers=answers, language="en", options=letters
    )


def test_a_right_answer_with_a_marker_in_it_is_compared_as_a_whole_too() -> None:
    pair = asked("The answer is the liver")
    assert grade_text(pair, "The answer is a liver") == 1
    # Without the articles three of its four words are the answer's three.
    assert grade_text(pair, "The answer is a fatty liver") == pytest.approx(2 * 3 / (4 + 3))
    assert grade_text(asked("liver"), "The answer is a fatty liver") == pytest.approx(
        2 * 1 / (2 + 1)
    )


def test_letters_that_are_taken_apart_are_the_same_ones() -> None:
    apart = "Ele\u0301ment"
    pair = asked("Elément", options=("Elément", "Autre"))
    assert grade_class(pair, apart) == 1
    assert grade_class(asked("Elément", options=("Elément", "Autre")), f"Answer: {apart}") == 1


@pytest.mark.parametrize(
    ("given", "score"),
    [
        ("Food", 1),
        ("Food, Drink", 0.5),
        ("Food, Drink, Fool", pytest.approx(1 / 3)),
        ("Drink", 0),
        ("", 0),
        ("Foo", 0),
    ],
)
def test_of_the_classes_that_are_named_the_right_one_is_its_share(given: str, score: float) -> None:
    """ "Foo" is a part of the right one's name, and so no other class."""
    assert grade_class(asked("Food", options=("Food", "Fool", "Drink", "Foo")), given) == score
