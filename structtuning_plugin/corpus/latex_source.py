r"""Source of LaTeX prepared for parsing: included files, comments, switched-off text, own macros.

    % \include{draft}            ->   nothing; draft.tex is noted as switched off
    \newcommand{\pump}{Piston Pump} \section{The \pump}   ->   \section{The Piston Pump}

Verbatim text is kept apart, so that nothing in it is taken for markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from structtuning_plugin.corpus.assembly import DocumentBuilder
from structtuning_plugin.corpus.decoding import clean, decode
from structtuning_plugin.corpus.limits import Budget, resolve_inside

_VERBATIM = re.compile(
    r"\\begin\{(verbatim\*?|Verbatim|lstlisting|minted|alltt|BVerbatim)\}(.*?)\\end\{\1\}",
    re.DOTALL,
)
_VERB = re.compile(r"\\(?:verb\*?|lstinline(?:\[[^\]]*\])?)([^a-zA-Z\s{])(.*?)\1")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*(?=\S))?")
_SWITCHED_OFF = (
    re.compile(r"\\iffalse\b.*?\\fi\b[ \t]*", re.DOTALL),
    re.compile(r"\\begin\{comment\}.*?\\end\{comment\}", re.DOTALL),
    re.compile(r"\\begin\{filecontents\*?\}.*?\\end\{filecontents\*?\}", re.DOTALL),
)
_INPUT = re.compile(
    r"\\(?:input|include|subfile|subfileinclude)\s*\{([^{}]+)\}|\\input\s+([\w./-]+)"
)
_DRAFT = re.compile(r"%[ \t%]*\\(?:input|include)\{([^{}]+)\}")
_IMPORT = re.compile(r"\\(?:sub)?import\s*\{([^{}]*)\}\s*\{([^{}]+)\}")
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator)\*?\s*"
    r"(?:\{\s*\\([A-Za-z@]+)\s*\}|\\([A-Za-z@]+))\s*(?:\[(\d)\])?\s*(?:\[([^\]]*)\])?\s*(?=\{)"
)
_DEF = re.compile(r"\\def\s*\\([A-Za-z@]+)\s*((?:#\d)*)\s*(?=\{)")
_MACRO = re.compile(r"\\([A-Za-z@]+)")
# Expansions of one file, and rounds of expansion: a macro may use others.
_MOST_EXPANSIONS, _ROUNDS = 200_000, 8
MARK, MARK_END = "\ue000", "\ue001"


@dataclass(frozen=True, slots=True)
class _Macro:
    arguments: int
    default: str | None
    body: str


@dataclass
class LatexSource:
    """Files of one LaTeX document as one text.

    Attributes:
        root: Folder that no included file may be outside of.
        verbatims: Verbatim texts, by the number in their mark, each with whether it is a block.
        files: Paths of the included files.
        drafts: Paths of the files whose inclusion is commented out.
    """

    root: Path | None
    budget: Budget
    builder: DocumentBuilder
    verbatims: list[tuple[str, bool]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)

    def read(self, text: str, path: Path | None) -> str:
        """Return the text of a file with all that it includes, its own macros expanded.

        Raises:
            CorpusError: If files include each other too deeply.
        """
        folder = path.parent if path is not None else None
        return expand_macros(self._read(text, folder, (path,) if path else ()))

    def _read(self, text: str, folder: Path | None, above: tuple[Path, ...]) -> str:
        self.budget.check("depth", len(above))
        self.budget.check_time()
        text = _VERBATIM.sub(lambda m: self._keep(_code_of(m), True), text)
        text = _VERB.sub(lambda m: self._keep(m[2], False), text)
        for match in _DRAFT.finditer(text):
            target = self._target(match[1], folder, folder)
            self.drafts += [str(target)] if target is not None else []
        text = _COMMENT.sub(r"\1", text)
        for pattern in _SWITCHED_OFF:
            text, count = pattern.subn("", text)
            self.builder.drop("switched_off", count)
        text = text.partition("\\end{document}")[0]
        text = re.split(r"\\endinput\b", text)[0]
        base = above[0].parent if above else folder

        def include(match: re.Match[str]) -> str:
            return self._include(match[1] or match[2], folder, base, above)

        text = _IMPORT.sub(lambda m: self._include(m[1] + m[2], folder, base, above), text)
        return _INPUT.sub(include, text)

    def _keep(self, text: str, is_block: bool) -> str:
        self.verbatims.append((text, is_block))
        gap = "\n\n" if is_block else ""
        return f"{gap}{MARK}{len(self.verbatims) - 1}{MARK_END}{gap}"

    def _target(self, name: str, folder: Path | None, base: Path | None) -> Path | None:
        if self.root is None or folder is None or base is None:
            return None
        for start in (base, folder):
            for candidate in (f"{name.strip()}.tex", name.strip()):
                target = resolve_inside(self.root, start, candidate)
                if target is not None:
                    return target
        return None

    def _include(
        self, name: str, folder: Path | None, base: Path | None, above: tuple[Path, ...]
    ) -> str:
        target = self._target(name, folder, base)
        if target is None or target in above:
            self.builder.drop("missing_include", detail=name)
            return ""
        self.files.append(str(target))
        text = clean(decode(target.read_bytes()).text)[0]
        if "\\begin{document}" in text:
            text = text.partition("\\begin{document}")[2]
        return f"{self._read(text, target.parent, (*above, target))}\n"


def _code_of(match: re.Match[str]) -> str:
    """Return verbatim text without the options behind `\\begin`."""
    return re.sub(r"\A[ \t]*(?:\[[^\]]*\])?(?:\{[^{}]*\})?[ \t]*\n", "", match[2])


def expand_macros(text: str) -> str:
    r"""Expand the macros that the text defines, and leave their definitions out.

    >>> expand_macros(r"\newcommand{\litre}[1]{#1 l}A tank of \litre{500}.")
    'A tank of 500 l.'
    """
    macros: dict[str, _Macro] = {}
    text = _take_definitions(text, macros)
    budget = _MOST_EXPANSIONS
    for _ in range(_ROUNDS):
        text, count = _expand_once(text, macros, budget)
        budget -= count
        if not count or budget <= 0:
            break
    return text


def _take_definitions(text: str, macros: dict[str, _Macro]) -> str:
    for pattern in (_DEFINITION, _DEF):
        parts: list[str] = []
        position = 0
        for match in pattern.finditer(text):
            if match.start() < position:
                continue
            body, end = group_at(text, match.end())
            parts.append(text[position : match.start()])
            position = end
            if pattern is _DEF:
                macros[match[1]] = _Macro(match[2].count("#"), None, body)
            else:
                name, count = match[1] or match[2], int(match[3] or 0)
                macros[name] = _Macro(count, match[4], body)
        text = "".join(parts) + text[position:]
    return text


def group_at(text: str, start: int) -> tuple[str, int]:
    """Return the content of the group in braces at an offset, and the offset after it."""
    if text[start : start + 1] != "{":
        return text[start : start + 1], start + 1
    depth, index = 0, start
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        index += 1
        if not depth:
            break
    return text[start + 1 : index - 1], index


def _expand_once(text: str, macros: dict[str, _Macro], budget: int) -> tuple[str, int]:
    parts: list[str] = []
    position = count = 0
    for match in _MACRO.finditer(text):
        macro = macros.get(match[1])
        if macro is None or match.start() < position or count >= budget:
            continue
        parts.append(text[position : match.start()])
        replacement, position = _apply(macro, text, match.end())
        parts.append(replacement)
        count += 1
    return "".join(parts) + text[position:], count


def _apply(macro: _Macro, text: str, end: int) -> tuple[str, int]:
    values: list[str] = []
    for number in range(macro.arguments):
        start = end + len(text[end:]) - len(text[end:].lstrip()) if number else end
        if number == 0 and macro.default is not None:
            if text[end : end + 1] == "[":
                close = text.find("]", end)
                values.append(text[end + 1 : close])
                end = close + 1
            else:
                values.append(macro.default)
            continue
        value, end = group_at(text, start)
        values.append(value)
    body = macro.body
    for number, value in enumerate(values, 1):
        body = body.replace(f"#{number}", value)
    if not macro.arguments and text[end : end + 2] == "{}":
        return body, end + 2
    if not macro.arguments and text[end : end + 1].isspace():
        return body, end + 1 if text[end] != "\n" else end
    return body, end
