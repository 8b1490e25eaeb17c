"""Which knowledge points are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import ProbesConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.probes.points import hold_points, is_point
from tests.questions.probes.building import books_of, shelves
from tests.taxonomy_strategies import documents, examples
from tests.trees import document, grow

NONE: frozenset[str] = frozenset()


@examples
@given(shelves, st.sampled_from((0.05, 0.2, 0.5)), st.integers(0, 5))
def test_a_share_of_the_points_with_all_beneath_them(
    books: list[Document], share: float, seed: int
) -> None:
    tree, chunks = grow(books)
    config = ProbesConfig(share=share)
    probed = hold_points(tree, chunks, config, NONE, seed)
    assert probed == hold_points(tree, list(reversed(chunks)), config, NONE, seed)
    points = {topic.id for topic in tree.root.walk() if is_point(tree, topic)}
    assert probed
    assert probed <= points  # every topic of these books is one
    assert all(beneath.id in probed for name in probed for beneath in tree.topics[name].walk())
    tops = [name for name in probed if tree.path(tree.topics[name])[-2].id not in probed]
    assert len(probed) <= share * len(points) or len(tops) == 1


@examples
@given(documents(), st.integers(0, 5))
def test_whatever_the_tree_it_is_settled_or_refused(books: list[Document], seed: int) -> None:
    tree, chunks = grow(books)
    texts = {chunk.topic_id for chunk in chunks if chunk.text.strip()}
    points = [
        topic
        for topic in tree.root.walk()
        if is_point(tree, topic) and texts & {node.id for node in topic.walk()}
    ]
    if len(points) < 2:
        with pytest.raises(ConfigError, match="at least two are needed"):
            hold_points(tree, chunks, ProbesConfig(share=0.5), NONE, seed)
        return
    probed = hold_points(tree, chunks, ProbesConfig(share=0.5), NONE, seed)
    assert all(beneath.id in probed for name in probed for beneath in tree.topics[name].walk())
    assert tree.root.id not in probed
    assert not any(tree.topics[name].kind == "document" for name in probed)


def test_what_is_held_out_for_evaluation_is_no_point() -> None:
    tree, chunks = grow(books_of([2, 3, 3, 2, 3, 4, 3, 2]))
    names = [topic.id for topic in tree.root.walk() if topic.kind == "topic"]
    held = frozenset(names[1:2])
    found = [hold_points(tree, chunks, ProbesConfig(share=0.5), held, seed) for seed in range(30)]
    assert not any(held & probed for probed in found)
    assert not any(names[0] in probed for probed in found)  # it is above the one that is held out
    assert names[3] not in frozenset().union(*found)  # it is more than half of its chapter
    assert frozenset().union(*found) == frozenset(names[2:]) - {names[3]}


def test_the_seed_decides_and_no_block_keeps_nothing() -> None:
    tree, chunks = grow(books_of([2, 3, 3, 3, 2, 3, 3, 3]))
    found = {hold_points(tree, chunks, ProbesConfig(), NONE, seed) for seed in range(20)}
    assert len(found) > 4
    assert hold_points(tree, chunks, None, NONE, 1) == NONE


def test_chapters_of_one_point_give_theirs_too() -> None:
    tree, chunks = grow(books_of([2] * 20))
    probed = [hold_points(tree, chunks, ProbesConfig(share=0.2), NONE, seed) for seed in range(40)]
    assert {len(found) for found in probed} == {4}
    assert len(frozenset().union(*probed)) == 20


def test_one_point_is_too_few() -> None:
    tree, chunks = grow([document("b.md", (1, "Book"), (2, "Only"), "Text of it.")])
    with pytest.raises(ConfigError) as raised:
        hold_points(tree, chunks, ProbesConfig(), NONE, 1)
    assert str(raised.value) == (
        "`probes` finds 1 knowledge point(s) with text and a name of their own; at least two are needed to keep one for probes. "
        "Leave `probes:` out."
    )
