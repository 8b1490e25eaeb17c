"""Trees of real files that came through real converters to Markdown, against the files' gold trees.

    python -m venv /tmp/converters && /tmp/converters/bin/pip install \\
        'markitdown[docx]' pypandoc_binary kreuzberg \\
        'docling-slim[format-docx,format-html]' torch
    python benchmarks/converters.py --data ../shared/data --python /tmp/converters/bin/python

The converters run in an environment of their own. Their Markdown is read as a build reads it. Each
topic counts as its depth below the document and its title. Precision, recall and F1 are those of the
topics that come back in order. `own reader` is the tree of the original file, without a converter.

The gold tree of the guide and of the DOCX files is `gold_toc.json`, of an EPUB its own table of
contents, of a single page its `h1`-`h6`. The pages of the guide are joined into one file first, in
the order of the book.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree, html

from structtuning_plugin import plugins
from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig
from structtuning_plugin.core.types import Outline
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.headings.numbering import parse_number
from structtuning_plugin.corpus.reading import read_corpus
from structtuning_plugin.taxonomy.extractors.headings import outline_of

# Depth below the document, and the title.
Entry = tuple[int, str]

OWN = "own reader"
# What a converter needs, and the Markdown of `source` in Python.
CONVERTERS = {
    "markitdown": ("from markitdown import MarkItDown", "MarkItDown().convert(source).markdown"),
    "pandoc": (
        "import pypandoc",
        "pypandoc.convert_file(source, 'gfm', extra_args=['--wrap=none'])",
    ),
    "docling": (
        "from docling.document_converter import DocumentConverter",
        "DocumentConverter().convert(source).document.export_to_markdown()",
    ),
    "kreuzberg": (
        "from kreuzberg import ExtractionConfig, extract_file_sync",
        "extract_file_sync(source, config=ExtractionConfig(output_format='markdown')).content",
    ),
}
# It gets pairs of an input and an output.
PROGRAM = """
import pathlib, sys
{imports}
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        pathlib.Path(target).write_text({call}, encoding="utf-8")
    except BaseException as error:  # a panic of compiled code is no Exception
        print(source, repr(error)[:300])
"""

GUIDES = ("en", "zh")
DOCX = (
    "openstax-microbiology-small.styled.docx",
    "openstax-microbiology-small.fake-headings.docx",
)
EPUBS = (
    "debian-policy.epub",
    "debmake-doc.ru.epub",
    "debmake-doc.zh-cn.epub",
    "childrens-literature.epub",
)
PAGES = (
    "debian-handbook.ja-JP.sect.apt-get.html",
    "debian-handbook.fa-IR.sect.apt-get.html",
    "gitfaq.crlf.html",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A real file with its gold tree."""

    name: str
    path: Path
    gold: tuple[Entry, ...]


def read_sources(data: Path, folder: Path) -> Iterator[Source]:
    """Iterate over the real files; joined guides are written to a folder."""
    for language in GUIDES:
        guide = data / "multilingual" / language / "installation-guide"
        path = folder / f"guide-{language}.html"
        join_pages(guide, path)
        yield Source(name=path.name, path=path, gold=read_gold(guide))
    for name in DOCX:
        gold = read_gold(data / "books" / "microbiology-small-en")
        yield Source(name=name, path=data / "messy" / "docx" / name, gold=gold)
    for name in EPUBS:
        path = data / "messy" / "epub" / name
        yield Source(name=name, path=path, gold=read_contents(path))
    for name in PAGES:
        path = data / "messy" / "html" / name
        yield Source(name=name, path=path, gold=read_page(path))


def read_gold(folder: Path) -> tuple[Entry, ...]:
    """Read the entries of `gold_toc.json`, without the book itself."""
    (root,) = json.loads((folder / "gold_toc.json").read_text(encoding="utf-8"))["tree"]
    return tuple(iterate_nodes(root["children"], 1))


def iterate_nodes(nodes: Sequence[dict[str, Any]], depth: int) -> Iterator[Entry]:
    """Iterate over nodes of a gold tree in reading order."""
    for node in nodes:
        yield depth, str(node.get("numbered_title") or node["title"])
        yield from iterate_nodes(node["children"], depth + 1)


def join_pages(guide: Path, target: Path) -> None:
    """Join the bodies of a guide's pages in the order of the book."""
    (root,) = json.loads((guide / "gold_toc.json").read_text(encoding="utf-8"))["tree"]
    names = list(dict.fromkeys(iterate_pages(root)))
    bodies = []
    for name in names:
        page = html.document_fromstring((guide / "html" / name).read_bytes())
        inner = [html.tostring(child, encoding="unicode") for child in page.body]
        bodies.append("\n".join(inner))
    title = root["title"]
    target.write_text(
        f'<html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        + "\n".join(bodies)
        + "</body></html>",
        encoding="utf-8",
    )


def iterate_pages(node: dict[str, Any]) -> Iterator[str]:
    """Iterate over the files of a node and those below it."""
    yield str(node["id"]).partition("#")[0]
    for child in node["children"]:
        yield from iterate_pages(child)


def read_contents(path: Path) -> tuple[Entry, ...]:
    """Read the table of contents of an EPUB: its NCX, without the title page.

    Sphinx lists a chapter once more as its own first section; that entry is left out.
    """
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        ncx = next(name for name in names if PurePosixPath(name).suffix == ".ncx")
        tree = etree.fromstring(archive.read(ncx))
    title = tree.findtext("{*}docTitle/{*}text") or ""
    entries = []
    for point in tree.iter("{*}navPoint"):
        label = label_of(point)
        parent = point.getparent()
        is_again = parent.find("{*}navPoint") is point and label == label_of(parent)
        if not is_again and label != title.strip():
            depth = 1 + sum(1 for _ in point.iterancestors("{*}navPoint"))
            entries.append((depth, label))
    first = min((depth for depth, _ in entries), default=1)
    return tuple((depth - first + 1, label) for depth, label in entries)


def label_of(point: etree._Element) -> str:
    """Return the title of an entry of an NCX."""
    return " ".join((point.findtext("{*}navLabel/{*}text") or "").split())


def without_root(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Leave out a first entry that holds all others: the book itself."""
    if len(entries) > 1 and all(depth > entries[0][0] for depth, _ in entries[1:]):
        first = min(depth for depth, _ in entries[1:])
        return tuple((depth - first + 1, title) for depth, title in entries[1:])
    return tuple(entries)


def read_page(path: Path) -> tuple[Entry, ...]:
    """Read the headings of a page of HTML; skipped levels are no levels."""
    page = html.document_fromstring(path.read_bytes())
    entries: list[Entry] = []
    stack: list[int] = []
    for heading in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6"):
        level = int(heading.tag[1])
        while stack and stack[-1] >= level:
            stack.pop()
        stack.append(level)
        entries.append((len(stack), " ".join(heading.text_content().split())))
    return without_root(entries)


def convert(python: Path, converter: str, sources: Sequence[Source], folder: Path) -> None:
    """Convert the files that are not yet there; one that fails has no Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(source.path, folder / f"{source.name}.md") for source in sources]
    paths = [str(path) for pair in pairs if not pair[1].exists() for path in pair]
    if not paths:
        return
    imports, call = CONVERTERS[converter]
    program = PROGRAM.format(imports=imports, call=call)
    command = [str(python), "-W", "ignore", "-c", program, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in [*done.stdout.splitlines(), *done.stderr.splitlines()[-1:]]:
        print(f"{converter}: {line}", flush=True)


def read_tree(path: Path) -> list[Entry]:
    """Read a file as a build does, and return the entries of its tree."""
    readers = plugins.readers(plugins.build_plugin_manager())
    files, _ = discover([CorpusEntry(path=str(path))], readers)
    entries: list[Entry] = []
    for result in read_corpus(files, readers, hygiene=HygieneConfig()):
        for document in result.documents:
            entries += iterate_outline(outline_of(document).children, 1)
    return entries


def iterate_outline(nodes: Sequence[Outline], depth: int) -> Iterator[Entry]:
    """Iterate over the nodes of an outline in reading order."""
    for node in nodes:
        yield depth, node.title
        yield from iterate_outline(node.children, depth + 1)


def key(entry: Entry) -> Entry:
    """Return an entry with its title without number, case, blanks and signs.

    The contents of an EPUB may say "1. Overview" for the heading "Chapter 1. Overview".
    """
    depth, title = entry
    number = parse_number(title)
    bare = title[number.end :] if number else title
    return depth, "".join(re.findall(r"\w", bare.casefold())) or title


def score(entries: Sequence[Entry], gold: Sequence[Entry]) -> tuple[int, float, float, float]:
    """Count the entries that come back in order; return precision, recall and F1 too."""
    matcher = difflib.SequenceMatcher(
        None, list(map(key, entries)), list(map(key, gold)), autojunk=False
    )
    hits = sum(block.size for block in matcher.get_matching_blocks())
    precision, recall = hits / max(1, len(entries)), hits / max(1, len(gold))
    return hits, precision, recall, 2 * hits / max(1, len(entries) + len(gold))


def show_differences(entries: Sequence[Entry], gold: Sequence[Entry]) -> None:
    """Print the entries that are missing (-) and those that are too many (+)."""
    shown = ["  " * depth + title for depth, title in entries]
    aims = ["  " * depth + title for depth, title in gold]
    for line in difflib.unified_diff(aims, shown, "gold", "tree", lineterm="", n=1):
        print(f"    {line[:120]}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with books/, messy/")
    parser.add_argument("--python", type=Path, required=True, help="that of the converters")
    parser.add_argument("--output", type=Path, help="folder that keeps the Markdown")
    parser.add_argument("--only", default="", help="part of the names of files to measure")
    parser.add_argument("--titles", action="store_true", help="compare titles, not levels")
    parser.add_argument("--differences", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sources = [s for s in read_sources(arguments.data, folder) if arguments.only in s.name]
        for converter in CONVERTERS:
            convert(arguments.python, converter, sources, folder / converter)
        print("| file | converter | gold | read | precision | recall | F1 |")
        print("|---|---|---|---|---|---|---|")
        for source in sources:
            report(source, folder, arguments.titles, arguments.differences)


def without_levels(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries that are all of one depth."""
    return tuple((1, title) for _, title in entries)


def report(source: Source, folder: Path, titles: bool, differences: bool) -> None:
    """Print the rows of one file."""
    gold = without_levels(source.gold) if titles else source.gold
    paths = {OWN: source.path}
    for converter in CONVERTERS:
        paths[converter] = folder / converter / f"{source.name}.md"
    for converter, path in paths.items():
        if not path.exists():
            continue
        tree = read_tree(path)
        entries = without_levels(tree) if titles else tuple(tree)
        _, precision, recall, f1 = score(entries, gold)
        print(
            f"| {source.name} | {converter} | {len(gold)} | {len(entries)} | "
            f"{precision:.3f} | {recall:.3f} | {f1:.3f} |",
            flush=True,
        )
        if differences:
            show_differences(entries, gold)


if __name__ == "__main__":
    main()
