"""Results of one step for single documents, kept on the disk for later builds.

    documents -> known? -> yes: the result of an earlier build
                        -> no:  the step, whose result is kept

A result is known by a hash of the document and of all that decides the step, so it never gets old:
a change gives another hash. Each has a checksum; one that does not fit is made anew. A file that
cannot be used costs time and nothing else: the step then works as if nothing were known.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Generic, TypeVar

from structtuning_plugin.core.typed_json import TypedJson

T = TypeVar("T")
R = TypeVar("R")

_TABLES = (
    "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, value BLOB NOT NULL)",
    # Which build used which result last: `clean` deletes those that no build uses any more.
    "CREATE TABLE IF NOT EXISTS uses (build TEXT, key BLOB, PRIMARY KEY (build, key)) "
    "WITHOUT ROWID",
)
_NUMBERS = (
    "CREATE TABLE IF NOT EXISTS numbers (key BLOB PRIMARY KEY, number INTEGER NOT NULL) "
    "WITHOUT ROWID",
)
_NUMBERS_BATCH = 5_000
_CHECK_BITS = 16
# Greatest number that fits with its checksum into one of SQLite's.
_LARGEST = 2 ** (63 - _CHECK_BITS) - 1
# Seconds to wait for another process that writes; a batch takes some milliseconds.
_WAIT = 30.0
# Results that are written at once; a killed build loses no more.
_BATCH = 200
_KEY_BYTES, _CHECK_BYTES = 16, 8
# Results are many times as large as their checksum: the fastest level halves them.
_LEVEL = 1


@dataclass
class ReuseCount:
    """Number of results that were there, and of those that were made."""

    reused: int = 0
    made: int = 0


class ResultFile:
    """File with the results of one step, and which build uses which of them.

    Args:
        path: File of SQLite, which is created with its folder.
        build: Name of the build that uses the results.
        say: Prints a line for the user.
        tables: Statements that create the tables.
    """

    def __init__(
        self,
        path: Path,
        build: str,
        say: Callable[[str], object] = str,
        tables: Sequence[str] = _TABLES,
    ) -> None:
        self.path, self.build = path, build
        self._say, self._tables = say, tables
        self._waiting: dict[bytes, bytes] = {}
        self._used: list[bytes] = []
        self._database: sqlite3.Connection | None = None
        self._open()

    def _open(self) -> None:
        try:
            self._database = open_database(self.path, self._tables)
            if self.build:
                self._database.execute("DELETE FROM uses WHERE build = ?", (self.build,))
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def known(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return the keys that have a result."""
        return {key for key in keys if self.select("SELECT 1 FROM results WHERE key = ?", key)}

    def get(self, key: bytes) -> bytes | None:
        """Return a result; None if there is none, or if it is not as it was written."""
        row = self.select("SELECT value FROM results WHERE key = ?", key)
        if row is None:
            return None
        check, content = row[0][:_CHECK_BYTES], row[0][_CHECK_BYTES:]
        if check != _checksum(key, content):
            return None
        self._used.append(key)
        return zlib.decompress(content)

    def put(self, key: bytes, content: bytes) -> None:
        """Keep a result; it is written with the next batch."""
        packed = zlib.compress(content, _LEVEL)
        self._waiting[key] = _checksum(key, packed) + packed
        self._used.append(key)
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting and not self._used:
            return
        values, used = list(self._waiting.items()), [(self.build, key) for key in self._used]
        self._waiting, self._used = {}, []
        self.write(
            [
                ("INSERT OR REPLACE INTO results VALUES (?, ?)", values),
                ("INSERT OR IGNORE INTO uses VALUES (?, ?)", used),
            ]
        )

    def write(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Run statements, each with many rows, as one: all of them or none."""
        if self._database is None:
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                self._database.executemany(statement, rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self.flush()
        if self._database is not None:
            self._database.close()
            self._database = None

    def select(self, query: str, key: bytes) -> Any:
        """Return the first row of a query with one parameter; None if there is none."""
        if self._database is None:
            return None
        try:
            return self._database.execute(query, (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None

    def _give_up(self, error: Exception) -> None:
        """Go on without the file. One that is broken is deleted, so that the next build has one."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        ):
            delete_database(self.path)
        self._say(f"results of single documents are not kept: {self.path}: {error}")


def open_database(path: Path, tables: Sequence[str] = _TABLES) -> sqlite3.Connection:
    """Open a file of results; a broken one is made anew.

    Args:
        path: The file.
        tables: Statements that create the tables.

    Raises:
        OSError: If its folder cannot be made.
        sqlite3.Error: If it cannot be opened or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path, tables)
    except sqlite3.OperationalError:  # not writable, or locked: it is not broken
        raise
    except sqlite3.DatabaseError:
        delete_database(path)
        return _connect(path, tables)


def _connect(path: Path, tables: Sequence[str]) -> sqlite3.Connection:
    # Taxonomies are extracted in another thread than the one that opens, never in two at once.
    database = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    # A value of another type is one that somebody else wrote: it must not end the reading.
    database.text_factory = bytes
    try:
        # OFF: a result survives the process' death, though perhaps not the machine's. What a
        # failure of power leaves broken is found by checksums, and made anew.
        for statement in ("PRAGMA synchronous=OFF", "PRAGMA journal_mode=WAL", *tables):
            database.execute(statement)
    except sqlite3.Error:
        database.close()
        raise
    return database


def delete_database(path: Path) -> None:
    """Delete a file of results with its journal, if it is there."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _checksum(key: bytes, content: bytes) -> bytes:
    return blake2b(key + content, digest_size=_CHECK_BYTES).digest()


class StepResults(Generic[T, R]):
    """Results of one step, by document.

    Args:
        file: File of the step.
        identity: Hash of all but the document that decides a result: settings and code.
        kind: Type of a result, for `TypedJson`.
        describe: Returns text that holds all of a document that decides its result.
        is_kept: Tells whether a result may be kept; not what may be another one next time.
    """

    def __init__(
        self,
        file: ResultFile,
        identity: str,
        kind: Any,
        describe: Callable[[T], str] = repr,
        is_kept: Callable[[T, R], bool] = lambda _, __: True,
    ) -> None:
        self.count = ReuseCount()
        self._file = file
        self._identity = identity.encode()
        self._json: TypedJson[R] = TypedJson(kind)
        self._describe, self._is_kept = describe, is_kept

    def find(self, items: Sequence[T]) -> dict[int, R]:
        """Return the results that are known, by the place of their item."""
        found: dict[int, R] = {}
        for place, item in enumerate(items):
            if (result := self._load(self._key(item))) is not None:
                found[place] = result
        return found

    def keep(self, item: T, result: R) -> None:
        """Keep the result for an item that was not known."""
        self._keep(item, self._key(item), result)

    def map(self, items: Sequence[T], compute: Callable[[Sequence[T]], Iterable[R]]) -> Iterator[R]:
        """Yield the result for each item in order: one that is known, or one that is made now.

        Args:
            items: The documents, or what the step has of each.
            compute: Yields the results for some of the items, in their order.
        """
        keys = list(map(self._key, items))
        known = self._file.known(keys)
        missing = [item for item, key in zip(items, keys, strict=True) if key not in known]
        fresh = iter(compute(missing)) if missing else iter(())
        try:
            for item, key in zip(items, keys, strict=True):
                result = self._load(key) if key in known else None
                if result is None:
                    result = next(iter(compute([item]) if key in known else fresh))
                    self._keep(item, key, result)
                yield result
            next(fresh, None)  # ends what was opened for the results
        finally:
            if (close := getattr(fresh, "close", None)) is not None:
                close()
            self._file.flush()

    def _key(self, item: T) -> bytes:
        text = self._describe(item).encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._identity, digest_size=_KEY_BYTES).digest()

    def _load(self, key: bytes) -> R | None:
        content = self._file.get(key)
        if content is None:
            return None
        try:
            result = self._json.load(content)
        except ValueError:
            return None
        self.count.reused += 1
        return result

    def _keep(self, item: T, key: bytes, result: R) -> None:
        self.count.made += 1
        if self._is_kept(item, result):
            with suppress(TypeError, ValueError):  # a plugin's value of another type
                self._file.put(key, self._json.dump(result))


def map_items(
    results: StepResults[T, R] | None,
    items: Sequence[T],
    compute: Callable[[Sequence[T]], Iterable[R]],
) -> Iterator[R]:
    """Yield the result for each item in order, as `StepResults.map` does; None makes all anew."""
    yield from compute(items) if results is None else results.map(items, compute)


class NumberFile:
    """Numbers by key: the tokens of texts, of which there are many times as many as documents.

    Args:
        path: File of SQLite, which is created with its folder.
        say: Prints a line for the user.
    """

    def __init__(self, path: Path, say: Callable[[str], object] = str) -> None:
        self.path = path
        self.count = ReuseCount()
        self._open = partial(ResultFile, path, "", say, _NUMBERS)
        self._waiting: dict[bytes, int] = {}

    def get(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the numbers that are known."""
        numbers = {key: self._waiting[key] for key in keys if key in self._waiting}
        for key in keys:
            row = self._file.select("SELECT number FROM numbers WHERE key = ?", key)
            if row is not None and _is_whole(key, row[0]):
                numbers[key] = row[0] >> _CHECK_BITS
        self.count.reused += len(numbers)
        return numbers

    def put(self, numbers: Mapping[bytes, int]) -> None:
        """Keep numbers; they are written with the next batch."""
        self.count.made += len(numbers)
        small = {key: number for key, number in numbers.items() if 0 <= number <= _LARGEST}
        self._waiting.update(small)
        if len(self._waiting) >= _NUMBERS_BATCH:
            self._write()

    def close(self) -> None:
        """Write what waits, and close the file."""
        if self.count.reused + self.count.made:
            self._write()
            self._file.close()

    def _write(self) -> None:
        numbers, self._waiting = self._waiting, {}
        rows = [(key, _with_check(key, number)) for key, number in numbers.items()]
        self._file.write([("INSERT OR REPLACE INTO numbers VALUES (?, ?)", rows)])

    @cached_property
    def _file(self) -> ResultFile:
        return self._open()


def _is_whole(key: bytes, value: object) -> bool:
    if not isinstance(value, int) or value < 0:
        return False
    return value == _with_check(key, value >> _CHECK_BITS)


def _with_check(key: bytes, number: int) -> int:
    """Return a number with a checksum in its lowest bits."""
    check = blake2b(key + number.to_bytes(8, "big"), digest_size=_CHECK_BITS // 8).digest()
    return (number << _CHECK_BITS) + int.from_bytes(check, "big")


# --- What no build uses any more


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedResults:
    """Results in one file that no build uses.

    Args:
        path: The file.
        count: Number of results.
        bytes: Their size.
    """

    path: Path
    count: int
    bytes: int


_UNUSED = "key NOT IN (SELECT key FROM uses WHERE build IN (SELECT value FROM json_each(?)))"


def list_builds(path: Path) -> list[str]:
    """List the builds that have used a file's results; none for a file that cannot be read."""
    builds: list[str] = []
    with _reading(path) as database:
        if database is not None:
            rows = database.execute("SELECT DISTINCT build FROM uses ORDER BY build")
            builds += [build for (build,) in rows]
    return builds


def count_unused(path: Path, builds: Iterable[str]) -> UnusedResults:
    """Count the results that none of some builds uses; none for a file that cannot be read."""
    query = f"SELECT COUNT(*), SUM(LENGTH(key) + LENGTH(value)) FROM results WHERE {_UNUSED}"
    count, size = 0, None
    with _reading(path) as database:
        if database is not None:
            count, size = database.execute(query, (json.dumps(list(builds)),)).fetchone()
    return UnusedResults(path=path, count=count, bytes=size or 0)


def delete_unused(path: Path, builds: Iterable[str]) -> bool:
    """Delete the results that none of some builds uses, and give their space back.

    Returns:
        False if another process does not let go of the file, which then stays as it is.
    """
    names, is_done = json.dumps(list(builds)), False
    with _reading(path) as database:
        if database is not None:
            database.execute("BEGIN IMMEDIATE")
            database.execute(f"DELETE FROM results WHERE {_UNUSED}", (names,))
            database.execute(
                "DELETE FROM uses WHERE build NOT IN (SELECT value FROM json_each(?))", (names,)
            )
            database.execute("COMMIT")
            is_done = True
            database.execute("VACUUM")  # fails, without harm, while another process reads
    return is_done


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a file if it is one of ours; an error of SQLite ends the block."""
    if not path.is_file():
        yield None
        return
    database = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    try:
        with suppress(sqlite3.Error):
            yield database
    finally:
        database.close()
