"""Tokens of texts in spaced and unspaced scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.questions.retrieval.tokens import Vocabulary, stems, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cells divide.", ["cells", "cells*", "divide", "divide*"]),
        ("ｃｏｖｉｄ-19", ["covid", "covid*", "19", "19*"]),
        ("细胞膜", ["细", "胞", "膜", "细胞", "胞膜"]),
        ("DNA複製", ["dna", "dna*", "複", "製", "複製"]),
        (
            "データベース",
            ["デ", "ー", "タ", "ベ", "ー", "ス", "デー", "ータ", "タベ", "ベー", "ース"],
        ),
        ("학교에서", ["학", "교", "에", "서", "학교", "교에", "에서"]),
        ("l'école", ["l", "l*", "ecole", "ecole*"]),
        ("________ … !", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("psychologia", "psychologią"),
        ("клетками", "клеткам"),
        ("Ciałka", "ciałkami"),
        ("membranes", "membrane"),
    ],
)
def test_inflected_forms_share_a_stem(one: str, other: str) -> None:
    assert stems(one) == stems(other)
    assert len(stems(one)) == 1


@given(st.lists(st.text(), max_size=5), st.text())
def test_a_vocabulary_knows_what_it_has_learnt_and_nothing_else(
    texts: list[str], question: str
) -> None:
    vocabulary = Vocabulary()
    learnt = [vocabulary.learn(text) for text in texts]
    for text, numbers in zip(texts, learnt, strict=True):
        assert [vocabulary.ids[token] for token in tokens(text)] == numbers.tolist()
        assert vocabulary.known(text).total() == len(numbers)
    met = {token for text in texts for token in tokens(text)}
    assert set(vocabulary.ids) == met
    assert vocabulary.known(question).total() == sum(token in met for token in tokens(question))


@given(st.text())
def test_stems_are_tokens(text: str) -> None:
    assert stems(text) <= set(tokens(text))
    assert bool(stems(text)) == bool(tokens(text))
