"""The engine `local`, and the guard of all engines.

An engine opens the processes of a build: those of this machine (here), or those of a cluster.
"""

from __future__ import annotations

from typing import Protocol

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.plugin_calls import PluginEntry, quote
from structtuning_plugin.core.workers import Pool, PoolRequest, WorkerPool, default_count


class LocalEngine:
    """Engine with processes of this machine."""

    name = "local"

    def check(self) -> None:
        """Do nothing: a process can always be started."""

    def open(self, request: PoolRequest) -> WorkerPool:
        """Return the processes: `max_workers`, by default one a core and at most eight."""
        count = request.count or default_count()
        return WorkerPool(count, request.say, request.setup, request.arguments)


@hookimpl
def register_engines() -> list[LocalEngine]:
    """Register the engine `local`."""
    return [LocalEngine()]


class _Engine(Protocol):
    """The functions of `hookspecs.Engine`, which is above this room."""

    def check(self) -> None: ...

    def open(self, request: PoolRequest) -> Pool: ...


class GuardedEngine:
    """Engine whose pool is checked; the registry gives every engine that guard."""

    def __init__(self, engine: _Engine, entry: PluginEntry) -> None:
        self.name = entry.name
        self._engine = engine
        self._entry = entry

    def check(self) -> None:
        """Check that the engine can be used.

        Raises:
            ConfigError: If it cannot.
            PluginError: If the check fails.
        """
        with self._entry.call("check", "this machine", "None, or a `ConfigError`"):
            self._engine.check()

    def open(self, request: PoolRequest) -> Pool:
        """Return the processes of a build.

        Raises:
            PluginError: If the engine fails, or returns no `Pool`.
        """
        call = self._entry.call("open", "the build", "a `Pool`")
        with call:
            pool = self._engine.open(request)
        if not isinstance(pool, Pool):
            raise call.fault(quote(pool))
        return pool
