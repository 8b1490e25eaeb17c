"""Cache of replies and counters in SQLite.

Each reply is committed alone, so a killed run loses only the requests that were under way.
Several processes may use one file. The first reply to a request stays: later ones get the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from structtuning_plugin.core.errors import ArtifactError
from structtuning_plugin.llm.reply import has_answer
from structtuning_plugin.llm.types import Reply

# Seconds to wait for another process that writes; each write takes less than a millisecond.
WAIT = 30.0

# `user_version` of the file: from 1 on it has no reply without an answer.
VERSION = 1

TABLES = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counts (build TEXT, kind TEXT, count INTEGER NOT NULL, PRIMARY KEY "
    "(build, kind)) WITHOUT ROWID",
)


def cache_key(client: str, body: Mapping[str, Any]) -> str:
    """Hash everything that decides a reply. The order of a mapping's keys does not matter.

    >>> body, same = {"model": "m", "seed": 1}, {"seed": 1, "model": "m"}
    >>> cache_key("openai", body) == cache_key("openai", same)
    True
    """
    canonical = json.dumps([client, body], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Cache:
    """Cache in one file, which is created with its folder if it is missing.

    Raises:
        ArtifactError: From every method, if the file is no database, is broken or not writable.

    Attributes:
        removed: Replies without an answer that were removed from a file of an earlier version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._clear_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            # The session may run in another thread than the one that made it, but never in two at
            # once.
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
            # NORMAL: an answer survives the process' death, though perhaps not the machine's;
            # commits wait for no disk.
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *TABLES):
                self._database.execute(statement)
            self.removed = self._remove_empty_replies()

    def _remove_empty_replies(self) -> int:
        """Remove the replies without an answer that versions before 0.1.0 kept, once a file."""
        if self._database.execute("PRAGMA user_version").fetchone()[0] >= VERSION:
            return 0
        rows = self._database.execute("SELECT key, value FROM answers").fetchall()
        keys = [(key,) for key, value in rows if not has_answer(_reply(value))]
        with self._database:
            self._database.executemany("DELETE FROM answers WHERE key = ?", keys)
            self._database.execute(f"PRAGMA user_version = {VERSION}")
        return len(keys)

    def get(self, key: str) -> Reply | None:
        """Return the cached reply, or None."""
        with self._clear_errors():
            row = self._database.execute(
                "SELECT value FROM answers WHERE key = ?", (key,)
            ).fetchone()
            return _reply(row[0]) if row else None

    def put(self, key: str, reply: Reply) -> Reply:
        """Store a reply and return the stored one: another process may have stored one first."""
        value = json.dumps(
            [reply.text, reply.input_tokens, reply.output_tokens, reply.finish, reply.thoughts]
        )
        with self._clear_errors():
            rows_added = self._database.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, value)
            ).rowcount
        return reply if rows_added else self.get(key) or reply

    def remove(self, keys: Iterable[str]) -> int:
        """Remove replies, so that their requests are sent again; return how many there were."""
        with self._clear_errors(), self._database:
            self._database.execute("BEGIN")
            return sum(
                self._database.execute("DELETE FROM answers WHERE key = ?", (key,)).rowcount
                for key in keys
            )

    def add(self, build: str, counts: Mapping[str, int]) -> None:
        """Add to the counters of a build, in one transaction."""
        rows = [value for kind, count in counts.items() for value in (build, kind, count)]
        with self._clear_errors():
            self._database.execute(
                f"INSERT INTO counts VALUES {', '.join(['(?, ?, ?)'] * len(counts))} "
                "ON CONFLICT DO UPDATE SET count = count + excluded.count",
                rows,
            )

    def usage(self, build: str) -> dict[str, int]:
        """Return the counters of a build, over all its runs."""
        with self._clear_errors():
            return dict(
                self._database.execute(
                    "SELECT kind, count FROM counts WHERE build = ? ORDER BY kind", (build,)
                )
            )

    def close(self) -> None:
        """Close the file. Other processes may go on using it."""
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
                f"The cache of answers {self.path} cannot be used: {error}. Give another "
                "`work_dir:`, make room on the disk, "
                "or delete the file: its answers are then asked for again."
            ) from None


def _reply(value: str) -> Reply:
    # Replies of earlier versions have no thoughts.
    text, input_tokens, output_tokens, finish, *thoughts = json.loads(value)
    return Reply(
        text=text,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        finish=finish,
        thoughts=thoughts[0] if thoughts else "",
    )
