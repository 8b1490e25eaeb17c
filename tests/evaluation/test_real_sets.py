"""Real sets: whoever answers from the gold has all right, whoever guesses has chance, whoever babbles has nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from structtuning_plugin.evaluation import tasks
from structtuning_plugin.evaluation.results import figures
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from tests.evaluation.asking import FORMATS, asked, gold


def load(folder: Path) -> list[PromptedQuestion]:
    return asked(tasks.load(tasks.files_of([str(folder)], FORMATS), FORMATS, "skip")[0])


@pytest.mark.parametrize("shape", ["mmedbench_shape", "longbench_shape"])
def test_gold_is_all_right_and_babble_is_nothing(shared_data: Path, shape: str) -> None:
    items = load(shared_data / "qa" / shape)
    right = figures([grade(item, Answer(text=gold(item)), FORMATS) for item in items], [], seed=0)
    assert {name: found["mean"] for name, found in right["files"].items()} == dict.fromkeys(
        right["files"], 1.0
    )
    babble = [grade(item, Answer(text="qwrt zxcv qwrt"), FORMATS) for item in items]
    assert figures(babble, [], seed=0)["score"]["mean"] == 0


def test_guesses_are_right_by_chance(shared_data: Path) -> None:
    items = load(shared_data / "qa" / "mmedbench_shape")
    single = [item for item in items if not item.question.pair.several]
    guess = random.Random(7)
    graded = [
        grade(item, Answer(text=guess.choice(item.question.pair.options)[0]), FORMATS)
        for item in single
    ]
    chance = sum(1 / len(item.question.pair.options) for item in single) / len(single)
    score = figures(graded, [], seed=0)["score"]
    assert score["n"] > 1000
    assert score["low"] < chance < score["high"]


def test_all_six_languages_are_told_apart(shared_data: Path) -> None:
    items = load(shared_data / "qa" / "mmedbench_shape")
    found = figures([grade(item, Answer(text="A"), FORMATS) for item in items], [], seed=0)
    assert set(found["languages"]) == {"en", "es", "fr", "ja", "ru", "zh"}
    means = [value["mean"] for value in found["languages"].values()]
    assert found["macro_languages"]["mean"] == pytest.approx(sum(means) / 6)


def test_no_passage_reaches_the_model(shared_data: Path) -> None:
    for item in load(shared_data / "qa" / "longbench_shape"):
        context = item.question.pair.context
        assert context
        assert context[:200] not in "\n".join(message.content for message in item.messages)
