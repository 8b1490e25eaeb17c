"""Worker processes give what one process gives, and end when they should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from structtuning_plugin.core import workers
from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.workers import NotPicklableError, WorkerDiedError, WorkerPool
from tests.conftest import PROJECT


def add(setting: int, item: int) -> int:
    return setting + item


def add_slowly(setting: int, item: int) -> int:
    time.sleep(0.05 if item % 2 else 0)
    return setting + item


def refuse(setting: int, item: int) -> int:
    if item == setting:
        raise CorpusError(f"{item} cannot be read.")
    return item


def die(setting: int, item: int) -> int:
    if item == setting:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def shout(setting: str, item: int) -> int:
    print(setting * 1000, flush=True)
    return item


def process_of(setting: int, item: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def make_lambda(setting: int, item: int) -> object:
    return lambda: setting


def loaded_modules(setting: int, item: int) -> set[str]:
    return set(sys.modules)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Two processes for all tests that end none."""
    pool = WorkerPool(2)
    yield pool
    pool.close()


def test_results_come_in_the_order_of_the_items(pool: WorkerPool) -> None:
    assert list(pool.map(add_slowly, 100, range(9))) == list(range(100, 109))


def test_all_processes_work_and_none_is_this_one(pool: WorkerPool) -> None:
    pids = set(pool.map(process_of, 0, range(8)))
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_what_a_function_prints_is_no_result(pool: WorkerPool) -> None:
    assert list(pool.map(shout, "noise ", range(4))) == [0, 1, 2, 3]


def test_workers_do_not_import_what_started_them(pool: WorkerPool) -> None:
    (modules,) = pool.map(loaded_modules, 0, [0])
    assert not modules & {"axolotl", "torch", "transformers", "datasets"}


def test_an_error_comes_at_the_place_of_its_item() -> None:
    pool = WorkerPool(2)
    results = pool.map(refuse, 3, range(8))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(CorpusError, match=r"^3 cannot be read\.$"):
        next(results)


def test_a_killed_process_names_its_item_and_the_pool_can_be_used_again() -> None:
    pool = WorkerPool(2)
    with pytest.raises(WorkerDiedError) as caught:
        list(pool.map(die, 5, range(8)))
    assert (caught.value.item, caught.value.status) == (5, -signal.SIGKILL)
    assert list(pool.map(add, 1, range(4))) == [1, 2, 3, 4]
    pool.close()


def test_a_result_that_cannot_be_copied_is_an_error() -> None:
    with pytest.raises(NotPicklableError):
        list(WorkerPool(2).map(make_lambda, 0, range(2)))


def test_a_function_that_cannot_be_copied_is_used_here_with_a_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    lines: list[str] = []
    pool = WorkerPool(2, lines.append)
    here = pool.map_large(lambda setting, item: os.getpid(), 0, range(2), 2)
    assert list(here) == [os.getpid()] * 2
    assert len(lines) == 1
    assert lines[0].startswith("working in one process, since ")


@pytest.mark.parametrize(("count", "items", "size"), [(1, 9, 9), (8, 1, 9), (8, 9, 8)])
def test_small_work_starts_no_process(
    monkeypatch: pytest.MonkeyPatch, count: int, items: int, size: int
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 9)
    pids = WorkerPool(count).map_large(process_of, 0, range(items), size)
    assert set(pids) == {os.getpid()}


# A shell may have started the tests with interrupts ignored, which processes inherit.
INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from structtuning_plugin.core.workers import WorkerPool
from tests.core.test_workers import sleep_long
pool = WorkerPool(2)
list(pool.map(sleep_long, sys.argv[1], range(4)))
"""


def sleep_long(setting: str, item: int) -> None:
    with open(setting, "a") as file:  # noqa: PTH123 - one write, complete or not there
        file.write(f"{os.getpid()}\n")
    time.sleep(60)


def test_an_interrupt_ends_all_processes_within_two_seconds(tmp_path: Path) -> None:
    started = tmp_path / "started"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(started)],
        cwd=PROJECT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not started.exists() or len(started.read_text().split()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    assert process.wait(timeout=30) != 0
    assert time.monotonic() - began < 2
    for pid in started.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
