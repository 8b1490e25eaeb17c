"""By construction: whatever the tree, no row of a kind that spells structure out speaks of what is
probed.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Document, SizedSample, SsftSample, Topic
from structtuning_plugin.questions.exclusion import Decontaminator
from structtuning_plugin.questions.exclusion.probes import LeakageFilter, spoken
from structtuning_plugin.taxonomy.tree import Tree
from tests.kinds import KEPT_OUT
from tests.questions.probes.building import World, books_of, probe, shelves
from tests.samples.ssft_building import free
from tests.taxonomy_strategies import few_examples
from tests.trees import titled

contexts = st.sampled_from(("path", "mindmap"))
shares = st.sampled_from((0.1, 0.3, 0.5))


def speaking(rows: list[SizedSample]) -> list[SsftSample]:
    return [
        row.sample
        for row in rows
        if isinstance(row.sample, SsftSample) and row.sample.kind in KEPT_OUT
    ]


@few_examples
@given(shelves, contexts, shares, st.integers(0, 3))
def test_no_row_says_a_word_of_a_probed_point(
    books: list[Document], context: str, share: float, seed: int
) -> None:
    """A title's first word stands in nothing else, and a topic's text is of words of its own that
    begin like its title.
    """
    world = World(books, share, seed=seed)
    builder = world.rows(context)
    kept, dropped = LeakageFilter(world.tree, world.probed, world.probes).part(
        builder.rows, KEPT_OUT
    )
    own_words = (world.tree.topics[name].title.split()[0] for name in sorted(world.probed))
    secret = re.compile("|".join(own_words), re.IGNORECASE)
    for sample in speaking(kept):
        assert not world.probed & set(sample.topic_ids), sample.id
        assert not any(name in sample.id for name in world.probed), sample.id
        assert not secret.search("\n".join(message.content for message in sample.messages)), (
            sample.id
        )
    assert sorted([*(row.sample.id for row in kept), *(item.id for item in dropped)]) == sorted(
        r.sample.id for r in builder.rows
    )
    assert {item.reason for item in dropped} == {"probed"}
    assert [row.sample.id for row in kept if row.sample.kind == "answer"] == [
        row.sample.id for row in builder.rows if row.sample.kind == "answer"
    ]


@few_examples
@given(shelves, contexts, shares, st.integers(0, 3))
def test_no_row_repeats_a_probe(
    books: list[Document], context: str, share: float, seed: int
) -> None:
    world = World(books, share, seed=seed)
    kept, _ = LeakageFilter(world.tree, world.probed, world.probes).part(
        world.rows(context).rows, KEPT_OUT
    )
    guard = Decontaminator([found.pair for found in world.probes])
    trained = speaking(kept)
    assert not [sample.id for sample in trained if guard.overlap(spoken(sample), sample.language)]
    assert not {sample.id for sample in trained} & {found.id for found in world.probes}
    asked = {message.content for sample in trained for message in sample.messages}
    assert not asked & {found.pair.question for found in world.probes}


@few_examples
@given(shelves, shares, st.integers(0, 3))
def test_two_hops_name_no_point_that_training_asks_about_in_the_same_relation(
    books: list[Document], share: float, seed: int
) -> None:
    world = World(books, share, per_point=20, seed=seed)
    kept, _ = LeakageFilter(world.tree, world.probed, world.probes).part(
        world.rows().rows, KEPT_OUT
    )
    after = {
        s.topic_ids[0] for s in speaking(kept) if s.id.endswith("/next") or "/extract_next/" in s.id
    }
    common = {
        name
        for sample in speaking(kept)
        if sample.id.endswith("/common")
        for name in sample.topic_ids
    }
    for found in world.probes:
        if found.kind == "two_hop" and found.id.endswith("/common"):
            assert len(found.names) == 2
            assert not common & set(found.names)
        elif found.kind == "two_hop":
            assert len(found.names) == 1
            assert not after & set(found.names)


def test_training_asks_in_both_relations_about_other_points() -> None:
    """The test above would hold of nothing if training never asked so."""
    levels = [2, 3, 3, 4, 4, 3, 2, 3, 4, 4, 3, 4, 3, 2, 3, 3]
    world = World(books_of(levels + levels), per_point=20)
    kept, _ = LeakageFilter(world.tree, world.probed, world.probes).part(
        world.rows().rows, KEPT_OUT
    )
    ids = [sample.id for sample in speaking(kept)]
    assert any(name.endswith("/next") for name in ids)
    assert any(name.endswith("/common") for name in ids)
    assert any("/extract_next/" in name for name in ids)
    forms = {found.id.split("/")[2] for found in world.probes if found.kind == "two_hop"}
    assert forms == {"common", "extract_next"}


def test_a_row_that_repeats_a_probe_in_words_is_left_out_and_names_it() -> None:
    world = World(books_of([2, 3, 3, 2, 3, 3]))
    walked = next(row for row in world.rows().rows if row.sample.kind == "walk")
    asked = probe(
        "cloze", "Walked.", name="probe/x/cloze", question=free("w", "Walked question 0?").question
    )
    kept, (dropped,) = LeakageFilter(world.tree, frozenset(), [asked]).part([walked], KEPT_OUT)
    assert (kept, dropped.reason) == ([], "probed")
    assert dropped.detail.startswith("overlaps probe/x/cloze (")


def test_a_map_that_draws_a_probed_point_goes_and_others_stay() -> None:
    books = books_of([2, 3, 3, 2, 3, 3])
    world = World(books)
    tree = world.tree
    book = tree.root.subtopics[0]
    first, second = book.subtopics
    probed = frozenset({first.subtopics[0].id})
    kept, dropped = LeakageFilter(tree, probed, []).part(world.rows().rows, KEPT_OUT)
    maps = [row.sample.id for row in kept if row.sample.id.endswith("/organised")]
    assert maps == [f"structure/{second.id}/organised"]
    gone = {item.id: item.detail for item in dropped if item.id.endswith("/organised")}
    assert gone == dict.fromkeys(
        [f"structure/{name.id}/organised" for name in (book, first)],
        "its map holds a knowledge point that is kept for probes",
    )
    assert titled(tree, tree.title(book)).id == book.id


# The first chapter goes five levels down beneath the book.
DEEP = books_of([2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 3, 3])


def down(tree: Tree) -> list[Topic]:
    """The book and its first topic of each level, from above."""
    line = [tree.root.subtopics[0]]
    while line[-1].subtopics:
        line.append(line[-1].subtopics[0])
    return line


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_no_map_that_is_trained_on_draws_a_probed_point_at_its_deepest_level(depth: int) -> None:
    world = World(DEEP)
    line = down(world.tree)
    point = line[depth]
    probed = frozenset(node.id for node in point.walk())
    kept, _ = LeakageFilter(world.tree, probed, []).part(world.rows().rows, KEPT_OUT)
    drawn = [s.messages[-1].content for s in speaking(kept) if s.id.endswith("/organised")]
    assert not [text for text in drawn if world.tree.title(point) in text]


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_a_map_goes_for_the_points_that_it_draws_and_for_no_deeper_ones(depth: int) -> None:
    world = World(DEEP)
    book, *beneath = down(world.tree)
    probed = frozenset(node.id for node in beneath[depth - 1].walk())
    kept, dropped = LeakageFilter(world.tree, probed, []).part(world.rows().rows, KEPT_OUT)
    (made,) = [s for s in speaking(world.rows().rows) if s.id == f"structure/{book.id}/organised"]
    is_drawn = world.tree.title(beneath[depth - 1]) in made.messages[-1].content
    assert is_drawn == (depth <= 3)
    assert (made.id in {item.id for item in dropped}) == is_drawn
    assert (made.id in {row.sample.id for row in kept}) == (not is_drawn)
