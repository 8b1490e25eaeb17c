"""The client for servers.

Dead ones, wrong keys and models, what is sent, and that the key goes nowhere else.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import ConfigError, LLMError
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory
from structtuning_plugin.llm.http import is_loopback, retry_after
from structtuning_plugin.llm.openai_client import (
    LOOPBACK_ONLY,
    OpenAIClient,
    register_llm_clients,
)
from structtuning_plugin.llm.session import Session
from tests.llm.asking import ask_many, ask_server, config_of, numbers, run
from tests.llm.fault_server import FaultServer

KEY = "sk-very/secret+key-0123456789"


def ask_port(port: int, timeout: float) -> float:
    """Seconds until the server counts as dead."""
    config = config_of(f"http://127.0.0.1:{port}/v1", timeout=timeout)
    OpenAIClient(config)  # the first one imports the library, which takes seconds

    async def go() -> None:
        async with Session(OpenAIClient(config), config, None, 42, Usage()) as session:
            await ask_many(session, 20)

    began = time.perf_counter()
    with pytest.raises(LLMError, match=rf"http://127\.0\.0\.1:{port}/v1.*Start the server"):
        run(go())
    return time.perf_counter() - began


def test_a_refused_port_is_dead_within_the_timeout() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert ask_port(port, timeout=1) < 1 + 5


def test_a_port_that_never_answers_is_dead_after_the_timeout() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)
        assert 0.9 < ask_port(deaf.getsockname()[1], timeout=1) < 1 + 5


def test_a_model_that_the_server_does_not_list_is_a_notice() -> None:
    _, session, _ = ask_server(FaultServer(numbers, models=["llama", "qwen"]))
    assert "lists no model `m`, but: llama, qwen" in session.notices[0]
    for models in (["m"], [], None):
        _, session, _ = ask_server(FaultServer(numbers, models=models))
        assert session.notices == []


@pytest.mark.parametrize(
    ("status", "cure"), [(401, "`THE_KEY`"), (403, "`THE_KEY`"), (404, "base_url")]
)
def test_a_wrong_key_or_model_ends_the_run_at_once(
    status: int, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    words = f"Not with {KEY} you don't"
    server = FaultServer(numbers, plan=["no"] * 100, statuses={"no": (status, words)}, delay=0.01)
    with pytest.raises(LLMError, match=f"model `m`.*{status}.*Not with .key. you.*{cure}") as error:
        ask_server(server, 50, api_key_env="THE_KEY", max_concurrency=3)
    assert KEY not in str(error.value)
    assert server.requests <= 3


def test_the_key_is_sent_and_written_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", KEY + "\n")
    caplog.set_level(logging.DEBUG)
    server = FaultServer(lambda body: f'{{"n": [0, 7], "echo": "{KEY}"}}', plan=["500", "429"])
    _, session, usage = ask_server(server, 3, api_key_env="THE_KEY", cache=tmp_path / "c")
    assert all(f"Bearer {KEY}\r\n" in head for head in server.heads)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"echo" in written
    assert KEY.encode() not in written
    config = config_of(server_url := "http://127.0.0.1:1/v1", api_key_env="THE_KEY")
    for text in (
        caplog.text,
        repr(OpenAIClient(config)),
        repr(usage.run),
        repr(session.faults),
        repr(config),
        server_url,
    ):
        assert KEY not in text


def test_no_key_of_the_environment_reaches_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, KEY)
    server = FaultServer(numbers)
    assert ask_server(server)[0] == [0]
    assert all(KEY not in head and "uthorization" not in head for head in server.heads)


@pytest.mark.parametrize("value", ["", " \n"])
def test_a_variable_that_is_not_set_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", value)
    with pytest.raises(LLMError, match="`THE_KEY` is not set"):
        OpenAIClient(config_of("http://127.0.0.1:1/v1", api_key_env="THE_KEY"))


def test_the_request_is_what_the_block_says() -> None:
    server = FaultServer(numbers)
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "seed": None, "top_p": 0.9}
    ask_server(server, extra_body=extra, max_output_tokens=99, temperature=0.5)
    body = server.bodies[0]
    assert (body["model"], body["max_tokens"], body["temperature"], body["top_p"]) == (
        "m",
        99,
        0.5,
        0.9,
    )
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["response_format"]["json_schema"]["schema"]["type"] == "object"
    assert "seed" not in body
    ask_server(server)
    assert server.bodies[1]["seed"] == 42


def test_text_with_lone_surrogates_can_be_sent() -> None:
    from structtuning_plugin.llm.types import Message, Request

    request = Request(messages=(Message(role="user", content="a\ud800b"),))
    client = OpenAIClient(config_of("http://127.0.0.1:1/v1"))
    assert client.body(request, 1)["messages"] == [{"role": "user", "content": "a?b"}]


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_a_proxy_does_not_come_between_us_and_this_machine(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask_server(FaultServer(numbers))[0] == [0]


def test_tests_cannot_reach_other_machines() -> None:
    with pytest.raises(LLMError, match=LOOPBACK_ONLY):
        OpenAIClient(config_of("https://api.example.com/v1"))


def test_loopback_by_name_and_address() -> None:
    assert all(
        is_loopback(f"http://{host}:8000/v1")
        for host in ("localhost", "127.9.9.9", "[::1]", "a.localhost")
    )
    assert not any(
        is_loopback(f"http://{host}/v1")
        for host in ("10.0.0.1", "localhost.example.com", "example.com")
    )


def test_retry_after_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    assert 25 < (retry_after(soon) or 0) <= 30
    assert [retry_after(value) for value in ("2", "0", "nan", "inf", "", None)] == [
        2.0,
        0.0,
        None,
        None,
        None,
        None,
    ]


def test_the_factory_refuses_what_we_could_not_read() -> None:
    (factory,) = register_llm_clients()
    assert isinstance(factory, LLMClientFactory)
    assert isinstance(factory.create(config_of("http://127.0.0.1:1/v1")), LLMClient)
    with pytest.raises(ConfigError, match=r"extra_body: `stream`"):
        factory.create(config_of("http://127.0.0.1:1/v1", extra_body={"stream": True}))


def test_importing_the_clients_loads_nothing_heavy() -> None:
    heavy = ("openai", "httpx", "httpx2", "aiohttp", "json_repair", "numpy")
    code = (
        "import sys, structtuning_plugin.llm.session, structtuning_plugin.llm.openai_client, structtuning_plugin.llm.scripted;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_redirect_or_odd_status_is_a_fault() -> None:
    plan: list[Any] = ["302"] * 3
    answers, _, usage = ask_server(
        FaultServer(numbers, plan=plan, statuses={"302": (302, "there")})
    )
    assert (answers, usage.run["fault:302"]) == ([None], 1)
