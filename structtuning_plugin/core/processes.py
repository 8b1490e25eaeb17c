"""Calls in other processes, which are killed when a call takes too long.

    with ProcessPool(2, "package.module:build_function", state) as pool:
        futures = [pool.submit(job, seconds=60) for job in jobs]
        futures[0].result()   ->   the result, or `ProcessEndedError`

A library that hangs inside one call holds the interpreter's lock, so that nothing inside its own
process can interrupt it. The processes are started by `subprocess` and not by `multiprocessing`,
because the latter imports the main module again: with Axolotl's command line this takes many
seconds.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, cast

_BOOT = (
    "import sys; sys.path[:] = {path!r}; "
    "from structtuning_plugin.core.processes import serve; serve()"
)
# Seconds after which a process whose parent was killed ends by itself, beyond those of the call.
_ORPHAN_SECONDS = 60
# Seconds that a process may take to exit after its pipe was closed.
_EXIT_SECONDS = 1
_LONGEST = threading.TIMEOUT_MAX - _ORPHAN_SECONDS


class ProcessEndedError(Exception):
    """A process ended before it had answered.

    Args:
        timed_out: The call took longer than its seconds.
        status: Exit code; negative for the number of a signal.
    """

    def __init__(self, timed_out: bool, status: int) -> None:
        super().__init__(timed_out, status)
        self.timed_out = timed_out
        self.status = status


class KillableProcess:
    """A process that answers calls, and is started again after it was killed.

    Args:
        target: `module:function`; the function takes `state` and returns a function of one job.
        state: Anything that `pickle` can copy.
    """

    def __init__(self, target: str, state: object) -> None:
        self._start = (target, state)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_late = False
        self._is_closed = False
        self._lock = threading.Lock()

    def call(self, job: object, seconds: float) -> Any:
        """Return the answer to a job.

        Args:
            job: Argument of the function that the target returned.
            seconds: Seconds after which the process is killed. Its start does not count.

        Raises:
            ProcessEndedError: If the process was killed, or ended by itself.
            Exception: Exception that the function raised.
        """
        process = self._running()
        timer = threading.Timer(min(seconds, _LONGEST), self._expire, (process,))
        timer.daemon = True
        try:
            timer.start()
            _send(process, (job, seconds))
            is_result, answer = pickle.load(_stream(process.stdout))
        except (EOFError, OSError, pickle.UnpicklingError):
            raise ProcessEndedError(self._is_late, _end(process)) from None
        finally:
            timer.cancel()
            timer.join()  # A kill just behind the answer must not meet the next job.
        if not is_result:
            raise answer
        return answer

    def close(self) -> None:
        """Kill the process; a call that waits for it raises `ProcessEndedError`."""
        with self._lock:
            self._is_closed = True
        if self._process is not None:
            _kill(self._process)

    def join(self) -> None:
        """Release what belongs to the closed process; no call may be waiting for it."""
        if self._process is not None:
            _end(self._process)

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_closed:
                raise ProcessEndedError(False, 0)
            process = self._process
            if process is not None and not self._is_late and process.poll() is None:
                return process
            if process is not None:
                _end(process)
            process = self._process = _start_process()
            self._is_late = False
        try:
            _send(process, self._start)
            pickle.load(_stream(process.stdout))
        except (EOFError, OSError, pickle.UnpicklingError):
            raise ProcessEndedError(False, _end(process)) from None
        return process

    def _expire(self, process: subprocess.Popen[bytes]) -> None:
        self._is_late = True
        _kill(process)


class ProcessPool:
    """A number of `KillableProcess`es; each is started when there is a job for it.

    Args:
        workers: Number of processes.
        target: As of `KillableProcess`.
        state: As of `KillableProcess`.
    """

    def __init__(self, workers: int, target: str, state: object) -> None:
        self._processes = [KillableProcess(target, state) for _ in range(workers)]
        self._idle: SimpleQueue[KillableProcess] = SimpleQueue()
        for process in reversed(self._processes):
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(max(1, workers))

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill all processes; jobs that have not begun are cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.close()
        self._threads.shutdown(wait=True)
        for process in self._processes:
            process.join()

    def submit(self, job: object, seconds: float) -> Future[Any]:
        """Queue a job; its future gives what `KillableProcess.call` returns or raises."""
        return self._threads.submit(self._call, job, seconds)

    def _call(self, job: object, seconds: float) -> Any:
        process = self._idle.get()
        try:
            return process.call(job, seconds)
        finally:
            self._idle.put(process)


def serve() -> None:
    """Answer the calls of the parent process until it closes the pipe. Runs in the new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = _own_pipes()
    target, state = pickle.load(requests)
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)(state)
    with Path(os.devnull).open("w") as nowhere:
        _reply(replies, None)
        while True:
            try:
                job, seconds = pickle.load(requests)
            except EOFError:
                return
            # Works while a library holds the interpreter's lock; for a parent that was killed.
            limit = min(seconds, _LONGEST) + _ORPHAN_SECONDS
            faulthandler.dump_traceback_later(limit, exit=True, file=nowhere)
            _reply(replies, _answer(function, job))
            faulthandler.cancel_dump_traceback_later()


def _start_process() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and those that it has started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _end(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process that has closed its pipe, or kill it; return its exit code."""
    try:
        status = process.wait(_EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
        status = process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            _stream(stream).close()
    return status


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the standard streams away from the libraries, which may print."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open() as nowhere:
        os.dup2(nowhere.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _answer(function: Any, job: object) -> bytes:
    try:
        return pickle.dumps((True, function(job)))
    except Exception as error:
        return _pickle_error(error)


def _pickle_error(error: Exception) -> bytes:
    """Copy an exception; one that `pickle` cannot copy becomes a `RuntimeError`."""
    try:
        content = pickle.dumps((False, error))
        pickle.loads(content)
    except Exception:
        content = pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return content


def _reply(replies: BinaryIO, answer: bytes | None) -> None:
    with contextlib.suppress(BrokenPipeError):
        replies.write(pickle.dumps(None) if answer is None else answer)
        replies.flush()


def _send(process: subprocess.Popen[bytes], message: object) -> None:
    stream = _stream(process.stdin)
    stream.write(pickle.dumps(message))
    stream.flush()


def _stream(stream: object) -> BinaryIO:
    return cast(BinaryIO, stream)
