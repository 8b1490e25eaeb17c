r"""Reader of RTF.

    {\pard\s1 Pumps\par}   ->   Heading(level=1, title="Pumps"), where style 1 is "heading 1"

The text is striprtf's. Headings are known by their style's name or their outline level; hidden and
deleted text is left out.
"""

from __future__ import annotations

import re

from structtuning_plugin.core.errors import CorpusError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import ReadResult
from structtuning_plugin.corpus.assembly import DocumentBuilder
from structtuning_plugin.corpus.extras import import_extra
from structtuning_plugin.corpus.limits import Budget
from structtuning_plugin.hookspecs import ReadRequest

_STYLE = re.compile(r"\{\s*\\s(\d+)\b(.*?);\}", re.DOTALL)
_CONTROL = re.compile(r"\\[a-z]+-?\d*\s?|[{}]")
_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|заголовок|kop|rubrik|见出し|標題|标题)\s*([1-9])",
    re.IGNORECASE,
)
_PARAGRAPH_STYLE = re.compile(r"(\\pard(?:\s*\\(?!s\d|outlinelevel)[a-z]+-?\d*)*?)"
                              r"\s*\\s(\d+)(?=\D)")  # fmt: skip
_OUTLINE = re.compile(r"\\outlinelevel(\d)(?=\D)")
_HIDDEN = re.compile(r"\{\\(?:\*\\)?(?:v|deleted)(?:\\[a-z]+-?\d*)*[ \\][^{}]*\}")
_FIRST_MARK = 0xE000
_ITEM = re.compile(r"\s*(?:[•·\u00b7-]|\d+[.)])\t")


class RtfReader:
    """Reader of RTF."""

    name = "rtf"
    suffixes: tuple[str, ...] = (".rtf",)
    binary = True

    def read(self, request: ReadRequest) -> ReadResult:
        """Read one file.

        Raises:
            CorpusError: If it is no RTF, the library is missing, or it exceeds a limit.
        """
        if not request.data.lstrip().startswith(b"{\\rtf"):
            raise CorpusError("It does not begin with `{\\rtf`: is it an RTF file?")
        budget, builder = Budget(request.limits), DocumentBuilder(request)
        source = request.data.decode("latin-1")
        depth = _depth(source)
        budget.check("depth", depth)
        text = _marked(source, builder)
        library = import_extra("striprtf.striprtf", "rtf")
        plain = library.rtf_to_text(text, errors="replace")
        for line in plain.split("\n"):
            budget.check_time()
            _add_line(line, builder)
        return builder.build()


@hookimpl
def register_readers() -> list[RtfReader]:
    """Register the reader `rtf`."""
    return [RtfReader()]


def _depth(source: str) -> int:
    depth = deepest = 0
    for match in re.finditer(r"\\.|[{}]", source, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _marked(source: str, builder: DocumentBuilder) -> str:
    """Put a character of the private area before each heading, and take out hidden text."""
    levels: dict[str, int] = {}
    for style in _STYLE.finditer(source):
        name = _HEADING_NAME.fullmatch(" ".join(_CONTROL.sub("", style[2]).split()))
        outline = _OUTLINE.search(f"{style[2]} ")
        if name is not None:
            levels[style[1]] = int(name[1])
        elif outline is not None:
            levels[style[1]] = int(outline[1]) + 1
    source, hidden = _HIDDEN.subn("", source)
    builder.drop("hidden", hidden)

    def mark(match: re.Match[str]) -> str:
        level = levels.get(match[2])
        return match[0] if level is None else f"{match[1]}\\s{match[2]}{_sign(level)}"

    head, cut, body = source.partition("\\pard")
    return head + _PARAGRAPH_STYLE.sub(mark, cut + body)


def _sign(level: int) -> str:
    return f"\\u{_FIRST_MARK + level - 0x10000}?"


def _add_line(line: str, builder: DocumentBuilder) -> None:
    marks = [ord(sign) - _FIRST_MARK for sign in line if 0 < ord(sign) - _FIRST_MARK < 10]
    text = re.sub("[\ue001-\ue009]", "", line)
    if marks:
        builder.add_heading(marks[0], text)
    elif _ITEM.match(text):
        builder.add("list", f"- {_ITEM.sub('', text)}")
    elif text.count("|") > 1 and text.rstrip().endswith("|"):
        builder.add("table", f"| {text.strip().strip('|').replace('|', ' | ')} |")
    else:
        builder.add("paragraph", text)
