"""`evaluate --server` against real servers' kinds of reply and refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import backends
from structtuning_plugin.evaluation.tasks import grade
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from structtuning_plugin.llm.openai_client import OpenAIFactory
from tests.evaluation.asking import CHOICE, FORMATS, FREE, asked, gold, questions
from tests.llm.fault_server import FaultServer, serving
from tests.llm.reply_kinds import ANSWERS, NO_ANSWERS, REFUSALS, Body, completion, has

# In free text the thoughts are no answer, also where they are all that there is.
ONLY_THOUGHTS = "only in the field of thoughts"


@pytest.fixture
def items(tmp_path: Path) -> list[PromptedQuestion]:
    free = {**FREE, "question": "What filters blood?", "answer": "It is the spleen."}
    return asked([*questions(tmp_path / "a.jsonl", CHOICE), *questions(tmp_path / "b.jsonl", free)])


def scores_of(
    server: FaultServer, items: list[PromptedQuestion]
) -> tuple[list[float], list[Dropped]]:
    """The scores of the answered questions, and the questions without an answer."""
    answers: list[tuple[PromptedQuestion, Answer]] = []
    with serving(server):
        config = backends.config_for(server.base_url, "m", 64, None)
        config = config.model_copy(update={"max_retries": 0})
        answerer = backends.ServerAnswerer(OpenAIFactory(), config, 1, Progress(quiet=True))
        dropped = answerer.answer(items, lambda item, answer: answers.append((item, answer)))
    return [grade(item, answer, FORMATS).score for item, answer in answers], dropped


def right_answers(items: list[PromptedQuestion]) -> dict[str, str]:
    return {item.messages[-1].content: gold(item) for item in items}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("field", REFUSALS)
def test_an_answer_in_any_form_is_scored(
    field: str, kind: str, items: list[PromptedQuestion]
) -> None:
    right = right_answers(items)

    def reply(body: Body) -> tuple[int, Any]:
        if has(body, field):
            status, words = REFUSALS[field]
            return status, {"error": {"message": words}}
        return 200, ANSWERS[kind](right[body["messages"][-1]["content"]])

    server = FaultServer(str, reply=reply)
    scores, dropped = scores_of(server, items)
    # The words around a fence count as words of a free answer.
    expected = {ONLY_THOUGHTS: [0.0, 0.0], "fence": [1.0, pytest.approx(2 / 3)]}
    assert (scores, dropped) == (expected.get(kind, [1.0, 1.0]), [])
    assert server.requests - len(items) <= 1


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_a_reply_without_an_answer_scores_nothing_or_is_left_out(
    kind: str, items: list[PromptedQuestion]
) -> None:
    make, reason = NO_ANSWERS[kind]
    scores, dropped = scores_of(FaultServer(str, reply=lambda _: (200, make())), items)
    if reason == "unanswered":
        assert (scores, [item.reason for item in dropped]) == ([], ["unanswered"] * 2)
    else:
        assert (scores, dropped) == ([0.0, 0.0], [])


WRONG = "I am not sure. Perhaps the heart?"
FORMS = (
    "<think>\n{thought}\n</think>\n\n{answer}",
    "{thought}</think>{answer}",
    "<reasoning>{thought}</reasoning><answer>{answer}</answer>",
    "<|channel|>analysis<|message|>{thought}<|end|><|start|>assistant<|channel|>final<|message|>{answer}",
    "analysis{thought}assistantfinal{answer}",
    "[THINK]{thought}[/THINK]{answer}",
)


@pytest.mark.parametrize("form", FORMS)
def test_a_reasoning_model_is_scored_by_its_answer(
    form: str, items: list[PromptedQuestion]
) -> None:
    right = right_answers(items)

    def always_right(body: Body) -> tuple[int, Any]:
        answer = right[body["messages"][-1]["content"]]
        return 200, completion(form.format(thought="The answer is A. " + WRONG, answer=answer))

    def right_in_thoughts(body: Body) -> tuple[int, Any]:
        answer = right[body["messages"][-1]["content"]]
        return 200, completion(form.format(thought=f"The answer is {answer}", answer="Unknown"))

    def never_stops(body: Body) -> tuple[int, Any]:
        answer = right[body["messages"][-1]["content"]]
        text = form.partition("{thought}")[0] or "<think>"
        return 200, completion(f"{text}The answer is {answer}", "length")

    assert scores_of(FaultServer(str, reply=always_right), items)[0] == [1.0, 1.0]
    assert scores_of(FaultServer(str, reply=right_in_thoughts), items)[0] == [0.0, 0.0]
    assert scores_of(FaultServer(str, reply=never_stops), items)[0] == [0.0, 0.0]
