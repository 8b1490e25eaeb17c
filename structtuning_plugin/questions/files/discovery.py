"""Discovery of the files and datasets of `ssft.qa` and `ssft.holdout`, in order, with their ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.config.corpus import CorpusEntry
from structtuning_plugin.config.questions import QAEntry
from structtuning_plugin.core.errors import ConfigError, CorpusError, nearest
from structtuning_plugin.corpus.discovery import natural_key, paths_of, unused_id
from structtuning_plugin.hookspecs import QAFormat

SUFFIXES = (".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv")
# Files of plain text, where text is allowed too.
TEXT_SUFFIXES = (".txt", ".text", ".md")


@dataclass(frozen=True, slots=True, kw_only=True)
class QAFile:
    """One file, one folder saved by `datasets` (one split), or, without `path`, a hub's dataset.

    `id` is the same on every machine: the path within the entry's folder, or the dataset's name,
    subset and split.
    """

    id: str
    entry: QAEntry
    path: Path | None = None


def discover(
    entries: Sequence[QAEntry], formats: Mapping[str, QAFormat], more: Sequence[str] = ()
) -> list[QAFile]:
    """Return the files in the order of the entries, each entry's in natural order. Reads no record.

    Hidden files are skipped, and so are files of other suffixes in folders. `more` are suffixes
    that are allowed besides those of sets of questions.

    Raises:
        ConfigError: a path does not exist, an entry has no file, or a format, a split or a key of
            `fields` is unknown.
    """
    ids: set[str] = set()
    files: list[QAFile] = []
    for entry in entries:
        _check(entry, formats)
        files += [
            QAFile(id=unused_id(name, ids), entry=entry, path=path)
            for name, path in _found(entry, (*SUFFIXES, *more))
        ]
    return files


def _check(entry: QAEntry, formats: Mapping[str, QAFormat]) -> None:
    where = entry.path or entry.hub
    if entry.format is not None and entry.format not in formats:
        raise ConfigError(
            f"Unknown format `{entry.format}` of {where}.{nearest(entry.format, formats)}"
        )
    keys = field_names(formats, entry.format)
    for key in entry.fields if keys is not None else ():
        if key not in (keys or ()):
            raise ConfigError(
                f"Unknown key `{key}` in `fields` of {where}.{nearest(key, keys or ())}"
            )


def field_names(formats: Mapping[str, QAFormat], name: str | None) -> frozenset[str] | None:
    """Return the keys that `fields` may have for a format, or for any format without a name.

    None if a plugin's format does not state them.
    """
    some = [formats[name]] if name is not None else list(formats.values())
    names_by_format = [getattr(format_, "field_names", None) for format_ in some]
    return (
        None
        if None in names_by_format
        else frozenset(key for keys in names_by_format for key in keys or ())
    )


def _found(entry: QAEntry, suffixes: Sequence[str]) -> list[tuple[str, Path | None]]:
    if entry.hub is not None:
        return [("/".join(part for part in (entry.hub, entry.subset, entry.split) if part), None)]
    path = Path(str(entry.path))
    if (path / "dataset_dict.json").is_file() or (path / "state.json").is_file():
        folder = _split_of(path, entry.split)
        return [(folder.relative_to(path.parent).as_posix(), folder)]
    return list(_in_folder(entry, suffixes))


def _split_of(folder: Path, split: str) -> Path:
    """Return the folder of one split of a saved dataset; a dataset without splits is its own."""
    if not (folder / "dataset_dict.json").is_file():
        return folder
    try:
        splits = json.loads((folder / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder} is no dataset that `save_to_disk` wrote: its dataset_dict.json cannot be "
            f"read ({error})."
        ) from None
    if split not in splits:
        raise ConfigError(
            f"The dataset {folder} has no split `{split}`.{nearest(split, splits)} Set `split:`."
        )
    return folder / split


def _in_folder(entry: QAEntry, suffixes: Sequence[str]) -> Iterator[tuple[str, Path]]:
    try:
        root, paths, is_file = paths_of(CorpusEntry(path=str(entry.path)))
    except CorpusError as error:  # it speaks of the corpus
        fault = (
            str(error)
            .replace("The corpus entry", "The QA entry")
            .replace("books/**/*.md", "questions/**/*.jsonl")
        )
        raise ConfigError(fault) from None
    readable = [path for path in paths if path.suffix.lower() in suffixes]
    if not readable:
        what = "is no file of questions" if is_file else "finds no file of questions"
        raise ConfigError(
            f"The QA entry {entry.path} {what}. Suffixes known: {', '.join(suffixes)}."
        )
    for path in readable:
        # A file's name may hold bytes that are no text; an id must be text.
        yield (
            path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode("utf-8"),
            path,
        )


def files_to_hash(files: Sequence[QAFile]) -> list[tuple[str, Path]]:
    """Return every local file whose content decides the pairs, with its id; none of a hub's."""
    return [pair for file in files for pair in _local(file)]


def _local(file: QAFile) -> list[tuple[str, Path]]:
    if file.path is None:
        return []
    if not file.path.is_dir():
        return [(file.id, file.path)]
    # state.json and dataset_info.json hold fingerprints and paths of the machine that saved the
    # dataset.
    arrows = sorted(file.path.glob("*.arrow"), key=lambda path: natural_key(path.name))
    return [(f"{file.id}/{path.name}", path) for path in arrows]


def identity(file: QAFile, sha256: Callable[[Path], str]) -> list[Any]:
    """Return as JSON all that the file's pairs depend on.

    That is its content (of a hub's dataset its name) and its entry in the block.
    """
    entry = file.entry
    settings = [entry.format, entry.language, dict(sorted(entry.fields.items()))]
    if file.path is None:
        return ["hub", entry.hub, entry.subset, entry.split, entry.revision, *settings]
    return [
        "file",
        file.id,
        entry.encoding,
        [[name, sha256(path)] for name, path in _local(file)],
        *settings,
    ]
