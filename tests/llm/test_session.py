"""What a session promises whatever the client.

Concurrency, budget, one question once, the dead server, an orderly end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ArtifactError, LLMError
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.client import LLMClient, TransportError
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Reply, Request
from tests.llm.asking import SCHEMA, ask_many, ask_server, check, numbers, question, run
from tests.llm.fault_server import FaultServer, serving


def right(request: Request) -> str:
    return numbers({"messages": [{"role": m.role, "content": m.content} for m in request.messages]})


def config_of(**settings: Any) -> LLMConfig:
    return LLMConfig.model_validate({"model": "m", "max_retries": 1, "timeout": 5, **settings})


def ask_client(
    client: LLMClient, count: int, cache: Cache | None = None, **settings: Any
) -> tuple[Any, Usage]:
    async def go() -> tuple[Any, Usage]:
        usage = Usage(cache, "b")
        async with Session(client, config_of(**settings), cache, 42, usage) as session:
            return await ask_many(session, count), usage

    result: tuple[Any, Usage] = run(go())
    return result


def test_the_greatest_concurrency_is_reached_and_never_exceeded() -> None:
    # The server answers none of them before 32 have come: fewer at once would wait for ever.
    server = FaultServer(numbers, together=32)
    answers, _, usage = ask_server(server, 128, max_concurrency=32, timeout=60)
    assert answers == list(range(128))
    assert server.most_at_once == 32
    assert usage.run["requests"] == server.requests == 128


def test_the_cache_answers_the_second_run_alone(tmp_path: Path) -> None:
    server = FaultServer(numbers)
    ask_server(server, 20, cache=tmp_path / "c")
    answers, _, usage = ask_server(server, 20, cache=tmp_path / "c")
    assert answers == list(range(20))
    assert (server.requests, server.asked_for_models) == (20, 1)
    assert usage.run == {"from_cache": 20}
    with Cache(tmp_path / "c") as cache:
        total = Usage(cache, "b").total()
    assert total == {
        "answers": 20,
        "from_cache": 20,
        "input_tokens": 2000,
        "output_tokens": 400,
        "requests": 20,
    }


def test_another_model_seed_or_field_is_another_question(tmp_path: Path) -> None:
    server = FaultServer(numbers)
    for settings in (
        {},
        {"seed": 1},
        {"temperature": 0.5},
        {"extra_body": {"top_k": 1}},
        {"model": "n"},
        {"timeout": 9},
    ):
        ask_server(server, 1, cache=tmp_path / "c", **settings)
    assert server.requests == 5


def test_the_same_question_is_never_under_way_twice(tmp_path: Path) -> None:
    replies = iter(range(100))

    async def answer(request: Request) -> str:
        await asyncio.sleep(0.01)
        return json.dumps({"n": [next(replies), 7]})

    async def go(cache: Cache) -> list[int | None]:
        async with Session(ScriptedClient(answer), config_of(), cache, 42, Usage()) as session:
            return await asyncio.gather(
                *(session.ask(question(1), SCHEMA, check, "q") for _ in range(8))
            )

    with Cache(tmp_path / "c") as cache:
        assert run(go(cache)) == [0] * 8


def test_the_budget_of_requests_is_kept_and_what_was_answered_too(tmp_path: Path) -> None:
    server = FaultServer(numbers, delay=0.01)
    with pytest.raises(LLMError, match=r"budget\.requests: 5.*kept.*raise") as error:
        ask_server(server, 30, cache=tmp_path / "c", max_concurrency=4, budget={"requests": 5})
    assert "5 requests" in str(error.value)
    assert server.requests == 5
    assert ask_server(server, 30, cache=tmp_path / "c", budget={"requests": 25})[0] == list(
        range(30)
    )


def test_retries_and_second_questions_are_within_the_budget() -> None:
    server = FaultServer(numbers, plan=["500", "empty"])
    with pytest.raises(LLMError, match="budget"):
        ask_server(server, 1, budget={"requests": 2})
    assert server.requests == 2


def test_the_budget_of_tokens_is_never_exceeded() -> None:
    server = FaultServer(numbers, delay=0.01)
    with pytest.raises(LLMError, match=r"budget\.tokens: 1000"):
        ask_server(server, 30, max_concurrency=1, budget={"tokens": 1000})
    assert server.requests == 8, "of 120 tokens each"


def test_a_server_that_counts_no_tokens_is_guessed_at() -> None:
    client = ScriptedClient(lambda request: Reply(text=right(request)))
    with pytest.raises(LLMError, match=r"budget\.tokens: 100"):
        ask_client(client, 50, max_concurrency=1, budget={"tokens": 100})
    assert 3 < len(client.requests) < 20


def test_a_server_that_dies_ends_the_run_and_keeps_the_answers(tmp_path: Path) -> None:
    server = FaultServer(numbers, plan=[None] * 10 + ["500"] * 1000)
    with pytest.raises(
        LLMError, match=r"stopped answering: 8 requests in a row.*`500.*kept.*run again"
    ):
        ask_server(server, 100, cache=tmp_path / "c", max_concurrency=4)
    assert 10 + 8 * 3 <= server.requests <= 10 + 11 * 3
    ask_server(idle := FaultServer(numbers), 10, cache=tmp_path / "c")
    assert idle.requests == 0


def test_an_answer_between_starts_the_count_anew() -> None:
    state = Counter[str]()

    def answer(request: Request) -> str:
        state["n"] += 1
        if state["n"] % 15:
            raise TransportError("500")
        return right(request)

    answers, usage = ask_client(ScriptedClient(answer), 50, max_concurrency=1)
    assert usage.run["unanswered"] == answers.count(None) > 40


def test_close_lets_requests_under_way_finish_and_starts_no_others(tmp_path: Path) -> None:
    async def answer(request: Request) -> str:
        await asyncio.sleep(0.05)
        return right(request)

    client = ScriptedClient(answer)

    async def go(cache: Cache) -> list[Any]:
        async with Session(client, config_of(max_concurrency=2), cache, 42, Usage()) as session:
            asks = [
                asyncio.create_task(session.ask(question(n), SCHEMA, check, str(n)))
                for n in range(6)
            ]
            await asyncio.sleep(0.01)
        return await asyncio.gather(*asks, return_exceptions=True)

    with Cache(tmp_path / "c") as cache:
        results = run(go(cache))
    assert results[:2] == [0, 1]
    assert all(isinstance(result, LLMError) for result in results[2:])
    assert len(client.requests) == 2


def test_a_stop_ends_long_pauses_at_once() -> None:
    def answer(request: Request) -> str:
        if request.messages[-1].content.endswith(" 0"):
            raise TransportError("429", retry_after=50)
        raise LLMError("the key is wrong")

    began = time.perf_counter()
    with pytest.raises(LLMError, match="the key is wrong"):
        ask_client(ScriptedClient(answer), 2)
    assert time.perf_counter() - began < 2


def test_an_error_of_check_that_is_no_value_error_is_ours_and_seen() -> None:
    async def go() -> None:
        async with Session(ScriptedClient(right), config_of(), None, 42, Usage()) as session:
            await session.ask(question(1), SCHEMA, lambda data: data["missing"], "q")

    with pytest.raises(KeyError, match="missing"):
        run(go())


def test_a_wrong_answer_is_clipped_before_it_is_shown_again() -> None:
    client = ScriptedClient(lambda request: "x" * 5000)
    answers, _ = ask_client(client, 1)
    assert answers == [None]
    assert [len(request.messages) for request in client.requests] == [2, 4, 6]
    assert len(client.requests[1].messages[2].content) < 2100


def test_faults_are_sorted_whatever_the_order_of_arrival() -> None:
    async def answer(request: Request) -> str:
        await asyncio.sleep(0.001 * (hash(request.about) % 7))
        return "none"

    async def go() -> Any:
        async with Session(ScriptedClient(answer), config_of(), None, 42, Usage()) as session:
            await ask_many(session, 20)
            return session.faults

    faults = run(go())
    assert [fault.about for fault in faults] == [f"q{n:04}" for n in range(20) for _ in range(3)]
    assert [fault.outcome for fault in faults[:3]] == ["asked_again", "asked_again", "replaced"]


def test_a_cache_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"no database " * 500)
    with pytest.raises(ArtifactError, match=r"cache of answers .*not a database.*delete the file"):
        Cache(tmp_path / "c")
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be used"):
        Cache(tmp_path / "file" / "c")


def test_the_first_answer_stays(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as ours, Cache(tmp_path / "c") as theirs:
        first = Reply(text="\ud83d one", input_tokens=1, output_tokens=2, finish="length")
        assert ours.put("k", first) == first
        assert theirs.put("k", Reply(text="two")) == first
        ours.add("b", {"requests": 2})
        theirs.add("b", {"requests": 3, "fault:429": 1})
        assert ours.usage("b") == {"fault:429": 1, "requests": 5}
        assert ours.usage("other") == {}


ASK = """
import asyncio, sys
from pathlib import Path
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.openai_client import OpenAIClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.budget import Usage
from tests.llm.asking import ask_many, config_of

async def main():
    config = config_of(sys.argv[1], max_concurrency=4)
    with Cache(Path(sys.argv[2])) as cache:
        async with Session(OpenAIClient(config), config, cache, 42, Usage(cache, "b")) as session:
            print(sum(answer == n for n, answer in enumerate(await ask_many(session, 60))))

asyncio.run(main())
"""


def test_a_killed_run_repeats_only_what_was_under_way(tmp_path: Path, project: Path) -> None:
    with serving(FaultServer(numbers, delay=0.03)) as server:
        command = [sys.executable, "-c", ASK, server.base_url, str(tmp_path / "c")]
        killed = subprocess.Popen(command, cwd=project)
        while server.requests < 20:
            assert killed.poll() is None
            time.sleep(0.005)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "60"
        asked = Counter(json.dumps(body) for body in server.bodies)
        assert len(asked) == 60
        assert sum(asked.values()) - 60 <= 4
    with Cache(tmp_path / "c") as cache:
        assert cache.usage("b")["requests"] == server.requests


def test_several_processes_share_one_cache(tmp_path: Path, project: Path) -> None:
    with serving(FaultServer(numbers)) as server:
        command = [sys.executable, "-c", ASK, server.base_url, str(tmp_path / "c")]
        processes = [
            subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        assert [process.communicate()[0].strip() for process in processes] == ["60"] * 3
    with Cache(tmp_path / "c") as cache:
        counts = cache.usage("b")
    assert counts["requests"] == server.requests
    assert counts["requests"] + counts.get("from_cache", 0) == 180
