"""A process that waits for another one's build ends: with the lock, or with a message."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from structtuning_plugin.build import locking
from structtuning_plugin.build.locking import hold_lock
from structtuning_plugin.core.errors import ArtifactError
from tests.conftest import PROJECT

BUILDER = """
import sys, time
from pathlib import Path
from structtuning_plugin.build import locking
locking._BEAT = 0.1
with locking.hold_lock(Path(sys.argv[1]), "it", print):
    Path(sys.argv[1]).with_suffix(".held").touch()
    time.sleep(float(sys.argv[2]))
"""

Start = Callable[[float], "subprocess.Popen[bytes]"]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """The file of a lock."""
    return tmp_path / "scpt-1.lock"


@pytest.fixture
def start(lock: Path) -> Iterator[Start]:
    """A function that starts a process which holds the lock for some seconds."""
    processes = []

    def start(seconds: float) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", BUILDER, str(lock), str(seconds)]
        processes.append(subprocess.Popen(command, cwd=PROJECT))
        while not lock.with_suffix(".held").exists():
            time.sleep(0.05)
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_killed_process_leaves_the_lock_to_the_next(lock: Path, start: Start) -> None:
    builder = start(600)
    builder.kill()
    with hold_lock(lock, "it", str):
        assert f'"pid": {os.getpid()},' in lock.with_suffix(".owner").read_text()
    assert not lock.with_suffix(".owner").exists()


def test_a_suspended_process_is_not_waited_for(
    lock: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "MOST_SILENCE", 2.0)
    builder = start(600)
    os.kill(builder.pid, signal.SIGSTOP)
    message = (
        f"Process {builder.pid} on {socket.gethostname()} builds the stage and has given no sign "
        "of life for 2 seconds: it is suspended, or its machine was lost. End it and start again; "
        f"what it has finished is used. If it is gone for good, delete {lock}."
    )
    with (
        pytest.raises(ArtifactError, match=f"^{re.escape(message)}$"),
        hold_lock(lock, "the stage", str),
    ):
        pass


def test_a_living_process_is_waited_for_with_a_notice(
    lock: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "MOST_SILENCE", 4.0)
    builder = start(8)
    lines: list[str] = []
    with hold_lock(lock, "the stage", lines.append):
        pass
    assert lines == [
        f"waiting for process {builder.pid} on {socket.gethostname()} to build the stage"
    ]
    assert builder.wait() == 0


def test_a_file_system_without_locks_is_refused(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("no flock")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with (
        pytest.raises(ArtifactError, match=r"has no locks \(no flock\), so two processes could"),
        hold_lock(lock, "it", str),
    ):
        pass
