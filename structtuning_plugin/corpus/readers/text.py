r"""Reader of plain text: paragraphs between blank lines.

First paragraph.\n\nSecond.   ->   Document(text=..., blocks=(Block(start=0), Block(start=18)))

Lines that are headings by their shape ("3.1 Pump", "FUEL SYSTEM", underlined ones) are taken out of
the text, if there is enough evidence (`corpus.headings`).
"""

from __future__ import annotations

import re

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.headings.candidates import HeadingsMode
from structtuning_plugin.corpus.headings.contents import find_contents
from structtuning_plugin.corpus.headings.inference import infer_headings, remove_headings
from structtuning_plugin.corpus.headings.visible_lines import (
    count_text,
    find_visible,
    with_context,
)
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

_PARAGRAPH = re.compile(r"(?:\A|\n[^\S\n]*\n)\s*(?=\S)")
_BLANK_HEAD = re.compile(r"\A(?:[^\S\n]*\n)+")


class TextReader:
    """Reader of plain text."""

    name = "text"
    suffixes = (".txt", ".text")
    in_process = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file."""
        text, controls = clean(request.text)
        text, headings = _take_out(_BLANK_HEAD.sub("", text).rstrip(), request.headings)
        document = Document(
            id=request.document_id,
            text=text,
            title=request.file_title,
            language=request.language or detect(text),
            headings=headings,
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


def _take_out(text: str, mode: HeadingsMode) -> tuple[str, tuple[Heading, ...]]:
    """Split a text into its text without headings, and its headings."""
    if mode == "as_marked":
        return text, ()
    lines = text.split("\n")
    contents = find_contents(lines)
    visible = find_visible(lines, _runs(lines), contents, underlines=True)
    decisions = infer_headings(
        (), with_context(visible, lines), contents, mode, count_text(lines)
    ).headings
    return remove_headings(lines, decisions) if decisions else (text, ())


def _runs(lines: list[str]) -> list[tuple[int, int]]:
    """Return the first and last line (half-open) of each paragraph."""
    runs: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


@hookimpl
def register_readers() -> list[TextReader]:
    """Register the reader `text`."""
    return [TextReader()]
