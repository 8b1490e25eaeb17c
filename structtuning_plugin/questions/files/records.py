"""Records of one file or dataset, numbered from 1, in any of the storage formats."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.corpus.decoding import decode
from structtuning_plugin.questions.files.discovery import QAFile

_LISTS = ("data", "questions", "examples")
# Lists of generators: synthetic-data-kit writes the same pairs again as `conversations`.
_GENERATED = ("qa_pairs", "filtered_pairs", "cot_examples")
# Names of the columns of MMLU's own CSV files, which have no first line with names.
_MMLU = ["question", "A", "B", "C", "D", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record. `value` is None for a record without an object; `reason` and `detail` say why."""

    number: int
    value: dict[str, Any] | None
    reason: str = ""
    detail: str = ""


def records(file: QAFile) -> list[Record]:
    """Yield all records in order. The number of a record of JSON lines is the line's.

    Raises:
        CorpusError: the file, or the dataset, cannot be read at all.
    """
    try:
        return list(_load(file))
    except CorpusError as error:
        raise CorpusError(f"{file.id} cannot be read: {error}") from None
    except MemoryError:
        raise
    except Exception as error:  # datasets, pyarrow and the hub raise what they like
        text = str(getattr(error, "strerror", None) or error).partition("\n")[0]
        raise CorpusError(
            f"{file.id} cannot be read ({type(error).__name__}: {text}). Fix the file, "
            "or remove its entry from the block."
        ) from error


def _load(file: QAFile) -> Iterator[Record]:
    if file.path is None:
        return _objects(_of_hub(file))
    if file.path.is_dir():
        return _objects(_saved(file.path))
    if file.path.suffix.lower() == ".parquet":
        return _objects(_parquet(file.path))
    decoded = decode(file.path.read_bytes(), file.entry.encoding)
    if decoded.cut_bytes:
        raise CorpusError("it ends within a character: it is cut off. Get the whole file.")
    return _TEXTS[file.path.suffix.lower()](decoded.text)


def _objects(values: Any) -> Iterator[Record]:
    for number, value in enumerate(values, start=1):
        yield _record(number, value)


def _record(number: int, value: Any) -> Record:
    if isinstance(value, dict):
        return Record(number=number, value=value)
    return Record(
        number=number,
        value=None,
        reason="not_an_object",
        detail=f"a {type(value).__name__} instead of an object",
    )


def _of_hub(file: QAFile) -> Any:
    import datasets  # seconds to import

    entry = file.entry
    return datasets.load_dataset(
        str(entry.hub), entry.subset, split=entry.split, revision=entry.revision
    )


def _saved(folder: Path) -> Any:
    import datasets

    return datasets.load_from_disk(str(folder))


def _parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet

    rows: list[dict[str, Any]] = pyarrow.parquet.ParquetFile(path).read().to_pylist()
    return rows


def _json_lines(text: str) -> Iterator[Record]:
    """Yield the records of JSON lines; None if no line is JSON.

    Blank lines are no records. Only a line feed ends a line.
    """
    rows = [
        _line(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()
    ]
    if rows and all(record.reason == "bad_json" for record in rows):
        raise CorpusError(f"none of its lines is JSON (line {rows[0].number}: {rows[0].detail}).")
    return iter(rows)


def _line(number: int, line: str) -> Record:
    try:
        return _record(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return Record(number=number, value=None, reason="bad_json", detail=f"no JSON: {error}")


def _json(text: str) -> Iterator[Record]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        # Many a .json file holds JSON lines: its first line is a record, and more follow.
        if "Extra data" in str(error):
            return _json_lines(text)
        raise CorpusError(f"it is not JSON: {error}. Fix it, or remove it.") from None
    if isinstance(value, dict):
        lists = _lists_of(value)
        if not lists and value and all(isinstance(item, dict) for item in value.values()):
            value, lists = {"data": list(value.values())}, ["data"]  # by id, as of GraphGen
        if len(lists) != 1:
            raise CorpusError(
                f"its object has {len(lists)} of the lists {', '.join(_LISTS)} "
                f"and the fields {', '.join(value) or 'none'}. "
                "Needed is a list of records, or an object with one such list."
            )
        value = value[lists[0]]
    if not isinstance(value, list):
        raise CorpusError(
            f"its content is a {type(value).__name__}; a list of records, or an object with one, "
            "is needed."
        )
    return _objects(_flattened(value))


def _lists_of(value: dict[str, Any]) -> list[str]:
    """Return the names of the lists of records that an object has."""
    names = [name for name in _GENERATED if isinstance(value.get(name), list)]
    return names[:1] or [name for name in _LISTS if isinstance(value.get(name), list)]


def _flattened(values: list[Any]) -> Iterator[Any]:
    """Yield the records, those within the paragraphs of SQuAD's articles or in `qa_pairs` too."""
    for value in values:
        paragraphs = value.get("paragraphs") if isinstance(value, dict) else None
        pairs = value.get("qa_pairs") if isinstance(value, dict) else None
        if isinstance(paragraphs, list) and all(isinstance(part, dict) for part in paragraphs):
            for paragraph in paragraphs:
                for question in paragraph.get("qas", []):
                    yield {"context": paragraph.get("context"), **question}
        elif isinstance(pairs, list):
            yield from pairs
        else:
            yield value


def _separated(delimiter: str) -> Callable[[str], Iterator[Record]]:
    def read(text: str) -> Iterator[Record]:
        # The default limit of a cell, 128 KiB, is less than a LongBench passage.
        csv.field_size_limit(sys.maxsize if sys.maxsize < 2**31 else 2**31 - 1)
        rows: Iterator[list[str]] = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, strict=True
        )
        header = next(rows, [])
        if len(header) == len(_MMLU) and header[-1] in ("A", "B", "C", "D"):
            rows, header = itertools.chain([header], rows), _MMLU
        if len(set(header)) < len(header):
            raise CorpusError(f"its first line names a column twice: {', '.join(header)}.")
        for number, row in enumerate((row for row in rows if row), start=1):
            if len(row) == len(header):
                yield Record(
                    number=number,
                    value={name: cell for name, cell in zip(header, row, strict=True) if cell},
                )
            else:
                fault = f"{len(row)} cells under {len(header)} names"
                yield Record(number=number, value=None, reason="wrong_width", detail=fault)

    return read


_TEXTS: dict[str, Callable[[str], Iterator[Record]]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".csv": _separated(","),
    ".tsv": _separated("\t"),
}
