"""Whole builds against servers that answer and refuse as public bug reports say.

Each kind of answer gives the tree of the model; what is no answer is none, and is never kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import parse_block
from structtuning_plugin.core.errors import LLMError
from structtuning_plugin.core.progress import Progress
from tests.codecs import WordCodec
from tests.conftest import PROJECT
from tests.llm.fault_server import FaultServer, serving
from tests.llm.reply_kinds import REFUSALS, Body, completion, has
from tests.structuring import answer

NOTES = PROJECT / "tests" / "data" / "cases" / "51-thoughts-cut-off-with-a-draft"
Reply = Callable[[Body], tuple[int, Any]]


class Say(Progress):
    """Progress whose lines are kept."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def plan_of(work_dir: Path, url: str) -> Plan:
    block = {
        "domain": "Cars",
        "corpus": [str(NOTES)],
        "work_dir": str(work_dir),
        "taxonomy": {"options": {"window_tokens": 800}},
        "llm": {"base_url": url, "model": "m", "max_retries": 0},
    }
    facts = RecipeFacts(sequence_len=512, seed=1, tokenizer="words")
    return make_plan(parse_block(block).absolute(PROJECT), facts)


def build_against(reply: Reply, work_dir: Path) -> tuple[Plan, list[str], int]:
    """Build; return the plan, the lines that were said, and the number of requests."""
    progress = Say()
    with serving(FaultServer(answer, reply=reply)) as server:
        plan = plan_of(work_dir, server.base_url)
        build(plan, WordCodec(), progress)
        return plan, progress.lines, server.requests


def sources(plan: Plan) -> set[str]:
    return {topic.source for topic in plan.load_taxonomy()[0].walk()}


def titles(plan: Plan) -> list[str]:
    return [topic.title for topic in plan.load_taxonomy()[0].walk()]


def faults(plan: Plan) -> Counter[str]:
    all_faults = artifacts.load_faults(plan.folder("taxonomy"))
    return Counter(f"{fault.reason}, {fault.outcome}" for fault in all_faults)


def count_kept(work_dir: Path) -> int:
    with sqlite3.connect(work_dir / "cache" / "answers.sqlite") as database:
        return int(database.execute("SELECT count(*) FROM answers").fetchone()[0])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Titles of the tree from plain answers."""
    folder = tmp_path_factory.mktemp("plain")
    plan, _, _ = build_against(lambda body: (200, completion(answer(body))), folder)
    assert sources(plan) == {"folders", "llm"}
    assert len(titles(plan)) > 4
    return titles(plan)


def draft_in_thoughts(body: Body) -> tuple[int, Any]:
    draft = json.dumps({"groups": [{"title": "Draft", "start": 1, "end": 1, "intro": False}]})
    return 200, completion(f"<think>\nFirst: {draft}\nBut wait, item 1 says", "length")


def test_a_draft_in_thoughts_that_were_cut_off_is_no_answer(tmp_path: Path) -> None:
    plan, lines, _ = build_against(draft_in_thoughts, tmp_path)
    assert "llm" not in sources(plan)
    assert "Draft" not in titles(plan)
    assert set(faults(plan)) == {"cut_off, asked_again", "cut_off, replaced"}
    assert sum("raise `structtuning.llm.max_output_tokens`" in line for line in lines) == 1
    assert count_kept(tmp_path) == 0


@pytest.mark.parametrize(
    "message",
    [
        lambda text: completion(None, reasoning_content=text),
        lambda text: completion(
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Well"}]},
                {"type": "text", "text": text},
            ]
        ),
    ],
    ids=["52-json-in-reasoning-content", "53-content-as-parts"],
)
def test_the_answer_is_used_wherever_the_message_has_it(
    message: Callable[[str], Body], tmp_path: Path, plain: list[str]
) -> None:
    plan, _, _ = build_against(lambda body: (200, message(answer(body))), tmp_path)
    assert (titles(plan), faults(plan)) == (plain, Counter())


@pytest.mark.parametrize(
    ("fields", "status"),
    [(("max_tokens", "temperature"), 400), (("response_format",), 500)],
    ids=["55-parameters-refused", "57-schema-answered-with-500"],
)
def test_what_is_refused_is_left_out_and_told_once(
    fields: tuple[str, ...], status: int, tmp_path: Path, plain: list[str]
) -> None:
    def reply(body: Body) -> tuple[int, Any]:
        for field in fields:
            if has(body, field):
                words = REFUSALS["json_schema" if status == 500 else field][1]
                return status, {"error": {"message": words}}
        return 200, completion(answer(body))

    plan, lines, requests = build_against(reply, tmp_path)
    assert (titles(plan), faults(plan)) == (plain, Counter())
    assert requests - count_kept(tmp_path) == 2
    told = [line for line in lines if line.startswith("The server refuses")]
    assert len(told) == 2
    words = {REFUSALS["json_schema" if status == 500 else field][1] for field in fields}
    assert all(any(word in line for line in told) for word in words)


def test_a_build_whose_requests_are_all_refused_is_an_error(tmp_path: Path) -> None:
    words = "This model's maximum context length is 4096 tokens. You requested 5012 tokens."
    with pytest.raises(LLMError, match=f"answered none of .*{words}"):
        build_against(lambda _: (400, {"error": {"message": words}}), tmp_path)
    assert count_kept(tmp_path) == 0


def test_a_work_dir_heals_when_the_provider_is_well_again(tmp_path: Path, plain: list[str]) -> None:
    sick = {**completion(None), "error": {"message": "Provider returned error", "code": 429}}
    with pytest.raises(LLMError, match="429: Provider returned error"):
        build_against(lambda _: (200, sick), tmp_path)
    assert count_kept(tmp_path) == 0
    plan, _, requests = build_against(lambda body: (200, completion(answer(body))), tmp_path)
    assert (titles(plan), requests > 0) == (plain, True)


def test_markdown_and_numbers_are_no_part_of_a_title(tmp_path: Path, plain: list[str]) -> None:
    def reply(body: Body) -> tuple[int, Any]:
        data = json.loads(answer(body))
        for number, group in enumerate(data.get("groups", []), start=1):
            group["title"] = f"**{number}. {group['title']}:**"
        return 200, completion(json.dumps(data))

    plan, _, _ = build_against(reply, tmp_path)
    assert titles(plan) == plain
