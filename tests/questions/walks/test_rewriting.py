"""Given reasoning, written anew where the passages support the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from structtuning_plugin.llm.types import Request
from structtuning_plugin.questions.linking import Link
from structtuning_plugin.questions.walks.prompts import Reasoning
from tests.questions.walks.building import books, good, rewritten, subject
from tests.samples.ssft_building import choice, free, unlinked

LIBRARY = books((3, 5))
FIRST, SECOND = LIBRARY[1][0], LIBRARY[1][1]
PAIR = free(explanation="As given.")


def link(name: str) -> Link:
    return Link(pair_id=name, chunk_ids=(FIRST.id, SECOND.id), topic_ids=(FIRST.topic_id,), fit=0.8)


def test_supported_reasoning_is_written_anew() -> None:
    pair = choice(
        "c#1", ("Rubber", "Glass"), "B", explanation="Old.", question="What are panes made of?"
    )
    found, client = rewritten(LIBRARY, [pair], [link(pair.id)])
    (request,) = client.requests
    assert found == {
        "c#1": Reasoning(
            text="Anew for support/c#1.",
            request=found["c#1"].request,
            model="m",
            verdict="supported: They say so.",
        )
    }
    assert len(found["c#1"].request) == 64
    assert dict(subject(request).values) == {
        "domain": "Library",
        "passages": [FIRST.text.strip(), SECOND.text.strip()],
        "question": "What are panes made of?\n\nA. Rubber\nB. Glass",
        "answer": "B. Glass",
        "explanation": "Old.",
    }


@pytest.mark.parametrize("word", [False, "No", "false"])
def test_unsupported_reasoning_stays_as_given(word: Any) -> None:
    def answer(request: Request) -> Any:
        return {
            "reason": "Yes, it is true, but not said.",
            "supported": word,
            "explanation": "Made up.",
        }

    found, _ = rewritten(LIBRARY, [PAIR], [link(PAIR.id)], answer)
    assert found[PAIR.id].text == "As given."
    assert found[PAIR.id].verdict == "not supported: Yes, it is true, but not said."


@pytest.mark.parametrize("word", [True, "yes", "TRUE"])
def test_new_reasoning_survives_whatever_it_says(word: Any) -> None:
    text = "No, none.\n\nFor example, the latest: 参考 [2].\n\n\nEnd of example."
    found, _ = rewritten(
        LIBRARY,
        [PAIR],
        [link(PAIR.id)],
        lambda request: {"reason": "Not false.", "supported": word, "explanation": text},
    )
    assert found[PAIR.id].text == text


def test_no_usable_answer_leaves_the_reasoning_alone() -> None:
    found, client = rewritten(LIBRARY, [PAIR], [link(PAIR.id)], lambda request: "I would say so.")
    assert found == {}
    assert len(client.requests) == 3


def test_unlinked_questions_are_not_shown() -> None:
    other = replace(PAIR, id="other", question="Secret?")
    found, client = rewritten(LIBRARY, [PAIR, other], [link(PAIR.id), unlinked(other)], good)
    assert list(found) == [PAIR.id]
    assert all("Secret" not in request.messages[0].content for request in client.requests)
