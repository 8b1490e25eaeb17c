"""Small documents and trees, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from structtuning_plugin.core.tokens import Codec, count_tokens
from structtuning_plugin.core.types import Block, Chunk, Document, Heading, Outline, Topic
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.extractors.headings import HeadingsExtractor
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import CharCodec

Branch = tuple[str, tuple[Any, ...]]


def document(
    name: str, *parts: str | tuple[int, str], title: str = "", language: str = "en"
) -> Document:
    """A document from its headings `(level, title)` and its texts, each of which is a block."""
    text, headings, blocks = "", [], []
    for part in parts:
        if isinstance(part, str):
            blocks.append(Block(kind="paragraph", start=len(text)))
            text += part
        else:
            headings.append(Heading(level=part[0], title=part[1], start=len(text)))
    return Document(
        id=name,
        text=text,
        title=title or name.rsplit("/", 1)[-1].removesuffix(".md"),
        language=language,
        headings=tuple(headings),
        blocks=tuple(blocks),
        source="test",
    )


def context_for(codec: Codec, chunk_tokens: int = 1000, **options: Any) -> ExtractionContext:
    return ExtractionContext(
        count_tokens=partial(count_tokens, codec),
        chunk_tokens=chunk_tokens,
        options=options,
    )


def grow(
    documents: Sequence[Document],
    domain: str = "Bicycles",
    chunk_tokens: int = 1000,
    codec: Codec | None = None,
    **options: Any,
) -> tuple[Tree, list[Chunk]]:
    """The tree of the documents' headings, and the chunks that hang on it."""
    codec = codec or CharCodec()
    context = context_for(codec, chunk_tokens, **options)
    root = assemble(domain, [(d, HeadingsExtractor().extract(d, context)) for d in documents])
    root, chunks = hang_chunks(root, documents, chunk_tokens, codec)
    return Tree(root, {d.id: d for d in documents}), chunks


def branch(title: str, *children: Branch) -> Branch:
    return title, children


def plant(root: Branch, place: str = "0") -> Topic:
    """Topics without text: the domain, its documents, their topics.

    Ids are places, such as `0.2.1`.
    """
    title, children = root
    depth = place.count(".")
    return Topic(
        id=place,
        title=title,
        kind="domain" if depth == 0 else "document" if depth == 1 else "topic",
        source="headings",
        subtopics=tuple(plant(child, f"{place}.{number}") for number, child in enumerate(children)),
    )


def sketch(node: Outline | Topic) -> Any:
    """Titles alone: `"leaf"` or `("branch", [children])`."""
    children = node.children if isinstance(node, Outline) else node.subtopics
    return (node.title, [sketch(child) for child in children]) if children else node.title


def titled(tree: Tree, *path: str) -> Topic:
    """The topic at this path of titles beneath the root."""
    topic = tree.root
    for title in path:
        (topic,) = [child for child in topic.subtopics if child.title == title]
    return topic
