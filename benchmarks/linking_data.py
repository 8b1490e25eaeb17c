"""Books as trees and chunks, through the product's own code, and questions with the section that they come from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parent.parent))
from taxonomy import outline_of

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import Passage, ReadRequest
from structtuning_plugin.plugins import build_plugin_manager, extractors, find
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import WordCodec

Section = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book's tree and chunks. `paths` are the titles above each chunk, from the chapter down."""

    name: str
    document: Document
    tree: Tree
    chunks: tuple[Chunk, ...]
    paths: tuple[Section, ...]

    def passages(self) -> list[Passage]:
        topics = [self.tree.topics[chunk.topic_id] for chunk in self.chunks]
        return [
            Passage(
                chunk_id=chunk.id,
                text=chunk.text,
                titles=self.tree.path_titles(topic),
                language=topic.language,
            )
            for chunk, topic in zip(self.chunks, topics, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedQuestion:
    """A question, the texts of its options and the path of the section that it is about, if that is known."""

    question: str
    options: tuple[str, ...] = ()
    section: Section = ()

    def text(self, with_options: bool) -> str:
        return "\n".join([self.question, *self.options]) if with_options else self.question


def load_book(data: Path, name: str, chunk_tokens: int) -> Book:
    """`data/books/<name>`, cut into chunks of so many tokens (of up to six letters)."""
    text = (data / "books" / name / "structured.md").read_text(encoding="utf-8")
    request = ReadRequest(document_id=f"{name}.md", text=text, source="", language=name[-2:])
    document = MarkdownReader().read(request).documents[0]
    extractor = find(extractors(build_plugin_manager()), "auto", "extractor")
    root, chunks = hang_chunks(
        assemble("Library", [(document, outline_of(extractor, document))]),
        [document],
        chunk_tokens,
        WordCodec(),
    )
    tree = Tree(root, {document.id: document})
    paths = [
        tuple(node.title for node in tree.path(tree.topics[chunk.topic_id]) if node.kind == "topic")
        for chunk in chunks
    ]
    return Book(name=name, document=document, tree=tree, chunks=tuple(chunks), paths=tuple(paths))


def book_questions(data: Path, name: str) -> list[PromptedQuestion]:
    """The book's own review questions."""
    return [
        PromptedQuestion(
            question=row["question"],
            options=tuple(row["options"].values()),
            section=tuple(row["taxonomy_path"]),
        )
        for row in _rows(data / "books" / name / "questions.jsonl")
    ]


def glossary(data: Path, name: str) -> list[PromptedQuestion]:
    """Definitions of a book's key terms, the term as an option, and its sections' objectives: none is in the text itself."""
    extras = json.loads((data / "books" / name / "extras.json").read_text(encoding="utf-8"))
    found = []
    for section in extras:
        path = tuple(section["path"])
        found += [
            PromptedQuestion(question=meaning, options=(term,), section=path)
            for term, meaning in section["key_terms"]
        ]
        found += [
            PromptedQuestion(question=objective, section=path)
            for objective in section["objectives"]
        ]
    return found


def foreign_questions(data: Path, name: str) -> list[PromptedQuestion]:
    """Questions that belong to no book."""
    if name == "medquad":
        return [
            PromptedQuestion(question=row["instruction"])
            for row in _rows(data / "qa" / "alpaca" / "medquad.jsonl")
        ]
    rows = _rows(data / "qa" / "mmedbench_shape" / f"{name}.jsonl")
    return [
        PromptedQuestion(question=row["question"], options=tuple(row["options"].values()))
        for row in rows
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
