"""Compare the headings of the guides' HTML pages with the gold trees, in six languages.

    python benchmarks/guides.py ../shared/data

A page is right about a node of the tree if it has its title below the same title as the tree. The
title of a page is a node itself, and what it is below is not part of the page. The numbers that the
pages print count. The pages of the licence have headings that the gold trees leave out.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from documents import share

from structtuning_plugin import plugins
from structtuning_plugin.config.corpus import CorpusEntry, HygieneConfig, ReadLimits
from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.discovery import discover
from structtuning_plugin.corpus.reading import ReadSettings, read_file

LANGUAGES = ("en", "es", "fr", "ja", "ru", "zh")
Node = tuple[str, str, str]


def key(title: str) -> str:
    """Return a title without case and blanks; its printed number counts."""
    return "".join(re.findall(r"\w", title.casefold()))


def gold_nodes(path: Path) -> Counter[Node]:
    """Return page, parent and title of every node of a tree; the top of a page has no parent."""
    nodes: Counter[Node] = Counter()

    def add(node: dict[str, Any], page: str, parent: str) -> None:
        own = str(node["id"]).partition("#")[0] or page
        inside = own == page
        nodes[own, key(parent) if inside else "", key(node["numbered_title"])] += 1
        for child in node.get("children", []):
            add(child, own, node["numbered_title"])

    for node in json.loads(path.read_text(encoding="utf-8"))["tree"]:
        add(node, "", "")
    return nodes


def own_nodes(document: Document) -> Counter[Node]:
    """Return the same of a document; its title is the top of the page unless a heading is."""
    nodes: Counter[Node] = Counter()
    page = document.id.rpartition("/")[2]
    path: list[tuple[int, str]] = []
    first = document.headings[0] if document.headings else None
    if first is None or key(first.title) != key(document.title):
        path.append((0, document.title))
        nodes[page, "", key(document.title)] += 1
    for heading in document.headings:
        while path and path[-1][0] >= heading.level:
            path.pop()
        nodes[page, key(path[-1][1]) if path else "", key(heading.title)] += 1
        path.append((heading.level, heading.title))
    return nodes


def main() -> None:
    """Print precision and recall of each language."""
    registry = plugins.readers(plugins.build_plugin_manager())
    settings = ReadSettings(limits=ReadLimits(), hygiene=HygieneConfig())
    print("| language | pages | nodes | precision | recall |")
    print("|---|---|---|---|---|")
    for language in LANGUAGES:
        folder = Path(sys.argv[1]) / "multilingual" / language / "installation-guide"
        files, _ = discover([CorpusEntry(path=str(folder / "html"))], registry)
        nodes: Counter[Node] = Counter()
        for file in files:
            for document in read_file(file, registry[file.reader], settings).documents:
                nodes += own_nodes(document)
        gold = gold_nodes(folder / "gold_toc.json")
        hits = sum((gold & nodes).values())
        precision = share(hits, sum(nodes.values()))
        recall = share(hits, sum(gold.values()))
        print(f"| {language} | {len(files)} | {sum(gold.values())} | {precision} | {recall} |")
        if "--faults" in sys.argv:
            print("missing", list((gold - nodes).elements())[:20])
            print("added", list((nodes - gold).elements())[:20])


if __name__ == "__main__":
    main()
