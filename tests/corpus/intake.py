"""Small documents with the tree, the text and the absences that are right (`tests/data/intake`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from structtuning_plugin import plugins
from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig, ReadLimits
from structtuning_plugin.core.types import Document, Dropped, Outline
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import ReadSettings, drop_included, read_file
from structtuning_plugin.taxonomy.extractors.headings import outline_of

INTAKE = Path(__file__).parents[1] / "data" / "intake"
_SETTINGS = ReadSettings(limits=ReadLimits(), hygiene=HygieneConfig())
_ITEM = re.compile(r"( *)- (.*)")
# "- 2.1 Hand Pumps: label 3, 6th page"
_PAGE = re.compile(r"- (.*): label (\w+), (\d+)(?:st|nd|rd|th) page")
_QUOTED = re.compile(r'- "(.*)" under ([^(,]+)')


@dataclass
class Expected:
    """What `expected.md` of a case says."""

    trees: dict[str, list[str]] = field(default_factory=dict)
    under: list[tuple[str, str]] = field(default_factory=list)
    once: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    order: dict[str, list[list[str]]] = field(default_factory=dict)
    pages: dict[str, tuple[str, int]] = field(default_factory=dict)


def expected_of(case: str, file: str = "") -> Expected:
    """Parse `expected.md`: trees are indented lines, without their remarks in brackets.

    Args:
        case: Name of the folder.
        file: The file whose texts count; by default those of all files.
    """
    expected, lines, section = Expected(), [], ""
    for line in (INTAKE / case / "expected.md").read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            section = line[3:]
            if section.startswith("Tree "):
                lines = expected.trees.setdefault(section.split()[1], [])
        elif section.startswith("Tree") and (match := _ITEM.match(line)):
            lines.append(match[1] + re.sub(r" \((title|no further.*)\)$", "", match[2]))
        elif section == "Under" and (match := _QUOTED.match(line)):
            expected.under.append((match[1], match[2].strip()))
        elif section == "Order" and line.startswith("- "):
            name, _, parts = re.sub(r" \([^()]*\)$", "", line[2:]).partition(": ")
            expected.order.setdefault(name, []).append(re.split(r"[,;] ", parts))
        elif section == "Pages" and (match := _PAGE.match(line)):
            expected.pages[match[1]] = (match[2], int(match[3]))
        elif section in ("Once", "Absent") and line.startswith(f"- {file}"):
            text = re.sub(r"^[\w.-]+\.\w+: ", "", line[2:])
            (expected.once if section == "Once" else expected.absent).append(text)
    return expected


def read_case(
    case: str, pattern: str = "", **settings: object
) -> tuple[list[Document], list[Dropped]]:
    """Read the input of a case, or the file or folder of it that `pattern` names."""
    readers = plugins.readers(plugins.build_plugin_manager())
    path = str(INTAKE / case / "input" / pattern)
    files, dropped = discover([CorpusEntry(path=path, **settings)], readers)  # type: ignore[arg-type]
    results = [read_file(file, readers[file.reader], _SETTINGS) for file in files]
    results = list(drop_included(results, files))
    documents = [document for result in results for document in result.documents]
    return documents, [*dropped, *(item for result in results for item in result.dropped)]


def tree_of(document: Document, expected: list[str] | None = None) -> list[str]:
    """Render the tree of a document as indented lines, without a root that is not expected."""
    lines: list[str] = []

    def add(node: Outline, depth: int) -> None:
        lines.append("  " * depth + node.title)
        for child in node.children:
            add(child, depth + 1)

    add(outline_of(document), 0)
    tops = [line for line in expected or () if not line.startswith(" ")]
    return [line[2:] for line in lines[1:]] if len(tops) > 1 else lines


def place_of(document: Document, text: str) -> str:
    """Return the title of the topic that a text is in; empty if the text is absent."""
    start = _flat(document.text).find(_flat(text))
    if start < 0:
        return ""
    node, title = outline_of(document), ""
    while node is not None:
        title = node.title
        node = next(
            (
                child
                for child in node.children
                if len(_flat(document.text[: child.start]))
                <= start
                < len(_flat(document.text[: child.end]))
            ),
            None,
        )
    return title


def count_of(documents: list[Document], text: str) -> int:
    """Count a text in passages and titles."""
    parts = [document.text for document in documents]
    for document in documents:
        parts += [line.strip() for line in tree_of(document)]
    return sum(_flat(part).count(_flat(text)) for part in parts)


def _flat(text: str) -> str:
    return "".join(text.split())


def lines_in_order(document: Document) -> str:
    """Join titles and text of a document as they follow each other."""
    parts, end = [document.title], 0
    for heading in document.headings:
        parts += [document.text[end : heading.start], heading.title]
        end = heading.start
    return "\n".join([*parts, document.text[end:]])


def faults_of(case: str, documents: list[Document], file: str = "") -> list[str]:
    """List what differs from `expected.md` in the texts; trees are compared by the tests."""
    expected, faults = expected_of(case, file), []
    for text, title in expected.under:
        places = [place_of(document, text) for document in documents]
        if title not in places:
            faults.append(f"under {title!r}: {text!r} is in {[p for p in places if p]}")
    for text in expected.once:
        count = count_of(documents, text)
        if count != 1:
            faults.append(f"once: {text!r} is there {count} times")
    for text in expected.absent:
        sign = chr(int(text[2:], 16)) if re.fullmatch(r"U\+[0-9A-F]{4}", text) else text
        if any(sign in document.text for document in documents) or any(
            sign in line for document in documents for line in tree_of(document)
        ):
            faults.append(f"absent: {text!r}")
    return faults
