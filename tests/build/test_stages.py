"""Stages are made once, by one of the builds side by side, and need one another."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.core.errors import ArtifactError
from tests.build.building import PROGRESS, artifact, built, plan_of, times_under
from tests.codecs import CharCodec


def test_a_build_is_done_once(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    assert plan.is_built
    before = times_under(tmp_path / "work")
    assert not build(plan, CharCodec(), PROGRESS)
    assert not build(plan_of(tmp_path), CharCodec(), PROGRESS)
    assert times_under(tmp_path / "work") == before


def test_a_stage_that_did_not_change_is_not_made_again(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    before = artifact(plan, "taxonomy").stat().st_mtime_ns
    other = built(tmp_path, scpt={"wordings": 1})
    assert artifact(other, "taxonomy").stat().st_mtime_ns == before
    assert sorted(path.name for path in (tmp_path / "work" / "scpt").iterdir()) == sorted(
        [plan.keys["scpt"], other.keys["scpt"]]
    )


def test_builds_side_by_side_do_not_disturb_one_another(tmp_path: Path, corpus: Path) -> None:
    plan = plan_of(tmp_path)
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda: made.append(build(plan, CharCodec(), PROGRESS)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 3
    assert any(made)
    assert plan.is_built
    assert list((tmp_path / "work" / "tmp").iterdir()) == []


def test_a_tree_without_its_documents_says_what_to_run(tmp_path: Path, corpus: Path) -> None:
    plan = built(tmp_path)
    shutil.rmtree(plan.store.path("documents", plan.keys["documents"]))
    with pytest.raises(
        ArtifactError, match=r"documents/[0-9a-f]{20} is missing\. Run `axolotl structtuning build`"
    ):
        plan.load_taxonomy()
