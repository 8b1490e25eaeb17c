"""A whole build of instruction tuning that asks a model.

What it is asked, what it never sees, and servers that fail.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build, estimate
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.build.summary import summary
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.llm import dispatcher as sending
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.types import Request
from tests.build.building import PROGRESS
from tests.build.ssft_building import (
    HELD_OUT,
    LLM,
    OWN,
    answer_of,
    built,
    counts_of,
    dropped_of,
    hashes,
    plan_of,
    rows_of,
    write_qa,
)
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.llm.fault_server import CONTENT, TRANSPORT, FaultServer, serving
from tests.questions.walks.building import asked, client_of, good, subject

WALKS = 24
SSFT = {"holdout": HELD_OUT, "walks": {"count": WALKS}}


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.005)


def records(*paths: str) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())


# --- a model in this process


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, ScriptedClient]:
    client = client_of(good)
    return built(tmp_path_factory.mktemp("scripted"), client=client, ssft=SSFT), client


def test_what_the_model_writes_is_trained_on(scripted: tuple[Plan, ScriptedClient]) -> None:
    plan, client = scripted
    counts = counts_of(plan)
    assert counts["shapes_of_walks"] == {"across": 12, "inside": 6, "one_hop": 6}
    assert sum(counts["walks_per_chapter"].values()) >= WALKS
    walks, shared = (
        rows_of(plan, "walk"),
        [d for d in dropped_of(plan, "share") if d.id.startswith("walk/")],
    )
    assert {row["id"] for row in walks} | {d.id for d in shared} == {
        f"walk/{slot}/0" for slot in range(WALKS)
    }
    for row in walks:
        name = row["id"].replace("/", "-")
        explanation, answer = (
            answer_of(row).removeprefix(row["structure"]).strip().split("\n\n")[-2:]
        )
        assert explanation == f"It is {name}."
        assert answer in (
            f"Answer: number {name}",
            *(f"Answer: {letter}. right{name}" for letter in "ABCD"),
        )
        assert (len(row["request"]), row["model"], row["verdict"]) == (64, "m", "Nothing is wrong.")
    for row in rows_of(plan, "reasoned"):
        assert f"Anew for support/{row['qa_id']}." in answer_of(row)
        assert row["verdict"] == "supported: They say so."
    assert len(asked(client, "support")) == counts["linked"] == len(rows_of(plan, "reasoned"))
    assert len(client.requests) == 2 * WALKS + counts["linked"]


def test_the_key_of_a_row_finds_its_answer(scripted: tuple[Plan, ScriptedClient]) -> None:
    from structtuning_plugin.llm.cache import Cache

    plan, _ = scripted
    with Cache(plan.answers) as cache:
        for row in rows_of(plan, "walk", "reasoned"):
            kept = cache.get(row["request"])
            assert kept is not None
            explanation = json.loads(kept.text)["explanation"]
            assert explanation in answer_of(row)


def test_nothing_of_a_held_out_question_is_ever_shown(tmp_path: Path) -> None:
    secrets = [
        {
            "question": "Which zorble turns the quixel of a Penny?",
            "answer": "The wumpus lever",
            "explanation": "Plinths.",
        },
        {"question": "Name the frabjous spoke.", "answer": "Jubjub steel"},
    ]
    exam = write_qa(tmp_path / "exam.jsonl", secrets)
    own = write_qa(tmp_path / "own.jsonl", [*secrets, *records(*OWN)])
    client = client_of(good)
    plan = built(
        tmp_path, client=client, ssft={"qa": [own], "holdout": [exam], "walks": {"count": 40}}
    )
    assert [d.id for d in dropped_of(plan, "holdout")] == ["own.jsonl#1", "own.jsonl#2"]
    shown = "\n".join(
        message.content for request in client.requests for message in request.messages
    ).casefold()
    for secret in secrets:
        assert all(text.casefold() not in shown for text in secret.values())
    assert "zorble" not in shown
    assert len(client.requests) > 80
    examples = {subject(request).values.get("example") for request in client.requests} - {None}
    assert len(examples) > 10
    questions = [record["question"] for record in records(*OWN)]
    assert all(any(question in example for question in questions) for example in examples)


def test_a_written_question_that_overlaps_a_held_out_one_is_replaced(tmp_path: Path) -> None:
    (secret, *_) = records(*HELD_OUT)

    def answer(request: Request) -> Any:
        data = good(request)
        if request.about == "walk/3/0":
            data["question"] = f"So, {secret['question'].lower()}"
        return data

    plan = built(tmp_path, client=client_of(answer), ssft={**SSFT, "kinds": ["walk"]})
    (gone,) = dropped_of(plan, "holdout")
    assert gone.id == "walk/3/0"
    assert "held_out.jsonl#1" in gone.detail
    assert "walk/3/1" in {row["id"] for row in rows_of(plan)}
    assert counts_of(plan)["train"]["samples"] == {"walk": WALKS}


def test_an_unsupported_explanation_stays_as_the_user_gave_it(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        return good(request) | (
            {"supported": "No", "explanation": ""} if subject(request).kind == "support" else {}
        )

    plan = built(tmp_path, client=client_of(answer), ssft={**SSFT, "kinds": ["reasoned"]})
    given = {
        record["question"]: record.get("explanation") or record.get("rationale", "")
        for record in records(*OWN)
    }
    questions = {
        question["id"]: question["question"]
        for question in artifacts.load_questions(plan.folder("ssft"))
    }
    for row in rows_of(plan):
        assert given[questions[row["qa_id"]]] in answer_of(row)
        assert row["verdict"] == "not supported: They say so."


def test_without_rewriting_no_support_is_asked_for(tmp_path: Path) -> None:
    client = client_of(good)
    built(tmp_path, client=client, ssft={**SSFT, "rewrite": False})
    assert Counter(subject(request).kind for request in client.requests)["support"] == 0


def test_without_questions_there_is_no_example_and_64_walks(tmp_path: Path) -> None:
    client = client_of(good)
    plan = built(tmp_path, client=client, ssft={"qa": [], "kinds": ["walk"]})
    assert counts_of(plan)["train"]["samples"] == {"walk": 64}
    writing = asked(client, "write_one") + asked(client, "write_many")
    assert {subject(request).values["example"] for request in writing} == {""}
    assert all("example of form" not in request.messages[0].content for request in writing)


def test_all_written_questions_bad_and_nothing_else_is_no_row(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        client=client_of(lambda request: "No."),
        ssft={"qa": [], "kinds": ["walk"], "walks": {"count": 3}},
    )
    with pytest.raises(Exception, match="has no row to train on"):
        build(plan, WordCodec(), PROGRESS, WordChat())


def test_a_conversation_is_kept_as_given_and_never_shown(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What wears brake pads down, Gandalf?"},
        {"role": "assistant", "content": "Rubbing on the rim."},
        {"role": "user", "content": "And what stretches a chain?"},
        {"role": "assistant", "content": "Worn pins and bushings."},
    ]
    own = write_qa(tmp_path / "chat.jsonl", [{"messages": turns}])
    other = write_qa(tmp_path / "own.jsonl", [next(records(*OWN))])
    client = client_of(good)
    plan = built(tmp_path, client=client, ssft={"qa": [own, other], "walks": {"count": 16}})
    (row,) = [row for row in rows_of(plan) if row["qa_id"] == "chat.jsonl#1"]
    assert (row["kind"], row["structure"]) == ("answer", "")
    assert [{"role": m["role"], "content": m["content"]} for m in row["messages"]] == turns
    assert [m["training"] for m in row["messages"]] == [False, False, True, False, True]
    assert [dropped.id for dropped in dropped_of(plan, "multi_turn")] == ["reasoned/chat.jsonl#1"]
    shown = "".join(message.content for request in client.requests for message in request.messages)
    assert "Gandalf" not in shown
    assert "And what stretches a chain?" not in shown


# --- estimates


def test_an_estimate_is_near_what_is_sent(tmp_path: Path) -> None:
    client = client_of(good)
    plan = plan_of(tmp_path, client=client, ssft=SSFT)
    found = estimate(plan, WordCodec(), PROGRESS, WordChat())
    assert client.requests == []
    assert found.answered == 0
    assert build(plan, WordCodec(), PROGRESS, WordChat())
    assert found.requests == pytest.approx(len(client.requests), rel=0.1)
    words = sum(
        len(WordCodec().encode([m.content])[0])
        for request in client.requests
        for m in request.messages
    )
    assert found.input_tokens == pytest.approx(words, rel=0.2)
    left = estimate(plan, WordCodec(), PROGRESS, WordChat())
    assert (left.requests, left.answered) == (0, len(client.requests))


def test_an_estimate_counts_what_a_stopped_build_has_left(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, client=client_of(good), ssft=SSFT, llm={**LLM, "budget": {"requests": 30}}
    )
    whole = estimate(plan, WordCodec(), PROGRESS, WordChat())
    with pytest.raises(LLMError, match=r"`structtuning\.llm\.budget\.requests: 30`"):
        build(plan, WordCodec(), PROGRESS, WordChat())
    left = estimate(plan, WordCodec(), PROGRESS, WordChat())
    assert left.answered == 30
    assert left.requests + left.answered == pytest.approx(whole.requests, rel=0.1)


# --- servers that fail


def exam(body: dict[str, Any]) -> str:
    """The good answers again, by the words of the question alone."""
    text = next(message["content"] for message in body["messages"] if message["role"] == "user")
    name = re.sub(r"\d", "", hashlib.sha256(text.encode()).hexdigest())
    if '"answerable"' in text:
        return json.dumps({"reason": "Fine.", "answerable": True, "all_needed": True})
    if '"supported"' in text:
        return json.dumps(
            {"reason": "So they say.", "supported": True, "explanation": f"Anew {name}."}
        )
    options = {"options": [f"{letter} {name}" for letter in "pqrs"]} if '"options"' in text else {}
    answer = f"p {name}" if options else name
    return json.dumps(
        {
            "question": f"What is {name}?",
            **options,
            "explanation": f"It is {name}.",
            "answer": answer,
        }
    )


def asking(base: Path, server: FaultServer, **llm: Any) -> Plan:
    return plan_of(
        base,
        ssft={**SSFT, "kinds": ["answer", "reasoned", "walk"]},
        llm={"base_url": server.base_url, "model": "m", "max_concurrency": 8, "timeout": 20, **llm},
    )


def built_by(base: Path, server: FaultServer, **llm: Any) -> Plan:
    plan = asking(base, server, **llm)
    assert build(plan, WordCodec(), PROGRESS, WordChat())
    return plan


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    base = tmp_path_factory.mktemp("calm")
    with serving(FaultServer(exam)) as server:
        plan = built_by(base, server)
        assert counts_of(plan)["shapes_of_walks"] == {"across": 12, "inside": 6, "one_hop": 6}
        return hashes(base / "work"), server.requests


def accounted(plan: Plan) -> None:
    """Every walk that was tried is a row or has its reason.

    Every fault is listed; given questions are all there.
    """
    told = summary(plan)["llm"]
    faults = artifacts.load_faults(plan.folder("ssft"))
    assert sum(told["unusable_answers"].values()) == len(faults)
    lost = [
        fault.about
        for fault in faults
        if fault.outcome == "replaced" and fault.about.startswith("walk/")
    ]
    tried = {about.removesuffix("/judge") for about in lost}
    assert not tried & {row["id"] for row in rows_of(plan, "walk")}
    assert tried <= {
        dropped.id for dropped in dropped_of(plan) if dropped.reason in ("no_answer", "judged")
    }
    assert len(rows_of(plan, "answer")) == counts_of(plan)["questions"]
    assert len(rows_of(plan, "reasoned")) == counts_of(plan)["linked"]


@pytest.mark.parametrize("fault", [*TRANSPORT, *CONTENT])
def test_each_fault_alone(tmp_path: Path, calm: tuple[dict[str, str], int], fault: str) -> None:
    with serving(FaultServer(exam, rate=0.3, kinds=[fault], seed=3, retry_after="0")) as server:
        plan = built_by(
            tmp_path, server, timeout=2 if fault in ("hang", "drip") else 20, max_retries=12
        )
    assert server.faults[fault] > 0
    accounted(plan)
    told = summary(plan)["llm"]
    if fault in TRANSPORT:
        assert sum(told["failed_requests"].values()) == server.faults[fault]
        assert hashes(tmp_path / "work") == calm[0]
    elif fault in (
        "prose",
        "wrong",
    ):  # JSON between prose is found, and these answers have no number to be wrong
        assert hashes(tmp_path / "work") == calm[0]
    else:
        assert sum(told["unusable_answers"].values()) > 0
        assert told["failed_requests"] == {}


def test_questions_that_are_never_answered_are_missing_and_listed(tmp_path: Path) -> None:
    with serving(FaultServer(exam, rate=0.3, kinds=["500"], seed=3)) as server:
        plan = built_by(tmp_path, server, max_retries=0)
    accounted(plan)
    faults = artifacts.load_faults(plan.folder("ssft"))
    assert {(fault.reason, fault.outcome, fault.detail) for fault in faults} == {
        ("unanswered", "replaced", "500: out of memory")
    }
    assert len(faults) == server.faults["500"] > 10
    given = [fault.about for fault in faults if fault.about.startswith("support/")]
    assert given
    unwritten = {row["qa_id"]: row for row in rows_of(plan, "reasoned") if not row["request"]}
    assert {name.removeprefix("support/") for name in given} == set(unwritten)


def test_all_faults_at_once(tmp_path: Path, calm: tuple[dict[str, str], int]) -> None:
    with serving(FaultServer(exam, rate=0.3, seed=5, retry_after="0")) as server:
        plan = built_by(tmp_path, server, timeout=2, max_retries=12)
    accounted(plan)
    told = summary(plan)["llm"]
    failed = sum(count for fault, count in server.faults.items() if fault in TRANSPORT)
    assert sum(told["failed_requests"].values()) == failed > 0
    assert told["requests"] == server.requests <= 2 * calm[1]


def test_a_second_build_sends_nothing(tmp_path: Path) -> None:
    with serving(FaultServer(exam)) as server:
        plan = built_by(tmp_path, server)
        first, requests = hashes(tmp_path / "work"), server.requests
        (plan.folder("ssft") / "manifest.json").unlink()
        assert build(plan, WordCodec(), PROGRESS, WordChat())
        assert server.requests == requests
    assert hashes(tmp_path / "work") == first


def test_a_dead_server_ends_the_build_soon_and_leaves_no_half_artifact(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ssft=SSFT, llm={**LLM, "timeout": 2})
    began = time.monotonic()
    with pytest.raises(LLMError, match=r"http://127\.0\.0\.1:9/v1"):
        build(plan, WordCodec(), PROGRESS, WordChat())
    assert time.monotonic() - began < 2 + 8
    assert plan.has("taxonomy")
    assert not plan.has("ssft")
    assert not (tmp_path / "work" / "ssft").exists() or not list(
        (tmp_path / "work" / "ssft").iterdir()
    )


def test_a_server_that_dies_keeps_what_was_answered(
    tmp_path: Path, calm: tuple[dict[str, str], int]
) -> None:
    with (
        serving(FaultServer(exam, plan=[None] * 25, rate=1.0, kinds=["500"])) as server,
        pytest.raises(LLMError) as caught,
    ):
        built_by(tmp_path, server, max_retries=0)
    assert "stopped answering" in str(caught.value)
    with serving(FaultServer(exam)) as server:
        built_by(tmp_path, server)
    assert server.requests == calm[1] - 25
    assert hashes(tmp_path / "work") == calm[0]
