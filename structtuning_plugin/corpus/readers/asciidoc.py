"""Reader of AsciiDoc.

    == Frames        ->   Heading(level=2, title="Frames")
    Ten *frames*.         "Ten frames."

Included files are read inside the corpus entry's folder only; conditions look at the attributes
that the document sets. Discrete headings are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder
from structtuning_plugin.corpus.decoding import clean, decode
from structtuning_plugin.corpus.limits import Budget, resolve_inside
from structtuning_plugin.corpus.tables import render_grid
from structtuning_plugin.hookspecs import ReadRequest

_INCLUDE = re.compile(r"^include::([^\[\]]+)\[(.*)\]\s*$")
_CONDITION = re.compile(r"^(ifdef|ifndef|ifeval)::([^\[\]]*)\[(.*)\]\s*$")
_END_CONDITION = re.compile(r"^endif::[^\[\]]*\[\s*\]\s*$")
_ATTRIBUTE = re.compile(r"^:(!?)([\w-]+)(!?):(?:\s+(.*))?$")
_HEADING = re.compile(r"^(={1,6}|#{1,6})\s+(\S.*?)(?:\s+\1)?\s*$")
_UNDERLINE = re.compile(r"^([=\-~^+])\1{2,}\s*$")
_UNDERLINES = "=-~^+"
_BLOCK = re.compile(r"^(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|```\w*|[|,:!]={3,})\s*$")
_BLOCK_STYLE = re.compile(r"^\[([^\[\]]*)\]\s*$")
_ANCHOR = re.compile(r"^\[\[[^\]]+\]\]\s*$")
_BLOCK_TITLE = re.compile(r"^\.(?=[^\s.])(.*)$")
_BLOCK_MACRO = re.compile(r"^(image|video|audio|toc)::")
_ITEM = re.compile(r"^\s*(\*{1,5}|-|\.{1,5}|\d+\.|[a-zA-Z]\.|<\d+>|<\.>)\s+(\S.*)$")
_TERM = re.compile(r"^\s*(\S.*?)(:{2,4}|;;)(?:\s+(.*))?$")
_TAGS = re.compile(r"(?:tag::|end::)[\w-]+\[\]")
_INLINE = (
    (re.compile(r"\bfootnote:[\w-]*\[([^\]]*)\]"), r" (\1)"),
    (re.compile(r"\b(?:link|xref|mailto):[^\s\[\]]+\[([^\]]*)\]"), r"\1"),
    (re.compile(r"\b(?:https?|ftp)://[^\s\[\]]+\[([^\]]+)\]"), r"\1"),
    (re.compile(r"\b(?:link|xref):([^\s\[\]]+)\[\]"), r"\1"),
    (re.compile(r"<<[^<>,]+,\s*([^<>]+)>>"), r"\1"),
    (re.compile(r"<<([^<>,]+)>>"), r"\1"),
    (re.compile(r"\[\[[^\]]+\]\]|\(\(\([^)]*\)\)\)"), ""),
    (re.compile(r"indexterm:\[[^\]]*\]|image:[^\s\[]+\[[^\]]*\]"), ""),
    (re.compile(r"\b(?:kbd|btn|menu|pass):?[^\s\[\]]*\[([^\]]*)\]"), r"\1"),
    (re.compile(r"\(\(([^)]+)\)\)"), r"\1"),
    (re.compile(r"(?<![\w`])`([^`\n]+)`(?![\w`])"), r"\1"),
    (re.compile(r"(?<![\w*])\*([^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_([^_\s](?:[^_\n]*[^_\s])?)_(?![\w_])"), r"\1"),
    (re.compile(r"(?<![\w+])\+([^+\s](?:[^+\n]*[^+\s])?)\+(?![\w+])"), r"\1"),
    (re.compile(r"(\*\*|__|``|##)(.+?)\1"), r"\2"),
    (re.compile(r"(?<=\S) \+$", re.MULTILINE), ""),
)  # fmt: skip


class AsciiDocReader:
    """Reader of AsciiDoc."""

    name = "asciidoc"
    suffixes: tuple[str, ...] = (".adoc", ".asciidoc", ".asc")
    includes: tuple[str, ...] = (
        ".adoc",
        ".asciidoc",
        ".asc",
        ".txt",
        ".inc",
        ".py",
        ".c",
        ".sh",
        ".yaml",
    )

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If the file exceeds a limit.
        """
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        source = _Source(request, budget, builder)
        lines = source.expand(clean(request.text)[0], request.path, 0, ())
        _Parser(lines, source.attributes, budget, builder).add_all()
        return builder.build(included=source.files, switched_off=source.drafts)


@hookimpl
def register_readers() -> list[AsciiDocReader]:
    """Register the reader `asciidoc`."""
    return [AsciiDocReader()]


class _Source:
    """Lines of a file with its included files, without comments and what is switched off."""

    def __init__(self, request: ReadRequest, budget: Budget, builder: DocumentBuilder) -> None:
        self._root = request.root
        self._budget, self._builder = budget, builder
        self.files: list[str] = []
        self.drafts: list[str] = []
        self.attributes: dict[str, str] = {"empty": "", "nbsp": " ", "sp": " ", "amp": "&"}

    def expand(
        self, text: str, path: Path | None, shift: int, above: tuple[Path, ...]
    ) -> list[tuple[str, int]]:
        """Return the lines, each with what is added to the level of a heading in it."""
        self._budget.check("depth", len(above))
        above = (*above, path) if path is not None else above
        lines: list[tuple[str, int]] = []
        conditions: list[bool] = []
        fence = ""
        for line in text.split("\n"):
            if _END_CONDITION.match(line):
                conditions = conditions[:-1]
                continue
            condition = _CONDITION.match(line)
            if condition is not None:
                self._condition(condition, conditions, lines, shift)
                continue
            if not all(conditions):
                self._builder.drop("switched_off", int(bool(line.strip())), line)
                continue
            fence = _fence_after(line, fence)
            include = _INCLUDE.match(line)
            if include is not None:
                lines += self._include(include, path, shift, above)
            elif line.startswith("////") or fence == "////" or _is_comment(line, fence):
                self._note_draft(line, path)
            else:
                self._set(line, fence)
                lines.append((line, shift))
        return lines

    def _note_draft(self, line: str, path: Path | None) -> None:
        match = _INCLUDE.match(line.lstrip("/ "))
        if match is not None and path is not None and self._root is not None:
            target = resolve_inside(self._root, path.parent, match[1])
            self.drafts += [str(target)] if target is not None else []

    def _condition(
        self, match: re.Match[str], conditions: list[bool], lines: list[tuple[str, int]], shift: int
    ) -> None:
        kind, names, content = match.groups()
        known = any(name in self.attributes for name in re.split(r"[,+]", names))
        holds = known if kind == "ifdef" else not known if kind == "ifndef" else False
        if content and kind != "ifeval":
            if holds and all(conditions):
                lines.append((content, shift))
            return
        conditions.append(holds)

    def _set(self, line: str, fence: str) -> None:
        match = _ATTRIBUTE.match(line) if not fence else None
        if match is None:
            return
        if match[1] or match[3]:
            self.attributes.pop(match[2], None)
        else:
            self.attributes[match[2]] = (match[4] or "").strip()

    def _include(
        self, match: re.Match[str], path: Path | None, shift: int, above: tuple[Path, ...]
    ) -> list[tuple[str, int]]:
        name = _substitute(match[1], self.attributes)
        target = None
        if self._root is not None and path is not None and "://" not in name:
            target = resolve_inside(self._root, path.parent, name)
        if target is None or target in above:
            self._builder.drop("missing_include", detail=match[1])
            return []
        self.files.append(str(target))
        text = clean(decode(target.read_bytes()).text)[0]
        options = dict(re.findall(r"(\w+)=\"?([^,\"\]]*)", match[2]))
        if "tag" in options or "tags" in options:
            text = _tagged(text, re.split(r"[;,]", options.get("tag") or options["tags"]))
        offset = options.get("leveloffset", "0")
        more = int(offset) if re.fullmatch(r"[+-]?\d+", offset) else 0
        return [("", shift), *self.expand(text, target, shift + more, above), ("", shift)]


def _fence_after(line: str, fence: str) -> str:
    stripped = line.rstrip()
    if fence:
        return "" if stripped == fence else fence
    return stripped if re.fullmatch(r"-{4,}|\.{4,}|/{4,}|\+{4,}", stripped) else ""


def _is_comment(line: str, fence: str) -> bool:
    return not fence and line.startswith("//") and not line.startswith("///")


def _tagged(text: str, tags: list[str]) -> str:
    """Return the parts of a file between the marks of tags."""
    parts: list[str] = []
    inside = False
    for line in text.split("\n"):
        mark = re.search(r"(tag|end)::([\w-]+)\[\]", line)
        if mark is not None:
            inside = mark[1] == "tag" if mark[2] in tags else inside
        elif inside:
            parts.append(line)
    return "\n".join(parts)


def _substitute(text: str, attributes: dict[str, str]) -> str:
    return re.sub(r"\{([\w-]+)\}", lambda m: attributes.get(m[1], m[0]), text)


@dataclass
class _State:
    style: str = ""
    paragraph: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)


class _Parser:
    """Parser of the blocks of a document."""

    def __init__(
        self,
        lines: list[tuple[str, int]],
        attributes: dict[str, str],
        budget: Budget,
        builder: DocumentBuilder,
    ) -> None:
        self._lines = lines
        self._attributes = attributes
        self._budget, self._builder = budget, builder
        self._state = _State()
        self._at = 0
        self._in_header = False

    def add_all(self) -> None:
        """Add all blocks."""
        while self._at < len(self._lines):
            self._budget.check_time()
            line, shift = self._lines[self._at]
            self._at += 1
            self._line(line.rstrip(), shift)
        self._close()

    def _line(self, line: str, shift: int) -> None:
        state = self._state
        if not line.strip():
            self._close_paragraph()
            self._in_header = False
        elif (
            self._heading(line, shift)
            or self._in_header
            or _ATTRIBUTE.match(line)
            or _ANCHOR.match(line)
        ):
            return
        elif (style := _BLOCK_STYLE.match(line)) is not None and not state.paragraph:
            state.style = style[1].strip()
        elif _BLOCK.match(line):
            self._close_paragraph()
            self._delimited(line.strip())
        elif _BLOCK_MACRO.match(line):
            self._builder.drop("image", detail=line)
        elif line.strip() == "+":
            self._close_paragraph()
        elif not state.paragraph and (title := _BLOCK_TITLE.match(line)) is not None:
            self._close()
            self._builder.add("paragraph", self._inline(title[1]))
        else:
            self._text(line)

    def _heading(self, line: str, shift: int) -> bool:
        """Add a section title, with marks before it or an underline."""
        state = self._state
        match = _HEADING.match(line) if not state.paragraph else None
        level, title = (len(match[1]), match[2]) if match is not None else (0, "")
        if match is None and not state.paragraph and self._at < len(self._lines):
            below = self._lines[self._at][0].rstrip()
            rule = _UNDERLINE.match(below)
            if rule is not None and abs(len(below) - len(line)) <= 2 and line[:1].isalnum():
                level, title = _UNDERLINES.index(rule[1]) + 1, line
                self._at += 1
        if not title:
            return False
        words = self._inline(title)
        if state.style.split(",")[0] in ("discrete", "float"):
            self._close()
            self._builder.add("paragraph", words)
        else:
            self._close()
            self._in_header = level == 1 and shift == 0 and self._builder.is_empty
            self._builder.add_heading(max(1, level + shift), words)
        state.style = ""
        return True

    def _delimited(self, mark: str) -> None:
        """Add a block between two marks; text blocks are read as text."""
        style, self._state.style = self._state.style, ""
        if (mark[:1] in "=*_" and not style.startswith(("source", "listing"))) or mark == "--":
            return  # the marks of examples, sidebars and quotes only surround text
        body: list[str] = []
        end = mark if not mark.startswith("```") else "```"
        while self._at < len(self._lines) and self._lines[self._at][0].rstrip() != end:
            body.append(self._lines[self._at][0])
            self._at += 1
        self._at += 1
        self._close()
        if mark.endswith("==="):
            self._table(body, mark[0])
        elif mark[0] == "+":
            self._builder.drop("raw_block", detail=" ".join(body))
        elif style.startswith(("stem", "latexmath")):
            self._builder.add("paragraph", f"$${' '.join(body)}$$")
        elif mark[0] != "/":
            self._builder.add("code", re.sub(r"\s*<\d+>$", "", "\n".join(body), flags=re.MULTILINE))

    def _table(self, body: list[str], sign: str) -> None:
        if sign == ",":
            rows = [[cell.strip() for cell in line.split(",")] for line in body if line.strip()]
            self._builder.add("table", render_grid(rows))
            return
        cells: list[str] = []
        width = 0
        for line in body:
            parts = re.split(r"(?<!\\)(?:\d*[.+*]*\d*[<^>.]*[a-z]?)?\|", line)
            if len(parts) > 1:
                cells += [part.strip() for part in parts[1:]]
                width = width or len(parts) - 1
            elif line.strip() and cells:
                cells[-1] = f"{cells[-1]} {line.strip()}"
        width = max(1, width)
        grid = [cells[i : i + width] for i in range(0, len(cells), width)]
        grid = [[self._inline(c) for c in row] + [""] * (width - len(row)) for row in grid]
        self._builder.add("table", render_grid(grid))

    def _text(self, line: str) -> None:
        state = self._state
        item = _ITEM.match(line)
        term = _TERM.match(line) if item is None and not state.paragraph else None
        if item is not None and (not state.paragraph or state.items):
            self._close_paragraph()
            depth = len(item[1]) - 1 if item[1][0] in "*." else 0
            mark = "-" if item[1][0] in "*-<" else "1."
            state.items.append(f"{'  ' * depth}{mark} {item[2]}")
        elif term is not None:
            state.items.append(f"- {term[1]}: {term[3] or ''}".rstrip())
        elif state.items and not state.paragraph and self._goes_on():
            state.items[-1] = f"{state.items[-1]} {line.strip()}"
        elif line.startswith((" ", "\t")) and not state.paragraph and not state.items:
            self._literal(line)
        else:
            state.paragraph.append(line.strip())

    def _goes_on(self) -> bool:
        """Return True if the line before was text of the item, or the item's text begins here."""
        before = self._lines[self._at - 2][0].strip() if self._at > 1 else ""
        is_empty_term = self._state.items[-1].endswith(":")
        return bool(before and before != "+") or is_empty_term

    def _literal(self, line: str) -> None:
        lines = [line]
        while self._at < len(self._lines) and self._lines[self._at][0].strip():
            lines.append(self._lines[self._at][0])
            self._at += 1
        self._builder.add("code", "\n".join(lines))

    def _close_paragraph(self) -> None:
        state = self._state
        text = self._inline(" ".join(state.paragraph))
        state.paragraph = []
        if text:
            self._close_items()
            is_code = state.style.startswith(("source", "listing", "literal", "verse"))
            self._builder.add("paragraph" if not is_code else "code", text)
            state.style = ""

    def _close_items(self) -> None:
        items, self._state.items = self._state.items, []
        self._builder.add("list", "\n".join(self._inline(item) for item in items))

    def _close(self) -> None:
        self._close_paragraph()
        self._close_items()

    def _inline(self, text: str) -> str:
        text = _substitute(_TAGS.sub("", text), self._attributes)
        for pattern, replacement in _INLINE:
            text = pattern.sub(replacement, text)
        return text.replace("\\", "") if "\\" in text and "\\\\" not in text else text
