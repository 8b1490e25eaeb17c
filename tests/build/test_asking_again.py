"""`ask-again`: answers of failed questions are removed, and all others are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.build.pipeline import build
from structtuning_plugin.build.plan import Plan
from structtuning_plugin.commands.ask_again import forget_failed
from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.core.progress import Progress
from tests.codecs import WordCodec
from tests.drivers.build_asking import plan_of
from tests.llm.fault_server import FaultServer, serving
from tests.structuring import answer, long_text

QUIET = Progress(quiet=True)
NONSENSE = '{"no": "groups"}'


def sources(plan: Plan) -> set[str]:
    return {topic.source for topic in plan.load_taxonomy()[0].walk()}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.txt").write_text(long_text(60 + number), encoding="utf-8")
    return folder


def test_a_poisoned_work_dir_heals_and_keeps_its_good_answers(corpus: Path, tmp_path: Path) -> None:
    is_healthy = False
    opening = (corpus / "0.txt").read_text(encoding="utf-8")[:40]

    def reply(body: dict[str, Any]) -> str:
        is_poisoned = not is_healthy and opening in body["messages"][1]["content"]
        return NONSENSE if is_poisoned else answer(body)

    with serving(FaultServer(reply)) as server:
        plan = plan_of(str(corpus), str(tmp_path / "work"), server.base_url)
        with pytest.raises(ArtifactError, match="is not built yet"):
            forget_failed(plan)
        assert build(plan, WordCodec(), QUIET)
        faults = artifacts.load_faults(plan.folder("taxonomy"))
        failed = [fault for fault in faults if fault.outcome == "replaced"]
        first, requests = plan.times_asked_again, server.requests
        assert "offline" in sources(plan)
        assert all(len(fault.requests) == 3 for fault in failed)

        lines = forget_failed(plan, dry_run=True)
        assert lines[0].startswith(f"taxonomy  {failed[0].about}: wrong_answer, replaced: ")
        assert lines[-1].startswith(f"{len(failed)} questions. Nothing was removed")
        assert not build(plan, WordCodec(), QUIET)

        assert forget_failed(plan, outcomes=["left_out"]) == [
            "No question failed: there is nothing to ask again."
        ]
        lines = forget_failed(plan)
        assert lines[-1].startswith(
            f"Removed {3 * len(failed)} answers of {len(failed)} questions, and 2 builds"
        )
        assert plan.times_asked_again == first + 1
        is_healthy = True
        assert build(plan, WordCodec(), QUIET)
        assert len(failed) <= server.requests - requests < requests
        assert "offline" not in sources(plan)
        assert forget_failed(plan) == ["No question failed: there is nothing to ask again."]
