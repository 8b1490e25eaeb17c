"""Reader of Jupyter notebooks.

    Markdown cell "# Rain"   ->   Heading(level=1, title="Rain")
    code cell "import csv"        a code block of its section; outputs only by option (`outputs`)

Each Markdown cell is read on its own, so that a list or a fence never goes on in the next one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Block, Document, Heading, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.languages import detect

_HTML_HEADING = re.compile(
    r"^[ ]{0,3}<h([1-6])\b[^>]*>(.*?)</h\1>[ \t]*$", re.MULTILINE | re.DOTALL
)
_TAG = re.compile(r"<[^<>]+>")
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OBJECT = re.compile(r"\s*<[^<>\n]+>\s*")
_SEPARATOR = "\n\n"


class NotebookReader:
    """Reader of Jupyter notebooks, of the formats 3 and 4."""

    name = "notebook"
    suffixes: tuple[str, ...] = (".ipynb",)

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one notebook.

        Raises:
            CorpusError: If it is no notebook.
        """
        notebook = _parse(request.text)
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        metadata = notebook.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        pages: list[Document] = []
        for cell in _cells(notebook):
            budget.check_time()
            pages += _read_cell(cell, request, _language(metadata), builder)
        text, headings, blocks = _joined(pages)
        title = metadata.get("title")
        document = Document(
            id=request.document_id,
            text=text,
            title=tidy_title(title) if isinstance(title, str) and title else request.file_title,
            language=request.language or detect(text),
            headings=headings,
            blocks=blocks,
            source=request.source,
        )
        return ReadResult(documents=(document,), dropped=builder.dropped())


@hookimpl
def register_readers() -> list[NotebookReader]:
    """Register the reader `notebook`."""
    return [NotebookReader()]


def _parse(text: str) -> dict[str, Any]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"It is no notebook: {error}.") from None
    if not isinstance(notebook, dict) or not ("cells" in notebook or "worksheets" in notebook):
        raise CorpusError("It is no notebook: it has no `cells`.")
    return notebook


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    holders = [notebook, *(notebook.get("worksheets") or ())]
    for holder in holders:
        for cell in (holder.get("cells") or ()) if isinstance(holder, dict) else ():
            if isinstance(cell, dict):
                yield cell


def _language(metadata: dict[str, Any]) -> str:
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        holder = metadata.get(key)
        if isinstance(holder, dict) and isinstance(holder.get(name), str):
            return str(holder[name])
    return ""


def _joined_text(value: object) -> str:
    """Return a text that is a string or a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _read_cell(
    cell: dict[str, Any], request: ReadRequest, language: str, builder: DocumentBuilder
) -> list[Document]:
    kind = cell.get("cell_type")
    source = _joined_text(cell.get("source") or cell.get("input"))
    if kind == "markdown":
        return _read_markdown(source, request)
    if kind == "heading":
        level = cell.get("level") if isinstance(cell.get("level"), int) else 1
        return _read_markdown(f"{'#' * min(6, max(1, level or 1))} {tidy_title(source)}", request)
    if kind != "code":
        builder.drop("raw_cell", int(bool(source.strip())), source)
        return []
    documents = [_code(source, language)] if source.strip() else []
    for output in cell.get("outputs") or ():
        text = _output_text(output) if isinstance(output, dict) else ""
        if request.outputs and text.strip():
            documents.append(_code(text, ""))
        else:
            builder.drop("output", detail=text.strip())
    return documents


def _read_markdown(source: str, request: ReadRequest) -> list[Document]:
    def as_markdown(match: re.Match[str]) -> str:
        return f"\n{'#' * int(match[1])} {tidy_title(_TAG.sub('', match[2]))}\n"

    text = _HTML_HEADING.sub(as_markdown, clean(source)[0]) if "```" not in source else source
    return list(MarkdownReader().read(replace(request, text=text)).documents)


def _code(source: str, language: str) -> Document:
    text = clean(source)[0].strip("\n")
    fence = "```" if "```" not in text else "````"
    return Document(
        id="",
        text=f"{fence}{language}\n{text}\n{fence}",
        title="",
        language="",
        blocks=(Block(kind="code", start=0),),
    )


def _output_text(output: dict[str, Any]) -> str:
    """Return what an output shows as text; pictures, warnings and errors have none."""
    if output.get("output_type") in ("error", "pyerr") or output.get("name") == "stderr":
        return ""
    holder = output.get("data")
    value = holder.get("text/plain") if isinstance(holder, dict) else output.get("text")
    text = _TERMINAL.sub("", _joined_text(value))
    return "" if _OBJECT.fullmatch(text) else text


def _joined(pages: list[Document]) -> tuple[str, tuple[Heading, ...], tuple[Block, ...]]:
    texts: list[str] = []
    headings: list[Heading] = []
    blocks: list[Block] = []
    offset = 0
    for page in pages:
        headings += [replace(h, start=h.start + offset) for h in page.headings]
        blocks += [replace(b, start=b.start + offset) for b in page.blocks]
        if page.text:
            texts.append(page.text)
            offset += len(page.text) + len(_SEPARATOR)
    text = _SEPARATOR.join(texts)
    within = tuple(replace(h, start=min(h.start, len(text))) for h in headings)
    return text, within, tuple(blocks)
