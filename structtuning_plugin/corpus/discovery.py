"""Discovery of the files of a corpus, their order and their ids."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.core.errors import CorpusError, nearest
from structtuning_plugin.core.types import Dropped
from structtuning_plugin.corpus.headings.decorations import strip_export_id
from structtuning_plugin.hookspecs import Reader

_GLOB = re.compile(r"[*?\[]")
_GLOB_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
# A document that includes files lies in a folder of its own, not in one with all files of a user.
_MOST_COMPANIONS = 5000
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_TO_CONVERT = {
    ".doc": ".docx", ".dot": ".docx", ".docm": ".docx", ".ppt": ".pptx", ".xls": ".csv",
    ".xlsx": ".csv", ".ods": ".csv", ".odp": ".pptx", ".mobi": ".epub", ".azw3": ".epub",
    ".djvu": ".pdf", ".pages": ".docx", ".wpd": ".odt", ".chm": ".html", ".mht": ".html",
}  # fmt: skip
# Files that a wiki shows beside every page: GitHub and Gollum, docsify.
_NAVIGATION = ("_sidebar", "_footer", "_header", "_navbar", "_coverpage")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFile:
    """A file, the name of its reader, and its corpus entry.

    `document_id` is relative to the entry, so it is the same on every machine. `title` is the name
    of the file in words, where it is not its stem; `is_wiki` says that it is a page of a wiki.
    """

    path: Path
    document_id: str
    reader: str
    entry: CorpusEntry
    title: str = ""
    is_wiki: bool = False


def natural_key(path: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key of paths in natural order, folder by folder.

    >>> sorted(["b/10.md", "b/2.md", "a.md"], key=natural_key)
    ['a.md', 'b/2.md', 'b/10.md']
    """

    def part(word: str) -> tuple[int, int, str]:
        return (0, int(word), "") if word.isdecimal() else (1, 0, word.casefold())

    def folder(name: str) -> tuple[tuple[int, int, str], ...]:
        return tuple(part(word) for word in re.split(r"(\d+)", name) if word)

    return tuple(map(folder, PurePosixPath(path).parts))


def discover(
    entries: Iterable[CorpusEntry], readers: dict[str, Reader]
) -> tuple[list[CorpusFile], list[Dropped]]:
    """List the files of the corpus in reading order, and the files left out.

    A file is left out if no reader takes it or if an earlier entry lists it.

    Raises:
        CorpusError: If an entry matches no file, or its format is unknown.
    """
    by_suffix = {suffix: name for name, reader in readers.items() for suffix in reader.suffixes}
    files: list[CorpusFile] = []
    dropped: list[Dropped] = []
    real_paths: set[str] = set()
    ids: set[str] = set()
    for entry in entries:
        if entry.format is not None and entry.format not in readers:
            raise CorpusError(
                f"Unknown format `{entry.format}` of {entry.path}.{nearest(entry.format, readers)}"
            )
        root, paths, is_file = paths_of(entry)
        wikis = _wiki_folders(paths)
        count = 0
        for path in paths:
            if not _is_listed(path.relative_to(root).as_posix(), entry):
                continue
            # A file's name may hold bytes that are no text; an id must be text.
            name = (
                path.relative_to(root)
                .as_posix()
                .encode("utf-8", "backslashreplace")
                .decode("utf-8")
            )
            reader = (
                entry.format or by_suffix.get(path.suffix.lower()) or ("text" if is_file else None)
            )
            if reader is None:
                detail = _unknown(path.suffix, by_suffix)
                dropped.append(
                    Dropped(stage="discover", id=name, reason="unknown_format", detail=detail)
                )
                continue
            count += 1
            if not is_file and _is_navigation(path):
                dropped.append(
                    Dropped(
                        stage="discover",
                        id=name,
                        reason="wiki_navigation",
                        detail="a bar that a wiki shows around its pages",
                    )
                )
                continue
            real = os.path.realpath(path)
            if real in real_paths:
                dropped.append(
                    Dropped(
                        stage="discover",
                        id=name,
                        reason="listed_twice",
                        detail="an earlier entry has this file",
                    )
                )
                continue
            real_paths.add(real)
            document_id = unused_id(name, ids)
            is_wiki = not wikis.isdisjoint(path.parents)
            files.append(
                CorpusFile(
                    path=path,
                    document_id=document_id,
                    reader=reader,
                    entry=entry,
                    title=title_of(document_id, is_wiki),
                    is_wiki=is_wiki,
                )
            )
        if not count:
            raise CorpusError(
                f"The corpus entry {entry.path} finds no file that can be read. "
                f"Suffixes known: {', '.join(sorted(by_suffix))}; or give a `format:` "
                f"({', '.join(sorted(readers))})."
            )
    return files, dropped


def _is_listed(name: str, entry: CorpusEntry) -> bool:
    """Return True if the globs of the entry choose a file."""
    chosen = not entry.include or any(_matches(name, glob) for glob in entry.include)
    return chosen and not any(_matches(name, glob) for glob in entry.exclude)


def _matches(name: str, glob: str) -> bool:
    """Match a path against a glob: `**` is any number of folders; without "/" the name decides.

    >>> _matches("a/b/c.md", "**/b/*.md"), _matches("a/c.md", "*.md"), _matches("c.md", "a/**")
    (True, True, False)
    """
    if "/" not in glob:
        return fnmatch.fnmatchcase(PurePosixPath(name).name, glob)
    pattern = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob):
        pattern += _GLOB_PARTS.get(part) or re.escape(part)
    return re.fullmatch(pattern, name) is not None


def _unknown(suffix: str, by_suffix: dict[str, str]) -> str:
    """Say why no reader takes a file, and which reader is nearest."""
    lower = suffix.lower()
    if lower in _ARCHIVES:
        return f"archives such as {suffix} are not opened: unpack it into a folder of the corpus"
    if lower in _TO_CONVERT:
        return f"no reader takes {suffix}: save the file as {_TO_CONVERT[lower]}"
    close = difflib.get_close_matches(lower, by_suffix, n=1, cutoff=0.75)
    hint = f"; the nearest is `{by_suffix[close[0]]}` ({close[0]})" if close else ""
    return f"no reader takes {suffix or 'no suffix'}{hint}"


def _is_navigation(path: Path) -> bool:
    return path.stem.casefold() in _NAVIGATION


def _wiki_folders(paths: Iterable[Path]) -> set[Path]:
    """Find the folders that are wikis: those called so, and those with a sidebar or a footer."""
    folders: set[Path] = set()
    for path in paths:
        if _is_navigation(path):
            folders.add(path.parent)
        folders.update(parent for parent in path.parents if parent.name.endswith(".wiki"))
    return folders


def title_of(document_id: str, is_wiki: bool = False) -> str:
    """Return the title that a file's name gives; empty if it is the name as it is.

    A wiki writes blanks of a title as hyphens, and Notion appends 32 digits.

    >>> title_of("engine.wiki/Fuel-Injection-Pump.md", is_wiki=True), title_of("T-cells.md")
    ('Fuel Injection Pump', '')
    """
    stem = " ".join(PurePosixPath(document_id).stem.split())
    name = strip_export_id(stem)
    words = " ".join((name.replace("-", " ") if is_wiki else name).split())
    return "" if words == stem else words


def paths_of(entry: CorpusEntry) -> tuple[Path, list[Path], bool]:
    """Return the root of the ids, the files in order, and whether the entry names one file.

    Raises:
        CorpusError: If the entry is no valid glob, or does not exist.
    """
    path = Path(entry.path)
    if path.is_file():
        return path.parent, [path], True
    if path.is_dir():
        root, matches = path, [p for p in path.rglob("*") if p.is_file()]
    elif _GLOB.search(entry.path):
        cut = next(i for i, part in enumerate(path.parts) if _GLOB.search(part))
        root = Path(*path.parts[:cut])
        try:
            matches = [p for p in root.glob("/".join(path.parts[cut:])) if p.is_file()]
        except ValueError as error:
            raise CorpusError(
                f"The corpus entry {entry.path} is no glob: {error}. Write it like `books/**/*.md`."
            ) from None
    else:
        raise CorpusError(
            f"The corpus entry {entry.path} does not exist. Give a file, a folder or a glob."
        )
    names = {p.relative_to(root).as_posix(): p for p in matches}
    visible = [
        name
        for name in names
        if not any(part.startswith(".") for part in PurePosixPath(name).parts)
    ]
    # The name itself decides between 1.md and 01.md, which the natural order holds for equal.
    ordered = sorted(visible, key=lambda name: (natural_key(name), name))
    return root, [names[name] for name in ordered], False


def companions_of(path: Path, document_id: str, included: Iterable[str]) -> list[Path]:
    """List the files that a file may include: those of some suffixes below its entry's folder.

    Args:
        path: The file.
        document_id: Its id, relative to the entry's folder.
        included: Suffixes of files that its reader includes; none for most readers.
    """
    suffixes = tuple(included)
    if not suffixes:
        return []
    root = path.parents[document_id.count("/")]
    names = sorted(p for p in root.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    return names[:_MOST_COMPANIONS]


def unused_id(name: str, ids: set[str]) -> str:
    """Return the name, numbered if another entry has a file of the same name."""
    candidate, number = name, 1
    while candidate in ids:
        number += 1
        path = PurePosixPath(name)
        candidate = path.with_name(f"{path.stem}~{number}{path.suffix}").as_posix()
    ids.add(candidate)
    return candidate


class HashCache:
    """SHA-256 of files, cached by size, mtime and inode, because every command and rank needs them.

    Only the content decides what is built. A file younger than two seconds is not cached: it may
    still change without a change of its mtime.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            entries = None
        self._known: dict[str, list[object]] = entries if isinstance(entries, dict) else {}
        self._changed = False

    def sha256(self, path: Path) -> str:
        """Return the hexadecimal SHA-256 of a file."""
        stat = path.stat()
        key, mark = str(path), [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        entry = self._known.get(key)
        if isinstance(entry, list) and len(entry) == 4 and entry[:3] == mark:
            return str(entry[3])
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if time.time() - stat.st_mtime > 2:
            self._known[key] = [*mark, digest.hexdigest()]
            self._changed = True
        return digest.hexdigest()

    def save(self) -> None:
        """Write the cache, if possible. Without it the next command only takes longer."""
        if not self._changed:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            pass
