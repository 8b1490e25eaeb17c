"""Reader of MediaWiki: dumps in XML (`xml` hands them over), and single pages of wikitext.

    == Seals ==                      ->   Heading(level=2, title="Seals")
    A [[Pump|pump]] has {{fact}}.         "A pump has ."

Templates, redirects, references, files and categories are left out and counted; link text stays.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.markup import Element
from structtuning_plugin.corpus.tables import Cell, render_cells
from structtuning_plugin.hookspecs import ReadRequest

_REDIRECT = re.compile(r"\s*#(?:redirect|weiterleitung|redirection|redirección|перенаправление|"
                       r"重定向|転送)\b\s*:?\s*\[\[", re.IGNORECASE)  # fmt: skip
_NO_PAGE = re.compile(
    r"(?:file|image|category|media|datei|bild|kategorie|fichier|catégorie|archivo|categoría|файл|"
    r"изображение|категория|ファイル|画像|カテゴリ|文件|图像|分类|[a-z]{2,3}(?:-[a-z]+)?):",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"(?:file|image|media|datei|bild|fichier|archivo|файл|ファイル|画像|文件|图像):",
                    re.IGNORECASE)  # fmt: skip
_HEADING = re.compile(r"^(={1,6})\s*(.*\S)\s*\1\s*$")
_LIST = re.compile(r"^([*#:;]+)\s*(.*)$")
_MAGIC = re.compile(r"__[A-Z]+__")
_CODE_TAGS = ("pre", "source", "syntaxhighlight", "nowiki-block")
_DROPPED_TAGS = {"ref": "note_mark", "references": "references", "gallery": "image",
                 "timeline": "drawing", "imagemap": "image",
                 "templatestyles": "template"}  # fmt: skip
_KEPT = ("\ue000", "\ue001")


class MediaWikiReader:
    """Reader of wikitext."""

    name = "mediawiki"
    suffixes: tuple[str, ...] = (".mediawiki", ".wikitext")

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one page.

        Raises:
            CorpusError: If the library is missing, or the page exceeds a limit.
        """
        builder = DocumentBuilder(request)
        _Page(builder, Budget(request.limits)).add(clean(request.text)[0])
        return builder.build(request.file_title, keeps_title=True)


@hookimpl
def register_readers() -> list[MediaWikiReader]:
    """Register the reader `mediawiki`."""
    return [MediaWikiReader()]


def read_dump(root: Element, request: ReadRequest, budget: Budget) -> ReadResult:
    """Read a dump: each page of the main namespace is a document.

    Args:
        root: The element `mediawiki`.
        request: The file.
        budget: Limits of the file.

    Raises:
        CorpusError: If the file exceeds a limit.
    """
    documents: list[Document] = []
    dropped: list[Dropped] = []
    counts = {"redirect": 0, "other_namespace": 0}
    pages = [element for element in root.elements if element.tag == "page"]
    for number, page in enumerate(pages, 1):
        budget.check_time()
        revision = page.child("revision")
        holder = revision.child("text") if revision is not None else None
        text = clean(holder.text())[0] if holder is not None else ""
        namespace, title = page.child("ns"), page.child("title")
        if namespace is not None and namespace.words() not in ("", "0"):
            counts["other_namespace"] += 1
        elif page.child("redirect") is not None or _REDIRECT.match(text):
            counts["redirect"] += 1
        else:
            name = f"{request.document_id}#{number}"
            builder = DocumentBuilder(replace(request, document_id=name))
            _Page(builder, budget).add(text)
            words = title.words() if title is not None else ""
            result = builder.build(words, root.get("lang"), keeps_title=True)
            documents += result.documents
            dropped += result.dropped
    for reason, count in counts.items():
        if count:
            detail = f"{count} pages"
            dropped.append(
                Dropped(stage="read", id=request.document_id, reason=reason, detail=detail)
            )
    return ReadResult(documents=tuple(documents), dropped=tuple(dropped))


class _Page:
    """One page of wikitext."""

    def __init__(self, builder: DocumentBuilder, budget: Budget) -> None:
        self._builder, self._budget = builder, budget
        self._kept: list[tuple[str, str]] = []
        self._lines: list[str] = []
        self._items: list[str] = []

    def add(self, text: str) -> None:
        """Add all blocks of the page."""
        if _REDIRECT.match(text):
            self._builder.drop("redirect")
            return
        parser = import_extra("mwparserfromhell", "mediawiki")
        plain = self._text(parser.parse(text))
        for line in _MAGIC.sub("", plain).split("\n"):
            self._budget.check_time()
            self._line(line)
        self._close()

    # --- from nodes to lines

    def _text(self, code: Any) -> str:
        return "".join(self._node(node) for node in code.nodes)

    def _node(self, node: Any) -> str:
        kind = type(node).__name__
        if kind == "Text":
            return str(node)
        if kind == "Heading":
            return f"{'=' * node.level}{self._text(node.title)}{'=' * node.level}"
        if kind == "Wikilink":
            return self._link(node)
        if kind == "ExternalLink":
            return self._text(node.title) if node.title is not None else ""
        if kind == "Tag":
            return self._tag(node)
        if kind == "HTMLEntity":
            return str(node.normalize() or "")
        if kind == "Template":
            self._builder.drop("template", detail=str(node.name).strip())
        return ""

    def _link(self, node: Any) -> str:
        target = str(node.title).strip()
        if _NO_PAGE.match(target):
            self._builder.drop("image" if _MEDIA.match(target) else "category", detail=target)
            return ""
        text = self._text(node.text) if node.text is not None else target.lstrip(":")
        return text.rpartition("|")[2]

    def _tag(self, node: Any) -> str:
        name = str(node.tag).strip().casefold()
        if name in _DROPPED_TAGS:
            self._builder.drop(_DROPPED_TAGS[name])
            return ""
        if node.wiki_markup is not None and name in ("li", "dt", "dd"):
            return str(node.wiki_markup)
        if name == "table":
            return self._keep("table", self._table(node))
        if name == "math":
            return f"${str(node.contents).strip()}$"
        if name in _CODE_TAGS:
            return self._keep("code", str(node.contents).strip("\n"))
        if name == "br":
            return " "
        if name == "hr":
            return "\n"
        return self._text(node.contents) if node.contents is not None else ""

    def _keep(self, kind: str, text: str) -> str:
        self._kept.append((kind, text))
        return f"\n{_KEPT[0]}{len(self._kept) - 1}{_KEPT[1]}\n"

    def _table(self, node: Any) -> str:
        rows: list[list[Cell]] = [[]]
        for tag in node.contents.filter_tags(recursive=False):
            name = str(tag.tag).strip().casefold()
            if name == "tr":
                rows.append([self._cell(cell) for cell in tag.contents.filter_tags(recursive=False)
                             if str(cell.tag).strip() in ("td", "th")])  # fmt: skip
            elif name in ("td", "th"):
                rows[-1].append(self._cell(tag))
        return render_cells([row for row in rows if row])

    def _cell(self, tag: Any) -> Cell:
        values = {str(a.name).strip(): str(a.value or "").strip('"') for a in tag.attributes}
        spans = [values.get(name, "") for name in ("colspan", "rowspan")]
        columns, rows = (int(span) if span.isdecimal() else 1 for span in spans)
        text = " ".join(self._text(tag.contents).split())
        return Cell(text=text, columns=columns, rows=rows, is_header=str(tag.tag).strip() == "th")

    # --- from lines to blocks

    def _line(self, line: str) -> None:
        heading, item = _HEADING.match(line), _LIST.match(line)
        if line.startswith(_KEPT[0]):
            self._close()
            kind, text = self._kept[int(line.strip("".join(_KEPT)))]
            self._builder.add("table" if kind == "table" else "code", text)
        elif heading is not None:
            self._close()
            self._builder.add_heading(len(heading[1]), heading[2])
        elif item is not None:
            self._close_lines()
            self._add_item(item[1], item[2])
        elif line.startswith(" ") and line.strip() and not self._lines:
            self._close()
            self._builder.add("code", line[1:])
        elif not line.strip():
            self._close()
        else:
            self._close_items()
            self._lines.append(line)

    def _add_item(self, marks: str, text: str) -> None:
        if not text.strip():
            return
        if marks.strip(":") == "":
            self._close_items()
            self._builder.add("paragraph", text)
            return
        mark = "1." if marks[-1] == "#" else "-"
        self._items.append(f"{'  ' * (len(marks) - 1)}{mark} {text.strip()}")

    def _close(self) -> None:
        self._close_lines()
        self._close_items()

    def _close_lines(self) -> None:
        lines, self._lines = self._lines, []
        self._builder.add("paragraph", " ".join(lines))

    def _close_items(self) -> None:
        items, self._items = self._items, []
        self._builder.add("list", "\n".join(items))
