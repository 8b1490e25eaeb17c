"""Walks and judges against real servers' kinds of reply and refusal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.cache import Cache
from structtuning_plugin.llm.openai_client import OpenAIClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Reply, Request
from structtuning_plugin.questions.walks.prompts import WalkQuestion
from structtuning_plugin.questions.walks.writing import QuestionContext, write
from tests.codecs import CharCodec
from tests.llm.asking import config_of
from tests.llm.fault_server import FaultServer
from tests.llm.reply_kinds import ANSWERS, NO_ANSWERS, REFUSALS, Body, completion, has
from tests.questions.walks.building import PROMPTS, books, good, nothing, walker_of
from tests.samples.ssft_building import FORMATS

LIBRARY = books((3, 4), (4,))
COUNT = 3


class KnownClient(OpenAIClient):
    """Client that tells the server of its test the right answer to each request."""

    known: dict[str, str]

    async def complete(self, request: Request, seed: int) -> Reply:
        self.known[request.messages[0].content] = json.dumps(good(request))
        return await super().complete(request, seed)


class Desk:
    """A server that knows the right answers, and walks that are written with it."""

    def __init__(self, reply: Callable[[Body, str], tuple[int, Any]]) -> None:
        self.known: dict[str, str] = {}
        self.server = FaultServer(str, reply=lambda body: reply(body, self._answer(body)))
        self.notices: list[str] = []

    def _answer(self, body: Body) -> str:
        return self.known[body["messages"][0]["content"]]

    def walk(self, cache: Path) -> tuple[list[WalkQuestion], list[Dropped]]:
        return asyncio.run(asyncio.wait_for(self._walk(cache), 60))

    async def _walk(self, cache: Path) -> tuple[list[WalkQuestion], list[Dropped]]:
        async with self.server:
            config = config_of(self.server.base_url, max_retries=0, timeout=60)
            client = KnownClient(config)
            client.known = self.known
            with Cache(cache) as answers:
                async with Session(client, config, answers, 1, Usage()) as session:
                    context = QuestionContext(
                        session=session,
                        model="m",
                        prompts=PROMPTS,
                        tree=LIBRARY[0],
                        codec=CharCodec(),
                        seed=1,
                        is_held_out=nothing,
                    )
                    walker = walker_of(LIBRARY, COUNT)
                    result = await write(context, walker, (), FORMATS, True, lambda: None)
                    self.notices = session.notices
                    return result


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("field", REFUSALS)
def test_questions_and_verdicts_are_used_in_any_form(field: str, kind: str, tmp_path: Path) -> None:
    def reply(body: Body, text: str) -> tuple[int, Any]:
        if has(body, field):
            status, words = REFUSALS[field]
            return status, {"error": {"message": words}}
        return 200, ANSWERS[kind](text)

    desk = Desk(reply)
    questions, dropped = desk.walk(tmp_path / "c")
    assert ([walked.pair.id for walked in questions], dropped) == (
        [f"walk/{slot}/0" for slot in range(COUNT)],
        [],
    )
    assert {walked.verdict for walked in questions} == {"Nothing is wrong."}
    probes = [body for body in desk.server.bodies if has(body, field)]
    assert (desk.server.requests, len(probes)) == (2 * COUNT + len(probes), len(desk.notices))
    assert len(probes) <= 1


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_a_reply_without_an_answer_drops_the_walk_and_is_never_kept(
    kind: str, tmp_path: Path
) -> None:
    healthy = False

    def reply(_: Body, text: str) -> tuple[int, Any]:
        return 200, completion(text) if healthy else NO_ANSWERS[kind][0]()

    desk = Desk(reply)
    if kind.startswith("error"):  # of the server, not of the answer: it ends the build
        with pytest.raises(LLMError, match="stopped answering"):
            desk.walk(tmp_path / "c")
    else:
        questions, dropped = desk.walk(tmp_path / "c")
        assert (questions, {item.reason for item in dropped}) == ([], {"no_answer"})
    with sqlite3.connect(tmp_path / "c") as database:
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    healthy = True
    assert len(desk.walk(tmp_path / "c")[0]) == COUNT


def test_several_refusals_cost_at_most_four_requests(tmp_path: Path) -> None:
    fields = ("max_tokens", "temperature", "seed", "json_schema")

    def reply(body: Body, text: str) -> tuple[int, Any]:
        for field in fields:
            if has(body, field):
                return 400, {"error": {"message": REFUSALS[field][1]}}
        return 200, completion(text)

    desk = Desk(reply)
    assert len(desk.walk(tmp_path / "c")[0]) == COUNT
    assert desk.server.requests == 2 * COUNT + len(fields)
