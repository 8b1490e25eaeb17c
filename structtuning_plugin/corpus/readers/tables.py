"""Readers of tables: CSV, TSV, Parquet, Arrow (also datasets on disk) and JSON.

    title,text                 Document(id="notes.csv#1", title="Cells", text="All life...")
    Cells,"All life..."   ->

Each row is a record (`corpus.records`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, ReadResult
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.records import find_columns, read_records
from structtuning_plugin.hookspecs import Reader, ReadRequest

_DELIMITERS = ",;\t|"
# Characters of a file that show its delimiter.
_SAMPLE = 64 * 1024


class CsvReader:
    """Reader of CSV and TSV, with any of the usual delimiters."""

    name = "csv"
    suffixes: tuple[str, ...] = (".csv", ".tsv", ".tab")
    in_process = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it has no column with text.
        """
        csv.field_size_limit(2**31 - 1)
        delimiter = find_delimiter(request.text)
        text = request.text.replace("\0", "")
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = find_columns(rows.fieldnames or [], request)
        return read_records(rows, columns, request, Budget(request.limits))


class ParquetReader:
    """Reader of Parquet."""

    name = "parquet"
    suffixes: tuple[str, ...] = (".parquet",)
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it is damaged, or has no column with text.
        """
        import pyarrow as pa
        from pyarrow import parquet

        try:
            table = parquet.ParquetFile(io.BytesIO(request.data))
            columns = find_columns(table.schema_arrow.names, request)
            tops = [name for name in table.schema_arrow.names if name in columns.tops]
            records = _records_of(table.iter_batches(batch_size=1000, columns=tops))
            return read_records(records, columns, request, Budget(request.limits))
        except (pa.ArrowException, OSError) as error:
            raise CorpusError(f"It is no Parquet file, or a damaged one: {error}") from None


class ArrowReader:
    """Reader of Arrow streams and files: Feather, and the data of a dataset on disk."""

    name = "arrow"
    suffixes: tuple[str, ...] = (".arrow", ".feather", ".ipc")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file; the caches of a dataset are left out.

        Raises:
            CorpusError: If it is damaged, or has no column with text.
        """
        import pyarrow as pa

        if PurePosixPath(request.document_id).name.startswith(("cache-", "tmp")):
            return _left_out(request, "dataset_cache", "a cache of the datasets library")
        try:
            source = pa.BufferReader(request.data)
            is_file = request.data.startswith(b"ARROW1")
            reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
            columns = find_columns(reader.schema.names, request)
            batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
            tops = [name for name in reader.schema.names if name in columns.tops]
            records = _records_of(batch.select(tops) for batch in batches)
            return read_records(records, columns, request, Budget(request.limits))
        except (pa.ArrowException, OSError) as error:
            raise CorpusError(f"It is no Arrow file, or a damaged one: {error}") from None


class JsonReader:
    """Reader of JSON: a list of records, an object with such a list, or one record."""

    name = "json"
    suffixes: tuple[str, ...] = (".json",)
    in_process = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file; settings and other files without a text are left out.

        Raises:
            CorpusError: If it is no JSON.
        """
        try:
            value = json.loads(request.text)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"It is no JSON: {error}.") from None
        records = list(_json_records(value, request))
        names = list(dict.fromkeys(name for record in records[:1000] for name in record))
        try:
            columns = find_columns(names, request)
        except CorpusError as error:
            return _left_out(request, "no_text_column", str(error))
        return read_records(map(_whole, records), columns, request, Budget(request.limits))


@hookimpl
def register_readers() -> list[Reader]:
    """Register the readers of tables."""
    return [CsvReader(), ParquetReader(), ArrowReader(), JsonReader()]


def _left_out(request: ReadRequest, reason: str, detail: str) -> ReadResult:
    dropped = Dropped(stage="read", id=request.document_id, reason=reason, detail=detail)
    return ReadResult(dropped=(dropped,))


def _records_of(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def find_delimiter(text: str) -> str:
    r"""Return the delimiter that divides most rows into as many cells as the first one.

    >>> find_delimiter("a;b\n1,5;2\n"), find_delimiter("a\tb\n1\t2\n"), find_delimiter("a\n1\n")
    (';', '\t', ',')
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        rows = _sample_rows(text, delimiter)
        width = len(rows[0]) if rows else 0
        equal = sum(len(row) == width for row in rows) / max(1, len(rows))
        score = (equal if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        sample = io.StringIO(text[:_SAMPLE].replace("\0", ""), newline="")
        rows = [row for row in csv.reader(sample, delimiter=delimiter) if row]
    except csv.Error:
        return []
    return rows[:-1] if len(text) > _SAMPLE else rows


def _json_records(value: object, request: ReadRequest) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (record for record in value if isinstance(record, dict))
    elif isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if not isinstance(value.get(request.text_column), str) and len(lists) == 1:
            yield from _json_records(lists[0], request)
        else:
            yield value


def _whole(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record without halves of surrogate pairs, which are legal JSON but no text."""
    clean: dict[str, Any] = {}
    for name, value in record.items():
        is_text = isinstance(value, str)
        clean[name] = value.encode("utf-8", "replace").decode("utf-8") if is_text else value
    return clean
