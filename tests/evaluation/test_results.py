"""From graded answers to figures and the table."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation.results import against, closing_lines, figures
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, Graded
from tests.evaluation.asking import (
    CHOICE,
    CHOICES,
    FORMATS,
    FREE,
    PASSAGE,
    PromptedQuestion,
    asked,
    gold,
    questions,
)


def graded(found: list[PromptedQuestion], *texts: str) -> list[Graded]:
    return [
        grade(item, Answer(text=text), FORMATS) for item, text in zip(found, texts, strict=True)
    ]


@pytest.fixture
def two_languages(tmp_path: Path) -> list[PromptedQuestion]:
    zh = {**CHOICE, "question": "过滤血液的器官是哪一个？", "language": "zh"}
    return asked(
        [*questions(tmp_path / "a.jsonl", CHOICE, CHOICES), *questions(tmp_path / "b.jsonl", zh)]
    )


def test_files_and_languages_have_scores_of_their_own(
    two_languages: list[PromptedQuestion],
) -> None:
    found = figures(
        graded(two_languages, "B", "A, B", "C"),
        [Dropped(stage="e", id="x", reason="too_long")],
        seed=0,
    )
    assert found["score"]["mean"] == pytest.approx(2 / 3)
    assert found["macro_languages"]["mean"] == 0.5
    assert {name: (value["mean"], value["n"]) for name, value in found["languages"].items()} == {
        "en": (1, 2),
        "zh": (0, 1),
    }
    assert {name: (value["metric"], value["mean"]) for name, value in found["files"].items()} == {
        "a.jsonl": ("accuracy", 1),
        "b.jsonl": ("accuracy", 0),
    }
    assert (found["left_out"], found["metrics"]) == (
        {"too_long": 1},
        {"accuracy": {"mean": 2 / 3, "n": 3}},
    )


def test_gold_is_all_right_and_garbage_is_chance(tmp_path: Path) -> None:
    rows = [
        {
            **CHOICE,
            "question": f"{CHOICE['question']} ({n})",
            "answer_idx": "ABCD"[n % 4],
            "answer": "",
        }
        for n in range(400)
    ]
    found = asked(
        questions(tmp_path / "a.jsonl", *rows, FREE)
        if False
        else questions(tmp_path / "a.jsonl", *rows)
    )
    free = asked(questions(tmp_path / "b.jsonl", FREE)) + asked(
        questions(tmp_path / "c.jsonl", PASSAGE)
    )
    assert figures(graded(found + free, *map(gold, found + free)), [], seed=0)["score"] == {
        "mean": 1.0, "low": 1.0, "high": 1.0, "n": 402,
    }  # fmt: skip
    guess = random.Random(1)
    score = figures(graded(found, *(guess.choice("ABCD") for _ in found)), [], seed=0)["score"]
    assert score["low"] < 0.25 < score["high"]
    nonsense = graded(found + free, *("qwrt zxcv" for _ in found + free))
    assert figures(nonsense, [], seed=0)["score"]["mean"] == 0


def test_two_runs_are_compared_on_what_both_have(two_languages: list[PromptedQuestion]) -> None:
    theirs = {
        two_languages[0].key: {"score": 0.0},
        two_languages[1].key: {"score": 1.0},
        "gone": {"score": 1.0},
    }
    found = against(graded(two_languages, "B", "A, B", "B"), theirs, seed=0)
    assert (
        found["only_here"],
        found["only_there"],
        found["score"]["n"],
        found["score"]["difference"],
    ) == (1, 1, 2, 0.5)
    assert list(found["files"]) == ["a.jsonl"]
    assert against([], theirs, seed=0)["score"] is None


def test_the_table_says_it_all(two_languages: list[PromptedQuestion]) -> None:
    items = graded(two_languages, "B", "A, B", "C")
    scores = {
        **figures(items, [Dropped(stage="e", id="x", reason="too_long")], seed=0),
        **{"model": "m", "adapter": None, "style": "brief", "max_new_tokens": 9},
        "against": {
            "run": "old",
            **against(items, {item.asked.key: {"score": 0.0} for item in items}, seed=0),
        },
        "perplexity": {"book.md": {"perplexity": 12.345, "bits_per_byte": 0.9, "tokens": 1234}},
    }
    lines = closing_lines(scores)
    assert "left out               too_long 1" in lines
    assert "a.jsonl                accuracy 100.0 % (100.0 to 100.0), n = 2" in lines
    assert "mean of the languages  50.0 % (50.0 to 50.0)" in lines
    assert "perplexity: book.md    12.35, 0.900 bits a byte, 1,234 tokens" in lines
    assert any(
        line.startswith("against old            +66.7 points") and "(mcnemar), n = 3" in line
        for line in lines
    )
