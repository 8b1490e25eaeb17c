"""Runs to report on, and the command with a plan of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from structtuning_plugin.build.plan import Plan
from structtuning_plugin.cli import structtuning
from structtuning_plugin.commands import report as reporting
from structtuning_plugin.evaluation.types import PromptedQuestion
from tests.build.ssft_building import plan_of
from tests.evaluation.asking import CHOICE, FREE, asked, questions
from tests.extras import need_plots

Report = Callable[..., Result]


@pytest.fixture(autouse=True)
def _plots() -> None:
    need_plots()


@pytest.fixture
def exam(tmp_path: Path) -> list[PromptedQuestion]:
    """Two questions with options in two languages, and a free one."""
    zh = {**CHOICE, "question": "过滤血液的器官是哪一个？", "language": "zh"}
    return asked(
        [*questions(tmp_path / "a.jsonl", CHOICE, zh), *questions(tmp_path / "b.jsonl", FREE)]
    )


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """`report`, into page.html of the test's folder unless told another file."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, plan: Plan | None = None, output: str = "page.html") -> Result:
        made = plan or plan_of(tmp_path)
        monkeypatch.setattr(reporting, "open_recipe", lambda path: SimpleNamespace(plan=made))
        return CliRunner().invoke(structtuning, ["report", "recipe.yaml", *arguments, "-o", output])

    return invoke
