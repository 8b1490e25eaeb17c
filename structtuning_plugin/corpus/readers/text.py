r"""Reader of plain text: paragraphs between blank lines, no headings.

First paragraph.\n\nSecond.   ->   Document(text=..., blocks=(Block(start=0), Block(start=18)))
"""

from __future__ import annotations

import re

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, Document, Dropped, ReadResult
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

_PARAGRAPH = re.compile(r"(?:\A|\n[^\S\n]*\n)\s*(?=\S)")
_BLANK_HEAD = re.compile(r"\A(?:[^\S\n]*\n)+")


class TextReader:
    """Reader of plain text."""

    name = "text"
    suffixes = (".txt", ".text")

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file."""
        text, controls = clean(request.text)
        text = _BLANK_HEAD.sub("", text).rstrip()
        document = Document(
            id=request.document_id,
            text=text,
            title=request.file_title,
            language=request.language or detect(text),
            blocks=tuple(
                Block(kind="paragraph", start=match.end()) for match in _PARAGRAPH.finditer(text)
            ),
            source=request.source,
        )
        dropped = Dropped(
            stage="read",
            id=request.document_id,
            reason="control_characters",
            detail=f"{controls} characters",
        )
        return ReadResult(documents=(document,), dropped=(dropped,) if controls else ())


@hookimpl
def register_readers() -> list[TextReader]:
    """Register the reader `text`."""
    return [TextReader()]
