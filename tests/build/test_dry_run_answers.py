"""What a rehearsal answers passes for good answers, in whatever language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from structtuning_plugin.build.dry_run import typical_answer
from structtuning_plugin.llm.scripted import ScriptedClient
from tests.questions.walks.building import asked, book, rewritten, written
from tests.questions.walks.test_rewriting import LIBRARY, PAIR, link
from tests.samples.ssft_building import choice, free
from tests.trees import grow


@pytest.mark.parametrize("examples", [[], [choice("c#1", ("a", "b"), "A")], [free()]])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_question_is_good_and_new(language: str, examples: list[Any]) -> None:
    grown = grow([book("a", (1, 2, 3), language), book("b", (4,), language)], domain="Library")
    client = ScriptedClient(typical_answer)
    found, dropped, _ = written(grown, 200, client=client, examples=examples)
    assert (len(found), dropped) == (200, [])
    assert len(asked(client)) == 400
    assert all(
        bool(walked.pair.options) == bool(examples and examples[0].options) for walked in found
    )


def test_given_answers_are_supported() -> None:
    found, _ = rewritten(
        LIBRARY, [PAIR], [link(PAIR.id)], lambda request: json.loads(typical_answer(request))
    )
    assert found[PAIR.id].text.startswith("Text of a0.0.")
