"""Compare the readers with other converters on the same real files, in one run.

    python benchmarks/readers_side_by_side.py ../shared/data --others OTHER_VENV/bin/python

The other converters (markitdown, pandoc by `pypandoc_binary`, docling's backends without models,
bare pypdfium2) are in a virtual environment of their own: `--others` is its Python. A converter
that is not installed there is left out. For each converter and format one process reads every file
three times, after its libraries are loaded.

    heading F1  titles with their depth against gold: the tree of the book where there is one
                (`gold_toc.json`), the contents of an EPUB, the `h1`-`h6` of an HTML page. The depth
                may differ by the same number for the whole file.
    kept        words of the reference (`documents.py`) that the converter gives
    added       words of the converter that the reference does not have
    seconds     CPU seconds of all files of the format: medians of three, added up
    MB          peak memory of the process, with its libraries
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Format: globs below the folder of the data.
FILES = {
    "guides (HTML)": ("multilingual/[erz]*/installation-guide/html/ch0[3-6]s0[1-2].html",),
    "HTML": ("messy/html/*.html",),
    "EPUB": ("messy/epub/*.epub",),
    "DOCX": ("messy/docx/*.docx",),
    "PDF": ("messy/pdf/fhs-3.0.pdf", "messy/pdf/install.[ez]*.pdf"),
    "ODT": ("messy/odt-rtf/*.odt",),
    "RTF": ("messy/odt-rtf/*.rtf",),
    "LaTeX": ("messy/latex/*.tex",),
    "reStructuredText": ("messy/rst/*.rst",),
    "AsciiDoc": ("messy/asciidoc/*.adoc",),
}
CONVERTERS = ("ours", "markitdown", "pandoc", "docling", "pypdfium2")
RUNS = 3

# What a converter gives: the titles with their levels, and the text.
Result = tuple[list[tuple[int, str]], str]


# --- the converters, each in a process of its own


def load_ours() -> Callable[[Path], Result]:
    """Load our readers."""
    from structtuning_plugin import plugins
    from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig, ReadLimits
    from structtuning_plugin.corpus.discovery import discover
    from structtuning_plugin.corpus.reading import ReadSettings, read_file

    readers = plugins.readers(plugins.build_plugin_manager())
    settings = ReadSettings(limits=ReadLimits(), hygiene=HygieneConfig())

    def convert(path: Path) -> Result:
        file = discover([CorpusEntry(path=str(path))], readers)[0][0]
        headings: list[tuple[int, str]] = []
        texts: list[str] = []
        for document in read_file(file, readers[file.reader], settings).documents:
            headings.append((0, document.title))
            headings += [(heading.level, heading.title) for heading in document.headings]
            texts.append(document.text)
        titles = [title for level, title in headings if level]
        return headings, "\n".join([*texts, *titles])

    return convert


def load_markitdown() -> Callable[[Path], Result]:
    """Load markitdown, without plugins."""
    from markitdown import MarkItDown

    converter = MarkItDown(enable_plugins=False)
    return lambda path: read_markdown(converter.convert(str(path)).text_content)


# Suffix: format, module and class of the backend of docling.
DOCLING = {
    ".html": ("HTML", "html_backend", "HTMLDocumentBackend"),
    ".docx": ("DOCX", "msword_backend", "MsWordDocumentBackend"),
    ".epub": ("EPUB", "epub_backend", "EpubDocumentBackend"),
    ".odt": ("ODT", "opendocument_backend", "OdtDocumentBackend"),
    ".tex": ("LATEX", "latex_backend", "LatexDocumentBackend"),
    ".adoc": ("ASCIIDOC", "asciidoc_backend", "AsciiDocBackend"),
    ".pdf": ("PDF", "pypdfium2_backend", "PyPdfiumDocumentBackend"),
}


def load_docling() -> Callable[[Path], Result]:
    """Load docling's backends, which need no model and no torch; those of PDF give cells alone."""
    import importlib

    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.document import InputDocument

    def convert(path: Path) -> Result:
        kind, module, name = DOCLING[path.suffix]
        backend = getattr(importlib.import_module(f"docling.backend.{module}"), name)
        source = InputDocument(
            path_or_stream=path, format=InputFormat[kind], backend=backend, filename=path.name
        )
        document = backend(in_doc=source, path_or_stream=path)
        if path.suffix == ".pdf":
            pages = [document.load_page(number) for number in range(document.page_count())]
            return [], "\n".join(cell.text for page in pages for cell in page.get_text_cells())
        return read_markdown(document.convert().export_to_markdown())

    return convert


def load_pandoc() -> Callable[[Path], Result]:
    """Load pandoc, whose syntax tree is walked."""
    import pypandoc

    formats = {".tex": "latex", ".adoc": "asciidoc"}

    def convert(path: Path) -> Result:
        kind = formats.get(path.suffix, path.suffix[1:])
        tree = json.loads(pypandoc.convert_file(str(path), "json", format=kind))
        headings = [(block["c"][0], text_of(block["c"][2])) for block in walk(tree, "Header")]
        return headings, text_of(tree["blocks"], "\n")

    return convert


def load_pypdfium2() -> Callable[[Path], Result]:
    """Load pypdfium2, which gives the text of the pages alone."""
    import pypdfium2

    def convert(path: Path) -> Result:
        document = pypdfium2.PdfDocument(path)
        return [], "\n".join(page.get_textpage().get_text_range() for page in document)

    return convert


LOADERS = {
    "ours": load_ours,
    "markitdown": load_markitdown,
    "pandoc": load_pandoc,
    "docling": load_docling,
    "pypdfium2": load_pypdfium2,
}


def walk(node: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the elements of a kind in pandoc's syntax tree."""
    if isinstance(node, dict):
        if node.get("t") == kind:
            yield node
        for value in node.values():
            yield from walk(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value, kind)


def text_of(node: Any, between: str = "") -> str:
    """Join the text of a part of pandoc's syntax tree."""
    if isinstance(node, list):
        return between.join(text_of(value) for value in node)
    if not isinstance(node, dict):
        return ""
    kind, content = node.get("t"), node.get("c")
    if kind == "Str":
        return str(content)
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind in ("Code", "CodeBlock", "Math"):
        return f"{content[1]} "
    if kind in ("RawInline", "RawBlock", "Image"):
        return ""
    text = text_of(content) if isinstance(content, (list, dict)) else ""
    return text if kind in ("Emph", "Strong", "Link", "Span", "Quoted") else f"{text}\n"


def read_markdown(text: str) -> Result:
    """Take headings and visible words out of the Markdown that a converter writes."""
    headings: list[tuple[int, str]] = []
    lines: list[str] = []
    is_code = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            is_code = not is_code
            continue
        match = None if is_code else re.match(r"(#{1,6})\s+(\S.*)", line)
        if not is_code:
            line = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", line)
            line = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)
            line = re.sub(r"\\([\\`*_{}\[\]()#+.!|~<>-])", r"\1", line)
        if match:
            headings.append((len(match[1]), re.sub(r"^#+\s+|[*`]", "", line)))
        lines.append(line)
    return headings, "\n".join(lines)


def measure(converter: str, paths: list[Path]) -> None:
    """Convert the files and print what was found, as JSON."""
    convert = LOADERS[converter]()
    rows: list[dict[str, Any]] = []
    smallest = min(paths, key=lambda path: path.stat().st_size)
    try_convert(convert, smallest)  # loads what is loaded late
    for path in paths:
        seconds: list[float] = []
        for _ in range(RUNS):
            begin = cpu_seconds()
            result, fault = try_convert(convert, path)
            seconds.append(cpu_seconds() - begin)
        row = {"path": str(path), "headings": result[0], "text": result[1], "fault": fault}
        rows.append({**row, "seconds": statistics.median(seconds)})
    peak = sum(resource.getrusage(who).ru_maxrss for who in _WHO) / 1024
    json.dump({"rows": rows, "peak": peak}, sys.stdout)


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def try_convert(convert: Callable[[Path], Result], path: Path) -> tuple[Result, str]:
    """Convert a file; an error of the converter is named."""
    try:
        return convert(path), ""
    except Exception as error:
        return ([], ""), f"{type(error).__name__}: {error}"[:200]


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those that it has started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


# --- gold and scores


def gold_of(path: Path, data: Path) -> list[tuple[int, str]]:
    """Return the titles of a file with their depths; empty if there is no gold."""
    from documents import GOLD
    from lxml import html

    if path.name in GOLD:
        return gold_tree(data / GOLD[path.name] / "gold_toc.json")
    if path.suffix == ".html":
        page = html.fromstring(path.read_bytes())
        for element in page.xpath("//nav|//script|//style"):
            element.drop_tree()
        found = page.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]")
        return nest([(int(h.tag[1]), " ".join(h.text_content().split())) for h in found])
    if path.suffix == ".epub":
        return epub_contents(path)
    return []


def gold_tree(path: Path) -> list[tuple[int, str]]:
    """Read the tree of a book."""
    titles: list[tuple[int, str]] = []

    def add(nodes: list[dict[str, Any]], depth: int) -> None:
        for node in nodes:
            titles.append((depth, node["title"]))
            add(node.get("children", []), depth + 1)

    add(json.loads(path.read_text(encoding="utf-8"))["tree"], 0)
    return titles


def epub_contents(path: Path) -> list[tuple[int, str]]:
    """Read the contents of an EPUB: the NCX, else the navigation document."""
    from lxml import etree

    titles: list[tuple[int, str]] = []
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        name = next((n for n in names if n.endswith(".ncx")), "")
        name = name or next(n for n in names if re.search(r"(nav|toc)\.x?html$", n))
        root = etree.fromstring(archive.read(name))
    for point in root.xpath("//*[local-name()='navPoint']"):
        label = "".join(point.xpath("./*[local-name()='navLabel']//text()"))
        depth = len(point.xpath("ancestor::*[local-name()='navPoint']"))
        titles.append((depth, " ".join(label.split())))
    for link in root.xpath("//*[local-name()='nav'][contains(@*, 'toc')]//*[local-name()='li']"):
        label = "".join(link.xpath("./*[local-name()='a' or local-name()='span']//text()"))
        titles.append((len(link.xpath("ancestor::*[local-name()='li']")), " ".join(label.split())))
    return titles


def nest(headings: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Turn levels into depths: a skipped level counts as none."""
    open_levels: list[int] = []
    depths: list[tuple[int, str]] = []
    for level, title in headings:
        while open_levels and open_levels[-1] >= level:
            open_levels.pop()
        depths.append((len(open_levels), title))
        open_levels.append(level)
    return depths


def count_hits(gold: list[tuple[int, str]], headings: list[tuple[int, str]]) -> int:
    """Count titles at the right depth; the depths may all differ by the same number."""
    from documents import key

    expected = Counter((depth, key(title)) for depth, title in gold)
    best = 0
    for shift in (-2, -1, 0, 1, 2):
        moved = Counter((depth + shift, key(title)) for depth, title in nest(headings))
        best = max(best, sum((expected & moved).values()))
    return best


class Score:
    """Sums over the files of a format."""

    def __init__(self) -> None:
        self.gold = self.given = self.hits = 0
        self.kept: list[float] = []
        self.added: list[float] = []
        self.seconds = 0.0
        self.peak = 0.0
        self.faults = 0

    def add(self, row: dict[str, Any], data: Path) -> None:
        """Add one file."""
        from documents import shown_by_others, words_of

        path = Path(row["path"])
        self.seconds += row["seconds"]
        self.faults += bool(row["fault"])
        gold = gold_of(path, data)
        if gold and row["headings"]:
            headings = without_title(gold, row["headings"])
            self.given += len(headings)
            self.hits += count_hits(gold, headings)
        self.gold += len(gold)
        reference, own = words_of(shown_by_others(path)), words_of(row["text"])
        common = sum((reference & own).values())
        if reference:
            self.kept.append(common / sum(reference.values()))
            self.added.append(1 - common / max(1, sum(own.values())))

    def render(self) -> str:
        """Render the cells of one row."""
        f1 = f"{2 * self.hits / (self.gold + self.given):.3f}" if self.gold else "-"
        kept = f"{statistics.mean(self.kept):.1%}" if self.kept else "-"
        added = f"{statistics.mean(self.added):.1%}" if self.added else "-"
        fault = f" ({self.faults} failed)" if self.faults else ""
        return f"{f1} | {kept} | {added} | {self.seconds:.2f}{fault} | {self.peak:.0f}"


def without_title(
    gold: list[tuple[int, str]], headings: list[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Take out the title of our documents where it is no heading of the file, or comes again."""
    from documents import key

    headings = [(level, title) for level, title in headings if title]
    titles = [key(title) for _, title in headings]
    if not headings or headings[0][0] != 0:
        return headings
    is_again = titles[1:2] == titles[:1]
    is_gold = any(key(other) == titles[0] for _, other in gold)
    return headings[1:] if is_again or not is_gold else headings


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--others", help="Python of the other converters")
    parser.add_argument("--measure", choices=CONVERTERS, help="used by the run itself")
    parser.add_argument("--only", default="", help="formats, separated by commas")
    parser.add_argument("--converters", default=",".join(CONVERTERS), help="the same of converters")
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, list(map(Path, json.load(sys.stdin))))
        return
    print("| format | converter | heading F1 | kept | added | CPU s | MB |")
    print("|---|---|---|---|---|---|---|")
    for kind, globs in FILES.items():
        if arguments.only and kind not in arguments.only.split(","):
            continue
        paths = sorted(str(path) for glob in globs for path in arguments.data.glob(glob))
        for converter in arguments.converters.split(","):
            if (converter == "pypdfium2") != (kind == "PDF") and converter == "pypdfium2":
                continue
            score = run_converter(converter, paths, arguments)
            if score is not None:
                print(f"| {kind} ({len(paths)}) | {converter} | {score.render()} |", flush=True)


def run_converter(converter: str, paths: list[str], arguments: argparse.Namespace) -> Score | None:
    """Measure one converter on the files of a format; None if it reads none of them."""
    python = sys.executable if converter == "ours" else arguments.others
    if python is None:
        return None
    command = [python, __file__, str(arguments.data), "--measure", converter]
    process = subprocess.run(
        command, input=json.dumps(paths), capture_output=True, text=True, check=False
    )
    if process.returncode:
        return None
    answer = json.loads(process.stdout[process.stdout.index('{"rows"') :])
    if all(row["fault"] for row in answer["rows"]):
        return None
    score = Score()
    score.peak = answer["peak"]
    for row in answer["rows"]:
        score.add(row, arguments.data)
    return score


if __name__ == "__main__":
    main()
