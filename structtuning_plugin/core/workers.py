"""Worker processes: one function for many items, with the results in the order of the items.

    pool.map(read_file, limits, files)    files -> process 1, process 2, ... -> results in order

A process is started when there is an item for it. It imports what the function needs, and nothing
of the program that started it (`processes`).
"""

from __future__ import annotations

import os
import pickle
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import LifoQueue
from typing import Any, TypeVar

from structtuning_plugin.core.errors import StructTuningError
from structtuning_plugin.core.processes import KillableProcess, ProcessEndedError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

# Starting a worker takes a second or two; with less text one process is faster.
PARALLEL_BYTES = 8 * 2**20

# Items that wait for each worker, so that none is idle while a long one is awaited in its order.
_AHEAD = 2
NO_LIMIT = float("inf")
# Processes of this machine without a number by the user.
_MOST_WORKERS = 8


class WorkerDiedError(StructTuningError):
    """A worker ended while it had an item.

    Attributes:
        item: The item.
        status: Exit status of the process; negative for a signal.
    """

    def __init__(self, item: object, status: int) -> None:
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


def default_count() -> int:
    """Return the number of processes for this machine: one a core, and at most eight."""
    return min(_MOST_WORKERS, usable_cores())


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRequest:
    """Properties of the pool that an engine opens for a build.

    Args:
        count: `max_workers` of the block; None where the engine chooses.
        say: Prints a line for the user.
        setup: Function that each process calls at its start.
        arguments: Arguments of `setup`.
    """

    count: int | None = None
    say: Callable[[str], object] = str
    setup: Callable[..., object] = str
    arguments: tuple[Any, ...] = ()


class Pool(ABC):
    """Processes that call one function for many items.

    Args:
        count: Number of processes; with 1 `map_large` works in this process.
        say: Prints a line for the user.
    """

    def __init__(self, count: int, say: Callable[[str], object] = str) -> None:
        self.count = count
        self._say = say

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

    @abstractmethod
    def map(
        self,
        function: Callable[[S, T], R],
        setting: S,
        items: Iterable[T],
        seconds: float = NO_LIMIT,
        on_end: Callable[[T, ProcessEndedError], R] | None = None,
    ) -> Iterator[R]:
        """Call a function for each item and yield the results in the order of the items.

        An exception of the function is raised at the place of its item.

        Args:
            function: Function of a module; it gets the setting and an item.
            setting: What all items share; it is copied to each process once.
            items: The items.
            seconds: Seconds after which a process is killed that works on one item.
            on_end: Gives the result for an item whose process ended; without it that is an error.

        Raises:
            NotPicklableError: If something cannot be copied.
            WorkerDiedError: If a process ended and there is no `on_end`.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """End the processes at once."""
        raise NotImplementedError


class WorkerPool(Pool):
    """Processes of this machine, started when they are first needed, and ended by `close`.

    Args:
        count: Number of processes; with 1 `map_large` works in this process.
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
        super().__init__(count, say)
        self._setup = (setup, arguments)
        self._processes: list[Worker] = []

    def map(
        self,
        function: Callable[[S, T], R],
        setting: S,
        items: Iterable[T],
        seconds: float = NO_LIMIT,
        on_end: Callable[[T, ProcessEndedError], R] | None = None,
    ) -> Iterator[R]:
        """Call a function for each item and yield the results in the order of the items.

        An exception of the function is raised at the place of its item. At any exception, and where
        the caller stops early, the processes are killed.

        Args:
            function: Function of a module; it gets the setting and an item.
            setting: What all items share; it is copied to each process once.
            items: The items; a few for each process are read ahead.
            seconds: Seconds after which a process is killed that works on one item.
            on_end: Gives the result for an item whose process ended; without it that is an error.

        Raises:
            NotPicklableError: If something cannot be copied.
            WorkerDiedError: If a process ended and there is no `on_end`.
        """
        call = _Call(dump((function, setting)), seconds, on_end, self._workers())
        waiting: deque[Future[R]] = deque()
        threads = ThreadPoolExecutor(self.count)
        is_done = False
        try:
            for item in items:
                waiting.append(threads.submit(call, item))
                if len(waiting) >= _AHEAD * self.count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            is_done = True
        finally:
            workers = self._processes
            if not is_done:
                self._kill()
            threads.shutdown(wait=True, cancel_futures=True)
            if not is_done:
                _join(workers)

    def close(self) -> None:
        """End the processes at once; no `map` may be running."""
        workers = self._processes
        self._kill()
        _join(workers)

    def _kill(self) -> None:
        for worker in self._processes:
            worker.process.close()
        self._processes = []

    def _workers(self) -> list[Worker]:
        if not self._processes:
            setup = dump(self._setup)
            self._processes = [Worker(setup) for _ in range(self.count)]
        return self._processes


def _join(workers: Iterable[Worker]) -> None:
    for worker in workers:
        worker.process.join()


class Worker:
    """One process, and the function that it has.

    Args:
        setup: A function and its arguments as `dump` copies them, called at the start.
    """

    def __init__(self, setup: bytes) -> None:
        self.process = KillableProcess(f"{__name__}:build_function", setup)
        self._sent: tuple[int, bytes] = (0, b"")

    def call(self, function: bytes, item: bytes, seconds: float) -> bytes:
        """Return the copy of the result for an item.

        A process that has the function gets the item alone.

        Args:
            function: Function and setting as `dump` copies them.
            item: The item as `dump` copies it.
            seconds: Seconds after which the process is killed.

        Raises:
            ProcessEndedError: If the process was killed, or ended by itself.
            Exception: Exception that the function raised.
        """
        self.process.start()
        sent = (self.process.starts, function)
        if sent != self._sent:
            # What it imports for the function is no work on an item, and does not count.
            self.process.call((function, None), NO_LIMIT)
            self._sent = (self.process.starts, function)
        result: bytes = self.process.call((None, item), seconds)
        return result


class _Call:
    """One function for the items of one `map`."""

    def __init__(
        self,
        function: bytes,
        seconds: float,
        on_end: Callable[[Any, ProcessEndedError], Any] | None,
        workers: Sequence[Worker],
    ) -> None:
        self._function, self._seconds, self._on_end = function, seconds, on_end
        # The last one in is the first one out, so that few items start few processes.
        self._idle: LifoQueue[Worker] = LifoQueue()
        for worker in reversed(workers):
            self._idle.put(worker)

    def __call__(self, item: Any) -> Any:
        message = dump(item)
        worker = self._idle.get()
        try:
            return pickle.loads(worker.call(self._function, message, self._seconds))
        except ProcessEndedError as end:
            if self._on_end is None:
                raise WorkerDiedError(item, end.status) from None
            return self._on_end(item, end)
        finally:
            self._idle.put(worker)


def dump(value: Any) -> bytes:
    """Copy a value for another process.

    Raises:
        NotPicklableError: If it cannot be copied.
    """
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # of any class: an object may refuse in its own way
        raise NotPicklableError(str(error)) from None


# --- In the process of a worker


def build_function(setup: bytes) -> Callable[[tuple[bytes | None, bytes | None]], bytes]:
    """Return the function that a process answers with: it gets a function or an item.

    Args:
        setup: Function, and its arguments, to call first.
    """
    return _Function(setup)


class _Function:
    """The function that the process has."""

    def __init__(self, setup: bytes) -> None:
        self._setup: bytes | None = setup
        self._content: Any = None

    def __call__(self, job: tuple[bytes | None, bytes | None]) -> bytes:
        content, item = job
        if content is not None:
            self._take(content)
        if item is None:
            return b""
        function, setting = self._content
        return dump(function(setting, _load(item)))

    def _take(self, content: bytes) -> None:
        if self._setup is not None:
            run, arguments = _load(self._setup)
            run(*arguments)
            self._setup = None
        self._content = _load(content)


def _load(content: bytes) -> Any:
    try:
        return pickle.loads(content)
    except Exception as error:  # as a module that only the parent process knows
        raise NotPicklableError(str(error)) from None
