"""A whole build that asks a server: faults, kills, budgets and estimates."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build, estimate
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.summary import closing_lines, summary
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.core.progress import Progress
from structtuning_plugin.llm import dispatcher as sending
from structtuning_plugin.llm.cache import Cache
from tests.codecs import WordCodec
from tests.drivers.build_asking import CONCURRENCY, plan_of
from tests.llm.fault_server import CONTENT, TRANSPORT, FaultServer, serving
from tests.structuring import answer, long_text

QUIET = Progress(quiet=True)
# Twenty take two minutes; CI makes do with fewer.
KILLS = int(os.environ.get("STRUCTTUNING_TEST_KILLS", "6"))
KILLS_OF_A_FOLDER = 3
KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.005)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(3):
        (folder / f"{number}.txt").write_text(long_text(120 + number), encoding="utf-8")
    return folder


def built(corpus: Path, work_dir: Path, server: FaultServer, **llm: Any) -> Plan:
    plan = plan_of(str(corpus), str(work_dir), server.base_url, **llm)
    assert build(plan, WordCodec(), QUIET)
    return plan


def hashes(work_dir: Path) -> dict[str, str]:
    """Of all that is built, but for what the server's moods decide.

    Nothing of them may be in an artifact.
    """
    files = [
        path
        for stage in ("documents", "taxonomy", "scpt")
        for path in (work_dir / stage).rglob("*")
        if path.is_file()
    ]
    return {
        str(path.relative_to(work_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def covers_everything(plan: Plan) -> bool:
    """Every chunk has its place, and the chunks are the documents."""
    root, documents, chunks = plan.load_taxonomy()
    hung = [chunk_id for topic in root.walk() for chunk_id in topic.chunk_ids]
    texts = {document.id: "" for document in documents}
    for chunk in chunks:
        texts[chunk.document_id] += chunk.text
    return sorted(hung) == sorted(chunk.id for chunk in chunks) and texts == {
        d.id: d.text for d in documents
    }


@pytest.fixture(scope="module")
def calm(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    """The artifacts and the requests of a build that nothing disturbed."""
    work_dir = tmp_path_factory.mktemp("calm")
    with serving(FaultServer(answer)) as server:
        plan = built(corpus, work_dir, server)
        assert {topic.source for topic in plan.load_taxonomy()[0].walk()} == {"folders", "llm"}
        return hashes(work_dir), server.requests


def test_a_second_build_sends_nothing(corpus: Path, tmp_path: Path) -> None:
    # So slow that requests meet at the server, however fast the machine is.
    with serving(FaultServer(answer, delay=0.1)) as server:
        plan = built(corpus, tmp_path, server)
        first, requests = hashes(tmp_path), server.requests
        for stage in ("taxonomy", "scpt"):
            for path in (tmp_path / stage).iterdir():
                (path / "manifest.json").unlink()
        assert build(plan, WordCodec(), QUIET)
        assert server.requests == requests
        assert server.most_at_once == CONCURRENCY
    assert hashes(tmp_path) == first


@pytest.mark.parametrize("fault", [*TRANSPORT, *CONTENT])
def test_each_fault_alone_costs_no_chunk(
    corpus: Path, tmp_path: Path, calm: tuple[dict[str, str], int], fault: str
) -> None:
    with serving(FaultServer(answer, rate=0.3, kinds=[fault], seed=3, retry_after="0")) as server:
        plan = built(
            corpus,
            tmp_path,
            server,
            timeout=2 if fault in ("hang", "drip") else 20,
            max_retries=12,
        )
    assert server.faults[fault] > 0
    assert covers_everything(plan)
    told = summary(plan)["llm"]
    if fault in TRANSPORT:
        assert sum(told["failed_requests"].values()) == server.faults[fault]
        assert hashes(tmp_path) == calm[0]
    elif fault != "prose":  # JSON between prose is found
        assert sum(told["unusable_answers"].values()) > 0
        assert told["failed_requests"] == {}


def test_all_faults_at_once(corpus: Path, tmp_path: Path, calm: tuple[dict[str, str], int]) -> None:
    with serving(FaultServer(answer, rate=0.3, seed=5, retry_after="0")) as server:
        plan = built(corpus, tmp_path, server, timeout=2, max_retries=12)
    assert covers_everything(plan)
    assert server.requests <= 1.5 * calm[1]
    told = summary(plan)["llm"]
    failed = sum(count for fault, count in server.faults.items() if fault in TRANSPORT)
    assert sum(told["failed_requests"].values()) == failed > 0
    assert told["requests"] == server.requests
    listed = artifacts.load_faults(plan.store.path("taxonomy", plan.keys["taxonomy"]))
    assert sum(told["unusable_answers"].values()) == len(listed) > 0
    report = "\n".join(closing_lines(plan))
    assert "requests that failed" in report
    assert "answers not usable" in report


def start(project: Path, corpus: Path, work_dir: Path, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.drivers.build_asking", str(corpus), str(work_dir), url]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)


def test_killed_builds_ask_little_twice_and_end_alike(
    project: Path, corpus: Path, tmp_path: Path, calm: tuple[dict[str, str], int]
) -> None:
    expected, requests = calm
    choose = random.Random(11)
    with serving(FaultServer(answer, delay=0.15)) as server:
        began = time.monotonic()
        start(project, corpus, tmp_path / "whole", server.base_url).communicate()
        seconds = time.monotonic() - began
        assert server.requests == requests
        kills = 0
        for turn in range(KILLS):
            work_dir = tmp_path / str(turn // KILLS_OF_A_FOLDER)
            process = start(project, corpus, work_dir, server.base_url)
            time.sleep(choose.uniform(0.2, 0.9) * seconds)
            kills += process.poll() is None
            process.kill()
            process.communicate()
        for turn in range(KILLS // KILLS_OF_A_FOLDER):
            start(project, corpus, tmp_path / str(turn), server.base_url).communicate()
            assert hashes(tmp_path / str(turn)) == expected
        assert kills > KILLS // 3
        assert server.requests <= requests * (1 + KILLS // KILLS_OF_A_FOLDER) + kills * CONCURRENCY


def test_a_dead_server_ends_the_build_soon(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    url = "http://127.0.0.1:9/v1"
    plan = plan_of(str(corpus), str(tmp_path), url, timeout=2, api_key_env="MY_KEY")
    began = time.monotonic()
    with pytest.raises(LLMError) as caught:
        build(plan, WordCodec(), QUIET)
    assert time.monotonic() - began < 2 + 5
    assert url in str(caught.value)
    assert KEY not in str(caught.value)
    assert not (tmp_path / "taxonomy").exists() or not list((tmp_path / "taxonomy").iterdir())


def test_a_missing_key_is_told_before_any_work(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(LLMError, match="The environment variable `MY_KEY` is not set"):
        build(
            plan_of(str(corpus), str(tmp_path), "http://127.0.0.1:9/v1", api_key_env="MY_KEY"),
            WordCodec(),
            QUIET,
        )
    assert not (tmp_path / "documents").exists()


def test_a_server_that_dies_keeps_what_was_answered(
    corpus: Path, tmp_path: Path, calm: tuple[dict[str, str], int]
) -> None:
    with (
        serving(FaultServer(answer, plan=[None] * 12, rate=1.0, kinds=["500"])) as server,
        pytest.raises(LLMError) as caught,
    ):
        built(corpus, tmp_path, server, max_retries=0)
    assert "stopped answering" in str(caught.value)
    with serving(FaultServer(answer)) as server:
        built(corpus, tmp_path, server)
    assert server.requests == calm[1] - 12
    assert hashes(tmp_path) == calm[0]


def test_the_budget_stops_the_build_and_more_of_it_goes_on(
    corpus: Path, tmp_path: Path, calm: tuple[dict[str, str], int]
) -> None:
    with serving(FaultServer(answer)) as server:
        with pytest.raises(LLMError, match=r"`structtuning.llm.budget.requests: 10`"):
            built(corpus, tmp_path, server, budget={"requests": 10})
        assert server.requests == 10
        built(corpus, tmp_path, server, budget={"requests": 1000})
        assert server.requests == calm[1]
    assert hashes(tmp_path) == calm[0]


def test_an_estimate_is_near_what_is_sent(corpus: Path, tmp_path: Path) -> None:
    with serving(FaultServer(answer)) as server:
        plan = plan_of(str(corpus), str(tmp_path), server.base_url)
        found = estimate(plan, WordCodec(), QUIET)
        assert server.requests == 0
        assert found.answered == 0
        built(corpus, tmp_path, server)
        assert found.requests == pytest.approx(server.requests, rel=0.1)
        words = sum(
            len(WordCodec().encode([message["content"]])[0])
            for body in server.bodies
            for message in body["messages"]
        )
        assert found.input_tokens == pytest.approx(words, rel=0.1)
        left = estimate(plan, WordCodec(), QUIET)
        assert (left.requests, left.answered) == (0, server.requests)


def test_the_key_goes_to_the_server_and_nowhere_else(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with caplog.at_level("DEBUG"), serving(FaultServer(answer)) as server:
        plan = built(corpus, tmp_path, server, api_key_env="MY_KEY")
        heads = [head for head in server.heads if head.startswith("POST")]
    assert all(f"Bearer {KEY}" in head for head in heads)
    assert heads
    assert KEY not in caplog.text + json.dumps(summary(plan)) + repr(plan)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_how_the_server_is_reached_does_not_rebuild_and_what_it_is_asked_does(
    corpus: Path, tmp_path: Path
) -> None:
    def key(**llm: Any) -> str:
        return plan_of(str(corpus), str(tmp_path), llm.pop("url", "http://a/v1"), **llm).keys[
            "taxonomy"
        ]

    same: list[dict[str, Any]] = [
        {"url": "http://b/v1"}, {"api_key_env": "X"}, {"max_concurrency": 3}, {"timeout": 9}, {"max_retries": 1},
        {"budget": {"tokens": 5}},
    ]  # fmt: skip
    other: list[dict[str, Any]] = [
        {"model": "n"}, {"temperature": 0.5}, {"seed": 9}, {"max_output_tokens": 99}, {"extra_body": {"top_k": 1}},
    ]  # fmt: skip
    assert {key(**change) for change in same} == {key()}
    assert len({key(), *(key(**change) for change in other)}) == 1 + len(other)


def test_usage_is_summed_over_the_runs_of_a_build(corpus: Path, tmp_path: Path) -> None:
    with serving(FaultServer(answer)) as server:
        with pytest.raises(LLMError):
            built(corpus, tmp_path, server, budget={"requests": 10})
        plan = built(corpus, tmp_path, server)
        with Cache(plan.answers) as cache:
            assert cache.usage(plan.keys["taxonomy"])["requests"] == server.requests
        assert summary(plan)["llm"]["requests"] == server.requests
