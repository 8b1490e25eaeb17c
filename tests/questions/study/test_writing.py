"""Requests of a study, and what becomes of the replies."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from structtuning_plugin.core.types import Dropped
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.types import Request
from structtuning_plugin.questions.study.writing import Study
from tests.questions.study.building import (
    client_of,
    good,
    library,
    passage_of,
    sentence,
    studied,
    subject,
    words,
)

SHELF = library((3, 2), (4,))


def dropped_of(study: Study, reason: str) -> list[Dropped]:
    return [item for item in study.dropped if item.reason == reason]


def test_a_request_shows_the_passage_with_its_place() -> None:
    _, client = studied(SHELF, good, "restatement", tokens_per_token=0.2)
    (request,) = [r for r in client.requests if "/a.md:0-" in r.about][:1]
    shown = request.messages[0].content
    assert (
        "Place in the structure of Library: Library > Book a > Chapter a0 > Point a0.0\n" in shown
    )
    assert "├─ **Point a0.0**\n" in shown
    assert "Under the same heading: Point a0.1; Point a0.2\n" in shown
    text = " ".join(sentence(f"a0.0/{number}") for number in range(3))
    assert f"Library > Book a > Chapter a0 > Point a0.0:\n{text}\n" in shown
    assert f"Write above all about this fact:\n- {sentence('a0.0/0')}\n" in shown


def test_forms_say_where_they_come_from() -> None:
    study, client = studied(SHELF, good, "questions", judge=True, tokens_per_token=0.3)
    form = study.forms[0]
    passage = passage_of(form.id)
    assert form.id == f"study-questions/{passage}/0.1"
    request = next(r for r in client.requests if r.about == f"study-questions/{passage}/0")
    assert form.facts == subject(request).facts
    assert len(form.facts) == 3
    assert (form.prompt, form.language, form.turn) == ("questions", "en", 0)
    assert (form.model, form.verdict) == ("m", "All is said.")
    assert form.chunk_ids == (passage,)
    assert form.topic_ids == (study.planner.corpus.tree.topics[form.topic_ids[0]].id,)
    assert form.tokens == len(form.question) + len(form.text)
    assert len(form.request) == 64


def test_facts_of_a_passage_are_one_row_with_a_line_each() -> None:
    study, _ = studied(SHELF, good, "facts", tokens_per_token=1)
    for form in study.forms[:-1]:
        assert form.text.split("\n") == [sentence(f"{form.id}/{number}", 12) for number in range(3)]
        assert form.question == ""


def test_a_passage_that_gave_nothing_is_asked_by_its_next_prompt_in_the_same_round() -> None:
    def answer(request: Request) -> Any:
        return {"text": "No."} if request.about.startswith("study-case/") else good(request)

    study, client = studied(SHELF, answer, "case", "restatement", tokens_per_token=0.9)
    assert {form.prompt for form in study.forms} == {"restatement"}
    first = [form for form in study.forms if form.turn == 0]
    assert len(first) == len({passage_of(form.id) for form in first}) == 9
    assert {item.reason for item in study.dropped} <= {"too_short", "over_budget"}
    # Half of the passages had `case` first.
    assert Counter(form.id.rpartition("/")[2] for form in first) == {"0": 5, "1": 4}
    assert len(client.requests) > len(study.forms)


def test_a_model_that_never_gives_anything_ends_the_study() -> None:
    study, client = studied(SHELF, lambda request: {"text": "No."}, "case", "restatement")
    assert study.forms == []
    assert len(client.requests) == 3 * 9
    assert Counter(item.reason for item in study.dropped) == {"too_short": 27}


def test_a_reply_without_json_is_left_out() -> None:
    study, _ = studied(SHELF, lambda request: "No.", "case")
    assert Counter(item.reason for item in study.dropped) == {"no_answer": 27}


def test_what_was_written_before_is_left_out() -> None:
    def answer(request: Request) -> Any:
        return {"text": sentence("always the same", 14)}

    study, _ = studied(SHELF, answer, "case")
    assert len(study.forms) == 1
    assert {item.reason for item in study.dropped} == {"repeated"}


def test_forms_per_fact_end_the_study_before_the_budget() -> None:
    study, _ = studied(SHELF, good, "case", forms_per_fact=2, tokens_per_token=500)
    counts = Counter((passage_of(form.id), fact) for form in study.forms for fact in form.facts)
    assert len(counts) == 9 * 3
    assert set(counts.values()) == {2}


# --- judging


def test_the_judge_leaves_out_what_is_not_supported() -> None:
    def answer(request: Request) -> Any:
        if subject(request).reply == "verdict":
            return {"reason": "Nobody says so.", "unsupported": [2]}
        return good(request)

    study, client = studied(SHELF, answer, "questions", judge=True, tokens_per_token=0.5)
    judged = dropped_of(study, "judged")
    assert {item.id.rpartition(".")[2] for item in judged} == {"2"}
    assert {item.detail for item in judged} == {"Nobody says so."}
    assert {form.id.rpartition(".")[2] for form in study.forms} == {"1", "3"}
    verdicts = [r for r in client.requests if subject(r).reply == "verdict"]
    assert len(verdicts) == len(client.requests) / 2
    first = next(r for r in client.requests if r.about == verdicts[0].about.removesuffix("/judge"))
    assert subject(verdicts[0]).passages == subject(first).passages


def test_without_a_usable_verdict_nothing_is_kept() -> None:
    def answer(request: Request) -> Any:
        return "Fine." if subject(request).reply == "verdict" else good(request)

    study, _ = studied(SHELF, answer, "case", judge=True)
    assert study.forms == []
    assert {item.detail for item in dropped_of(study, "judged")} == {
        "the judge gave no usable answer"
    }


def test_without_judging_nothing_is_judged() -> None:
    _, client = studied(SHELF, good, "case", tokens_per_token=0.5)
    assert {subject(request).reply for request in client.requests} == {"text"}


# --- held-out questions, rows, budget


def test_what_overlaps_a_held_out_question_is_left_out() -> None:
    secret = words("study-questions", 3)

    def is_held_out(text: str, language: str) -> str:
        return "overlaps exam.jsonl#1 (same, 1.00)" if secret in text else ""

    def answer(request: Request) -> Any:
        data = good(request)
        data["questions"][0]["question"] = f"Who is {secret}?"
        return data

    study, _ = studied(SHELF, answer, "questions", is_held_out=is_held_out, tokens_per_token=0.5)
    assert dropped_of(study, "holdout")
    assert {form.id.rpartition(".")[2] for form in study.forms} == {"2", "3"}


def test_texts_longer_than_a_row_are_left_out() -> None:
    study, _ = studied(SHELF, good, "case", most_tokens=20)
    assert study.forms == []
    assert {item.reason for item in study.dropped} == {"too_long"}


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
def test_only_what_ends_the_budget_is_over_it(ratio: float) -> None:
    study, _ = studied(SHELF, good, tokens_per_token=ratio)
    over = dropped_of(study, "over_budget")
    assert len(over) <= 16 + 9
    assert study.volume.tokens <= 1.02 * ratio * study.planner.corpus.tokens


# --- the same bytes


def slow(seed: int) -> ScriptedClient:
    """A client whose replies come in another order each time."""
    pauses = random.Random(seed)

    async def reply(request: Request) -> str:
        await asyncio.sleep(pauses.random() / 200)
        client = client_of()
        return (await client.complete(request, 0)).text

    return ScriptedClient(reply)


def test_the_number_of_requests_under_way_has_no_influence() -> None:
    results = []
    for concurrency, seed in ((1, 1), (3, 2), (64, 3)):
        study, client = studied(
            SHELF, client=slow(seed), concurrency=concurrency, judge=True, tokens_per_token=2
        )
        results.append(
            (
                [asdict(form) for form in study.forms],
                study.dropped,
                sorted(request.about for request in client.requests),
            )
        )
    assert results[0] == results[1] == results[2]
    assert len(results[0][0]) > 20


def test_another_seed_is_another_order() -> None:
    one, _ = studied(SHELF, good, seed=1)
    other, _ = studied(SHELF, good, seed=2)
    assert [form.id for form in one.forms] != [form.id for form in other.forms]
