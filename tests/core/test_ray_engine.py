"""Ray gives what one process gives, replaces workers that are lost, and ends when it should."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from structtuning_plugin import languages
from structtuning_plugin.core import ray_engine, workers
from structtuning_plugin.core.errors import ConfigError, CorpusError
from structtuning_plugin.core.processes import ProcessEndedError
from structtuning_plugin.core.ray_engine import RayEngine, RayPool
from structtuning_plugin.core.workers import NotPicklableError, PoolRequest, WorkerDiedError
from tests.conftest import PROJECT
from tests.core.ray_processes import descendants, is_running
from tests.core.test_workers import (
    add,
    die,
    loaded_modules,
    make_lambda,
    process_of,
    refuse,
)
from tests.extras import need_ray

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pool() -> Iterator[RayPool]:
    """A Ray of two CPUs for all tests of this module."""
    need_ray()
    request = PoolRequest(count=2, setup=languages.use, arguments=(languages.registered(),))
    pool = RayEngine().open(request)
    yield pool
    pool.close()


def lose_worker(marker: str, item: int) -> int:
    """Kill the Ray worker at the third item, the first time."""
    if item == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return item + 100


def meet(folder: str, item: int) -> int:
    """Wait until two processes have an item, then return the number of this one."""
    (Path(folder) / str(os.getpid())).touch()
    wait_for(lambda: len(list(Path(folder).iterdir())) >= 2, 60)
    return os.getpid()


def sleep_over(setting: float, item: int) -> int:
    time.sleep(setting if item == 1 else 0)
    return item


def setting_of(setting: str, item: int) -> str | None:
    return os.environ.get(setting)


def repeat(setting: int, item: int) -> str:
    return str(item) * setting


def test_results_come_in_the_order_of_the_items(pool: RayPool) -> None:
    assert list(pool.map(add, 1000, range(200))) == list(range(1000, 1200))


def test_no_items_are_no_work(pool: RayPool) -> None:
    assert list(pool.map(add, 1, ())) == []


def test_large_results(pool: RayPool) -> None:
    sizes = [len(text) for text in pool.map(repeat, 3_000_000, range(6))]
    assert sizes == [3_000_000] * 6


def test_two_light_processes_work(pool: RayPool, tmp_path: Path) -> None:
    assert len(set(pool.map(meet, str(tmp_path), range(16)))) == 2
    (modules,) = pool.map(loaded_modules, 0, [0])
    assert not modules & {"axolotl", "torch", "transformers", "datasets", "ray"}


def test_an_error_of_the_function_is_raised_as_it_is(pool: RayPool) -> None:
    results = pool.map(refuse, 3, range(8))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(CorpusError, match=r"^3 cannot be read\.$") as caught:
        next(results)
    assert type(caught.value) is CorpusError


def test_a_document_that_kills_its_process_is_named_and_not_tried_again(pool: RayPool) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        list(pool.map(die, 5, range(8)))
    assert (caught.value.item, caught.value.status) == (5, -signal.SIGKILL)
    assert list(pool.map(add, 1, range(4))) == [1, 2, 3, 4]


def test_a_limit_of_time(pool: RayPool) -> None:
    ends: list[tuple[int, bool]] = []

    def on_end(item: int, end: ProcessEndedError) -> int:
        ends.append((item, end.timed_out))
        return -1

    assert list(pool.map(sleep_over, 600.0, range(4), 1.0, on_end)) == [0, -1, 2, 3]
    assert ends == [(1, True)]


def test_a_lost_ray_worker_changes_the_time_alone(pool: RayPool, tmp_path: Path) -> None:
    marker = tmp_path / "killed"
    assert list(pool.map(lose_worker, str(marker), range(12))) == list(range(100, 112))
    assert marker.exists()


def test_a_result_that_cannot_be_copied_is_an_error(pool: RayPool) -> None:
    with pytest.raises(NotPicklableError):
        list(pool.map(make_lambda, 0, range(2)))


def test_a_function_that_cannot_be_copied_is_used_here_with_a_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    lines: list[str] = []
    pool = RayPool(PoolRequest(count=2, say=lines.append))
    here = pool.map_large(lambda setting, item: os.getpid(), 0, range(2), 2)
    assert list(here) == [os.getpid()] * 2
    assert [line.partition(" since ")[0] for line in lines] == ["working in one process,"]


def test_another_version_on_a_node_is_refused(
    pool: RayPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ours, python) = ray_engine._versions()
    monkeypatch.setattr(ray_engine, "_versions", lambda: ("9.9", "3.99.1"))
    with pytest.raises(
        ConfigError,
        match=rf"^The Ray node \S+ has structtuning-plugin {ours} and Python {python}, the build "
        r"runs with 9\.9 and Python 3\.99\.1\. Install the same on all nodes\.$",
    ):
        list(pool.map(add, 0, range(4)))


def test_usage_is_not_reported(pool: RayPool) -> None:
    assert list(pool.map(setting_of, "RAY_USAGE_STATS_ENABLED", [1])) == ["0"]


@pytest.mark.parametrize(("count", "items", "size"), [(1, 9, 9), (8, 1, 9), (8, 9, 8)])
def test_small_work_needs_no_ray(
    monkeypatch: pytest.MonkeyPatch, count: int, items: int, size: int
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 9)
    pids = RayPool(PoolRequest(count=count)).map_large(process_of, 0, range(items), size)
    assert set(pids) == {os.getpid()}


def test_without_ray_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    message = (
        "`engine: ray` needs Ray (import of ray halted; None in sys.modules): install the extra "
        "with `pip install 'structtuning-plugin[ray]'`, or set `engine: local`."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        RayEngine().check()


# A shell may have started the tests with interrupts ignored, which processes inherit.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from contextlib import closing
from structtuning_plugin.core.ray_engine import RayPool
from structtuning_plugin.core.workers import PoolRequest
from tests.core.test_workers import sleep_long
def work():
    return list(pool.map(sleep_long, sys.argv[1], range(4)))
with closing(RayPool(PoolRequest(count=2))) as pool:
"""
IN_THE_MAIN_THREAD = "    work()"
# As outlines are extracted.
IN_ANOTHER_THREAD = """
    import asyncio
    async def main():
        try:
            await asyncio.to_thread(work)
        except asyncio.CancelledError:
            pool.close()
            raise
    asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("call", "sign"),
    [
        (IN_THE_MAIN_THREAD, signal.SIGINT),
        (IN_ANOTHER_THREAD, signal.SIGINT),
        (IN_THE_MAIN_THREAD, signal.SIGKILL),
    ],
    ids=["interrupted", "interrupted in a thread", "killed"],
)
def test_a_program_that_ends_takes_its_ray_with_it(
    tmp_path: Path, call: str, sign: signal.Signals
) -> None:
    need_ray()
    started = tmp_path / "started"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + call, str(started)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: started.exists() and len(started.read_text().split()) == 2, 120)
    ray_processes = descendants(process.pid)
    assert len(ray_processes) >= 4
    os.killpg(process.pid, sign)
    try:
        errors = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert "Fatal" not in errors
    assert process.returncode == -sign
    # A process that is in a document ends with it, at the latest.
    wait_for(lambda: not any(map(is_running, ray_processes)), 90)


def wait_for(is_done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("address", "event"),
    [("10.0.0.1:6379", "reached at 10.0.0.1:6379"), ("", "started"), ("local", "started")],
)
def test_a_ray_that_cannot_be_used_is_a_message(
    monkeypatch: pytest.MonkeyPatch, address: str, event: str
) -> None:
    def refuse_init(**settings: object) -> None:
        assert settings.get("address") == (None if "." in address else "local")
        raise ConnectionError("no answer")

    fake = SimpleNamespace(
        is_initialized=lambda: False,
        init=refuse_init,
        exceptions=SimpleNamespace(RayError=RuntimeError),
    )
    monkeypatch.setattr(ray_engine, "import_ray", lambda: fake)
    monkeypatch.setenv("RAY_ADDRESS", address)
    message = (
        f"Ray cannot be {event}: ConnectionError (no answer). `RAY_ADDRESS` names a running "
        "cluster, which may need `RAY_AUTH_MODE=token` and its token here too; without it a Ray is "
        "started on this machine. `engine: local` needs no Ray."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        list(RayPool(PoolRequest(count=2)).map(add, 0, [1]))
