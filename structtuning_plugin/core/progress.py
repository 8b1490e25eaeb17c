"""Progress of long work with its rate and the time left: a bar on a terminal, lines elsewhere."""

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
        began = last = time.monotonic()
        done = 0
        self.say(f"{name}: {total}")

        def step() -> None:
            nonlocal done, last
            done += 1
            now = time.monotonic()
            if now - last > _EVERY_SECONDS:
                last = now
                self.say(f"{name}: {done} of {total}, {describe_rate(done, total, now - began)}")

        return step


def describe_rate(done: int, total: int, seconds: float) -> str:
    """Format the rate of work and the time that is left at that rate.

    >>> describe_rate(250, 1000, 20.0)
    '12.5 a second, about 60 s left'
    >>> describe_rate(2, 1000, 120.0)
    '1.0 a minute, about 16 h 38 min left'

    Args:
        done: Pieces of work that are done, from 1 on.
        total: Pieces of work in all.
        seconds: Time that the work took so far.
    """
    rate = done / seconds
    shown = f"{rate:,.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute"
    return f"{shown}, about {_describe_duration((total - done) / rate)} left"


def _describe_duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds <= 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


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
