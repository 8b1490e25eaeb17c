"""A process that answers calls, and that is killed when a call takes too long.

    process = KillableProcess("package.module:build_function", state)
    process.call(job, seconds=60)   ->   the result, or `ProcessEndedError`

A library that hangs inside one call holds the interpreter's lock, so that nothing inside its own
process can interrupt it. The processes are started by `subprocess` and not by `multiprocessing`,
because the latter imports the main module again: with `axolotl` that is torch, seconds and half a
gigabyte each.
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
from pathlib import Path
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

    Attributes:
        starts: Number of times that it was started.
    """

    def __init__(self, target: str, state: object) -> None:
        self.starts = 0
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
        process = self.start()
        timer = threading.Timer(min(seconds, _LONGEST), self._expire, (process,))
        timer.daemon = True
        try:
            timer.start()
            _send(process, (job, seconds))
            is_result, answer = pickle.load(_stream(process.stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
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

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, started if it does not run.

        Raises:
            ProcessEndedError: If it is closed, or ends at its start.
        """
        with self._lock:
            if self._is_closed:
                raise ProcessEndedError(False, 0)
            process = self._process
            if process is not None and not self._is_late and process.poll() is None:
                return process
            if process is not None:
                _end(process)
            process = self._process = _start_process()
            self.starts += 1
            self._is_late = False
        try:
            _send(process, self._start)
            pickle.load(_stream(process.stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise ProcessEndedError(False, _end(process)) from None
        return process

    def _expire(self, process: subprocess.Popen[bytes]) -> None:
        self._is_late = True
        _kill(process)


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
        # The processes are as many as the cores: a tokenizer with threads in each is too much.
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
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
