"""Reader of JSON lines: each line is a record, each record a document.

    {"text": "All life...", "title": "Cells"}
    ->  Document(id="notes.jsonl#1", title="Cells", text="All life...")

The text of a record is read as plain text, Markdown or HTML (`text_format`). A record without a
title has none: the file's name says nothing about it. It is
numbered in the tree and never asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.records import Columns, read_records, read_text, value_at
from structtuning_plugin.hookspecs import ReadRequest


class JsonLinesReader:
    """Reader of JSON lines."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    in_process = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file. Records that are not usable are listed with the reason `bad_record`."""
        documents: list[Document] = []
        dropped: list[Dropped] = []
        records: list[dict[str, Any]] = []
        for number, line in _lines(request.text):
            record_id = f"{request.document_id}#{number}"
            record, fault = _record(line, request.text_column, request.title_column)
            if record is None:
                dropped.append(
                    Dropped(stage="read", id=record_id, reason="bad_record", detail=fault)
                )
                continue
            if request.path_column:
                records.append(record)
                continue
            text = value_at(record, request.text_column)
            title = value_at(record, request.title_column)
            result = read_text(text, title, record_id, request, keeps_title=False)
            documents += result.documents
            dropped += result.dropped
        if records:
            columns = Columns(
                text=request.text_column, title=request.title_column, path=request.path_column
            )
            result = read_records(records, columns, request, Budget(request.limits))
            documents += result.documents
            dropped += result.dropped
        return ReadResult(documents=tuple(documents), dropped=tuple(dropped))


@hookimpl
def register_readers() -> list[JsonLinesReader]:
    """Register the reader `jsonl`."""
    return [JsonLinesReader()]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Iterate over non-blank lines, numbered from 1. Only a line feed ends a line of JSON lines."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _record(line: str, text_column: str, title_column: str) -> tuple[dict[str, Any] | None, str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, f"no JSON: {error}"
    if not isinstance(record, dict):
        return None, f"a {type(record).__name__} instead of an object"
    if not isinstance(value_at(record, text_column), str):
        fields = ", ".join(record).encode("utf-8", "backslashreplace").decode("utf-8")
        return None, f"no text in `{text_column}`; fields: {fields or 'none'}"
    # A lone surrogate ("\ud800") is legal JSON but no text: it could not be written to any file.
    for column in (text_column, title_column):
        if any(
            "\ud800" <= character <= "\udfff" for character in str(value_at(record, column) or "")
        ):
            return None, f"`{column}` holds half of a surrogate pair"
    return record, ""
