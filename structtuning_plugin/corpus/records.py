"""Documents from records: rows of tables, objects of JSON.

    {"text": "All life...", "title": "Cells"}   ->   Document(title="Cells", text="All life...")

With a column of paths the records are one document for each first part of the path:

    "Garden > Beds", "Mulch"   ->   document "Garden" with the headings Beds, then Mulch below it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.types import Block, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.assembly import with_title
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest

_TEXT_NAMES = (
    "text", "content", "contents", "body", "article", "markdown", "passage", "document",
    "full_text", "fulltext", "正文", "内容", "內容", "文本", "本文", "テキスト", "texte", "contenu",
    "texto", "contenido", "inhalt", "testo", "текст", "содержание", "본문", "treść",
)  # fmt: skip
_TITLE_NAMES = (
    "title", "titel", "titre", "título", "titulo", "titolo", "tytuł", "heading", "headline", "name",
    "subject", "标题", "標題", "题目", "题名", "題名", "タイトル", "заголовок", "название", "제목",
)  # fmt: skip
_PATH_PARTS = re.compile(r"\s+>\s+|\s*[/|]\s*|\s*::\s*")
_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names of the columns with the text, the title and the path of a record."""

    text: str
    title: str
    path: str | None = None

    @property
    def tops(self) -> set[str]:
        """Top-level columns that hold them."""
        names = [self.text, self.title, *([self.path] if self.path else [])]
        return {name.partition(".")[0] for name in names} | set(names)


def find_columns(names: Iterable[str], request: ReadRequest) -> Columns:
    """Find the columns of a table: those of the entry, else of a well-known name.

    Args:
        names: Columns of the table.
        request: The file, with the names in its corpus entry.

    Raises:
        CorpusError: If there is no column with text, or none of the name that was given.
    """
    known = list(names)
    text = _find(request.text_column, "text", _TEXT_NAMES, known)
    if text is None:
        raise CorpusError(
            f"It has no column `{request.text_column}`. Its columns: {', '.join(known) or 'none'}. "
            "Name the one with the text in `text_column`."
        )
    title = _find(request.title_column, "title", _TITLE_NAMES, known) or request.title_column
    if request.path_column and _find(request.path_column, "", (), known) is None:
        raise CorpusError(
            f"It has no column `{request.path_column}` (`path_column`). Its columns: "
            f"{', '.join(known) or 'none'}."
        )
    return Columns(text=text, title=title, path=request.path_column)


def _find(name: str, default: str, others: Iterable[str], known: list[str]) -> str | None:
    if name in known or name.partition(".")[0] in known:
        return name
    by_name = {column.strip().casefold(): column for column in reversed(known)}
    candidates = (name, *others) if name == default else (name,)
    return next((by_name[c.casefold()] for c in candidates if c.casefold() in by_name), None)


def value_at(record: Mapping[str, Any], name: str) -> Any:
    """Return a field; a dotted name reaches into nested ones.

    >>> value_at({"body": {"text": "All life..."}}, "body.text")
    'All life...'
    """
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def read_records(
    records: Iterable[Mapping[str, Any]], columns: Columns, request: ReadRequest, budget: Budget
) -> ReadResult:
    """Turn records into documents; one without text is listed as `empty_record`.

    Args:
        records: The records, in order.
        columns: Names of their fields.
        request: The file.
        budget: Limits of the file.

    Raises:
        CorpusError: If the file exceeds a limit.
    """
    documents: list[Document] = []
    dropped: list[Dropped] = []
    shelf = _Shelf(request)
    for number, record in enumerate(records, start=1):
        budget.check_time()
        name = f"{request.document_id}#{number}"
        text = value_at(record, columns.text)
        if not isinstance(text, str) or not text.strip():
            detail = f"no text in `{columns.text}`"
            dropped.append(Dropped(stage="read", id=name, reason="empty_record", detail=detail))
            continue
        title = value_at(record, columns.title)
        result = read_text(text, title, name, request)
        dropped += result.dropped
        if columns.path is None:
            documents += result.documents
        else:
            shelf.add(_path_parts(value_at(record, columns.path)), result.documents)
    return ReadResult(documents=(*documents, *shelf.documents()), dropped=tuple(dropped))


def read_text(
    text: str, title: object, name: str, request: ReadRequest, keeps_title: bool = True
) -> ReadResult:
    """Read the text of one record in the format that the corpus entry names.

    Args:
        text: The text.
        title: Title of the record; anything but a string is none.
        name: Id of the document.
        request: The file.
        keeps_title: Whether the title stays above a single top heading of the text.

    Raises:
        CorpusError: If the text exceeds a limit.
    """
    inner = replace(request, document_id=name, text=text)
    if request.text_format == "html":
        from structtuning_plugin.corpus.readers.html import read_page

        result = read_page(text, inner)
    elif request.text_format == "markdown":
        result = MarkdownReader().read(inner)
    else:
        result = TextReader().read(inner)
    documents: list[Document] = []
    for document in result.documents:
        own = "" if document.title == inner.file_title else document.title
        stated = " ".join(clean(title)[0].split()) if isinstance(title, str) else ""
        headings = document.headings
        if keeps_title:
            headings = with_title(headings, stated, keeps_title=True)
        documents.append(replace(document, title=stated or own, headings=headings))
    return replace(result, documents=tuple(documents))


def _path_parts(value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        parts = [str(part) for part in value]
    else:
        parts = _PATH_PARTS.split(value if isinstance(value, str) else "")
    return [" ".join(part.split()) for part in parts if part.strip()]


@dataclass
class _Branch:
    """Topic of the paths: its records, and the topics below it in the order of their records."""

    documents: list[Document] = field(default_factory=list)
    below: dict[str, _Branch] = field(default_factory=dict)


class _Shelf:
    """Records by their paths."""

    def __init__(self, request: ReadRequest) -> None:
        self._request = request
        self._root = _Branch()

    def add(self, path: list[str], documents: Iterable[Document]) -> None:
        """Add the documents of one record."""
        branch = self._root
        for part in path or [self._request.file_title]:
            branch = branch.below.setdefault(part, _Branch())
        branch.documents += documents

    def documents(self) -> list[Document]:
        """Return one document for each first part of the paths."""
        return [
            self._join(number, title, branch)
            for number, (title, branch) in enumerate(self._root.below.items(), start=1)
        ]

    def _join(self, number: int, title: str, branch: _Branch) -> Document:
        joined = _Joined()
        joined.add_branch(branch, 1)
        first = joined.documents[0]
        headings = with_title(tuple(joined.headings), title, keeps_title=True)
        return replace(
            first,
            id=f"{self._request.document_id}#{number}",
            title=title,
            text=_SEPARATOR.join(joined.texts),
            headings=headings,
            blocks=tuple(joined.blocks),
        )


@dataclass
class _Joined:
    """Texts of many documents as one, each below its own title."""

    documents: list[Document] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    _length: int = 0

    def add_branch(self, branch: _Branch, level: int) -> None:
        """Add the records of a topic, then the topics below it."""
        for document in branch.documents:
            self._add(document, level)
        for title, inner in branch.below.items():
            self.headings.append(Heading(level=level, title=title, start=self._length))
            self.add_branch(inner, level + 1)

    def _add(self, document: Document, level: int) -> None:
        headings = document.headings
        is_titled = bool(headings) and headings[0].title.casefold() == document.title.casefold()
        shift = level if document.title else level - 1
        if document.title and not (is_titled and headings[0].start == 0):
            self.headings.append(Heading(level=level, title=document.title, start=self._length))
        elif document.title:
            shift = level - headings[0].level
        else:
            shift = level - min((h.level for h in headings), default=level)
        for heading in headings:
            start = heading.start + self._length
            own = max(level, heading.level + shift)
            self.headings.append(Heading(level=own, title=heading.title, start=start))
        for block in document.blocks:
            self.blocks.append(Block(kind=block.kind, start=block.start + self._length))
        self.documents.append(document)
        self.texts.append(document.text)
        self._length += len(document.text) + len(_SEPARATOR)
