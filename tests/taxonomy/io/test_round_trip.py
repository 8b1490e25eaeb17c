"""What is written as an outline is read back the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.taxonomy.io.outline_syntax import read_title, write_title
from structtuning_plugin.taxonomy.io.outline_writer import render
from structtuning_plugin.taxonomy.io.validation import ReadTree
from tests.taxonomy.io.editing import read
from tests.taxonomy.io.strategies import hostile, hostile_trees
from tests.taxonomy_strategies import documents, examples
from tests.trees import grow


@examples
@given(hostile_trees())
def test_what_is_written_is_read_back_the_same(drawn: tuple[Topic, list[Document]]) -> None:
    root, docs = drawn
    assert read(render(root, docs), docs) == ReadTree(root=root, new=0, renamed=0, regrouped=0)


@examples
@given(documents())
def test_trees_of_documents_come_back_the_same(docs: list[Document]) -> None:
    tree, _ = grow(docs, chunk_tokens=10, split_over=1)
    bare = read(render(tree.root, docs), docs)
    assert [replace(t, subtopics=(), chunk_ids=()) for t in tree.root.walk()] == [
        replace(t, subtopics=()) for t in bare.root.walk()
    ]


@examples
@given(hostile)
def test_a_title_comes_back_the_same(title: str) -> None:
    assert read_title(write_title(title)) == title
    assert "<" not in write_title(title)
    assert write_title(title).strip() == write_title(title)
