"""Reader of JSON lines: each line is a record, each record a document.

    {"text": "All life...", "title": "Cells"}
    ->  Document(id="notes.jsonl#1", title="Cells", text="All life...")

The text of a record is read as plain text or as Markdown (`text_format`). A record without a title
has none: the file's name says nothing about it. It is numbered in the tree and never asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest


class JsonLinesReader:
    """Reader of JSON lines."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file. Records that are not usable are listed with the reason `bad_record`."""
        inner = MarkdownReader() if request.text_format == "markdown" else TextReader()
        documents: list[Document] = []
        dropped: list[Dropped] = []
        for number, line in _lines(request.text):
            record_id = f"{request.document_id}#{number}"
            record, fault = _record(line, request.text_column, request.title_column)
            if record is None:
                dropped.append(
                    Dropped(stage="read", id=record_id, reason="bad_record", detail=fault)
                )
                continue
            inner_request = replace(
                request, document_id=record_id, text=record[request.text_column]
            )
            result = inner.read(inner_request)
            for document in result.documents:
                own_title = "" if document.title == inner_request.file_title else document.title
                title = _title(record.get(request.title_column)) or own_title
                documents.append(replace(document, title=title))
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
    if not isinstance(record.get(text_column), str):
        fields = ", ".join(record).encode("utf-8", "backslashreplace").decode("utf-8")
        return None, f"no text in `{text_column}`; fields: {fields or 'none'}"
    # A lone surrogate ("\ud800") is legal JSON but no text: it could not be written to any file.
    for column in (text_column, title_column):
        if any("\ud800" <= character <= "\udfff" for character in str(record.get(column, ""))):
            return None, f"`{column}` holds half of a surrogate pair"
    return record, ""


def _title(title: object) -> str:
    return " ".join(clean(title)[0].split()) if isinstance(title, str) else ""
