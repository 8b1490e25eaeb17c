"""Answers of a server, in free text."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.evaluation import backends as serving
from structtuning_plugin.evaluation.types import Answer, PromptedQuestion
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.openai_client import OpenAIFactory
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Message
from tests.evaluation.asking import FREE, asked, gold, questions
from tests.llm.asking import config_of, run

from tests.llm.fault_server import FaultServer, serving as on_loopback  # isort: skip


@pytest.fixture
def items(tmp_path: Path) -> list[PromptedQuestion]:
    rows = [{**FREE, "question": f"What is {n}?", "answer": f"It is {n}."} for n in range(20)]
    return asked(questions(tmp_path / "a.jsonl", *rows))


def ask(
    server: FaultServer, items: list[PromptedQuestion], **settings: object
) -> tuple[dict[str, Answer], list[Dropped]]:
    found: dict[str, Answer] = {}
    with on_loopback(server):
        config = serving.config_for(server.base_url, "m", 64, None).model_copy(update=settings)
        answerer = serving.ServerAnswerer(OpenAIFactory(), config, 1, Progress(quiet=True))
        dropped = answerer.answer(
            items, lambda item, answer: found.update({item.question.pair.id: answer})
        )
    return found, dropped


def test_a_server_that_knows_the_answers_gives_them(items: list[PromptedQuestion]) -> None:
    right = {item.messages[-1].content: gold(item) for item in items}
    server = FaultServer(lambda body: right[body["messages"][-1]["content"]])
    found, dropped = ask(server, items)
    assert dropped == []
    assert {name: answer.text for name, answer in found.items()} == {
        item.question.pair.id: gold(item) for item in items
    }
    assert {body["max_tokens"] for body in server.bodies} == {64}
    assert {body["temperature"] for body in server.bodies} == {0.0}
    assert all("response_format" not in body for body in server.bodies)


def test_a_question_without_an_answer_is_left_out_with_its_reason(
    items: list[PromptedQuestion],
) -> None:
    found, dropped = ask(
        FaultServer(lambda body: "x", plan=["500"]), items[:2], max_retries=0, max_concurrency=1
    )
    assert list(found) == ["a.jsonl#2"]
    assert [(d.id, d.reason, d.detail) for d in dropped] == [
        ("a.jsonl#1", "unanswered", "500: out of memory")
    ]


def test_a_dead_server_stops_it_and_what_came_is_kept(items: list[PromptedQuestion]) -> None:
    with pytest.raises(LLMError, match="stopped answering"):
        ask(FaultServer(lambda body: "x", plan=["500"] * 99), items, max_retries=0)


def test_the_blocks_key_is_for_its_own_server_alone() -> None:
    llm = LLMConfig(
        base_url="http://a:1/v1",
        model="teacher",
        api_key_env="KEY",
        max_concurrency=3,
        temperature=1.0,
    )
    own, other = (
        serving.config_for(url, "m", 99, llm) for url in ("http://a:1/v1/", "http://b:1/v1")
    )
    assert (
        own.api_key_env,
        own.max_concurrency,
        own.temperature,
        own.model,
        own.max_output_tokens,
    ) == ("KEY", 3, 0.0, "m", 99)
    assert (other.api_key_env, other.max_concurrency) == (None, 16)


def test_a_session_gives_free_text_as_it_came() -> None:
    async def go(server: FaultServer) -> tuple[list[str | None], list[str]]:
        async with server:
            config = config_of(server.base_url, max_retries=0)
            async with Session(OpenAIFactory().create(config), config, None, 1, Usage()) as session:
                replies = [
                    await session.complete([Message(role="user", content=f"q{n}")], f"q{n}")
                    for n in range(3)
                ]
                return [reply and reply.text for reply in replies], [
                    f"{f.about} {f.reason} {f.outcome}" for f in session.faults
                ]

    server = FaultServer(lambda body: "not JSON {", plan=[None, "500"])
    assert run(go(server)) == (["not JSON {", None, "not JSON {"], ["q1 unanswered left_out"])
