"""Locks of artifacts: one process builds, the others wait for it as long as it gives signs of life.

    locks/scpt-5f0c.lock    locked by the process that builds; the system frees it when that ends
    locks/scpt-5f0c.owner   that process; its time of change is renewed while it lives

A process that was killed frees its lock and the next one builds. One that is suspended, or one on a
machine that was lost, may keep it: the owner's file then does not change any more. Times of change
are compared with each other and never with a clock, since machines that share files may disagree.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from structtuning_plugin.core.errors import ArtifactError

# A builder gives a sign of life so often, in seconds.
_BEAT = 5.0
# A builder without a sign for so long is not waited for, in seconds.
MOST_SILENCE = 50.0
_POLL = 0.5
# A process that waits says so this often, in seconds.
_NOTICE_EVERY = 60.0


@contextmanager
def hold_lock(path: Path, what: str, say: Callable[[str], object]) -> Iterator[None]:
    """Hold a lock, and show that this process lives while it does.

    Args:
        path: The lock's file.
        what: What is built under the lock, for messages.
        say: Prints a line for the user.

    Raises:
        ArtifactError: If the process that has the lock gives no sign of life, or if the file system
            has no locks.
    """
    lock, owner = FileLock(path), path.with_suffix(".owner")
    try:
        _wait(lock, owner, what, say)
    except NotImplementedError as error:
        raise ArtifactError(
            f"The file system of {path.parent} has no locks ({error}), so two processes could "
            "build the same files. Give a `work_dir:` on another file system."
        ) from None
    try:
        with _signs_of_life(owner):
            yield
    finally:
        lock.release()


def _wait(lock: FileLock, owner: Path, what: str, say: Callable[[str], object]) -> None:
    last, since = _time_of(owner), time.monotonic()
    noticed = float("-inf")
    while True:
        try:
            lock.acquire(timeout=_POLL)
            return
        except Timeout:
            now = time.monotonic()
        if (changed := _time_of(owner)) != last:
            last, since = changed, now
        if now - since > MOST_SILENCE:
            raise ArtifactError(_silence(owner, what, lock.lock_file))
        if now - noticed > _NOTICE_EVERY:
            noticed = now
            say(f"waiting for {_name_of(owner)} to build {what}")


def _silence(owner: Path, what: str, lock: str) -> str:
    name = _name_of(owner)
    return (
        f"{name[0].upper()}{name[1:]} builds {what} and has given no sign of life for "
        f"{MOST_SILENCE:.0f} seconds: it is suspended, or its machine was lost. End it and start "
        f"again; what it has finished is used. If it is gone for good, delete {lock}."
    )


def _name_of(owner: Path) -> str:
    try:
        entry = json.loads(owner.read_text(encoding="utf-8"))
        return f"process {entry['pid']} on {entry['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _time_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@contextmanager
def _signs_of_life(owner: Path) -> Iterator[None]:
    """Write the owner's file, renew its time from a thread, and delete it in the end."""
    entry = {"pid": os.getpid(), "host": socket.gethostname()}
    owner.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    is_done = threading.Event()
    thread = threading.Thread(target=_beat, args=(owner, is_done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()
        owner.unlink(missing_ok=True)


def _beat(owner: Path, is_done: threading.Event) -> None:
    while not is_done.wait(_BEAT):
        with suppress(OSError):
            os.utime(owner)
