"""One text in many formats: the tree and the text of each section are the same in all."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pytest

from structtuning_plugin import plugins
from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig, ReadLimits
from structtuning_plugin.core.types import Outline
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import ReadSettings, read_file
from structtuning_plugin.taxonomy.extractors.headings import outline_of
from tests.corpus.packages import docx, epub, paragraph, pdf, show, style

TITLE = "Water for Gardens"
CODE = ("def lift(pump, litres):", "    if pump.is_dry:", "        pump.prime(litres)")


@dataclass(frozen=True)
class Heading:
    """Heading of a level from 1 on."""

    level: int
    title: str


@dataclass(frozen=True)
class Items:
    """Items of a list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """Rows of a table, of which the first is its head."""

    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Code:
    """Lines of code."""

    lines: tuple[str, ...]


Block = Heading | Items | Rows | Code | str

BLOCKS: tuple[Block, ...] = (
    Heading(1, "Dug Wells"),
    "A dug well is a shaft that reaches the ground water. Its wall is lined with stones, and the "
    "water stands at 8 °C in summer and in winter alike.",
    Heading(2, "Lining"),
    "The stones are laid from the bottom up. In Köln the masons call the lowest ring the crown, "
    "and at the café on the market they still show one of 1½ metres.",
    "A second ring follows after a week, when the first one has settled.",
    Heading(3, "Tools of the Mason"),
    Items(("a plumb line of ten metres", "two buckets of oak", "a naïve hope for dry weather")),
    Heading(3, "Stones by Region"),
    Rows(
        (
            ("Region", "Stone", "Weight"),
            ("Eifel", "basalt", "30 kg"),
            ("Besançon", "limestone", "24 kg"),
        )
    ),
    Heading(2, "Depth"),
    "Seven metres are enough near the river, but on the hill the water lies deeper.",
    Heading(1, "Pumps for the Übergang"),
    "A pump lifts the water that the well collects. It wants slow and even strokes of the handle.",
    Heading(2, "Automatic Priming"),
    "A small program primes the pump as soon as it has run dry:",
    Code(CODE),
    Heading(3, "When Priming Fails"),
    "Then the valve leaks, and the leather of the piston has to be changed.",
)


# --- writers


def write_markdown() -> str:
    parts = [f"---\ntitle: {TITLE}\n---"]
    for block in BLOCKS:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {block.title}")
        elif isinstance(block, Items):
            parts.append("\n".join(f"- {text}" for text in block.texts))
        elif isinstance(block, Rows):
            head, *rows = [f"| {' | '.join(row)} |" for row in block.cells]
            parts.append("\n".join([head, "|" + " --- |" * len(block.cells[0]), *rows]))
        elif isinstance(block, Code):
            parts.append("\n".join(["```python", *block.lines, "```"]))
        else:
            parts.append(block)
    return "\n\n".join(parts) + "\n"


def html_of(blocks: Sequence[Block]) -> str:
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"<h{block.level}>{escape(block.title)}</h{block.level}>")
        elif isinstance(block, Items):
            items = "".join(f"<li>{escape(text)}</li>" for text in block.texts)
            parts.append(f"<ul>{items}</ul>")
        elif isinstance(block, Rows):
            rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in block.cells]
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        elif isinstance(block, Code):
            lines = "\n".join(map(escape, block.lines))
            parts.append(f"<pre><code>{lines}</code></pre>")
        else:
            parts.append(f"<p>{escape(block)}</p>")
    return "\n".join(parts)


def write_html() -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{TITLE}</title></head>"
        f"<body>{html_of(BLOCKS)}</body></html>"
    )


def write_epub() -> bytes:
    """A file for each chapter; the contents name the sections of the first two levels."""
    starts = [n for n, block in enumerate(BLOCKS) if block in CHAPTERS]
    pages: dict[str, str] = {}
    for number, start in enumerate(starts):
        end = [*starts, len(BLOCKS)][number + 1]
        pages[f"c{number}.xhtml"] = html_of(BLOCKS[start:end])
    links = [
        f'<li><a href="{name}">{escape(chapter.title)}</a></li>'
        for name, chapter in zip(pages, CHAPTERS, strict=True)
    ]
    return epub(pages, nav="".join(links), title=TITLE)


CHAPTERS = [block for block in BLOCKS if isinstance(block, Heading) and block.level == 1]


def write_docx() -> bytes:
    styles = style("Title", "Title") + style("Code", "Source Code")
    styles += "".join(
        style(
            f"H{level}", f"heading {level}", f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr>'
        )
        for level in (1, 2, 3)
    )
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    parts = [paragraph(TITLE, "Title")]
    for block in BLOCKS:
        if isinstance(block, Heading):
            parts.append(paragraph(escape(block.title), f"H{block.level}"))
        elif isinstance(block, Items):
            parts += [paragraph(text, properties=number) for text in block.texts]
        elif isinstance(block, Rows):
            rows = ["".join(f"<w:tc>{paragraph(c)}</w:tc>" for c in row) for row in block.cells]
            parts.append("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>")
        elif isinstance(block, Code):
            parts += [paragraph(line, "Code") for line in block.lines]
        else:
            parts.append(paragraph(block))
    bullets = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
        '<w:lvlText w:val="•"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    return docx("".join(parts), styles=styles, numbering=bullets)


def write_pdf() -> bytes:
    """Two pages, with bookmarks; the second one begins with the second chapter."""
    pages: list[list[str]] = [[show(TITLE, 760, size=24, font="B")]]
    bookmarks: list[tuple[int, str, int]] = []
    y = 720.0
    for block in BLOCKS:
        if block == CHAPTERS[1]:
            pages.append([])
            y = 760
        shows = pages[-1]
        if isinstance(block, Heading):
            y -= 10
            shows.append(show(block.title, y, size=18 - 2 * block.level, font="B"))
            bookmarks.append((block.level, block.title, len(pages) - 1))
            y -= 22
            continue
        if isinstance(block, Rows):
            for row in block.cells:
                shows += [show(cell, y, x=50 + 120 * n) for n, cell in enumerate(row)]
                y -= 14
            y -= 10
            continue
        if isinstance(block, Items):
            lines = [f"• {text}" for text in block.texts]
        elif isinstance(block, Code):
            lines = list(block.lines)
        else:
            lines = textwrap.wrap(block, 80)
        for line in lines:
            indent = len(line) - len(line.lstrip())
            font = "M" if isinstance(block, Code) else "R"
            shows.append(show(line.strip(), y, x=50 + 6 * indent, font=font))
            y -= 12
        y -= 12
    return pdf(["\n".join(shows) for shows in pages], bookmarks)


WRITERS: dict[str, Callable[[], str | bytes]] = {
    "water.md": write_markdown,
    "water.html": write_html,
    "water.epub": write_epub,
    "water.docx": write_docx,
    "water.pdf": write_pdf,
}


# --- the tree


def words_of(text: str) -> str:
    """A text without what only lays it out: marks of lists, tables and code, blanks and lines."""
    lines = [re.sub(r"^\s*(?:```\w*|[-*•]\s|\|[-| ]*$)", "", line) for line in text.split("\n")]
    return " ".join(" ".join(lines).replace("|", " ").split())


def sections_of(path: Path) -> tuple[str, list[tuple[int, str, str]]]:
    """The title, and the depth, title and own text of each section in order."""
    readers = plugins.readers(plugins.build_plugin_manager())
    settings = ReadSettings(limits=ReadLimits(), hygiene=HygieneConfig())
    file = discover([CorpusEntry(path=str(path))], readers)[0][0]
    (document,) = read_file(file, readers[file.reader], settings).documents
    sections: list[tuple[int, str, str]] = []

    def add(node: Outline, depth: int) -> None:
        end = node.children[0].start if node.children else node.end
        sections.append((depth, node.title, words_of(document.text[node.start : end])))
        for child in node.children:
            add(child, depth + 1)

    add(outline_of(document), 0)
    return sections[0][1], sections[1:]


def expected_sections() -> list[tuple[int, str, str]]:
    sections: list[tuple[int, str, list[str]]] = []
    for block in BLOCKS:
        if isinstance(block, Heading):
            sections.append((block.level, block.title, []))
        elif isinstance(block, Rows):
            sections[-1][2].extend(cell for row in block.cells for cell in row)
        elif isinstance(block, Items | Code):
            sections[-1][2].extend(block.texts if isinstance(block, Items) else block.lines)
        else:
            sections[-1][2].append(block)
    return [(level, title, words_of("\n".join(texts))) for level, title, texts in sections]


@pytest.mark.parametrize("name", WRITERS)
def test_one_text_has_one_tree_in_all_formats(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    content = WRITERS[name]()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    title, sections = sections_of(path)
    assert sections == expected_sections()
    assert title == TITLE
