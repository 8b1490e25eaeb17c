"""Whole builds of instruction tuning.

The example's book, its questions, and a model in this process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan, RecipeFacts, make_plan
from structtuning_plugin.config import LLMConfig, parse_block
from structtuning_plugin.core.tokens import Chat
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.llm.client import LLMClient
from tests.build.building import PROGRESS
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.conftest import PROJECT

EXAMPLES = PROJECT / "example_configs"
BOOK = str(EXAMPLES / "corpus")
OWN = [str(EXAMPLES / "qa" / name) for name in ("workshop.jsonl", "exam.jsonl")]
HELD_OUT = [str(EXAMPLES / "qa" / "held_out.jsonl")]
LLM = {"base_url": "http://127.0.0.1:9/v1", "model": "m"}


class Factory:
    """Gives the same client to every session."""

    name = "openai"

    def __init__(self, client: LLMClient) -> None:
        self._client = client

    def check(self, config: LLMConfig) -> None:
        """It can always be asked."""

    def create(self, config: LLMConfig) -> LLMClient:
        return self._client


def write_qa(path: Path, records: Sequence[Mapping[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records),
        encoding="utf-8",
    )
    return str(path)


def plan_of(
    base: Path,
    *,
    client: LLMClient | None = None,
    ssft: Mapping[str, Any] | None = None,
    seed: int = 1,
    sequence_len: int = 512,
    chat: str = "words",
    **changes: Any,
) -> Plan:
    """A plan for the stage `ssft` of the example's book; with a `client` the block has an `llm`."""
    block = {
        "stage": "ssft",
        "domain": "Bicycles",
        "corpus": [BOOK],
        "work_dir": "work",
        "taxonomy": {"extractor": "headings"},
        "ssft": {"qa": OWN, **(ssft or {})},
        **({"llm": LLM} if client else {}),
        **changes,
    }
    facts = RecipeFacts(sequence_len=sequence_len, seed=seed, tokenizer="words", chat=chat)
    plan = make_plan(parse_block(block).absolute(base), facts)
    return replace(plan, client=Factory(client)) if client else plan


def built(base: Path, *, chat_of: Chat | None = None, **changes: Any) -> Plan:
    plan = plan_of(base, **changes)
    assert build(plan, WordCodec(), PROGRESS, chat_of or WordChat())
    return plan


def counts_of(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = plan.store.require("ssft", plan.keys["ssft"])["counts"]
    return found


def dropped_of(plan: Plan, reason: str = "") -> list[Dropped]:
    return [
        dropped
        for dropped in artifacts.load_dropped(plan.folder("ssft"))
        if reason in ("", dropped.reason)
    ]


def rows_of(plan: Plan, *kinds: str, part: str = "train") -> list[dict[str, Any]]:
    return [row for row in plan.load_rows("ssft", part) if not kinds or row["kind"] in kinds]


def answer_of(row: Mapping[str, Any]) -> str:
    return str(row["messages"][-1]["content"])


def hashes(work_dir: Path) -> dict[str, str]:
    """Of all files of all artifacts."""
    files = [
        path
        for stage in ("documents", "taxonomy", "scpt", "ssft")
        for path in (work_dir / stage).rglob("*")
        if path.is_file()
    ]
    return {
        path.relative_to(work_dir).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
