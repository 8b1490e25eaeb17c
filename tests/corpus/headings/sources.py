"""Sources with a known outline, and the outline that a reader makes of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from structtuning_plugin.core.types import Document, Outline, ReadResult
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.taxonomy.extractors.headings import outline_of

Mode = Literal["auto", "as_marked", "infer"]

EN = "The pump moves fuel from the tank to the engine, and the filter keeps dirt out of it. " * 3
RU = "Насос подаёт топливо из бака в двигатель, а фильтр задерживает грязь и воду. " * 3
ZH = "柴油机的喷油泵把燃油加压后送到喷油嘴，压力不够时发动机难以起动。" * 3


def join(*parts: str) -> str:
    """Join blocks by blank lines."""
    return "\n\n".join(part.strip() for part in parts) + "\n"


def sections(mark: str, titles: Sequence[str], text: str = EN) -> str:
    """Write a section of the same text for each title."""
    return join(*(part for title in titles for part in (f"{mark}{title}", text)))


def read(source: str, name: str = "book.md", mode: Mode = "auto") -> ReadResult:
    """Read a source as Markdown, or as plain text if the name ends in `.txt`."""
    reader = TextReader() if name.endswith(".txt") else MarkdownReader()
    request = ReadRequest(document_id=name, text=source, source="", headings=mode)
    return reader.read(request)


def document_of(source: str, name: str = "book.md", mode: Mode = "auto") -> Document:
    """Return the only document of a source."""
    (document,) = read(source, name, mode).documents
    return document


def tree_of(source: str, name: str = "book.md", mode: Mode = "auto") -> list[str]:
    """Return the titles of the tree, indented by a blank a level; the root is first."""
    return list(rows_of(outline_of(document_of(source, name, mode))))


def rows_of(node: Outline, depth: int = 0) -> Iterator[str]:
    """Iterate over the titles of a tree, indented by a blank a level."""
    yield " " * depth + node.title
    for child in node.children:
        yield from rows_of(child, depth + 1)
