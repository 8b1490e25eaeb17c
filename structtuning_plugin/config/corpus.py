"""`corpus:`, the documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from structtuning_plugin.config.base import LocalPath, Model


class CorpusEntry(Model):
    """One path, glob or folder of documents."""

    path: LocalPath = Field(
        min_length=1,
        description="A file, a folder (read recursively) or a glob such as `books/**/*.md`; relative to the working directory.",
    )
    format: str | None = Field(
        default=None,
        description="Reader to use (`markdown`, `text`, `jsonl`, or a plugin's); by default the file's suffix decides.",
    )
    language: str | None = Field(
        default=None,
        min_length=2,
        max_length=8,
        description="ISO 639-1 code of the documents' language; by default it is detected per document.",
    )
    encoding: str | None = Field(
        default=None,
        description="Encoding of the files, such as `big5`; by default UTF-8 and BOMs are recognised, others detected.",
    )
    text_column: str = Field(
        default="text",
        min_length=1,
        description="JSONL: the field that holds the text of a record.",
    )
    title_column: str = Field(
        default="title",
        min_length=1,
        description="JSONL: the field that holds a record's title; it may be absent.",
    )
    text_format: Literal["text", "markdown"] = Field(
        default="text", description="JSONL: how the text of a record is to be read."
    )
