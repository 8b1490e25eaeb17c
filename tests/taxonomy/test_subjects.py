"""Where documents stand under the domain: folders, or subjects found in their content."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from structtuning_plugin.config import LLMConfig, parse_block
from structtuning_plugin.core.concurrency import run
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.taxonomy.assemble import assemble
from structtuning_plugin.taxonomy.extraction import extract_tree
from structtuning_plugin.taxonomy.extractors.auto import AutoExtractor
from structtuning_plugin.taxonomy.subjects import Place, folder_places
from tests.codecs import CharCodec
from tests.structuring import grouped_by
from tests.taxonomy.test_auto import PROMPTS, THEMES
from tests.trees import context_for, document


def library(count: int, folder: str = "") -> list[Document]:
    """Short documents on three things in turn, so that neighbours in the corpus are never alike."""
    return [
        document(f"{folder}{place:03d}.txt", f"{THEMES[place % 3]} Remark {place}.")
        for place in range(count)
    ]


def tree(
    documents: list[Document], context: ExtractionContext | None = None, **taxonomy: object
) -> Topic:
    llm = {"model": "m"} if context and context.llm else None
    block = parse_block({"domain": "Bicycles", "corpus": ["x"], "taxonomy": taxonomy, "llm": llm})
    context = context or context_for(CharCodec(), 5_000)
    return asyncio.run(extract_tree(block, AutoExtractor(), documents, context, lambda: None))


def titles_of(topic: Topic) -> list[str]:
    return [node.title for node in topic.walk() if node.kind == "document"]


def test_few_documents_stay_in_their_folders_in_their_order() -> None:
    documents = [*library(3), *library(3, "notes/deep/"), document("z.txt", "Oil.")]
    root = tree(documents)
    assert root == assemble(
        "Bicycles",
        [(d, run(AutoExtractor().extract(d, context_for(CharCodec(), 5_000)))) for d in documents],
    )
    assert [topic.title for topic in root.subtopics] == [
        "000.txt",
        "001.txt",
        "002.txt",
        "notes",
        "z.txt",
    ]
    assert [topic.kind for topic in root.subtopics[3].walk()][:3] == [
        "folder",
        "folder",
        "document",
    ]


def test_a_folder_with_many_documents_gets_subjects_of_alike_ones() -> None:
    documents = library(30, "notes/")
    root = tree(documents, subjects_over=10)
    (notes,) = root.subtopics
    assert (notes.kind, notes.title) == ("folder", "notes")
    assert 2 <= len(notes.subtopics) <= 10
    assert {topic.kind for topic in notes.subtopics} == {"subject"}
    assert {topic.source for topic in notes.subtopics} == {"offline"}
    assert sorted(titles_of(root)) == [f"{place:03d}.txt" for place in range(30)]
    # Alike documents stand together: as good as never do two neighbours speak of different things.
    order = [int(title[:3]) % 3 for title in titles_of(root)]
    assert sum(one != other for one, other in pairwise(order)) == 2


def test_only_the_full_folder_is_touched() -> None:
    documents = sorted(
        [*library(30, "b/"), *library(4, "a/"), document("c.txt", "Oil.")], key=lambda d: d.id
    )
    root = tree(documents, subjects_over=10)
    assert [(topic.title, topic.kind) for topic in root.subtopics] == [
        ("a", "folder"),
        ("b", "folder"),
        ("c.txt", "document"),
    ]
    assert {topic.kind for topic in root.subtopics[0].subtopics} == {"document"}
    assert {topic.kind for topic in root.subtopics[1].subtopics} == {"subject"}


def test_folders_stay_folders_if_asked() -> None:
    root = tree(library(120), subjects="folders")
    assert [topic.kind for topic in root.subtopics] == ["document"] * 120


def test_subjects_in_the_folders_stead() -> None:
    documents = [replace(d, id=f"{place % 5}/{d.id}") for place, d in enumerate(library(15))]
    root = tree(documents, subjects="offline")
    assert {topic.kind for topic in root.subtopics} == {"subject"}
    assert len(titles_of(root)) == 15


def test_the_model_finds_the_subjects() -> None:
    async def ask() -> tuple[Topic, list[str]]:
        client = ScriptedClient(lambda request: grouped_by(5, request.messages[1].content))
        async with Session(client, LLMConfig(model="m"), None, 1, Usage()) as session:
            context = replace(context_for(CharCodec(), 5_000), llm=session, prompts=PROMPTS)
            block = parse_block(
                {
                    "domain": "Bicycles",
                    "corpus": ["x"],
                    "llm": {"model": "m"},
                    "taxonomy": {"subjects": "llm", "subjects_over": 6},
                }
            )
            root = await extract_tree(block, AutoExtractor(), library(30), context, lambda: None)
            return root, [request.messages[1].content for request in client.requests]

    root, asked = asyncio.run(ask())
    assert [topic.source for topic in root.subtopics] == ["llm"] * 6
    assert [len(topic.subtopics) for topic in root.subtopics] == [5] * 6
    assert sorted(titles_of(root)) == [f"{place:03d}.txt" for place in range(30)]
    assert 'documents on "Bicycles"' in asked[0]
    assert ".txt: The chain of the bicycle carries power" in asked[0]


def test_a_mode_that_needs_a_model_says_so() -> None:
    with pytest.raises(
        ConfigError,
        match=r"`taxonomy.subjects: llm` needs a model to ask: add `llm:` with `base_url:`",
    ):
        tree(library(3), subjects="llm")
    with pytest.raises(ConfigError, match=r"`taxonomy.extractor: llm` needs a model to ask"):
        tree(library(3), extractor="llm")


def test_places_are_the_folders() -> None:
    assert folder_places(document("a/b/c.md", "x")) == (Place(name="a"), Place(name="b"))
