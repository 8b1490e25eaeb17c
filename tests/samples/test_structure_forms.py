"""What an answer spells out of the tree, from its widest form to the shortest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import SsftConfig
from structtuning_plugin.config.stages import ContextForm
from structtuning_plugin.core.types import Topic
from structtuning_plugin.samples.ssft import structure_forms
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree
from tests.samples.building import BIKES
from tests.taxonomy_strategies import examples, trees
from tests.trees import branch, plant, titled

TREE = BIKES[0]
PADS = titled(TREE, "The Handbook", "1. Brakes", "Pads")
CABLE = titled(TREE, "The Handbook", "2. Gears", "Adjustment", "Cable")
PATHS, MAPS = SsftConfig(context="path"), SsftConfig(context="mindmap")
SHORTER = [
    "Bicycles > … > Brakes > Pads",
    "Bicycles > … > Pads",
    "Pads",
]


def test_paths_give_way_one_by_one_then_the_middle_of_the_first() -> None:
    both = "Brakes > Pads\nAdjustment > Cable"
    found = list(structure_forms(TREE, [PADS, CABLE], PATHS))
    assert found[:5] == [both, "Brakes > Pads", "Pads", "Pads", "Pads"]
    assert set(found[5:]) == {"Pads"}


def test_a_map_gives_way_to_a_smaller_one_then_to_a_line() -> None:
    found = list(structure_forms(TREE, [PADS, CABLE], MAPS))
    both = "Bicycles\n└─ The Handbook\n   ├─ Brakes\n   │  └─ Pads\n   └─ Gears\n      └─ Adjustment\n         └─ Cable"
    assert found[:5] == [both, "Bicycles\n└─ The Handbook\n   └─ Brakes\n      └─ Pads", *SHORTER]


def test_a_path_that_two_topics_share_stands_once() -> None:
    tree = Tree(plant(branch("D", branch("A", branch("X"), branch("X")))))
    twins = tree.root.subtopics[0].subtopics
    assert next(structure_forms(tree, twins, PATHS)) == "D > A > X"


@pytest.mark.parametrize("form", ["path", "mindmap"])
def test_the_root_alone_is_its_title(form: ContextForm) -> None:
    tree = Tree(plant(branch("D")))
    assert set(structure_forms(tree, [tree.root], SsftConfig(context=form))) == {"D"}


def test_a_merged_map_follows_the_tree_not_the_order_given() -> None:
    assert mindmap.merged(TREE, [CABLE, PADS]) == mindmap.merged(TREE, [PADS, CABLE])
    gears = titled(TREE, "The Handbook", "2. Gears")
    assert mindmap.merged(TREE, [gears, CABLE]) == mindmap.merged(TREE, [CABLE])


def test_domain_and_book_of_one_name_are_shown_once() -> None:
    tree = Tree(plant(branch("A", branch("A", branch("B")))))
    topic = tree.root.subtopics[0].subtopics[0]
    assert mindmap.render(mindmap.merged(tree, [topic])) == "A\n└─ B"


def _nodes(node: mindmap.MapNode) -> list[mindmap.MapNode]:
    return [node, *(found for child in node.children for found in _nodes(child))]


def _chosen(tree: Tree, data: st.DataObject) -> list[Topic]:
    names = data.draw(
        st.lists(st.sampled_from(sorted(tree.topics)), min_size=1, max_size=4, unique=True)
    )
    return [tree.topics[name] for name in names]


@examples
@given(trees, st.data())
def test_a_merged_map_has_each_node_of_the_paths_once(tree: Tree, data: st.DataObject) -> None:
    topics = _chosen(tree, data)
    wanted = [
        node
        for node in tree.root.walk()
        if node.id in {above.id for topic in topics for above in tree.path(topic)}
    ]
    shown = _nodes(mindmap.merged(tree, topics))
    assert not any(node.marked or node.folded for node in shown)
    titles = [tree.title(node) for node in wanted]
    # Where a node's only child repeats its title, from the root down, one of them is shown.
    assert [node.title for node in shown] == titles[len(titles) - len(shown) :]
    assert all(tree.is_repeat(node) for node in wanted[1 : 1 + len(wanted) - len(shown)])


@examples
@given(trees, st.sampled_from(("path", "mindmap")), st.data())
def test_each_form_says_something_and_the_first_is_whole(
    tree: Tree, form: ContextForm, data: st.DataObject
) -> None:
    topics = _chosen(tree, data)
    found = list(structure_forms(tree, topics, SsftConfig(context=form)))
    assert all(text.strip() for text in found)
    if form == "path":
        assert found[0].split("\n") == list(
            dict.fromkeys(PATH_JOINT.join(tree.place_titles(topic)) for topic in topics)
        )
