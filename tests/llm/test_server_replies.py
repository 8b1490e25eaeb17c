"""Replies and refusals of real servers: each answer is used, or an error has the server's words."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.types import Reply
from tests.llm.asking import ask_server, numbers
from tests.llm.fault_server import FaultServer
from tests.llm.reply_kinds import ANSWERS, NO_ANSWERS, REFUSALS, Body, completion, has


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_in_any_form_is_used_and_kept(kind: str, tmp_path: Path) -> None:
    server = FaultServer(numbers, reply=lambda body: (200, ANSWERS[kind](numbers(body))))
    answers, session, _ = ask_server(server, 3, cache=tmp_path / "c")
    assert (answers, session.faults, session.notices) == ([0, 1, 2], [], [])
    assert server.requests == 3
    assert ask_server(server, 3, cache=tmp_path / "c")[0] == [0, 1, 2]
    assert server.requests == 3


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_a_reply_without_an_answer_is_a_fault_and_never_kept(kind: str, tmp_path: Path) -> None:
    make, reason = NO_ANSWERS[kind]
    healthy = False

    def reply(body: Body) -> tuple[int, Any]:
        return 200, completion(numbers(body)) if healthy else make()

    server = FaultServer(numbers, reply=reply)
    answers, session, _ = ask_server(server, cache=tmp_path / "c")
    assert (answers, session.faults[-1].reason) == ([None], reason)
    with sqlite3.connect(tmp_path / "c") as database:
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    healthy = True
    assert ask_server(server, cache=tmp_path / "c")[0] == [0]


@pytest.mark.parametrize("kind", ["cut thoughts with a draft", "thoughts alone"])
def test_people_are_told_once_what_to_change_about_thoughts(kind: str) -> None:
    server = FaultServer(numbers, reply=lambda _: (200, NO_ANSWERS[kind][0]()))
    _, session, _ = ask_server(server, 3)
    cure = "max_output_tokens" if "cut" in kind else "reasoning parser"
    assert [cure in notice for notice in session.notices] == [True]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("field", REFUSALS)
def test_a_refused_field_is_left_out_from_then_on(field: str, kind: str) -> None:
    def reply(body: Body) -> tuple[int, Any]:
        if has(body, field):
            status, words = REFUSALS[field]
            return status, {"error": {"message": words}}
        return 200, ANSWERS[kind](numbers(body))

    server = FaultServer(numbers, reply=reply)
    answers, session, _ = ask_server(server, 6)
    assert answers == list(range(6))
    assert [has(body, field) for body in server.bodies] == [True] + [False] * 6
    assert [REFUSALS[field][1] in notice for notice in session.notices] == [True]
    if field == "system":
        assert server.bodies[-1]["messages"][0]["content"].startswith("Say JSON.\n\nnumber")
    if field == "max_tokens":
        assert "max_completion_tokens" in server.bodies[-1]


def test_several_refused_fields_cost_a_request_each() -> None:
    def reply(body: Body) -> tuple[int, Any]:
        for field in ("max_tokens", "temperature", "seed"):
            if has(body, field):
                return 400, {"error": {"message": REFUSALS[field][1]}}
        return 200, completion(numbers(body))

    server = FaultServer(numbers, reply=reply)
    answers, session, _ = ask_server(server, 5)
    assert answers == list(range(5))
    assert server.requests == 8
    told = {field for field in REFUSALS for line in session.notices if REFUSALS[field][1] in line}
    assert (told, len(session.notices)) == ({"max_tokens", "temperature", "seed"}, 3)


def test_the_cache_key_does_not_depend_on_what_a_server_refuses(tmp_path: Path) -> None:
    def reply(body: Body) -> tuple[int, Any]:
        if has(body, "seed"):
            return 400, {"error": {"message": REFUSALS["seed"][1]}}
        return 200, completion(numbers(body))

    server = FaultServer(numbers, reply=reply)
    ask_server(server, 3, cache=tmp_path / "c")
    sent = server.requests
    assert ask_server(server, 3, cache=tmp_path / "c")[0] == [0, 1, 2]
    assert server.requests == sent


def test_a_refusal_without_a_name_is_tried_without_a_schema_first() -> None:
    def reply(body: Body) -> tuple[int, Any]:
        if has(body, "response_format"):
            return 400, {"error": {"message": "Bad request"}}
        return 200, completion(numbers(body))

    server = FaultServer(numbers, reply=reply)
    assert ask_server(server, 4)[0] == [0, 1, 2, 3]
    assert server.requests == 5


@pytest.mark.parametrize(
    ("status", "data", "words"),
    [
        (400, {"error": {"message": "No such thing: top_quality"}}, "400: No such thing"),
        (200, {"error": {"message": "Free tier is over", "code": 429}}, "429: Free tier"),
    ],
)
def test_a_run_without_any_answer_is_an_error_in_the_servers_words(
    status: int, data: Body, words: str
) -> None:
    server = FaultServer(numbers, reply=lambda _: (status, data))
    _, session, _ = ask_server(server, 2, max_retries=0)
    with pytest.raises(LLMError, match=f"answered none of 2 requests, the last one with `{words}"):
        session.check_any_answer()


def test_a_key_that_is_refused_within_a_200_stops_the_run() -> None:
    error = {"error": {"message": "Invalid key", "code": 401}}
    server = FaultServer(numbers, reply=lambda _: (200, error))
    with pytest.raises(LLMError, match=r"Set `structtuning\.llm\.api_key_env`"):
        ask_server(server)
    assert server.requests == 1


def test_replies_without_an_answer_leave_the_cache_of_an_earlier_version(tmp_path: Path) -> None:
    path = tmp_path / "c"
    rows = {
        "a": '["", 1, 2, "stop"]',
        "b": '["<think>{", 1, 2, "length"]',
        "c": '["{}", 1, 2, "stop"]',
    }
    with Cache(path) as cache:
        assert cache.removed == 0
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 0")
        database.executemany("INSERT INTO answers VALUES (?, ?)", rows.items())
    with Cache(path) as cache:
        assert cache.removed == 2
        assert (cache.get("a"), cache.get("b")) == (None, None)
        assert cache.get("c") == Reply(text="{}", input_tokens=1, output_tokens=2)
    with Cache(path) as cache:
        assert cache.removed == 0
