"""Every fault of a server, alone and mixed.

What is asked again, what is counted, what comes out.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.llm import dispatcher as sending
from tests.llm.asking import ask_server, numbers
from tests.llm.fault_server import CONTENT, KINDS, TRANSPORT, FaultServer

COUNTED_AS = {
    "429": "429",
    "500": "500",
    "hang": "timeout",
    "drip": "timeout",
    "huge": "too_large",
    "html": "not_json",
    "broken": "not_json",
    "no_choices": "no_choices",
    "reset": "connection",
}
# Seconds. A machine that is busy answers late, which is no fault.
WAIT = {"hang": 1, "drip": 1}


@pytest.mark.parametrize("fault", COUNTED_AS)
def test_a_fault_that_passes_is_counted_and_sent_again(fault: str) -> None:
    server = FaultServer(numbers, plan=[fault])
    answers, session, usage = ask_server(server, timeout=WAIT.get(fault, 20))
    assert answers == [0]
    assert server.requests == 2
    assert usage.run["requests"] == 2
    assert usage.run[f"fault:{COUNTED_AS[fault]}"] == 1
    assert (usage.run["answers"], usage.run["input_tokens"], usage.run["output_tokens"]) == (
        1,
        100,
        20,
    )
    assert session.faults == []


@pytest.mark.parametrize("fault", COUNTED_AS)
def test_a_fault_that_stays_leaves_the_question_unanswered(fault: str, tmp_path: Path) -> None:
    server = FaultServer(numbers, plan=[fault] * 3)
    answers, session, usage = ask_server(server, timeout=WAIT.get(fault, 20), cache=tmp_path / "c")
    assert answers == [None]
    assert server.requests == usage.run["requests"] == usage.run[f"fault:{COUNTED_AS[fault]}"] == 3
    assert [(fault.about, fault.reason, fault.outcome) for fault in session.faults] == [
        ("q0000", "unanswered", "replaced")
    ]
    assert ask_server(server, cache=tmp_path / "c")[0] == [0], (
        "a fault of the transport is not cached"
    )


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("cut", "cut_off"), ("cut_quietly", "cut_off"), ("wrong", "wrong_answer"), ("empty", "empty")],
)
def test_a_wrong_answer_is_shown_to_the_model_with_what_is_wrong(fault: str, reason: str) -> None:
    server = FaultServer(numbers, plan=[fault, fault])
    answers, session, _ = ask_server(server)
    assert answers == [0]
    assert [(fault.reason, fault.outcome) for fault in session.faults] == [
        (reason, "asked_again")
    ] * 2
    roles = [[message["role"] for message in body["messages"]] for body in server.bodies]
    assert roles == [["system", "user"] + ["assistant", "user"] * turn for turn in range(3)]
    assert session.faults[0].detail in server.bodies[1]["messages"][-1]["content"]


@pytest.mark.parametrize("fault", CONTENT)
def test_an_answer_that_stays_wrong_is_replaced_or_repaired(fault: str) -> None:
    plan = [fault] * 3
    answers, session, _ = ask_server(FaultServer(numbers, plan=plan), repair=lambda data: -1)
    if fault == "prose":
        assert (answers, session.faults) == ([0], [])
        return
    assert answers == [None if fault == "empty" else -1]
    assert [fault.outcome for fault in session.faults] == ["asked_again"] * 2 + [
        "replaced" if fault == "empty" else "repaired"
    ]
    assert ask_server(FaultServer(numbers, plan=plan))[0] == [None]


def test_mixed_faults_end_alike_twice_and_the_cache_answers_nearly_all(tmp_path: Path) -> None:
    def build(cache: str, rate: float = 0.35) -> tuple[list[int | None], object, FaultServer]:
        server = FaultServer(numbers, rate=rate, seed=3)
        # On a busy machine a request may take a second to reach the server, and one that is given
        # up before is not counted there.
        answers, session, usage = ask_server(
            server, 120, cache=tmp_path / cache, timeout=2, max_retries=6, max_concurrency=32
        )
        assert usage.run["requests"] == server.requests
        return answers, session.faults, server

    answers, faults, server = build("a")
    again, same_faults, _ = build("b")
    assert (again, same_faults) == (answers, faults)
    assert set(KINDS) <= set(server.faults)
    assert all(answer in (n, None) for n, answer in enumerate(answers))
    assert sum(answer is not None for answer in answers) > 80
    kept, kept_faults, idle = build("a")
    assert (kept, kept_faults) == (answers, faults)
    # An empty answer is none, and never kept.
    assert server.faults["empty"] > 0
    assert set(idle.faults) <= {"empty", *TRANSPORT}
    assert idle.requests < server.requests / 10


def test_retry_after_is_honoured_and_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.perf_counter()
    ask_server(FaultServer(numbers, plan=["429"], retry_after="0.4"))
    assert time.perf_counter() - began >= 0.4
    monkeypatch.setattr(sending, "LONGEST_RETRY_AFTER", 0.01)
    began = time.perf_counter()
    assert ask_server(
        FaultServer(numbers, plan=["429"], retry_after="Fri, 31 Dec 2100 23:59:59 GMT")
    )[0] == [0]
    assert time.perf_counter() - began < 3


def test_a_question_that_the_server_refuses_is_not_sent_again() -> None:
    server = FaultServer(numbers, plan=["413"], statuses={"413": (413, "too long")})
    answers, session, usage = ask_server(server)
    assert (answers, server.requests, usage.run["fault:413"]) == ([None], 1, 1)
    assert session.faults[0].detail == "413: too long"


def test_a_server_without_schemas_is_asked_without_them() -> None:
    server = FaultServer(numbers, plan=["400"], statuses={"400": (400, "response_format?")})
    answers, session, usage = ask_server(server, 5, max_concurrency=1, max_retries=0)
    assert answers == [0, 1, 2, 3, 4]
    assert ["response_format" in body for body in server.bodies] == [True] + [False] * 5
    assert (usage.run["requests"], usage.run["fault:400"]) == (6, 1)
    assert "JSON schemas" in session.notices[0]


def test_a_question_too_long_does_not_end_the_schemas() -> None:
    server = FaultServer(numbers, plan=["400"], statuses={"400": (400, "context length")})
    answers, session, _ = ask_server(server, 2, max_concurrency=1)
    assert answers == [None, 1]
    assert ["response_format" in body for body in server.bodies] == [True, True]
    assert "`structtuning.llm.max_output_tokens`" in session.notices[0]


@pytest.mark.parametrize(
    "error",
    [
        {"message": "maximum context length is 1024 tokens. However, you requested 1532 tokens"},
        {
            "message": "the request exceeds the available context size",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 1532,
            "n_ctx": 1024,
        },
    ],
    ids=["vLLM", "llama.cpp"],
)
def test_the_lengths_of_a_refusal_are_told(error: dict[str, Any]) -> None:
    server = FaultServer(numbers, reply=lambda _: (400, {"error": error}))
    answers, session, _ = ask_server(server, 2)
    assert (answers, server.requests) == ([None, None], 2)
    assert ["context of 1,024 tokens, it has 1,532 (" in line for line in session.notices] == [True]


def test_people_are_told_once_about_answers_that_break_off() -> None:
    _, session, _ = ask_server(FaultServer(numbers, plan=["cut"] * 6), 2)
    assert ["max_output_tokens: 4096`: raise it" in line for line in session.notices] == [True]
