"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_EVERY_SECONDS = 10.0


class Progress:
    """Reporter of progress on `stream` (standard error by default); silent with `quiet`."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet

    def say(self, line: str) -> None:
        """Print one line."""
        if not self._quiet:
            print(f"[structtuning] {line}", file=self._stream, flush=True)

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        """Yield a function to call once for each of the `total` pieces of work."""
        if self._quiet:
            yield lambda: None
        elif self._stream.isatty():
            from tqdm import tqdm

            with tqdm(
                total=total, desc=f"[structtuning] {name}", file=self._stream, leave=True
            ) as bar:
                yield lambda: _tick(bar.update)
        else:
            yield self._plain(name, total)

    def _plain(self, name: str, total: int) -> Callable[[], None]:
        done, last = 0, time.monotonic()
        self.say(f"{name}: {total}")

        def step() -> None:
            nonlocal done, last
            done += 1
            if time.monotonic() - last > _EVERY_SECONDS:
                last = time.monotonic()
                self.say(f"{name}: {done} of {total}")

        return step


def _tick(update: Callable[[int], object]) -> None:
    update(1)


def printable(text: str) -> str:
    r"""Replace control characters, so that corpus text cannot control the terminal.

    >>> printable("a\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
