"""The engine `ray`: work on single documents as `map_batches` of Ray Data.

    items -> tables of some items -> tasks on the nodes -> tables of answers, in order -> results

A task hands its items to a process of this package (`workers.Worker`), which the Ray worker starts
once. So a document that crashes its process, or takes too long, gives the answer that it gives
without Ray, and is not tried again; a Ray worker or node that is lost is replaced by Ray, which
runs its tasks again, as often as needed. Ray is imported here only, and not before it is needed.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from structtuning_plugin import __version__
from structtuning_plugin.core import workers
from structtuning_plugin.core.errors import ConfigError, StructTuningError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.plugin_calls import describe_error
from structtuning_plugin.core.processes import ProcessEndedError
from structtuning_plugin.core.workers import Pool, PoolRequest

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

# Items of one task at most, and bytes from which on it gets no more: a task costs some 20 ms.
_MOST_ITEMS = 32
_ENOUGH_BYTES = 2**20
# Tasks for each process at least, where there are items enough, so that none is idle in the end.
_TASKS_EACH = 4
_LOCAL_ADDRESSES = ("", "local")
_ITEM, _ANSWER = "item", "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What all tasks of one `map` share.

    Args:
        setup: A function and its arguments as `dump` copies them, for the start of a process.
        function: Function and setting as `dump` copies them.
        seconds: Seconds after which a process is killed that works on one item.
        versions: Versions of this package and of Python on the machine that builds.
    """

    setup: bytes
    function: bytes
    seconds: float
    versions: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Answer of a task for one item.

    Args:
        result: The result as `dump` copies it.
        error: Exception that the function raised.
        end: The process was killed because it took too long, and its status.
    """

    result: bytes = b""
    error: Exception | None = None
    end: tuple[bool, int] | None = None


class RayEngine:
    """Engine with the processes of a Ray cluster, or of a Ray on this machine."""

    name = "ray"

    def check(self) -> None:
        """Check that Ray is installed.

        Raises:
            ConfigError: If it is not.
        """
        import_ray()

    def open(self, request: PoolRequest) -> RayPool:
        """Return the pool; Ray is started, or connected to, at its first use."""
        return RayPool(request)


@hookimpl
def register_engines() -> list[RayEngine]:
    """Register the engine `ray`."""
    return [RayEngine()]


class RayPool(Pool):
    """Processes of a Ray cluster.

    A Ray that runs in this program already is used and left running. Without one, the environment
    variable `RAY_ADDRESS` names the cluster; without that, a Ray of this machine is started, and
    ended by `close`.

    Args:
        request: Properties of the pool. `count` limits the tasks at a time; on a cluster its CPUs
            are the default.
    """

    def __init__(self, request: PoolRequest) -> None:
        super().__init__(request.count or workers.default_count(), request.say)
        self._limit = request.count
        self._setup = (request.setup, request.arguments)
        self._is_own = False
        self._closings = 0

    def is_faster(self, count: int, size: int) -> bool:
        """Return whether Ray is faster than this process, which may have fewer cores than Ray.

        Args:
            count: Number of items.
            size: Size of all items together, in bytes or characters.
        """
        return self._limit != 1 and count > 1 and size >= workers.PARALLEL_BYTES

    def map(
        self,
        function: Callable[[S, T], R],
        setting: S,
        items: Iterable[T],
        seconds: float = workers.NO_LIMIT,
        on_end: Callable[[T, ProcessEndedError], R] | None = None,
    ) -> Iterator[R]:
        """Call a function for each item and yield the results in the order of the items.

        Args:
            function: Function of a module; it gets the setting and an item.
            setting: What all items share; it is copied to each node once.
            items: The items; all of them are copied to Ray's memory at the start.
            seconds: Seconds after which a process is killed that works on one item.
            on_end: Gives the result for an item whose process ended; without it that is an error.

        Raises:
            NotPicklableError: If something cannot be copied.
            StructTuningError: If Ray cannot be used.
            WorkerDiedError: If a process ended and there is no `on_end`.
        """
        job = _Job(
            setup=workers.dump(self._setup),
            function=workers.dump((function, setting)),
            seconds=seconds,
            versions=_versions(),
        )
        rows = list(items)
        if not rows:
            return
        with closing(self._answers(job, rows)) as answers:
            for item, answer in zip(rows, answers, strict=True):
                yield _result_of(answer, item, on_end)

    def close(self) -> None:
        """End the Ray that this pool has started, or leave the cluster; a running `map` ends."""
        self._closings += 1
        if self._is_own:
            self._is_own = False
            import_ray().shutdown()

    def _answers(self, job: _Job, rows: Sequence[Any]) -> Generator[_Answer]:
        """Yield the answers for the items, in order."""
        closings = self._closings
        ray = self._connect()
        try:
            with _without_chatter():
                for table in self._answered(ray, job, rows):
                    for copy in table.column(_ANSWER):
                        yield pickle.loads(copy.as_py())
                    if closings != self._closings:
                        raise StructTuningError("The work on Ray was ended.")
        except ray.exceptions.RayError as error:
            raise StructTuningError(_describe_failure(error)) from error

    def _answered(self, ray: Any, job: _Job, rows: Sequence[Any]) -> Iterable[Any]:
        """Return the tables of answers, which Ray makes while they are read."""
        processes = self._limit or int(ray.cluster_resources().get("CPU", 1))
        count = max(1, min(_MOST_ITEMS, len(rows) // (_TASKS_EACH * processes)))
        tables = [ray.put(table) for table in _tables(rows, count)]
        data = ray.data.from_arrow_refs(tables)
        data.context.execution_options.preserve_order = True
        data.context.execution_no_progress_timeout_s = -1  # one document may take long
        data.context.enable_progress_bars = False
        answered = data.map_batches(
            _answer_batch,
            batch_size=None,
            batch_format="pyarrow",
            fn_args=(job,),
            # More than there are tables is a warning of Ray's.
            compute=ray.data.TaskPoolStrategy(self._limit and min(self._limit, len(tables))),
        )
        answers: Iterable[Any] = answered.iter_batches(batch_size=None, batch_format="pyarrow")
        return answers

    def _connect(self) -> Any:
        """Return the module `ray`, connected to a cluster.

        Raises:
            ConfigError: If Ray is missing, or cannot be started or reached.
        """
        ray = import_ray()
        if ray.is_initialized():
            return ray
        address = os.environ.get("RAY_ADDRESS", "")
        settings: dict[str, Any] = {}
        if address in _LOCAL_ADDRESSES:
            settings = {"address": "local", "num_cpus": self.count, "include_dashboard": False}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **settings)
        except Exception as error:  # of many classes
            raise ConfigError(
                f"Ray cannot be {'started' if settings else f'reached at {address}'}: "
                f"{describe_error(error)}. `RAY_ADDRESS` names a running cluster, which may need "
                "`RAY_AUTH_MODE=token` and its token here too; without it a Ray is started on this "
                "machine. `engine: local` needs no Ray."
            ) from error
        self._is_own = True
        return ray


def import_ray() -> Any:
    """Import Ray, without its usage statistics.

    Raises:
        ConfigError: If it is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Otherwise a thread of Ray Data that is alive at the shutdown starts another Ray, and hangs.
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigError(
            f"`engine: ray` needs Ray ({error}): install the extra with `pip install "
            "'structtuning-plugin[ray]'`, or set `engine: local`."
        ) from None
    return ray


def _versions() -> tuple[str, str]:
    return __version__, platform.python_version()


def _tables(rows: Sequence[Any], count: int) -> Iterator[Any]:
    """Copy the items into tables of `count` items, or of fewer that are large together."""
    import pyarrow as pa

    copies: list[bytes] = []
    for number, row in enumerate(rows, 1):
        copies.append(workers.dump(row))
        is_full = len(copies) == count or sum(map(len, copies)) >= _ENOUGH_BYTES
        if is_full or number == len(rows):
            yield pa.table({_ITEM: pa.array(copies, pa.large_binary())})
            copies = []


def _result_of(answer: _Answer, item: T, on_end: Callable[[T, ProcessEndedError], R] | None) -> R:
    if answer.error is not None:
        raise answer.error
    if answer.end is None:
        result: R = pickle.loads(answer.result)
        return result
    if on_end is None:
        raise workers.WorkerDiedError(item, answer.end[1])
    return on_end(item, ProcessEndedError(*answer.end))


def _describe_failure(error: Exception) -> str:
    cause = getattr(error, "cause", None) or error
    return (
        f"Ray could not do the work: {describe_error(cause)}. All nodes need the same versions of "
        "structtuning-plugin, Python and Ray, and the corpus under the same path. Set `engine: "
        "local` to build without Ray."
    )


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep lines about the execution of each dataset away from the user."""
    logger = logging.getLogger("ray.data")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


# --- In a Ray worker


def _answer_batch(items: Any, job: _Job) -> Any:
    """Return the table of answers for a table of items; after an error there are no more."""
    import pyarrow as pa

    copies: list[bytes] = []
    for item in items.column(_ITEM):
        answer = _answer(job, item.as_py())
        copies.append(workers.dump(answer))
        if answer.error is not None:
            break
    return pa.table({_ANSWER: pa.array(copies, pa.large_binary())})


def _answer(job: _Job, item: bytes) -> _Answer:
    if job.versions != _versions():
        return _Answer(error=_version_error(job.versions))
    try:
        return _Answer(result=_process(job.setup).call(job.function, item, job.seconds))
    except ProcessEndedError as end:
        return _Answer(end=(end.timed_out, end.status))
    except Exception as error:  # of the function; it is raised where the build runs
        return _Answer(error=error)


def _version_error(versions: tuple[str, str]) -> ConfigError:
    (ours, python), (theirs, their_python) = _versions(), versions
    return ConfigError(
        f"The Ray node {platform.node()} has structtuning-plugin {ours} and Python {python}, the "
        f"build runs with {theirs} and Python {their_python}. Install the same on all nodes."
    )


@lru_cache(maxsize=1)
def _process(setup: bytes) -> workers.Worker:
    """Return the process of this Ray worker; it ends when the Ray worker does."""
    return workers.Worker(setup)
