"""Worker processes: one function for many items, with the results in the order of the items.

    pool.map(read_file, limits, files)    files -> worker 1, worker 2, ... -> results in order

A worker is a new interpreter that imports what the function needs and nothing of the program that
started it. `multiprocessing` would import the main module in every worker, which for `axolotl` is
torch: seconds and half a gigabyte each.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, TypeVar

from structtuning_plugin.core.errors import StructTuningError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

# Starting a worker takes a second or two; with less text one process is faster.
PARALLEL_BYTES = 8 * 2**20

# Items that wait for each worker, so that none is idle while a long one is awaited in its order.
_AHEAD = 2
_LENGTH_BYTES = 8
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from structtuning_plugin.core.workers import serve; serve()"
)


class WorkerDiedError(StructTuningError):
    """A worker ended while it had an item.

    Attributes:
        item: The item.
        status: Exit status of the process; negative for a signal.
    """

    def __init__(self, item: object, status: int | None) -> None:
        super().__init__(f"A worker process ended with status {status}.")
        self.item = item
        self.status = status


def died_message(action: str, error: WorkerDiedError) -> str:
    """Return the message about a worker that ended.

    Args:
        action: What it did, in the past tense: "read".
        error: The error with the worker's item, which has the name of its document.
    """
    item = error.item
    name = getattr(item, "document_id", None) or getattr(item, "id", None) or item
    return (
        f"The process that {action} {name} was killed (status {error.status}): it had too little "
        "memory, or a plugin or library crashed. Set `max_workers: 1` to work in one process, or "
        "leave this document out."
    )


class NotPicklableError(StructTuningError):
    """A function, its setting or an item cannot be copied to another process."""


def usable_cores() -> int:
    """Count the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class WorkerPool:
    """Processes that are started when they are first needed, and ended by `close`.

    Args:
        count: Number of processes; with 1 all work is done in this process.
        say: Prints a line for the user.
        setup: Function that each process calls at its start.
        arguments: Arguments of `setup`.
    """

    def __init__(
        self,
        count: int,
        say: Callable[[str], object] = str,
        setup: Callable[..., object] = str,
        arguments: tuple[Any, ...] = (),
    ) -> None:
        self.count = count
        self._say = say
        self._setup = (setup, arguments)
        self._workers: list[_Worker] = []

    def is_faster(self, count: int, size: int) -> bool:
        """Return whether several processes are faster than this one.

        Args:
            count: Number of items.
            size: Size of all items together, in bytes or characters.
        """
        return self.count > 1 and count > 1 and size >= PARALLEL_BYTES

    def map_large(
        self, function: Callable[[S, T], R], setting: S, items: Sequence[T], size: int
    ) -> Iterator[R]:
        """Call a function for each item as `map` does, if that is faster; else in this process.

        A function or setting that cannot be copied to another process is used in this one, with a
        notice.

        Args:
            function: Function of a module; it gets the setting and an item.
            setting: What all items share.
            items: The items.
            size: Size of all items together, in bytes or characters.

        Raises:
            NotPicklableError: If an item or a result cannot be copied.
            WorkerDiedError: If a process ended by itself or was killed.
        """
        if self.is_faster(len(items), size):
            results = self.map(function, setting, items)
            try:
                first = next(results)
            except NotPicklableError as error:
                self._say(f"working in one process, since {error}")
            else:
                yield first
                yield from results
                return
        for item in items:
            yield function(setting, item)

    def map(self, function: Callable[[S, T], R], setting: S, items: Iterable[T]) -> Iterator[R]:
        """Call a function for each item and yield the results in the order of the items.

        An exception of the function is raised at the place of its item. At any exception, and where
        the caller stops early, the processes are killed.

        Args:
            function: Function of a module; it gets the setting and an item.
            setting: What all items share; it is copied to each process once.
            items: The items; a few for each process are read ahead.

        Raises:
            NotPicklableError: If something cannot be copied; nothing was yielded if it is the
                function or the setting.
            WorkerDiedError: If a process ended by itself or was killed.
        """
        head = _dump((function, setting))
        waiting: deque[Future[R]] = deque()
        idle: SimpleQueue[_Worker] = SimpleQueue()
        threads = ThreadPoolExecutor(self.count)
        is_done = False
        try:
            for worker in self._start():
                idle.put(worker)
            for item in items:
                waiting.append(threads.submit(_call, idle, head, item))
                if len(waiting) >= _AHEAD * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            is_done = True
        finally:
            if not is_done:
                self.close()
            threads.shutdown(wait=is_done, cancel_futures=True)

    def close(self) -> None:
        """End the processes at once."""
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def _start(self) -> list[_Worker]:
        if not self._workers:
            setup = _dump(self._setup)
            self._workers = [_Worker(setup) for _ in range(self.count)]
        return self._workers


def _call(idle: SimpleQueue[_Worker], head: bytes, item: Any) -> Any:
    worker = idle.get()
    try:
        return worker.call(head, item)
    finally:
        idle.put(worker)


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self, setup: bytes) -> None:
        # The processes are as many as the cores: a tokenizer with threads in each is too much.
        settings = {**os.environ, "TOKENIZERS_PARALLELISM": "false"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=settings,
        )
        self._head = b""
        self._send(pickle.dumps(sys.path) + _framed(setup))

    def call(self, head: bytes, item: Any) -> Any:
        """Return the result for an item.

        Raises:
            NotPicklableError: If something cannot be copied.
            WorkerDiedError: If the process ended.
        """
        # A process that has the function and its setting is sent the item alone.
        message = _dump(item)
        self._send(_framed(b"" if head is self._head else head) + _framed(message))
        self._head = head
        reply = self._receive()
        if reply is None:
            self._process.kill()
            raise WorkerDiedError(item, self._process.wait())
        is_result, value = pickle.loads(reply)
        if is_result:
            return value
        raise value

    def kill(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):  # what was not sent yet
                stream.close()

    def _receive(self) -> bytes | None:
        assert self._process.stdout is not None
        try:
            return _read_frame(self._process.stdout)
        except ValueError:  # closed by `kill`
            return None

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has ended, which the missing reply says
            pass


def _dump(value: Any) -> bytes:
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise NotPicklableError(str(error)) from None


def _framed(content: bytes) -> bytes:
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def _read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next frame; None at the end of the stream."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    content = stream.read(size)
    return content if len(content) == size else None


# --- In the worker


def serve() -> None:
    """Answer requests from standard input until it ends; a worker runs this."""
    # Ctrl-C reaches all processes of a terminal; the one that the user sees ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)  # what a plugin prints must not come between the replies
        setup = _read_frame(requests)
        head: Any = None
        fault = _try(_run_setup, setup)[1] if setup is not None else None
        while (new_head := _read_frame(requests)) is not None:
            message = _read_frame(requests)
            if message is None:
                return
            if new_head:
                head = _try(_load, new_head)
            reply = (False, fault) if fault is not None else _answer(head, message)
            replies.write(_framed(_dump_reply(reply)))
            replies.flush()


def _run_setup(content: bytes) -> None:
    function, arguments = _load(content)
    function(*arguments)


def _load(content: bytes) -> Any:
    try:
        return pickle.loads(content)
    except (pickle.UnpicklingError, AttributeError, ImportError) as error:
        raise NotPicklableError(str(error)) from None


def _answer(head: tuple[bool, Any], message: bytes) -> tuple[bool, Any]:
    is_loaded, value = head
    if not is_loaded:
        return False, value
    function, setting = value
    return _try(lambda: function(setting, _load(message)))


def _try(function: Callable[..., Any], *arguments: Any) -> tuple[bool, Any]:
    """Return True and a function's result, or False and its exception."""
    try:
        return True, function(*arguments)
    except Exception as error:
        return False, error


def _dump_reply(reply: tuple[bool, Any]) -> bytes:
    try:
        return _dump(reply)
    except NotPicklableError as error:
        _, value = reply
        if isinstance(value, Exception):
            return _dump((False, RuntimeError(f"{type(value).__name__}: {value}")))
        return _dump((False, error))
