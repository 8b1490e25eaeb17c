"""A killed build is resumed to the same bytes; two builds at once do not collide."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Twenty take three minutes; CI makes do with fewer.
KILLS = int(os.environ.get("STRUCTTUNING_TEST_KILLS", "6"))


def start(project: Path, corpus: Path, work_dir: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.drivers.build", str(corpus), str(work_dir)]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)


def artifacts(work_dir: Path) -> dict[str, str]:
    """Hashes of all that is built; not of locks, leftovers and caches."""
    stages = [work_dir / stage for stage in ("documents", "taxonomy", "scpt")]
    files = [path for stage in stages for path in stage.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(work_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def corpus(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(12):
        shutil.copy(project / "example_configs/corpus/the_bicycle.md", folder / f"{number}.md")
    return folder


@pytest.fixture(scope="module")
def whole(
    project: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], float]:
    """The artifacts of an undisturbed build, and the seconds that it took."""
    work_dir = tmp_path_factory.mktemp("whole")
    began = time.monotonic()
    assert start(project, corpus, work_dir).communicate()[0] == "built\n"
    seconds = time.monotonic() - began
    assert start(project, corpus, work_dir).communicate()[0] == "nothing to do\n"
    return artifacts(work_dir), seconds


def test_killed_builds_resume_to_the_same_bytes(
    project: Path, corpus: Path, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    expected, seconds = whole
    choose = random.Random(20)
    for kill in range(KILLS):
        # Several kills fall on one work_dir, as they would in life.
        work_dir = tmp_path / str(kill % 2)
        process = start(project, corpus, work_dir)
        time.sleep(choose.uniform(0.0, seconds))
        process.kill()
        process.communicate()
        # An artifact under its final name is whole.
        found = artifacts(work_dir) if work_dir.exists() else {}
        assert found.items() <= expected.items(), f"kill {kill}"
    for work_dir in sorted(tmp_path.iterdir()):
        start(project, corpus, work_dir).communicate()
        assert artifacts(work_dir) == expected
        assert list((work_dir / "tmp").iterdir()) == []


def test_two_builds_at_once(
    project: Path, corpus: Path, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    both = [start(project, corpus, tmp_path) for _ in range(2)]
    said = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert "built\n" in said
    assert artifacts(tmp_path) == whole[0]


def test_a_killed_builder_is_replaced_by_the_process_that_waits(
    project: Path, corpus: Path, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    expected, seconds = whole
    both = [start(project, corpus, tmp_path) for _ in range(2)]
    builder = wait_for_builder(tmp_path, "scpt", both)
    (other,) = (process for process in both if process.pid != builder)
    os.kill(builder, signal.SIGKILL)
    began = time.monotonic()
    assert other.stdout is not None
    assert other.stdout.read() == "built\n"
    # It goes on from the stages that were finished.
    assert time.monotonic() - began < seconds + 10
    for process in both:
        process.communicate()
    assert sorted(process.returncode for process in both) == [-signal.SIGKILL, 0]
    assert artifacts(tmp_path) == expected
    assert start(project, corpus, tmp_path).communicate()[0] == "nothing to do\n"


def wait_for_builder(work_dir: Path, stage: str, processes: list[subprocess.Popen[str]]) -> int:
    """Return the process that builds a stage."""
    pids = {process.pid for process in processes}
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for owner in work_dir.glob(f"locks/{stage}-*.owner"):
            content = owner.read_text(encoding="utf-8") if owner.exists() else ""
            if content and (pid := int(json.loads(content)["pid"])) in pids:
                return pid
        time.sleep(0.005)
    raise AssertionError(f"no process began {stage}")
