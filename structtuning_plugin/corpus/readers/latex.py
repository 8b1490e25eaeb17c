r"""Reader of LaTeX.

    \section[Short]{The \emph{Crank}}   ->   Heading(level=1, title="The Crank")
    A piston moves.\footnote{Up.}            "A piston moves.", then "Up."

A document is read from the file with `\documentclass`; the files that it inputs are part of it.
Nothing is executed, and no file outside the corpus entry's folder is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Dropped, ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.decoding import clean
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.latex_source import MARK, MARK_END, LatexSource
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.corpus.tables import render_grid
from structtuning_plugin.hookspecs import ReadRequest

_LEVELS = {"part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5}
_RUN_IN = ("paragraph", "subparagraph")
_MARKED = re.compile(f"{MARK}(\\d+){MARK_END}")
# Words, with the blanks between them that begin no paragraph, of characters that are never special.
_WORDS = re.compile(r"(?: |\n(?!\s))?(?:[^\W_]|[.,;:])+(?:(?: |\n(?!\s))(?:[^\W_]|[.,;:])+)*")
# Macros without text, and the number of their arguments.
_SILENT = frozenset(
    [
        "label",
        "index",
        "glossary",
        "vspace",
        "hspace",
        "vskip",
        "hskip",
        "pagestyle",
        "thispagestyle",
        "setcounter",
        "addtocounter",
        "addcontentsline",
        "setlength",
        "addtolength",
        "usepackage",
        "documentclass",
        "bibliographystyle",
        "pagenumbering",
        "hypersetup",
        "lstset",
        "graphicspath",
        "geometry",
        "newtheorem",
        "theoremstyle",
        "makeindex",
        "maketitle",
        "date",
        "author",
        "tableofcontents",
        "listoffigures",
        "listoftables",
        "printindex",
        "clearpage",
        "newpage",
        "cleardoublepage",
        "frontmatter",
        "mainmatter",
        "backmatter",
        "noindent",
        "centering",
        "raggedright",
        "small",
        "large",
        "Large",
        "footnotesize",
        "nocite",
        "includegraphics",
        "bibliography",
        "today",
        "markboth",
        "markright",
        "pagebreak",
        "newline",
        "selectlanguage",
        "thanks",
        "and",
        "ref",
        "pageref",
        "eqref",
        "autoref",
        "cref",
        "Cref",
        "nameref",
        "phantomsection",
        "protect",
        "hline",
        "toprule",
        "midrule",
        "bottomrule",
        "cline",
        "cmidrule",
        "color",
        "textcolor",
        "definecolor",
        "input",
        "include",
        "affiliation",
        "email",
        "includeonly",
        "appendix",
        "title",
        "newenvironment",
        "renewenvironment",
        "ensuremath",
        "par",
        "item",
    ]
)
_BLANKS = {"~": " ", ",": " ", ";": " ", ":": " ", "!": "", " ": " ", "\n": " ", "quad": " ",
           "qquad": "  ", "\\": "\n", "newline": "\n", "-": "", "/": "", "@": "",
           "linebreak": "\n", "enspace": " ", "thinspace": " "}  # fmt: skip
_SIGNS = {"%": "%", "&": "&", "#": "#", "_": "_", "$": "$", "{": "{", "}": "}", "ldots": "…",
          "dots": "…", "textellipsis": "…", "LaTeX": "LaTeX", "TeX": "TeX", "textbackslash": "\\",
          "S": "§", "P": "¶", "textasciitilde": "~", "textasciicircum": "^", "slash": "/",
          "BibTeX": "BibTeX", "textregistered": "®", "texttrademark": "™",
          "copyright": "©"}  # fmt: skip
_SPECIALS = {"~": " ", "``": "“", "''": "”", "--": "–", "---": "—", "!`": "¡", "?`": "¿", "&": " "}
_LISTS = ("itemize", "enumerate", "description", "compactitem", "compactenum", "inparaenum")
_TABLES = ("tabular", "tabular*", "tabularx", "longtable", "tabulary", "array", "tblr")
_DROPPED = {"thebibliography": "references", "tikzpicture": "drawing", "picture": "drawing",
            "pspicture": "drawing", "pgfpicture": "drawing", "theindex": "index",
            "CCSXML": "metadata", "titlepage": "title_page"}  # fmt: skip
_THEOREMS = frozenset(
    [
        "theorem",
        "lemma",
        "corollary",
        "proposition",
        "definition",
        "remark",
        "example",
        "proof",
        "claim",
        "conjecture",
        "axiom",
        "exercise",
        "solution",
        "note",
    ]
)
_OWN_ARGUMENTS = {
    **dict.fromkeys((*_LEVELS, *_RUN_IN), "*[{"), "footnote": "[{", "footnotetext": "[{",
    "texorpdfstring": "{{", "href": "{{", "url": "{", "caption": "*[{", "thanks": "{",
    "multicolumn": "{{{", "multirow": "*[{{{", "textcolor": "[{{", "title": "[{", "author": "[{",
    "addcontentsline": "{{{", "cite": "*[[{", "citep": "*[[{", "citet": "*[[{", "parencite": "[[{",
    "textcite": "[[{", "includegraphics": "*[{", "label": "{", "ref": "{", "pageref": "{",
    "eqref": "{", "autoref": "{", "cref": "{", "Cref": "{", "nameref": "{", "index": "[{",
    "date": "{", "hypersetup": "{", "lstset": "{", "bibliography": "{", "bibliographystyle": "{",
    "setlength": "{{", "setcounter": "{{", "addtocounter": "{{", "vspace": "*{", "hspace": "*{",
    "pagestyle": "{", "thispagestyle": "{", "pagenumbering": "{", "markboth": "{{",
    "graphicspath": "{", "geometry": "{", "newtheorem": "*{[{[", "nocite": "{", "input": "{",
    "include": "{", "includeonly": "{", "definecolor": "{{{", "color": "[{", "cmidrule": "[{",
    "cline": "{", "usepackage": "[{", "documentclass": "[{", "newenvironment": "{[[{{",
    "renewenvironment": "{[[{{", "email": "{", "affiliation": "[{", "selectlanguage": "{",
    "mbox": "{", "texttt": "{", "textsf": "{", "textmd": "{", "textup": "{", "item": "[",
    "theoremstyle": "{", "markright": "{",
}  # fmt: skip


class LatexReader:
    """Reader of LaTeX."""

    name = "latex"
    suffixes: tuple[str, ...] = (".tex", ".ltx")
    includes: tuple[str, ...] = (".tex", ".ltx")

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one document, or a file without a document around it.

        Raises:
            CorpusError: If the library is missing, or the file exceeds a limit.
        """
        text = clean(request.text)[0]
        if not _has_class(text) and (main := _main_file(request)) is not None:
            detail = f"no document includes it; {main} is one"
            dropped = Dropped(
                stage="read", id=request.document_id, reason="not_included", detail=detail
            )
            return ReadResult(dropped=(dropped,))
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        source = LatexSource(request.root, budget, builder)
        expanded = source.read(text, request.path)
        walk = _Walk(source, budget, builder)
        walk.add_document(expanded)
        return builder.build(
            walk.title, keeps_title=True, included=source.files, switched_off=source.drafts
        )


@hookimpl
def register_readers() -> list[LatexReader]:
    """Register the reader `latex`."""
    return [LatexReader()]


def _has_class(text: str) -> bool:
    return re.search(r"^[^%\n]*\\documentclass", text, re.MULTILINE) is not None


def _main_file(request: ReadRequest) -> str | None:
    """Return the name of a document in the folders above a file, inside the corpus entry's."""
    if request.path is None or request.root is None:
        return None
    folder = request.path.parent
    while folder.is_relative_to(request.root):
        main = _main_in(folder)
        if main is not None:
            return main
        folder = folder.parent
    return None


@cache
def _main_in(folder: Path) -> str | None:
    for path in sorted(folder.glob("*.tex")):
        if _has_class(path.read_bytes()[:20_000].decode("utf-8", "replace")):
            return path.name
    return None


@dataclass
class _Frame:
    """What is gathered for the present paragraph."""

    parts: list[str] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)


class _Walk:
    """Walk over the nodes of pylatexenc."""

    def __init__(self, source: LatexSource, budget: Budget, builder: DocumentBuilder) -> None:
        self.title = ""
        self._source, self._budget, self._builder = source, budget, builder
        self._frame = _Frame()
        self._in_appendix = False
        self._used: set[int] = set()
        self._walker = import_extra("pylatexenc.latexwalker", "latex")
        self._macrospec = import_extra("pylatexenc.macrospec", "latex")
        text = import_extra("pylatexenc.latex2text", "latex")
        self._to_text = text.LatexNodes2Text(math_mode="verbatim")

    def add_document(self, text: str) -> None:
        """Add a whole document."""
        self._used = {
            level for name, level in _LEVELS.items() if re.search(rf"\\{name}\b\*?\s*[\[{{]", text)
        }
        preamble, mark, body = text.partition("\\begin{document}")
        for match in re.finditer(r"\\title\s*(?:\[[^\]]*\])?\s*(?=\{)", text):
            nodes = self._nodes(text[match.end() :][:2000])
            self.title = self._title_of(nodes[:1]) if nodes else ""
            break
        self._flow(self._nodes(body if mark else preamble))
        self._close()

    def _nodes(self, text: str) -> list[Any]:
        context = self._walker.get_default_latex_context_db()
        std = self._macrospec.std_macro
        context.add_context_category(
            "ours", prepend=True,
            macros=[std(name, spec) for name, spec in _OWN_ARGUMENTS.items()],
        )  # fmt: skip
        walker = _walker_class()(text, latex_context=context, tolerant_parsing=True)
        nodes, _, _ = walker.get_latex_nodes(pos=0)
        return [node for node in nodes if node is not None]

    # --- blocks

    def _flow(self, nodes: list[Any]) -> None:
        for node in nodes:
            self._budget.check_time()
            kind = type(node).__name__
            if kind == "LatexMacroNode" and self._is_block_macro(node):
                continue
            if kind == "LatexEnvironmentNode":
                self._environment(node)
            elif kind == "LatexGroupNode" and self._holds_blocks(node.nodelist):
                self._flow(node.nodelist)
            elif kind == "LatexMathNode" and node.displaytype == "display":
                self._close()
                self._builder.add("paragraph", f"$${_math(node, self._walker)}$$")
            else:
                self._add_inline(node)

    def _holds_blocks(self, nodes: list[Any]) -> bool:
        return any(
            type(node).__name__ == "LatexEnvironmentNode"
            or getattr(node, "macroname", "") in (*_LEVELS, "par")
            for node in nodes
        )

    def _is_block_macro(self, node: Any) -> bool:
        name = node.macroname
        if name in _LEVELS:
            self._close()
            title = self._title_of(_arguments(node)[-1:])
            self._builder.add_heading(self._level(name), title)
            self._add_notes()
        elif name in _RUN_IN:
            self._close()
            self._frame.parts.append(f"{self._title_of(_arguments(node)[-1:])} ")
        elif name == "caption":
            self._close()
            self._builder.add("paragraph", self._inline(_arguments(node)[-1:]))
            self._add_notes()
        elif name == "par":
            self._close()
        elif name in ("appendix", "backmatter"):
            self._in_appendix = True
        elif name == "includegraphics":
            self._builder.drop("image", detail=self._inline(_arguments(node)[-1:]))
        else:
            return False
        return True

    def _level(self, name: str) -> int:
        """Return the level of a heading: those that the document uses, without gaps.

        After the last part, chapters of the appendix are beside the parts.
        """
        used = sorted(self._used)
        level = _LEVELS[name]
        rank = used.index(level) + 1 if level in used else level
        is_lifted = self._in_appendix and _LEVELS["part"] in used and level > _LEVELS["part"]
        return max(1, rank - 1) if is_lifted else rank

    def _environment(self, node: Any) -> None:
        name = node.environmentname.rstrip("*")
        if name in _DROPPED:
            self._builder.drop(_DROPPED[name], detail=node.latex_verbatim()[:80])
        elif name in _LISTS:
            self._close()
            self._list(node)
        elif node.environmentname in _TABLES or name in _TABLES:
            self._close()
            self._table(node)
        elif name in _MATH:
            self._close()
            self._builder.add("paragraph", f"$${_math(node, self._walker)}$$")
        elif name == "abstract":
            self._close()
            self._builder.add_heading(1, "Abstract")
            self._flow(node.nodelist)
            self._close()
        else:
            self._close()
            if name in _THEOREMS:
                self._frame.parts.append(f"{name.capitalize()}. ")
            self._flow(_without_options(node.nodelist))
            self._close()

    def _list(self, node: Any) -> None:
        is_simple = not any(
            type(inner).__name__ == "LatexEnvironmentNode"
            and inner.environmentname.rstrip("*") not in _LISTS
            for inner in node.nodelist
        ) and not _MARKED.search(node.latex_verbatim())
        if is_simple:
            self._builder.add("list", "\n".join(self._list_lines(node, "")))
            self._add_notes()
            return
        for label, nodes in _items(node):
            self._frame.parts.append(f"{self._inline([label]) if label is not None else '-'} ")
            self._flow(nodes)
            self._close()

    def _list_lines(self, node: Any, indent: str) -> list[str]:
        lines: list[str] = []
        is_ordered = "enum" in node.environmentname
        for number, (label, nodes) in enumerate(_items(node), 1):
            mark = f"{number}." if is_ordered else "-"
            inner = [n for n in nodes if type(n).__name__ == "LatexEnvironmentNode"]
            text = self._inline([n for n in nodes if n not in inner])
            name = f"{self._inline([label])}: " if label is not None else ""
            lines.append(f"{indent}{mark} {name}{' '.join(text.split())}".rstrip())
            for environment in inner:
                lines += self._list_lines(environment, indent + " " * (len(mark) + 1))
        return lines

    def _table(self, node: Any) -> None:
        rows: list[list[str]] = [[""]]
        for inner in _without_options(node.nodelist, groups=True):
            kind = type(inner).__name__
            if kind == "LatexSpecialsNode" and inner.specials_chars == "&":
                rows[-1].append("")
            elif getattr(inner, "macroname", "") in ("\\", "tabularnewline"):
                rows.append([""])
            elif getattr(inner, "macroname", "") == "multicolumn":
                arguments = _arguments(inner)
                rows[-1][-1] += self._inline(arguments[-1:])
                count = self._inline(arguments[:1])
                rows[-1] += [""] * (int(count) - 1 if count.isdecimal() else 0)
            elif getattr(inner, "macroname", "") == "multirow":
                rows[-1][-1] += self._inline(_arguments(inner)[-1:])
            else:
                rows[-1][-1] += self._inline([inner], strip=False)
        width = max(map(len, rows))
        grid = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
        self._builder.add("table", render_grid(grid))
        self._add_notes()

    def _close(self) -> None:
        """Add the paragraphs gathered so far, the verbatim blocks between them, and the notes."""
        text = "".join(self._frame.parts)
        self._frame.parts = []
        for part in re.split(r"\n[ \t]*\n\s*", text):
            self._add_paragraph(part)
        self._add_notes()

    def _add_paragraph(self, text: str) -> None:
        match = _MARKED.fullmatch(text.strip())
        if match is not None and self._source.verbatims[int(match[1])][1]:
            self._builder.add("code", self._source.verbatims[int(match[1])][0])
            return
        lines = [" ".join(line.split()) for line in self._filled(text).split("\v")]
        self._builder.add("paragraph", "\n".join(line for line in lines if line))

    def _filled(self, text: str) -> str:
        return _MARKED.sub(lambda match: self._source.verbatims[int(match[1])][0], text)

    def _add_notes(self) -> None:
        notes, self._frame.notes = self._frame.notes, []
        for note in notes:
            self._builder.add("paragraph", self._inline([note]))

    # --- running text

    def _title_of(self, nodes: list[Any]) -> str:
        return tidy_title(self._inline(nodes))

    def _inline(self, nodes: list[Any], strip: bool = True) -> str:
        outer, self._frame.parts = self._frame.parts, []
        for node in nodes:
            if node is not None:
                self._add_inline(node)
        text, self._frame.parts = "".join(self._frame.parts), outer
        text = self._filled(text).replace("\v", " ")
        return " ".join(text.split()) if strip else text

    def _add_inline(self, node: Any) -> None:
        parts, kind = self._frame.parts, type(node).__name__
        if kind == "LatexCharsNode":
            parts.append(node.chars)
        elif kind == "LatexGroupNode":
            self._add_all(node.nodelist)
        elif kind == "LatexMathNode":
            parts.append(f"${_math(node, self._walker)}$")
        elif kind == "LatexSpecialsNode":
            parts.append(_SPECIALS.get(node.specials_chars, node.specials_chars))
        elif kind == "LatexEnvironmentNode":
            self._add_all(node.nodelist)
        elif kind == "LatexMacroNode":
            self._add_macro(node)

    def _add_all(self, nodes: list[Any]) -> None:
        for node in nodes:
            if node is not None:
                self._add_inline(node)

    def _add_macro(self, node: Any) -> None:
        parts, name, arguments = self._frame.parts, node.macroname, _arguments(node)
        if name in _BLANKS:
            parts.append("\v" if _BLANKS[name] == "\n" else _BLANKS[name])
        elif name in _SIGNS:
            parts.append(_SIGNS[name] + ("" if not node.macro_post_space else " "))
        elif name in ("footnote", "footnotetext"):
            self._frame.notes += arguments[-1:]
        elif name == "texorpdfstring":
            self._add_all(arguments[-1:])
        elif name.startswith(("cite", "parencite", "textcite")):
            parts.append(f"[{self._inline(arguments[-1:])}]")
        elif name == "href" or name in ("textcolor", "multirow"):
            self._add_all(arguments[-1:])
        elif name not in _SILENT:
            self._add_other(node, arguments)

    def _add_other(self, node: Any, arguments: list[Any]) -> None:
        """Add a macro that is not known here: an accent or a sign, else its arguments."""
        texts = [argument for argument in arguments if argument is not None]
        if texts and node.macroname not in _ACCENTS:
            self._add_all([a for a in texts if not _is_option(a)])
            return
        try:
            text = self._to_text.node_to_text(node)
        except Exception:  # a faulty macro must not stop the document
            text = ""
        self._frame.parts.append(text + (" " if node.macro_post_space and text else ""))


@cache
def _walker_class() -> Any:
    """Return the walker of pylatexenc with words as tokens where it wants no single character.

    It calls for a token for each character, and compares each with all special ones.
    """
    module = import_extra("pylatexenc.latexwalker", "latex")
    get_token = module.LatexWalker.get_token

    def get_word(self: Any, pos: int, *values: Any, environments: bool = True, **more: Any) -> Any:
        # Arguments of macros, which may be one character, are read without environments.
        is_flow = environments and more.get("parsing_state") is not None
        match = _WORDS.match(self.s, pos) if is_flow else None
        if match is None:
            return get_token(self, pos, *values, environments=environments, **more)
        return module.LatexToken(tok="char", arg=match[0], pos=pos, len=len(match[0]), pre_space="")

    return type("WordWalker", (module.LatexWalker,), {"get_token": get_word})


_ACCENTS = frozenset(
    ["`", "'", "^", '"', "~", "=", ".", "u", "v", "H", "c", "d", "b", "r", "k", "t"]
)
_MATH = frozenset(
    [
        "equation",
        "align",
        "gather",
        "multline",
        "eqnarray",
        "displaymath",
        "math",
        "alignat",
        "flalign",
        "dmath",
        "split",
    ]
)


def _arguments(node: Any) -> list[Any]:
    parsed = getattr(node, "nodeargd", None)
    arguments = list(parsed.argnlist) if parsed is not None and parsed.argnlist else []
    return [a for a in arguments if a is None or getattr(a, "chars", "") != "*"]


def _is_option(node: Any) -> bool:
    return type(node).__name__ == "LatexGroupNode" and node.delimiters[0] == "["


def _math(node: Any, walker: Any) -> str:
    """Return the source of a formula without its delimiters, labels and marks of verbatim text."""
    inner = "".join(n.latex_verbatim() for n in node.nodelist if n is not None)
    inner = re.sub(r"\\(?:label|tag|nonumber|notag)\*?(?:\{[^{}]*\})?", "", inner)
    is_aligned = "align" in getattr(node, "environmentname", "")
    text = " ".join(inner.split())
    return f"\\begin{{aligned}} {text} \\end{{aligned}}" if is_aligned else text


def _items(node: Any) -> list[tuple[Any, list[Any]]]:
    """Return the items of a list, each with its label."""
    items: list[tuple[Any, list[Any]]] = []
    for inner in node.nodelist:
        if getattr(inner, "macroname", "") == "item":
            label = next((a for a in _arguments(inner) if a is not None), None)
            items.append((label, []))
        elif items:
            items[-1][1].append(inner)
    return items


def _without_options(nodes: list[Any], groups: bool = False) -> list[Any]:
    """Leave out the options that an environment begins with, such as the columns of a table."""
    rest = list(nodes)
    while rest:
        first = rest[0]
        is_group = type(first).__name__ == "LatexGroupNode"
        text = getattr(first, "chars", "") if type(first).__name__ == "LatexCharsNode" else ""
        if (is_group and (groups or first.delimiters[0] == "[")) or (
            groups and re.fullmatch(r"\s*\[[^\]]*\]\s*", text)
        ):
            rest = rest[1:]
        else:
            break
    return rest
