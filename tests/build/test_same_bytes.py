"""The same inputs give the same bytes, wherever and however they are built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build import artifacts
from structtuning_plugin.core import workers
from structtuning_plugin.core.workers import WorkerPool
from structtuning_plugin.taxonomy.io.json_file import load, to_json
from tests.build.building import FILES, _wording, artifact, built, bytes_under, write_corpus


@pytest.mark.parametrize("changes", [{}, {"scpt": {"preset": "paper"}}, {"eval": {"share": 0.2}}])
def test_two_builds_are_equal_to_the_byte(tmp_path: Path, changes: dict[str, Any]) -> None:
    one, two = tmp_path / "one", tmp_path / "two" / "deeper"
    write_corpus(one / "corpus")
    write_corpus(two / "corpus", dict(reversed(FILES.items())))
    built(one, **changes)
    built(two, **changes, work_dir="other_work", max_workers=2)
    first, second = bytes_under(one / "work"), bytes_under(two / "other_work")
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert {name.split("/")[0] for name in first} == {"documents", "taxonomy", "scpt"}


BUILD_ELSEWHERE = """
import sys
from pathlib import Path
from tests.build.building import built
built(Path(sys.argv[1]), work_dir="elsewhere", eval={"share": 0.2})
"""


def test_another_process_gives_the_same_bytes(tmp_path: Path, corpus: Path, project: Path) -> None:
    built(tmp_path, eval={"share": 0.2})
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", BUILD_ELSEWHERE, str(tmp_path)],
        check=True,
        cwd=project,
        env=environment,
    )
    assert bytes_under(tmp_path / "work") == bytes_under(tmp_path / "elsewhere")


@pytest.mark.parametrize("count", [2, 8])
def test_processes_give_the_same_bytes_as_one(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    functions: list[str] = []
    original = WorkerPool.map

    def spy(pool: WorkerPool, function: Any, setting: Any, items: Any, *more: Any) -> Any:
        if items:
            functions.append(function.__name__)
        assert pool.count == count
        return original(pool, function, setting, items, *more)

    monkeypatch.setattr(WorkerPool, "map", spy)
    changes: dict[str, Any] = {"scpt": {"preset": "compact"}}
    built(tmp_path, max_workers=1, **changes)
    assert functions == []
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    built(tmp_path, max_workers=count, work_dir="parallel", **changes)
    assert functions == ["_read_copy", "_extract", "_cut", "_read_points"]
    assert bytes_under(tmp_path / "work") == bytes_under(tmp_path / "parallel")


def test_no_artifact_names_a_place_of_this_machine(tmp_path: Path, corpus: Path) -> None:
    _wording(tmp_path / "wordings", "Where is {{ name }}?")
    first = built(tmp_path)
    documents = artifacts.load_documents(artifact(first, "documents"))
    root = load(artifact(first, "taxonomy") / artifacts.TAXONOMY, documents)
    (tmp_path / "tree.json").write_text(json.dumps(to_json(root, documents)), encoding="utf-8")
    built(
        tmp_path,
        taxonomy={"path": "tree.json"},
        scpt={"template_dirs": ["wordings"]},
        eval={"share": 0.3},
    )
    found = bytes_under(tmp_path / "work")
    assert len(found) > 20
    assert [name for name, content in found.items() if str(tmp_path).encode() in content] == []


def test_a_taxonomy_given_back_gives_the_same_samples(tmp_path: Path, corpus: Path) -> None:
    extracted = built(tmp_path)
    documents = artifacts.load_documents(artifact(extracted, "documents"))
    root = load(artifact(extracted, "taxonomy") / artifacts.TAXONOMY, documents)
    (tmp_path / "tree.json").write_text(json.dumps(to_json(root, documents)), encoding="utf-8")
    given = built(tmp_path, taxonomy={"path": "tree.json"})
    assert artifacts.load_rows(given.train_dir("scpt")) == artifacts.load_rows(
        extracted.train_dir("scpt")
    )
