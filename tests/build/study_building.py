"""Whole builds with a study of the example's book, and a model in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.types import Request
from structtuning_plugin.questions.study.replies import StudyRequest
from tests.build import ssft_building
from tests.build.building import PROGRESS
from tests.chats import WordChat
from tests.codecs import WordCodec
from tests.questions.study.building import client_of, words

BOTH = ["scpt", "ssft"]
# No other questions to the model than those of the study.
SSFT = {"kinds": ["answer", "exercise"]}


def essay(request: Request) -> Any:
    """English enough to be taken for English, and new each time."""
    asked = request.subject
    assert isinstance(asked, StudyRequest)
    name = request.about
    if asked.reply == "verdict":
        return {"reason": "The passage says so.", "unsupported": []}
    if asked.reply == "facts":
        lines = [f"The {words(f'{name}/{n}', 3)} is one of the {words(name, 2)}." for n in (1, 2)]
        return {"facts": lines}
    if asked.reply == "questions":
        pairs = []
        for number, fact in enumerate(asked.facts):
            question = f"What is the {words(f'{name}/{number}', 3)} of the bicycle?"
            pairs.append({"question": question, "answer": f"The {words(fact, 2)}."})
        return {"questions": pairs}
    text = f"This is the {words(name, 6)}. It is what the {words(name + '!', 20)} of the wheel is."
    return {"text": text}


def plan_of(base: Path, *, client: ScriptedClient | None = None, **changes: Any) -> Plan:
    """A plan for both stages of the example's book, with a study."""
    settings: dict[str, Any] = {"stage": BOTH, "ssft": SSFT, "study": {}, **changes}
    return ssft_building.plan_of(base, client=client or client_of(essay), **settings)


def built(base: Path, **changes: Any) -> Plan:
    plan = plan_of(base, **changes)
    assert build(plan, WordCodec(), PROGRESS, WordChat())
    return plan


def counts_of(plan: Plan) -> dict[str, Any]:
    counts: dict[str, Any] = plan.store.require("study", plan.keys["study"])["counts"]
    return counts


def dropped_of(plan: Plan, reason: str = "") -> list[Dropped]:
    dropped = artifacts.load_dropped(plan.folder("study"))
    return [item for item in dropped if reason in ("", item.reason)]


def rows_of(plan: Plan, stage: Any) -> list[dict[str, Any]]:
    return [row for row in plan.load_rows(stage) if row["kind"].startswith("study-")]
