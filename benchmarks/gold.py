"""Texts with a gold table of contents, as the text reader gives them: no headings, only paragraphs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest

# The one book that may be fitted on, see `fit_offline`.
BOOK = "practical-physiology-pd-en"
ENGLISH = (
    "practical-physiology-pd-en",
    "microbiology-small-en",
    "python-programming-en",
    "microbiology-en",
    "pharmacology-en",
)
OTHERS = ("psychologia-pl", "fisica-vol1-es")
GUIDES = tuple(f"guide-{language}" for language in ("en", "es", "fr", "ja", "ru", "zh"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document, and what its table of contents says: the level (root 1) and title of the highest node at each start.

    `paragraphs` are all places where a node could begin.
    """

    name: str
    document: Document
    levels: dict[int, int]
    titles: dict[int, str]
    paragraphs: tuple[int, ...]


def load(data: Path, name: str) -> Text:
    """The text of `data/books/<name>`, or of the guide in a language.

    Raises:
        OSError: it is not there.
    """
    folder = data / "books" / name
    if name in GUIDES:
        folder = data / "multilingual" / name.removeprefix("guide-") / "installation-guide"
    with (folder / "flat.txt").open(encoding="utf-8", newline="") as file:
        text = file.read()
    request = ReadRequest(document_id=f"{name}.txt", text=text, source="", language=name[-2:])
    document = TextReader().read(request).documents[0]
    if not text.startswith(document.text):
        raise ValueError(f"The offsets of {name} do not hold for what the reader makes of it.")
    levels: dict[int, int] = {}
    titles: dict[int, str] = {}
    for level, node in _nodes(
        json.loads((folder / "gold_toc.json").read_text(encoding="utf-8"))["tree"][0], 1
    ):
        # Above all others at that place; its title is the deepest one's, which names what follows.
        levels.setdefault(node["start_char"], level)
        titles[node["start_char"]] = node["title"]
    return Text(
        name=name,
        document=document,
        levels=levels,
        titles=titles,
        paragraphs=tuple(block.start for block in document.blocks),
    )


def _nodes(node: dict[str, Any], level: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """In reading order."""
    yield level, node
    for child in node["children"]:
        yield from _nodes(child, level + 1)
