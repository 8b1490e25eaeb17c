"""Append-only file of JSON lines that survives a kill: half a last line is ignored, then cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from structtuning_plugin.core.errors import ArtifactError

Entry = TypeVar("Entry")


class Journal:
    """One file; it is opened, and its torn last line is cut, when the first row is added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a row was added since the start or the last `close`."""
        return self._file is not None

    def load(self, parse: Callable[[Mapping[str, Any]], Entry]) -> Iterator[Entry]:
        """Iterate over the whole lines, parsed.

        Raises:
            ArtifactError: If the file cannot be read, or a line has another shape.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1] if self.path.exists() else []
            for line in lines:
                yield parse(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"{self.path} cannot be read: {error}. Remove it, and its questions are asked "
                "again."
            ) from None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row; it is in the file when this returns.

        Raises:
            OSError: If the file cannot be written.
        """
        if self._file is None:
            self._cut_torn_line()
            self._file = self.path.open("a", encoding="utf-8", newline="\n")
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; a later `add` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut_torn_line(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self.path.open("r+b") as file:
                file.truncate(whole)
