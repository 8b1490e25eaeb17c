"""Reader of XML of articles and manuals: JATS, DocBook, DITA, CNXML.

    <section><title>Bowline</title><para>...</para></section>   ->   Heading(title="Bowline"), "..."

The root element decides. Included files (XInclude, topics of a DITA map) are read inside the corpus
entry's folder only; entities and DTDs never are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.formulas import mathml_to_tex
from structtuning_plugin.corpus.limits import Budget, resolve_inside
from structtuning_plugin.corpus.markup import Element, parse_xml
from structtuning_plugin.corpus.tables import Cell, lay_out, render_grid
from structtuning_plugin.hookspecs import ReadRequest

# Elements with a title and a level.
_SECTIONS = frozenset(
    [
        "sec",
        "section",
        "sect1",
        "sect2",
        "sect3",
        "sect4",
        "sect5",
        "simplesect",
        "chapter",
        "part",
        "appendix",
        "preface",
        "article",
        "book",
        "set",
        "refentry",
        "refsection",
        "refsect1",
        "refsect2",
        "refsect3",
        "abstract",
        "ack",
        "app",
        "book-part",
        "dedication",
        "acknowledgements",
        "colophon",
        "glossary",
        "glossdiv",
        "partintro",
        "topic",
        "concept",
        "task",
        "reference",
        "troubleshooting",
        "glossentry",
        "example-section",
        "sidebar",
        "boxed-text",
        "bridgehead",
        "appendices",
        "trans-abstract",
        "body-section",
    ]
)
_ROOTS = _SECTIONS | {"dita", "map", "bookmap", "document", "module"}
_PARAGRAPHS = frozenset(
    [
        "p",
        "para",
        "simpara",
        "formalpara",
        "attrib",
        "shortdesc",
        "desc",
        "cmd",
        "info-para",
        "caption",
        "title-para",
        "verse-line",
        "refpurpose",
        "meaning",
        "subtitle",
        "disp-quote-para",
        "citetitle-para",
        "result",
        "stepresult",
        "postreq",
        "prereq",
        "context",
        "abstract-para",
        "note-para",
        "ph-para",
    ]
)
_CODE = frozenset(
    [
        "programlisting",
        "screen",
        "literallayout",
        "preformat",
        "codeblock",
        "pre",
        "synopsis",
        "msgblock",
        "screenco",
        "programlistingco",
    ]
)
_LISTS = frozenset(
    [
        "list",
        "itemizedlist",
        "orderedlist",
        "simplelist",
        "ul",
        "ol",
        "sl",
        "procedure",
        "steps",
        "substeps",
        "steps-unordered",
        "segmentedlist",
        "calloutlist",
        "choices",
    ]
)
_ORDERED = frozenset(["orderedlist", "ol", "procedure", "steps", "substeps"])
_DEFINITIONS = frozenset(["variablelist", "def-list", "dl", "glosslist", "parml"])
_DROPPED = {
    "ref-list": "references", "bibliography": "references", "bibliolist": "references",
    "index": "index", "toc": "contents", "indexterm": "index", "remark": "comment",
    "draft-comment": "comment", "comment": "comment", "graphic": "image", "imagedata": "image",
    "inline-graphic": "image", "image": "image", "media": "image", "mediaobject": "image",
    "inlinemediaobject": "image", "supplementary-material": "attachment",
}  # fmt: skip
# Descriptions of the document that are no text of it.
_SILENT = frozenset(
    [
        "info",
        "articleinfo",
        "bookinfo",
        "chapterinfo",
        "sectioninfo",
        "front",
        "front-stub",
        "metadata",
        "prolog",
        "titleabbrev",
        "titlealts",
        "label",
        "alt-title",
        "journal-meta",
        "article-meta",
        "permissions",
        "kwd-group",
        "contrib-group",
        "author-notes",
        "pub-date",
        "history",
        "processing-meta",
        "refmeta",
        "docinfo",
        "glossary-metadata",
        "object-id",
        "alt",
        "long-desc",
        "table-wrap-group-label",
    ]
)
_REFERENCES = ("topicref", "chapter", "appendix", "mapref", "part")
_NOTES = ("footnote", "fn")
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_TITLES = ("title", "article-title", "refname", "glossterm")
_DEFAULT_TITLES = {"abstract": "Abstract", "preface": "Preface", "ack": "Acknowledgements",
                   "dedication": "Dedication", "glossary": "Glossary"}  # fmt: skip


class XmlReader:
    """Reader of XML."""

    name = "xml"
    suffixes: tuple[str, ...] = (
        *(".xml", ".nxml", ".jats", ".dbk", ".docbook"),
        *(".dita", ".ditamap", ".cnxml"),
    )
    includes: tuple[str, ...] = (".xml", ".dbk", ".docbook", ".dita", ".ditamap", ".txt")
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file; XML of another kind is left out.

        Raises:
            CorpusError: If it is not well-formed, or exceeds a limit.
        """
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        root = parse_xml(request.data, budget)
        if root.tag == "mediawiki":
            from structtuning_plugin.corpus.readers.mediawiki import read_dump

            return read_dump(root, request, budget)
        if root.tag not in _ROOTS:
            return _other(request, root.tag)
        included = _Includes(request, budget, builder).resolve(root)
        walk = _Walk(budget, builder)
        walk.add_root(root)
        language = root.get("lang")
        return builder.build(walk.title, language, keeps_title=True, included=included)


@hookimpl
def register_readers() -> list[XmlReader]:
    """Register the reader `xml`."""
    return [XmlReader()]


def _other(request: ReadRequest, tag: str) -> ReadResult:
    detail = f"its root element is `{tag}`; JATS, DocBook, DITA, CNXML and MediaWiki dumps are read"
    dropped = Dropped(stage="read", id=request.document_id, reason="unknown_xml", detail=detail)
    return ReadResult(dropped=(dropped,))


class _Includes:
    """Replacement of references to files by what these files hold."""

    def __init__(self, request: ReadRequest, budget: Budget, builder: DocumentBuilder) -> None:
        self._root = request.root
        self._path = request.path
        self._budget = budget
        self._builder = builder
        self._files: list[str] = []

    def resolve(self, root: Element) -> list[str]:
        """Resolve all references; return the paths of the files."""
        if self._path is not None:
            self._resolve(root, self._path, (self._path,))
        return self._files

    def _resolve(self, root: Element, path: Path, above: tuple[Path, ...]) -> None:
        self._budget.check("depth", len(above))
        for element in list(root.walk()):
            is_empty = element.tag in _REFERENCES and not element.words()
            if element.get("href") and (element.tag == "include" or is_empty):
                self._include(element, path, above)

    def _include(self, element: Element, path: Path, above: tuple[Path, ...]) -> None:
        name = element.get("href").partition("#")[0]
        target = self._target(path, name)
        if target is None or target in above:
            self._builder.drop("missing_include", detail=element.get("href"))
            fallback = element.child("fallback")
            if fallback is not None:
                element.children, element.tag = list(fallback.children), "section-part"
            return
        self._files.append(str(target))
        if element.get("parse") == "text":
            element.children = [target.read_text(encoding="utf-8", errors="replace")]
            element.tag = "programlisting"
            return
        inner = parse_xml(target.read_bytes(), self._budget)
        self._resolve(inner, target, (*above, target))
        below = [child for child in element.elements if child.tag in ("topicref", "mapref")]
        for child in below:
            inner.append(child)
            self._resolve(child, path, above)
        element.replace(inner)

    def _target(self, path: Path, name: str) -> Path | None:
        if self._root is None or ":" in name:
            return None
        return resolve_inside(self._root, path.parent, name)


class _Walk:
    """Walk over a document in reading order."""

    def __init__(self, budget: Budget, builder: DocumentBuilder) -> None:
        self.title = ""
        self._budget = budget
        self._builder = builder
        self._notes: list[Element] = []

    def add_root(self, root: Element) -> None:
        """Add the whole document."""
        holder = root.child("front") or root.child("info") or root
        for tag in ("bookinfo", "articleinfo"):
            holder = root.child(tag) or holder
        title = root.child("title") or holder.find("article-title", "title", "mainbooktitle")
        self.title = self._title_text(title) if title is not None else ""
        skip = {title} if title is not None else set()
        body = root.child("body", "content") or root
        leads = self._leads(body, skip) if root.child("front") is not None else []
        for lead in leads:  # before the abstract, whose sections would take it otherwise
            self._block(lead, 1)
            lead.remove()
        for abstract in holder.find_all("abstract") if holder is not root else ():
            self._section(abstract, 1)
        self._children(root, 1, skip)

    def _leads(self, body: Element, skip: set[Element]) -> list[Element]:
        """List the blocks of the body before its first section."""
        leads: list[Element] = []
        for element in body.elements:
            if self._is_titled(element):
                break
            if element not in skip and self._is_block(element) and element.tag != "front":
                leads.append(element)
        return [] if body.tag not in ("body", "content") else leads

    def _is_titled(self, element: Element) -> bool:
        is_section = element.tag in _SECTIONS
        return is_section and (self._title_of(element) is not None or element.tag == "bridgehead")

    def _title_text(self, element: Element) -> str:
        for mark in element.find_all("fn", "footnote", "indexterm"):
            mark.remove()
        for mark in element.find_all("xref"):
            if mark.get("ref-type") in ("fn", "bibr", "aff"):
                mark.remove()
        return tidy_title(self._text(element))

    def _children(self, element: Element, level: int, skip: set[Element]) -> None:
        skip = skip | set(self._add_untitled(element, level, skip))
        run: list[Element | str] = []
        for child in element.children:
            if isinstance(child, Element) and child in skip:
                continue
            if isinstance(child, str) or not self._is_block(child):
                run.append(child)
                continue
            self._paragraph(run)
            run = []
            self._block(child, level)
        self._paragraph(run)

    def _add_untitled(self, element: Element, level: int, skip: set[Element]) -> list[Element]:
        """Add sections without a title that come after one with a title, whose text they are not.

        What is before the first section with a title is added before them.
        """
        parts = [e for e in element.elements if e not in skip]
        first = next((n for n, e in enumerate(parts) if self._is_titled(e)), len(parts))
        late = [e for e in parts[first:] if e.tag in _SECTIONS and not self._is_titled(e)]
        if not late or element.tag not in _SECTIONS | {"body"}:
            return []
        early = [e for e in parts[:first] if self._is_block(e)]
        for part in (*early, *late):
            self._block(part, level)
        return [*early, *late]

    def _is_block(self, element: Element) -> bool:
        if element.tag in _NOTES:
            return False
        return (
            element.tag in _BLOCK_READERS
            or element.tag in _SECTIONS
            or element.tag in _SILENT
            or element.tag in _HOLDERS
            or any(self._is_block(child) for child in element.elements)
        )

    def _block(self, element: Element, level: int) -> None:
        self._budget.check_time()
        read = _BLOCK_READERS.get(element.tag)
        if element.tag in _SILENT:
            return
        if element.tag in _DROPPED:
            self._builder.drop(_DROPPED[element.tag], detail=element.words())
        elif element.tag in _SECTIONS:
            self._section(element, level)
        elif read is not None:
            read(self, element, level)
        else:
            self._children(element, level, set())

    def _section(self, element: Element, level: int) -> None:
        """Add a section; one without a title is a part of the section around it."""
        if element.tag == "bridgehead":
            self._builder.add_heading(level, self._title_text(element))
            return
        title = self._title_of(element)
        words = self._title_text(title) if title is not None else ""
        words = words or _DEFAULT_TITLES.get(element.tag, "")
        if title is not None:
            title.remove()
        if words:
            self._builder.add_heading(level, words)
        self._children(element, level + bool(words), set())

    def _title_of(self, element: Element) -> Element | None:
        for holder in (element, *(e for e in element.elements if e.tag in _TITLE_HOLDERS)):
            title = holder.child(*_TITLES)
            if title is not None:
                return title
        return None

    def _read_paragraph(self, element: Element, level: int) -> None:
        title = element.child("title") if element.tag == "formalpara" else None
        if title is not None:
            words = self._title_text(title)
            title.remove()
            self._builder.add("paragraph", f"{words.rstrip('.')}. {self._text(element).strip()}")
            self._flush()
            return
        if any(self._is_block(child) for child in element.elements):
            self._children(element, level, set())
        else:
            self._paragraph(element.children)

    def _paragraph(self, run: list[Element | str]) -> None:
        text = "".join(self._inline(node) for node in run)
        text = " ".join(text.split())
        if text:
            self._builder.add("paragraph", text)
        self._flush()

    def _flush(self) -> None:
        notes, self._notes = self._notes, []
        for note in notes:
            self._children(note, 9, {e for e in note.elements if e.tag == "label"})

    def _read_code(self, element: Element, level: int) -> None:
        for mark in element.find_all("co", "remark", "indexterm"):
            mark.remove()
        self._builder.add("code", element.text())

    def _read_list(self, element: Element, level: int) -> None:
        title = element.child("title")
        if title is not None:
            self._builder.add("paragraph", self._title_text(title))
            title.remove()
        is_simple = not any(e.tag in _CODE or e.tag in _TABLES for e in element.walk())
        if is_simple:
            self._builder.add("list", "\n".join(self._list_lines(element, "")))
            self._flush()
            return
        for item in element.elements:
            self._children(item, level, set())

    def _list_lines(self, element: Element, indent: str) -> list[str]:
        lines: list[str] = []
        is_ordered = element.tag in _ORDERED or element.get("list-type") in ("order", "number")
        for number, item in enumerate(element.elements, 1):
            mark = f"{number}." if is_ordered else "-"
            inner = indent + " " * (len(mark) + 1)
            first = True
            for part in self._item_parts(item):
                if isinstance(part, Element):
                    lines += self._list_lines(part, inner)
                elif part:
                    lines.append(f"{indent}{mark} {part}" if first else f"{inner}{part}")
                    first = False
        return lines

    def _item_parts(self, item: Element) -> list[Element | str]:
        parts: list[Element | str] = []
        run: list[Element | str] = []
        for child in item.children:
            if isinstance(child, str) or not self._is_block(child):
                run.append(child)
                continue
            parts.append(" ".join("".join(map(self._inline, run)).split()))
            run = []
            if child.tag in _LISTS:
                parts.append(child)
            elif child.tag not in _SILENT:
                parts += self._item_parts(child)
        parts.append(" ".join("".join(map(self._inline, run)).split()))
        return parts

    def _read_definitions(self, element: Element, level: int) -> None:
        lines: list[str] = []
        for entry in element.find_all(
            "varlistentry", "def-item", "dlentry", "glossentry", "plentry"
        ):
            terms = [e for e in entry.elements if e.tag in ("term", "dt", "glossterm", "pt")]
            texts = [e for e in entry.elements if e not in terms]
            words = ", ".join(" ".join(self._text(term).split()) for term in terms)
            body = " ".join(
                str(p) for e in texts for p in self._item_parts(e) if isinstance(p, str)
            )
            lines.append(f"- {words}: {' '.join(body.split())}")
        self._builder.add("list", "\n".join(lines))
        self._flush()

    def _read_figure(self, element: Element, level: int) -> None:
        """Add the caption of a figure or a table, then what it holds."""
        label, caption, title = (
            element.child("label"),
            element.child("caption"),
            element.child("title"),
        )
        parts = [label.words()] if label is not None else []
        parts += [self._title_text(title)] if title is not None else []
        if caption is not None and caption.child("title", "p", "para") is not None:
            parts += [self._text(e).strip() for e in caption.elements]
        elif caption is not None:
            parts.append(self._text(caption).strip())
        self._builder.add("paragraph", " ".join(" ".join(parts).split()))
        self._children(element, level, {e for e in (label, caption, title) if e is not None})

    def _read_table(self, element: Element, level: int) -> None:
        if element.child("title", "caption", "label") is not None or element.tag == "table-wrap":
            inner = element.child("tgroup") or element.child("table")
            if inner is not None:
                self._read_figure(element, level)
                return
        rows = [
            [_cell(cell, self._text(cell)) for cell in row.elements]
            for row in element.find_all("tr", "row", "sthead", "strow")
        ]
        if element.child("title", "caption") is not None:
            self._paragraph(list((element.child("title", "caption") or element).children))
        self._builder.add("table", render_grid(lay_out(rows)))
        self._flush()

    def _read_formula(self, element: Element, level: int) -> None:
        tex = _tex_of(element)
        self._builder.add("paragraph", f"$${tex}$$" if tex else self._text(element))

    def _text(self, element: Element) -> str:
        return "".join(map(self._inline, element.children))

    def _inline(self, node: Element | str) -> str:
        if isinstance(node, str):
            return node
        if node.tag in _NOTES:
            self._notes.append(node)
            return ""
        if node.tag in _DROPPED:
            self._builder.drop(_DROPPED[node.tag], int(_DROPPED[node.tag] != "index"), node.words())
            return ""
        if node.tag in ("inline-formula", "inlineequation", "math", "tex-math", "alternatives"):
            tex = _tex_of(node)
            return f"${tex}$" if tex else self._text(node)
        if node.tag == "xref" and node.get("ref-type") == "fn":
            return ""
        if node.tag in _SILENT:
            return ""
        if node.tag == "quote":
            return f"\u201c{self._text(node)}\u201d"
        text = self._text(node)
        return (
            f" {text} " if node.tag in ("p", "para", "simpara", "list-item", "listitem") else text
        )


def _tex_of(element: Element) -> str:
    """Return a formula once, though the file has it in several forms."""
    math = element if element.tag == "math" else element.find("math")
    tex = element if element.tag == "tex-math" else element.find("tex-math", "mathphrase")
    if tex is not None:
        body = _TEX_BODY.search(tex.text())
        return " ".join((body[1] if body else tex.text()).split()).strip("$ ").strip()
    return mathml_to_tex(math) if math is not None else ""


def _cell(cell: Element, text: str) -> Cell:
    columns, rows = cell.get("colspan"), cell.get("rowspan")
    first, last = (re.sub(r"\D", "", cell.get(name)) for name in ("namest", "nameend"))
    width = int(columns) if columns.isdecimal() else 1
    if first and last and int(last) >= int(first):
        width = int(last) - int(first) + 1
    more = cell.get("morerows")
    height = int(rows) if rows.isdecimal() else 1 + (int(more) if more.isdecimal() else 0)
    return Cell(text=" ".join(text.split()), columns=width, rows=height)


_TITLE_HOLDERS = frozenset(
    [
        "info",
        "caption",
        "front-stub",
        "book-part-meta",
        "title-group",
        "sectioninfo",
        "chapterinfo",
        "refnamediv",
    ]
)
_TABLES = ("table", "informaltable", "table-wrap", "simpletable")
_HOLDERS = frozenset(
    [
        "body",
        "back",
        "floats-group",
        "app-group",
        "content",
        "conbody",
        "taskbody",
        "refbody",
        "steps-section",
        "dita",
        "listitem",
        "list-item",
        "item",
        "li",
        "step",
        "note",
        "tip",
        "warning",
        "caution",
        "important",
        "blockquote",
        "disp-quote",
        "example",
        "exercise",
        "problem",
        "solution",
        "section-part",
        "answer",
        "question",
        "qandaset",
        "map",
        "bookmap",
        "topicref",
        "topicmeta",
        "section-div",
        "bodydiv",
        "div",
        "refsynopsisdiv",
        "refnamediv",
        "epigraph",
        "abstract-group",
        "mainbooktitle",
        "booktitle",
        "frontmatter",
        "backmatter",
    ]
)
_BLOCK_READERS: dict[str, Callable[[_Walk, Element, int], None]] = {
    **dict.fromkeys(_PARAGRAPHS, _Walk._read_paragraph),
    **dict.fromkeys(_CODE, _Walk._read_code),
    **dict.fromkeys(_LISTS, _Walk._read_list),
    **dict.fromkeys(_DEFINITIONS, _Walk._read_definitions),
    **dict.fromkeys(("figure", "informalfigure", "fig"), _Walk._read_figure),
    **dict.fromkeys(_TABLES, _Walk._read_table),
    **dict.fromkeys(
        ("disp-formula", "equation", "informalequation", "equationblock"), _Walk._read_formula
    ),
}
