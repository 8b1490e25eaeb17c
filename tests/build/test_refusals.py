"""What is refused, and what is left on the disk then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.core.errors import (
    BudgetError,
    ConfigError,
    CorpusError,
    PluginError,
    TemplateError,
)
from tests.build.building import PROGRESS, plan_of, write_corpus
from tests.codecs import CharCodec


@pytest.mark.parametrize(
    ("changes", "error", "expected"),
    [
        ({"corpus": "nowhere"}, CorpusError, "nowhere does not exist"),
        (
            {"corpus": [{"path": "corpus", "format": "markdwon"}]},
            CorpusError,
            "Did you mean `markdown`?",
        ),
        (
            {"taxonomy": {"extractor": "headlines"}},
            PluginError,
            "Unknown extractor `headlines`. Did you mean `headings`?",
        ),
        ({"taxonomy": {"options": {"split_ovr": 1}}}, ConfigError, "Did you mean `split_over`?"),
        (
            {"taxonomy": {"path": "lost.json"}},
            ConfigError,
            "lost.json (`taxonomy.path`) does not exist",
        ),
        ({"scpt": {"template_dirs": ["lost"]}}, TemplateError, "lost does not exist"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(
    tmp_path: Path, corpus: Path, changes: dict[str, Any], error: type[Exception], expected: str
) -> None:
    with pytest.raises(error) as caught:
        plan_of(tmp_path, **changes)
    assert expected in str(caught.value)
    assert not (tmp_path / "work").exists()


def test_a_budget_that_cannot_fit_stops_the_build_before_it_starts(
    tmp_path: Path, corpus: Path
) -> None:
    plan = plan_of(tmp_path, chunk_tokens=600)
    with pytest.raises(BudgetError, match="sequence_len 600"):
        build(plan, CharCodec(), PROGRESS)
    assert not (tmp_path / "work").exists()


def test_one_unit_cannot_be_held_out_and_what_is_done_stays(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"one.md": "One document."})
    plan = plan_of(tmp_path, eval={"unit": "document"})
    with pytest.raises(ConfigError, match="at least two are needed"):
        build(plan, CharCodec(), PROGRESS)
    assert [plan.store.manifest(stage, plan.keys[stage]) is not None for stage in plan.stages] == [
        True,
        True,
        False,
    ]
    assert not plan.is_built
