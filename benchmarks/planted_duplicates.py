"""Measure how many planted duplicates are found, and what the search costs.

    python benchmarks/planted_duplicates.py ../shared/data/multilingual

Sections of the documents become documents of their own; a tenth of them is planted again as it is,
and another tenth with one word in twenty changed or left out. The same is done with passages.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from structtuning_plugin.core.types import Block, Document, Dropped
from structtuning_plugin.corpus.cleaning.duplicates import drop_documents, drop_passages
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest

SHARE, CHANGED, SEED = 0.1, 0.05, 42
THRESHOLD = 0.7
FEWEST_CHARACTERS = 300


def read_sections(folder: Path) -> list[Document]:
    """Read each section of the Markdown files of a folder as one document, each text once."""
    sections: dict[str, Document] = {}
    for path in sorted(folder.rglob("*.md")):
        request = ReadRequest(
            document_id=path.name,
            text=path.read_text(encoding="utf-8"),
            source="markdown",
            language="en",
        )
        (document,) = MarkdownReader().read(request).documents
        bounds = [0, *(heading.start for heading in document.headings), len(document.text)]
        for start, end in pairwise(bounds):
            text = document.text[start:end].strip()
            if len(text) >= FEWEST_CHARACTERS:
                name = f"{path.name}#{start}"
                sections.setdefault(
                    " ".join(text.casefold().split()),
                    Document(id=name, text=text, title=name, language="en"),
                )
    return list(sections.values())


def change_words(text: str, chance: random.Random) -> str:
    """Replace or leave out one word in twenty."""
    words = text.split(" ")
    vocabulary = [word for word in words if word.isalpha()] or words
    for index in sorted(chance.sample(range(len(words)), max(1, int(CHANGED * len(words))))):
        words[index] = "" if chance.random() < 0.5 else chance.choice(vocabulary)
    return " ".join(words)


def plant(documents: Sequence[Document], chance: random.Random) -> list[Document]:
    """Return copies of a tenth of the documents, and changed copies of another tenth."""
    chosen = chance.sample(documents, 2 * int(SHARE * len(documents)))
    half = len(chosen) // 2
    exact = [replace(document, id=f"exact/{document.id}") for document in chosen[:half]]
    near = [
        replace(document, id=f"near/{document.id}", text=change_words(document.text, chance))
        for document in chosen[half:]
    ]
    return [*exact, *near]


def score(dropped: Sequence[Dropped], planted: Sequence[str]) -> str:
    """Format precision and recall against the ids that were planted."""
    names = {item.id.partition(":")[0] for item in dropped}
    hits = len(names & set(planted))
    return (
        f"recall {hits / len(planted):.4f}, precision {hits / max(1, len(names)):.4f} "
        f"({len(planted)} planted, {len(names)} dropped)"
    )


def main(folder: Path) -> None:
    """Print the figures for documents and for passages."""
    chance = random.Random(SEED)
    documents = read_sections(folder)
    characters = sum(len(document.text) for document in documents)
    print(f"{len(documents)} documents, {characters:,} characters")
    copies = plant(documents, chance)
    corpus = [*documents, *copies]
    start = time.process_time()
    _, before = drop_documents(documents, documents, "near", THRESHOLD)
    print(f"already there: {len(before)} documents like an earlier one")
    _, dropped = drop_documents(corpus, corpus, "near", THRESHOLD)
    own = {item.id for item in before}
    new = [item for item in dropped if item.id not in own]
    print(f"documents: {score(new, [copy.id for copy in copies])}")
    as_passages = [
        replace(document, blocks=(Block(kind="paragraph", start=0),)) for document in corpus
    ]
    _, dropped = drop_passages(as_passages, "near", THRESHOLD)
    new = [item for item in dropped if item.id.partition(":")[0] not in own]
    print(f"passages:  {score(new, [copy.id for copy in copies])}")
    print(f"{time.process_time() - start:.1f} s of one core for three searches")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
