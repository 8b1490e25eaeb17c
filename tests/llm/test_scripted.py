"""Answers from a function or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from structtuning_plugin.config import LLMConfig
from structtuning_plugin.core.errors import ConfigError, LLMError
from structtuning_plugin.llm.client import LLMClient, LLMClientFactory
from structtuning_plugin.llm.scripted import ScriptedClient, register_llm_clients
from structtuning_plugin.llm.types import Message, Reply, Request
from tests.llm.asking import run


def asked(text: str) -> Request:
    return Request(
        messages=(Message(role="system", content="valve"), Message(role="user", content=text))
    )


def script(folder: Path, *lines: str) -> Path:
    path = folder / "script.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_first_row_that_fits_answers(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        '{"contains": "valve", "reply": {"a": 1}}',
        "",
        '{"contains": "pump", "reply": "p"}',
        '{"reply": "rest"}',
    )
    client = ScriptedClient.from_file(path)
    replies = [
        run(client.complete(asked(text), 1)).text
        for text in ("a valve, a pump", "a pump", "a pipe")
    ]
    assert replies == ['{"a": 1}', "p", "rest"]
    assert len(client.requests) == 3


def test_a_complaint_gets_the_answer_to_its_question(tmp_path: Path) -> None:
    client = ScriptedClient.from_file(script(tmp_path, '{"contains": "pump", "reply": "p"}'))
    first = asked("a pump")
    again = Request(
        messages=(
            *first.messages,
            Message(role="assistant", content="x"),
            Message(role="user", content="wrong"),
        )
    )
    assert run(client.complete(again, 1)).text == "p"


def test_no_row_that_fits_is_an_error_with_the_question(tmp_path: Path) -> None:
    client = ScriptedClient.from_file(script(tmp_path, '{"contains": "pump", "reply": "p"}'))
    with pytest.raises(LLMError, match=r"script\.jsonl has no row.*'a long pipe x+'"):
        run(client.complete(asked("a long\npipe " + "x" * 500), 1))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "script.jsonl:2 is no JSON"),
        ("[1]", "script.jsonl:2 must be like"),
        ('{"contains": "x"}', "script.jsonl:2 must be like"),
        ('{"contains": 1, "reply": "x"}', "script.jsonl:2 must be like"),
        ('{"contians": "x", "reply": "x"}', "unknown key `contians`. Did you mean `contains`"),
    ],
)
def test_a_bad_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        ScriptedClient.from_file(script(tmp_path, '{"reply": "x"}', line))
    assert message in str(error.value)


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"llm\.script: .*missing\.jsonl cannot be read"):
        ScriptedClient.from_file(tmp_path / "missing.jsonl")


def test_another_script_is_another_question_for_the_cache(tmp_path: Path) -> None:
    bodies = [
        ScriptedClient.from_file(script(tmp_path, f'{{"reply": "{n}"}}')).body(asked("x"), 1)
        for n in (1, 2, 1)
    ]
    assert bodies[0] == bodies[2] != bodies[1]


def test_functions_may_be_coroutines_and_give_whole_replies() -> None:
    async def answer(request: Request) -> Reply:
        return Reply(text="cut", finish="length")

    assert run(ScriptedClient(answer).complete(asked("x"), 1)).finish == "length"


def test_the_factory(tmp_path: Path) -> None:
    (factory,) = register_llm_clients()
    assert isinstance(factory, LLMClientFactory)
    client = factory.create(
        LLMConfig(client="scripted", script=str(script(tmp_path, '{"reply": "x"}')))
    )
    assert isinstance(client, LLMClient)
    assert run(client.check_alive()) == []
