"""Reader of reStructuredText, with the contents trees and the markup of Sphinx.

    Pumps           ->   Heading(level=1, title="Pumps")
    =====

Included files and those of a `toctree` are part of the document, if they are inside the corpus
entry's folder. Nothing is executed or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.limits import Budget, resolve_inside
from structtuning_plugin.corpus.tables import Cell, lay_out, render_grid
from structtuning_plugin.hookspecs import ReadRequest

_DIRECTIVE = re.compile(r"^([ \t]*)\.\. (include|literalinclude|toctree)::[ \t]*(.*)$")
_ROLE_TARGET = re.compile(r"\s*<[^<>]*>\s*\Z")
_TITLE_FAULT = re.compile(r"title (?:level|style)", re.IGNORECASE)
_SKIPPED = ("comment", "substitution_definition", "target", "raw", "docinfo", "meta", "transition",
            "pending", "decoration", "footnote", "index", "title", "subtitle")  # fmt: skip
_SPHINX = (
    "versionadded", "versionchanged", "deprecated", "seealso", "todo", "only", "tabs", "tab",
    "function", "class", "method", "attribute", "data", "exception", "module", "program", "option",
    "py:function", "py:class", "py:method", "py:attribute", "py:data", "py:module", "describe",
    "hlist", "centered", "glossary", "productionlist", "confval", "envvar", "cmdoption", "rubric-x",
)  # fmt: skip
_PLACEHOLDER = "structtuning-toctree"


class RstReader:
    """Reader of reStructuredText."""

    name = "rst"
    suffixes: tuple[str, ...] = (".rst", ".rest")
    includes: tuple[str, ...] = (
        ".rst",
        ".rest",
        ".txt",
        ".inc",
        ".py",
        ".c",
        ".sh",
        ".yaml",
        ".json",
    )

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If the library is missing, or the file exceeds a limit.
        """
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        book = _Book(request, budget, builder)
        book.add(clean(request.text)[0], request.path, 1, ())
        return builder.build(included=book.files)


@hookimpl
def register_readers() -> list[RstReader]:
    """Register the reader `rst`."""
    return [RstReader()]


@dataclass
class _Source:
    """Text of a file with its included files in it, and the files of its contents trees."""

    text: str
    trees: list[list[Path]]


class _Book:
    """A file and the files that it includes or lists."""

    def __init__(self, request: ReadRequest, budget: Budget, builder: DocumentBuilder) -> None:
        self._root = request.root
        self._budget = budget
        self._builder = builder
        self.files: list[str] = []

    def add(self, text: str, path: Path | None, level: int, above: tuple[Path, ...]) -> None:
        """Add a file, its top headings at a level."""
        self._budget.check("depth", len(above))
        above = (*above, path) if path is not None else above
        source = _Source("", [])
        source.text = self._expand(text, path, source, above)
        _Walk(self, source, self._budget, self._builder, above).add(_parse(source.text), level)

    def add_tree(self, paths: list[Path], level: int, above: tuple[Path, ...]) -> None:
        """Add the files of a contents tree."""
        for path in paths:
            if path not in above and str(path) not in self.files:
                self.files.append(str(path))
                self.add(_read(path), path, level, above)

    def _expand(
        self, text: str, path: Path | None, source: _Source, above: tuple[Path, ...]
    ) -> str:
        """Put the text of included files in the place of their directives."""
        lines = text.split("\n")
        out: list[str] = []
        index = 0
        while index < len(lines):
            match = _DIRECTIVE.match(lines[index])
            index += 1
            if match is None:
                out.append(lines[index - 1])
                continue
            indent, kind, argument = match.groups()
            body: list[str] = []
            while index < len(lines) and (
                not lines[index].strip() or lines[index].startswith(f"{indent} ")
            ):
                body.append(lines[index].strip())
                index += 1
            out += self._replacement(indent, kind, argument, body, path, source, above)
        return "\n".join(out)

    def _replacement(
        self,
        indent: str,
        kind: str,
        argument: str,
        body: list[str],
        path: Path | None,
        source: _Source,
        above: tuple[Path, ...],
    ) -> list[str]:
        if kind == "toctree":
            source.trees.append(self._tree_files(body, path))
            return ["", f"{indent}.. {_PLACEHOLDER}:: {len(source.trees) - 1}", ""]
        target = self._target(argument.strip(), path)
        if target is None or target in above:
            self._builder.drop("missing_include", detail=argument)
            return [""]
        self.files.append(str(target))
        text = _read(target)
        if kind == "literalinclude" or any(
            line.startswith((":literal:", ":code:")) for line in body
        ):
            return ["", f"{indent}::", "", *(f"{indent}   {line}" for line in text.split("\n")), ""]
        inner = self._expand(text, target, source, (*above, target))
        return [f"{indent}{line}" if line else "" for line in inner.split("\n")]

    def _tree_files(self, body: list[str], path: Path | None) -> list[Path]:
        files: list[Path] = []
        for line in body:
            entry = re.sub(r".*<([^<>]+)>\Z", r"\1", line)
            if not entry or entry.startswith(":"):
                continue
            names = (f"{entry}.rst", entry)
            found = next((t for t in (self._target(n, path) for n in names) if t is not None), None)
            if found is not None:
                files.append(found)
            else:
                self._builder.drop("missing_include", detail=entry)
        return files

    def _target(self, name: str, path: Path | None) -> Path | None:
        if self._root is None or path is None or not name or name.startswith("<"):
            return None
        folder = self._root if name.startswith("/") else path.parent
        return resolve_inside(self._root, folder, name.lstrip("/"))


def _read(path: Path) -> str:
    from structtuning_plugin.corpus.decoding import decode

    return clean(decode(path.read_bytes()).text)[0]


def _parse(text: str) -> Any:
    """Parse reStructuredText without files, raw text, and a title of its own."""
    core = import_extra("docutils.core", "rst")
    rst = import_extra("docutils.parsers.rst", "rst")
    states = import_extra("docutils.parsers.rst.states", "rst")
    nodes = import_extra("docutils.nodes", "rst")
    _register(rst, nodes)

    inliner = states.Inliner()
    known, interpret = _known_roles(rst), inliner.interpreted

    def interpreted(rawsource: str, text: str, role: str, lineno: int) -> Any:
        """Read the roles of Sphinx: their text stays."""
        if role in known:
            return interpret(rawsource, text, role, lineno)
        words = _ROLE_TARGET.sub("", text) if "<" in text else text.lstrip("!~.")
        return [nodes.literal(rawsource, words)], []

    # A subclass would not do: docutils looks for its patterns in the class of the object.
    inliner.interpreted = interpreted
    settings = {
        "doctitle_xform": False, "file_insertion_enabled": False, "raw_enabled": False,
        "report_level": 5, "halt_level": 6, "_disable_config": True, "syntax_highlight": "none",
        "smart_quotes": False, "input_encoding": "unicode", "line_length_limit": 10**7,
    }  # fmt: skip
    return core.publish_doctree(
        text, parser=rst.Parser(inliner=inliner), settings_overrides=settings
    )


def _known_roles(rst: Any) -> set[str]:
    roles = import_extra("docutils.parsers.rst.roles", "rst")
    return {*roles._role_registry, *roles._roles, ""} | {"code", "math", "sub", "sup", "emphasis"}


def _register(rst: Any, nodes: Any) -> None:
    """Register directives that only Sphinx has: their content is read."""
    directives = rst.directives

    class Content(rst.Directive):  # type: ignore[misc]
        """Directive whose arguments and content are text."""

        has_content, optional_arguments, final_argument_whitespace = True, 1, True
        option_spec = _AnyOption()

        def run(self) -> Any:
            holder = nodes.container()
            if self.arguments and self.name not in ("only", "tabs", "glossary", "module", "todo"):
                holder += nodes.paragraph("", self.arguments[0])
            self.state.nested_parse(self.content, self.content_offset, holder)
            return [holder]

    class Placeholder(rst.Directive):  # type: ignore[misc]
        """Place of a contents tree."""

        required_arguments = 1

        def run(self) -> Any:
            return [nodes.comment("", self.arguments[0], classes=[_PLACEHOLDER])]

    directives.register_directive(_PLACEHOLDER, Placeholder)
    for name in _SPHINX:
        directives.register_directive(name, Content)


class _AnyOption(dict[str, Callable[[Any], Any]]):
    """Options of any name."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: str) -> Callable[[Any], Any]:
        return str


class _Walk:
    """Walk over the tree of docutils."""

    def __init__(
        self,
        book: _Book,
        source: _Source,
        budget: Budget,
        builder: DocumentBuilder,
        above: tuple[Path, ...],
    ) -> None:
        self._book, self._source, self._above = book, source, above
        self._budget, self._builder = budget, builder
        self._notes: dict[str, Any] = {}
        self._pending: list[Any] = []

    def add(self, tree: Any, level: int) -> None:
        """Add a document, its top sections at a level."""
        for node in tree.findall(lambda n: n.tagname == "footnote"):
            self._notes.update(dict.fromkeys(node["ids"], node))
        self._children(tree, level)

    def _children(self, node: Any, level: int) -> None:
        for child in node.children:
            self._budget.check_time()
            self._add(child, level)

    def _add(self, node: Any, level: int) -> None:
        tag = node.tagname
        if tag == "section":
            self._builder.add_heading(level, self._title(node))
            self._flush(level + 1)
            self._children(node, level + 1)
        elif tag == "comment" and _PLACEHOLDER in node["classes"]:
            tree = self._source.trees[int(node.astext())]
            self._book.add_tree(tree, level, self._above)
        elif tag == "system_message":
            self._fault(node, level)
        elif tag == "topic" and "contents" in node["classes"]:
            self._builder.drop("contents", detail=node.astext())
        elif tag in ("literal_block", "doctest_block", "math_block"):
            is_math = tag == "math_block"
            text = f"$${node.astext()}$$" if is_math else node.astext()
            self._builder.add("paragraph" if is_math else "code", text)
        elif tag in (
            "bullet_list",
            "enumerated_list",
            "definition_list",
            "field_list",
            "option_list",
        ):
            self._list(node, level)
        elif tag == "table":
            self._table(node)
        elif tag == "image":
            self._builder.drop("image", detail=node.get("alt", ""))
        elif tag not in _SKIPPED:
            self._text_block(node, level)

    def _text_block(self, node: Any, level: int) -> None:
        if node.tagname in ("paragraph", "rubric", "caption", "attribution", "line", "term"):
            self._builder.add("paragraph", " ".join(self._inline(node).split()))
            self._flush(level)
        elif node.tagname == "line_block":
            self._builder.add("paragraph", "\n".join(self._inline(line) for line in node.children))
        elif node.children:
            self._children(node, level)

    def _title(self, section: Any) -> str:
        return tidy_title(self._inline(section.children[0])) if section.children else ""

    def _fault(self, node: Any, level: int) -> None:
        """Keep a heading that docutils refuses because a level is skipped."""
        text = node.astext()
        if _TITLE_FAULT.search(text) and len(node.children) > 1:
            sources = [child for child in node.children if child.tagname == "literal_block"]
            lines = sources[0].astext().split("\n") if sources else []
            titles = [line for line in lines if any(c.isalnum() for c in line)]
            self._builder.add_heading(level, titles[0] if titles else "")
            return
        if node.children and "Unknown directive type" in text:
            self._builder.drop("unknown_directive", detail=text)

    def _list(self, node: Any, level: int) -> None:
        blocks = node.findall(lambda n: n.tagname in ("literal_block", "table", "section"))
        if next(iter(blocks), None) is None:
            self._builder.add("list", "\n".join(self._lines(node, "")))
            self._flush(level)
            return
        for item in node.children:
            self._children(item, level)

    def _lines(self, node: Any, indent: str) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(node.children, int(node.get("start", 1))):
            if node.tagname in ("definition_list", "field_list", "option_list"):
                terms = [self._inline(c) for c in item.children[:-1] if c.tagname != "classifier"]
                text = " ".join(self._flat(item.children[-1]).split())
                lines.append(f"{indent}- {', '.join(terms)}: {text}")
                continue
            mark = f"{number}." if node.tagname == "enumerated_list" else "-"
            lines += self._item(item, mark, indent)
        return lines

    def _item(self, item: Any, mark: str, indent: str) -> list[str]:
        lines: list[str] = []
        inner = indent + " " * (len(mark) + 1)
        for child in item.children:
            if child.tagname.endswith("_list"):
                lines += self._lines(child, inner)
            else:
                text = " ".join(self._flat(child).split())
                lines.append(f"{inner}{text}" if lines else f"{indent}{mark} {text}")
        return lines

    def _flat(self, node: Any) -> str:
        blocks = ("paragraph", "term")
        if node.tagname in blocks or not any(hasattr(c, "tagname") for c in node.children):
            return self._inline(node)
        return " ".join(self._flat(child) for child in node.children)

    def _table(self, node: Any) -> None:
        for title in (child for child in node.children if child.tagname == "title"):
            self._builder.add("paragraph", self._inline(title))
        rows: list[list[Cell]] = []
        for row in node.findall(lambda n: n.tagname == "row"):
            cells = [
                Cell(
                    text=" ".join(self._flat(entry).split()),
                    columns=entry.get("morecols", 0) + 1,
                    rows=entry.get("morerows", 0) + 1,
                )
                for entry in row.children
            ]
            rows.append(cells)
        self._builder.add("table", render_grid(lay_out(rows)))

    def _inline(self, node: Any) -> str:
        parts: list[str] = []
        for child in node.children:
            tag = child.tagname
            if tag == "footnote_reference":
                note = self._notes.pop(child.get("refid", ""), None)
                self._pending += [note] if note is not None else []
            elif tag == "math":
                parts.append(f"${child.astext()}$")
            elif tag in ("image", "target", "problematic", "substitution_reference"):
                parts.append(child.astext() if tag != "image" else "")
            else:
                parts.append(self._inline(child) if child.children else child.astext())
        return "".join(parts) if node.children else node.astext()

    def _flush(self, level: int) -> None:
        pending, self._pending = self._pending, []
        for note in pending:
            for child in note.children:
                if child.tagname != "label":
                    self._add(child, level)
