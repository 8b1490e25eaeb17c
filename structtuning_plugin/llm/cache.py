"""Answers and counts on disk, in SQLite: committed one by one, so a killed run loses only what was under way.

Several processes may use one file. The first answer to a question stays: whoever asks later gets the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.llm.types import Reply

# Seconds to wait for another process that writes; each write takes less than a millisecond.
WAIT = 30.0

TABLES = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counts (build TEXT, kind TEXT, count INTEGER NOT NULL, PRIMARY KEY (build, kind)) WITHOUT ROWID",
)


def cache_key(client: str, body: Mapping[str, Any]) -> str:
    """Hash of all that decides an answer; mappings in any order of keys.

    >>> cache_key("openai", {"model": "m", "seed": 1}) == cache_key("openai", {"seed": 1, "model": "m"})
    True
    """
    canonical = json.dumps([client, body], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Cache:
    """The cache in one file, which is made if it is missing, with its folder.

    Raises:
        ArtifactError: from every method, if the file is no database, broken or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._clear_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            # The session may run in another thread than the one that made it, but never in two at once.
            self._database = sqlite3.connect(
                path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except ArtifactError:
            self._database.close()
            raise

    def _prepare(self) -> None:
        with self._clear_errors():
            # NORMAL: an answer survives the process' death, though perhaps not the machine's; commits wait for no disk.
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *TABLES):
                self._database.execute(statement)

    def get(self, key: str) -> Reply | None:
        """The answer, if it is there."""
        with self._clear_errors():
            row = self._database.execute(
                "SELECT value FROM answers WHERE key = ?", (key,)
            ).fetchone()
            return _reply(row[0]) if row else None

    def put(self, key: str, reply: Reply) -> Reply:
        """Keep the answer; what is there from now on is returned, which is another process' if that came first."""
        value = json.dumps([reply.text, reply.input_tokens, reply.output_tokens, reply.finish])
        with self._clear_errors():
            written = self._database.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, value)
            ).rowcount
        return reply if written else self.get(key) or reply

    def add(self, build: str, counts: Mapping[str, int]) -> None:
        """Add to a build's counters, in one transaction."""
        rows = [value for kind, count in counts.items() for value in (build, kind, count)]
        with self._clear_errors():
            self._database.execute(
                f"INSERT INTO counts VALUES {', '.join(['(?, ?, ?)'] * len(counts))} "
                "ON CONFLICT DO UPDATE SET count = count + excluded.count",
                rows,
            )

    def usage(self, build: str) -> dict[str, int]:
        """The counters of a build, over all its runs."""
        with self._clear_errors():
            return dict(
                self._database.execute(
                    "SELECT kind, count FROM counts WHERE build = ? ORDER BY kind", (build,)
                )
            )

    def close(self) -> None:
        """Close the file; another process may go on with it."""
        self._database.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise ArtifactError(
                f"The cache of answers {self.path} cannot be used: {error}. Give another `work_dir:`, make room on the disk, "
                "or delete the file: its answers are then asked for again."
            ) from None


def _reply(value: str) -> Reply:
    text, input_tokens, output_tokens, finish = json.loads(value)
    return Reply(text=text, input_tokens=input_tokens, output_tokens=output_tokens, finish=finish)
