"""Which files make up the corpus, in which order, under which ids."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from structtuning_plugin.config import CorpusEntry
from structtuning_plugin.core.errors import CorpusError, nearest
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.hookspecs import Reader

_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFile:
    """A file, the reader that takes it, and what the block says about it. `document_id` knows no machine."""

    path: Path
    document_id: str
    reader: str
    entry: CorpusEntry


def natural_key(path: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sorts paths as people do, folder by folder.

    >>> sorted(["b/10.md", "b/2.md", "a.md"], key=natural_key)
    ['a.md', 'b/2.md', 'b/10.md']
    """

    def part(word: str) -> tuple[int, int, str]:
        return (0, int(word), "") if word.isdecimal() else (1, 0, word.casefold())

    return tuple(
        tuple(part(w) for w in re.split(r"(\d+)", name) if w) for name in PurePosixPath(path).parts
    )


def discover(
    entries: Iterable[CorpusEntry], readers: dict[str, Reader]
) -> tuple[list[CorpusFile], list[Dropped]]:
    """The files of the corpus in reading order; files that no reader takes, or that were named twice, are listed.

    Raises:
        CorpusError: an entry finds nothing, or its format is unknown.
    """
    by_suffix = {suffix: name for name, reader in readers.items() for suffix in reader.suffixes}
    files: list[CorpusFile] = []
    dropped: list[Dropped] = []
    seen: set[str] = set()
    taken: set[str] = set()
    for entry in entries:
        if entry.format is not None and entry.format not in readers:
            raise CorpusError(
                f"Unknown format `{entry.format}` of {entry.path}.{nearest(entry.format, readers)}"
            )
        root, paths, named = paths_of(entry)
        found = 0
        for path in paths:
            # A file's name may hold bytes that are no text; an id must be text.
            name = (
                path.relative_to(root)
                .as_posix()
                .encode("utf-8", "backslashreplace")
                .decode("utf-8")
            )
            reader = (
                entry.format or by_suffix.get(path.suffix.lower()) or ("text" if named else None)
            )
            if reader is None:
                dropped.append(
                    Dropped(
                        stage="discover",
                        id=name,
                        reason="unknown_format",
                        detail=f"no reader takes {path.suffix or 'no suffix'}",
                    )
                )
                continue
            found += 1
            real = os.path.realpath(path)
            if real in seen:
                dropped.append(
                    Dropped(
                        stage="discover",
                        id=name,
                        reason="listed_twice",
                        detail="an earlier entry has this file",
                    )
                )
                continue
            seen.add(real)
            document_id = unused_id(name, taken)
            files.append(CorpusFile(path=path, document_id=document_id, reader=reader, entry=entry))
        if not found:
            raise CorpusError(
                f"The corpus entry {entry.path} finds no file that can be read. "
                f"Suffixes known: {', '.join(sorted(by_suffix))}; or give a `format:` ({', '.join(sorted(readers))})."
            )
    return files, dropped


def paths_of(entry: CorpusEntry) -> tuple[Path, list[Path], bool]:
    """The root that ids are relative to, the files in order, and whether the file was named itself."""
    path = Path(entry.path)
    if path.is_file():
        return path.parent, [path], True
    if path.is_dir():
        root, found = path, [p for p in path.rglob("*") if p.is_file()]
    elif _GLOB.search(entry.path):
        cut = next(i for i, part in enumerate(path.parts) if _GLOB.search(part))
        root = Path(*path.parts[:cut])
        try:
            found = [p for p in root.glob("/".join(path.parts[cut:])) if p.is_file()]
        except ValueError as error:
            raise CorpusError(
                f"The corpus entry {entry.path} is no glob: {error}. Write `books/**/*.md`, say."
            ) from None
    else:
        raise CorpusError(
            f"The corpus entry {entry.path} does not exist. Give a file, a folder or a glob."
        )
    names = {p.relative_to(root).as_posix(): p for p in found}
    visible = [
        name
        for name in names
        if not any(part.startswith(".") for part in PurePosixPath(name).parts)
    ]
    # The name itself decides between 1.md and 01.md, which the natural order holds for equal.
    return (
        root,
        [names[name] for name in sorted(visible, key=lambda name: (natural_key(name), name))],
        False,
    )


def unused_id(name: str, taken: set[str]) -> str:
    """Two entries may hold files of one name; the later one is numbered."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        path = PurePosixPath(name)
        candidate = path.with_name(f"{path.stem}~{number}{path.suffix}").as_posix()
    taken.add(candidate)
    return candidate


class HashCache:
    """SHA-256 of files, remembered by size, mtime and inode, since every command and every rank asks for them.

    Only content counts for what is built; the memory spares re-reading. A file younger than two seconds is not
    remembered: it may still change without its mtime doing so.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        self._known: dict[str, list[object]] = known if isinstance(known, dict) else {}
        self._changed = False

    def sha256(self, path: Path) -> str:
        stat = path.stat()
        key, mark = str(path), [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(key)
        if isinstance(known, list) and len(known) == 4 and known[:3] == mark:
            return str(known[3])
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if time.time() - stat.st_mtime > 2:
            self._known[key] = [*mark, digest.hexdigest()]
            self._changed = True
        return digest.hexdigest()

    def save(self) -> None:
        """Best effort: a cache that cannot be written costs time, nothing else."""
        if not self._changed:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            pass
