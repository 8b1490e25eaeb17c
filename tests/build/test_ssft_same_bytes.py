"""The same questions and the same answers give the same bytes, however many are asked at once and
in whatever order.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.types import Request
from tests.build.building import PROGRESS
from tests.build.ssft_building import HELD_OUT, LLM, counts_of, hashes, plan_of
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.questions.walks.building import good, subject

SSFT = {"holdout": HELD_OUT, "walks": {"count": 30}}


def moody(request: Request) -> Any:
    """Some questions are bad, some answers unusable, some given answers unsupported."""
    mood = sum(map(ord, request.about)) % 5
    data = good(request)
    if mood == 0 and subject(request).kind == "judge":
        data |= {"reason": "Nothing leads there.", "answerable": False}
    if mood == 1 and subject(request).kind.startswith("write") and len(request.messages) == 1:
        return "Let me think."
    if mood == 2 and subject(request).kind == "support":
        data |= {"supported": "no"}
    if mood == 3 and subject(request).kind.startswith("write"):
        data |= {"question": "What is said here?"}
    return data


def client_of(
    wait: Callable[[], float] | None = None, kill: Callable[[], bool] = lambda: False
) -> ScriptedClient:
    """Answers after a while each; `answered` are the questions whose answers it gave."""

    async def reply(request: Request) -> str:
        if kill():
            raise SystemExit(3)
        if wait:
            await asyncio.sleep(wait())
        client.answered.append(
            json.dumps([[message.role, message.content] for message in request.messages])
        )  # type: ignore[attr-defined]
        return json.dumps(moody(request), ensure_ascii=False)

    client = ScriptedClient(reply)
    client.answered = []  # type: ignore[attr-defined]
    return client


def built(base: Path, client: ScriptedClient, **changes: Any) -> dict[str, str]:
    plan = plan_of(base, client=client, ssft=SSFT, **changes)
    assert build(plan, WordCodec(), PROGRESS, WordChat())
    counts = counts_of(plan)
    assert {"judged", "asked_already"} <= set(counts["dropped"])
    assert set(counts["llm_faults"]) == {"no_json, asked_again"}
    return hashes(base / "work")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[str]]:
    """The bytes of a build that asks one question after the other, and all its questions."""
    client = client_of()
    found = built(
        tmp_path_factory.mktemp("calm"), client, llm={**LLM, "max_concurrency": 1}, max_workers=1
    )
    return found, client.answered  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", [1, 2])
def test_many_at_once_in_any_order(
    tmp_path: Path, calm: tuple[dict[str, str], list[str]], seed: int
) -> None:
    mood = random.Random(seed)
    client = client_of(lambda: mood.uniform(0, 0.02))
    assert built(tmp_path, client, llm={**LLM, "max_concurrency": 16}, max_workers=8) == calm[0]
    assert sorted(client.answered) == sorted(calm[1])  # type: ignore[attr-defined]
    assert client.answered != calm[1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(6))
def test_killed_and_resumed(
    tmp_path: Path, calm: tuple[dict[str, str], list[str]], seed: int
) -> None:
    mood = random.Random(seed)
    answered: list[str] = []
    kills = 0
    for _ in range(3):
        left = mood.randrange(5, 40)

        def kill() -> bool:
            nonlocal left
            left -= 1
            return left == 0

        client = client_of(lambda: mood.uniform(0, 0.005), kill)
        try:
            build(plan_of(tmp_path, client=client, ssft=SSFT), WordCodec(), PROGRESS, WordChat())
        except SystemExit:
            kills += 1
            assert not list((tmp_path / "work" / "ssft").glob("*/manifest.json"))
        answered += client.answered  # type: ignore[attr-defined]
    client = client_of()
    built(tmp_path, client)
    answered += client.answered  # type: ignore[attr-defined]
    assert kills > 0
    assert hashes(tmp_path / "work") == calm[0]
    assert sorted(answered) == sorted(calm[1])


BUILD_ELSEWHERE = """
import sys
from pathlib import Path
from tests.build.ssft_building import built
built(Path(sys.argv[1]), ssft={"walks": {"count": 9}}, eval={"share": 0.2})
"""


def test_another_process_gives_the_same_bytes(tmp_path: Path, project: Path) -> None:
    for name, hash_seed in (("one", "7"), ("two", "8")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run(
            [sys.executable, "-c", BUILD_ELSEWHERE, str(tmp_path / name)],
            check=True,
            cwd=project,
            env=environment,
        )
    assert hashes(tmp_path / "one" / "work") == hashes(tmp_path / "two" / "work") != {}
    found = [
        path
        for path in (tmp_path / "one" / "work").rglob("*")
        if path.is_file() and path.parts[-2] != "cache"
    ]
    assert [path for path in found if str(tmp_path).encode() in path.read_bytes()] == []
