"""Maps: what is drawn can be read back, one line is marked, what is not shown is counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import regex
from hypothesis import assume, given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Topic
from structtuning_plugin.taxonomy import mindmap
from structtuning_plugin.taxonomy.mindmap import MapNode
from structtuning_plugin.taxonomy.tree import Tree
from tests.taxonomy_strategies import examples, maps, titles, trees
from tests.trees import branch, document, grow, plant

MARKED = regex.compile(r"^(?:│  |   )*(?:├─ |└─ )?\*\*(.+)\*\*(?: \(\+\d+\))?$")

BIKES = Tree(
    plant(
        branch(
            "Bicycles",
            branch(
                "Handbook",
                branch("Brakes", branch("Pads"), branch("Levers", branch("Reach"))),
                branch(
                    "Gears",
                    branch("History"),
                    branch("Adjustment", branch("Limit screws"), branch("Cable")),
                    branch("Index"),
                ),
                branch("Frame"),
                branch("Wheels", branch("Spokes")),
                branch("References", branch("A"), branch("B")),
            ),
            branch("Notes", branch("Oil")),
        )
    )
)


def at(place: str) -> Topic:
    return BIKES.topics[place]


def drawn(place: str, top: str, beside: int | None = None) -> str:
    return mindmap.render(mindmap.place_map(BIKES, at(place), at(top), beside))


def node(title: str, *children: MapNode, **given: object) -> MapNode:
    return MapNode(title=title, children=children, **given)  # type: ignore[arg-type]


def lines_of(map_node: MapNode) -> Iterator[MapNode]:
    yield map_node
    for child in map_node.children:
        yield from lines_of(child)


# --- drawing and reading


def test_a_map_is_drawn_one_line_a_node() -> None:
    tree = node(
        "A", node("B", node("C"), node("D", node("E"))), node("F", node("G", marked=True), folded=2)
    )
    assert mindmap.render(tree) == "A\n├─ B\n│  ├─ C\n│  └─ D\n│     └─ E\n└─ F (+2)\n   └─ **G**"


def test_one_node_is_one_line() -> None:
    assert mindmap.render(node("A")) == "A"
    assert mindmap.render(node("A", marked=True, folded=3)) == "**A** (+3)"


def test_a_node_that_stands_twice_is_drawn_twice() -> None:
    twin = node("B")
    assert mindmap.render(node("A", twin, node("C"), twin)) == "A\n├─ B\n├─ C\n└─ B"
    assert mindmap.render(node("A", twin, twin)) == "A\n├─ B\n└─ B"


@pytest.mark.parametrize(
    ("title", "plain", "marked"),
    [
        ("**x**", "x", "**x**"),
        ("****x****", "x", "**x**"),
        ("** x **", "x", "**x**"),
        ("**x** (+2)", "x (+2)", "**x (+2)**"),
        ("** **", "*", "*****"),
        ("***", "***", "*******"),
        ("**Note** well", "**Note** well", "****Note** well**"),
        ("2 ** 3", "2 ** 3", "**2 ** 3**"),
    ],
)
def test_marks_are_for_the_marked_line_alone(title: str, plain: str, marked: str) -> None:
    assert mindmap.render(node(title)) == plain
    assert mindmap.render(node(title, marked=True)) == marked
    assert not MARKED.match(plain)
    assert MARKED.match(marked)


@examples
@given(maps)
def test_what_is_drawn_can_be_read_back(tree: MapNode) -> None:
    assert mindmap.parse(mindmap.render(tree)) == tree


@examples
@given(trees)
def test_a_topics_map_can_be_read_back(tree: Tree) -> None:
    drawn_map = mindmap.subtree(tree, tree.root, 64)
    assume(not any(line.title.startswith("**") for line in lines_of(drawn_map)))
    assert mindmap.parse(mindmap.render(drawn_map)) == drawn_map


@pytest.mark.parametrize("text", ["A\nB", "A\n├─B", "A\n\n└─ B", "A\n  └─ B"])
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="This line of a map has no branch"):
        mindmap.parse(text)


# --- the map of a topic


def test_a_topics_map_goes_down_as_many_levels_as_asked() -> None:
    assert (
        mindmap.render(mindmap.subtree(BIKES, at("0.0"), 1))
        == "Handbook\n├─ Brakes\n├─ Gears\n├─ Frame\n└─ Wheels"
    )
    assert mindmap.render(mindmap.subtree(BIKES, at("0.0.1"), 64)) == (
        "Gears\n├─ History\n└─ Adjustment\n   ├─ Limit screws\n   └─ Cable"
    )
    assert mindmap.render(mindmap.subtree(BIKES, at("0.0.1"), 0)) == "Gears"


@pytest.mark.parametrize(("place", "levels"), [("0", 4), ("0.0", 3), ("0.0.3", 1), ("0.0.2", 0)])
def test_height_counts_levels_of_knowledge(place: str, levels: int) -> None:
    assert mindmap.height(BIKES, at(place)) == levels


def test_all_beneath_is_counted() -> None:
    assert [BIKES.count_descendants(at(place)) for place in ("0.0.2", "0.0.4", "0.0.1", "0")] == [
        0,
        2,
        5,
        19,
    ]


def test_an_unfolded_map_opens_what_it_is_told_and_nothing_else() -> None:
    opened = {topic.id for topic in BIKES.path(at("0.0.1"))}
    assert mindmap.render(mindmap.unfolded(BIKES, at("0.0"), opened)) == (
        "Handbook\n├─ Brakes\n├─ Gears\n│  ├─ History\n│  └─ Adjustment\n├─ Frame\n└─ Wheels"
    )


# --- the place of a topic


def test_a_place_map_shows_the_path_and_beneath_the_top_all_siblings() -> None:
    assert drawn("0.0.1.1", "0.0.1") == (
        "Bicycles\n└─ Handbook\n   └─ Gears\n      ├─ History\n      └─ **Adjustment** (+2)"
    )
    assert drawn("0.0.1.1", "0.0") == (
        "Bicycles\n"
        "└─ Handbook\n"
        "   ├─ Brakes (+3)\n"
        "   ├─ Gears\n"
        "   │  ├─ History\n"
        "   │  └─ **Adjustment** (+2)\n"
        "   ├─ Frame\n"
        "   └─ Wheels (+1)"
    )


def test_siblings_beyond_the_reach_are_counted_with_all_beneath_them() -> None:
    assert drawn("0.0.2", "0.0", 1) == (
        "Bicycles\n└─ Handbook\n   ├─ … (+4)\n   ├─ Gears (+5)\n   ├─ **Frame**\n   └─ Wheels (+1)"
    )
    assert (
        drawn("0.0.2", "0.0", 0)
        == "Bicycles\n└─ Handbook\n   ├─ … (+10)\n   ├─ **Frame**\n   └─ … (+2)"
    )


def test_back_matter_is_shown_only_around_itself() -> None:
    assert "References" not in drawn("0.0.0", "0.0")
    assert (
        drawn("0.0.4.1", "0.0", 0)
        == "Bicycles\n└─ Handbook\n   ├─ … (+13)\n   └─ References\n      └─ **B**"
    )


def test_the_root_itself_is_one_marked_line() -> None:
    assert drawn("0", "0") == "**Bicycles** (+19)"


def test_numbered_parts_have_their_place_in_the_map() -> None:
    tree, chunks = grow(
        [document("b.md", (1, "Book"), (2, "A"), "x" * 60, "y" * 60, (2, "B"), "b")],
        chunk_tokens=50,
        split_over=2,
    )
    part = tree.topics[chunks[-2].topic_id]
    assert part.title == "Part 2"
    assert mindmap.render(mindmap.place_map(tree, part, tree.book(part), None)) == (
        "Bicycles\n└─ Book\n   ├─ A\n   │  ├─ Part 1\n   │  └─ **Part 2**\n   └─ B"
    )


def test_a_domain_and_its_only_book_of_one_name_are_shown_once() -> None:
    tree = Tree(plant(branch("Bicycles", branch("bicycles", branch("Gears"), branch("Brakes")))))
    gears, book = tree.topics["0.0.0"], tree.topics["0.0"]
    assert (
        mindmap.render(mindmap.place_map(tree, gears, book, None))
        == "bicycles\n├─ **Gears**\n└─ Brakes"
    )
    assert mindmap.render(mindmap.place_map(tree, book, book, None)) == "**bicycles** (+2)"


def test_equal_titles_are_marked_once() -> None:
    tree = Tree(
        plant(
            branch(
                "D", branch("Book", branch("Dose"), branch("Dose"), branch("Dose", branch("Dose")))
            )
        )
    )
    assert mindmap.render(
        mindmap.place_map(tree, tree.topics["0.0.1"], tree.topics["0.0"], None)
    ) == ("D\n└─ Book\n   ├─ Dose\n   ├─ **Dose**\n   └─ Dose (+1)")
    assert mindmap.render(
        mindmap.place_map(tree, tree.topics["0.0.2.0"], tree.topics["0.0"], None)
    ) == ("D\n└─ Book\n   ├─ Dose\n   ├─ Dose\n   └─ Dose\n      └─ **Dose**")


places = st.tuples(
    trees, st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from((None, 0, 1, 2))
).map(lambda drawn: _place(*drawn))


def _place(
    tree: Tree, which: int, height: int, beside: int | None
) -> tuple[Tree, Topic, Topic, int | None]:
    """A topic, and a node above it (if there is one) from which siblings are shown."""
    topics = list(tree.root.walk())
    topic = topics[which % len(topics)]
    above = tree.path(topic)[:-1] or (topic,)
    return tree, topic, above[height % len(above)], beside


@examples
@given(places)
def test_exactly_one_line_is_marked_and_it_is_the_topics(
    place: tuple[Tree, Topic, Topic, int | None],
) -> None:
    tree, topic, top, beside = place
    drawn_map = mindmap.place_map(tree, topic, top, beside)
    found = [
        match for line in mindmap.render(drawn_map).split("\n") if (match := MARKED.match(line))
    ]
    assert len(found) == 1
    alone = mindmap.render(MapNode(title=tree.title(topic)))
    assert found[0][1] == alone

    trail, here = [drawn_map], drawn_map
    while not here.marked:
        (here,) = [child for child in here.children if any(line.marked for line in lines_of(child))]
        trail.append(here)
    titles_down = [tree.title(above) for above in tree.path(topic)]
    assert [line.title for line in trail] == titles_down[len(titles_down) - len(trail) :]


@examples
@given(places)
def test_what_is_shown_and_what_is_counted_is_everything(
    place: tuple[Tree, Topic, Topic, int | None],
) -> None:
    tree, topic, top, beside = place
    path = tree.path(topic)
    # A domain and its only book of one name are one line, which this count does not know.
    assume(len(path) == 1 or tree.title(path[0]).casefold() != tree.title(path[1]).casefold())

    expected = len(path) + tree.count_descendants(topic)
    for above in path[path.index(top) : -1]:
        expected += sum(
            1 + tree.count_descendants(child)
            for child in above.subtopics
            if child not in path and not tree.is_back_matter(child)
        )
    lines = list(lines_of(mindmap.place_map(tree, topic, top, beside)))
    shown = sum(line.title != mindmap.ELLIPSIS for line in lines)
    assert shown + sum(line.folded for line in lines) == expected


@examples
@given(places)
def test_no_more_siblings_are_shown_than_asked(
    place: tuple[Tree, Topic, Topic, int | None],
) -> None:
    tree, topic, top, beside = place
    for line in lines_of(mindmap.place_map(tree, topic, top, beside)):
        real = [child for child in line.children if child.title != mindmap.ELLIPSIS]
        assert beside is None or len(real) <= 2 * beside + 1
        assert beside is not None or len(real) == len(line.children)


# --- pruning


@examples
@given(places, st.integers(1, 400))
def test_widest_picks_the_widest_that_fits(
    place: tuple[Tree, Topic, Topic, int | None], room: int
) -> None:
    tree, topic, top, _ = place
    most = max(len(above.subtopics) for above in tree.path(topic))

    def build(beside: int | None) -> str:
        return mindmap.render(mindmap.place_map(tree, topic, top, beside))

    forms = [build(beside) for beside in (*range(most + 1), None)]
    fitting = [form for form in forms if len(form) <= room]
    found = mindmap.widest(build, most, lambda text: len(text) <= room)
    if len(forms[-1]) <= room:
        assert found == forms[-1]
    elif all(len(a) <= len(b) for a, b in itertools.pairwise(forms)):
        assert found == (fitting[-1] if fitting else None)
    else:  # A short title may take less room than the count that stands for it.
        assert found is None or found in fitting


@pytest.mark.parametrize(
    ("room", "expected"), [(9, "all"), (8, "xxxxxxxx"), (5, "xxxxx"), (1, "x"), (0, "")]
)
def test_widest_by_numbers(room: int, expected: str) -> None:
    asked = []

    def build(beside: int | None) -> str:
        asked.append(beside)
        return "all" + "y" * 6 if beside is None else "x" * beside

    assert mindmap.widest(build, 8, lambda text: len(text) <= room) == (
        expected + "y" * 6 if room == 9 else expected
    )
    assert len(asked) <= 5


def test_widest_is_none_if_not_even_the_path_fits() -> None:
    assert mindmap.widest(lambda beside: "path", 3, lambda text: False) is None


def test_path_lines_get_ever_shorter() -> None:
    assert list(mindmap.path_lines(("Biology", "Cells", "Organelles", "Nucleus")))[:4] == [
        "Biology > Cells > Organelles > Nucleus",
        "Biology > … > Organelles > Nucleus",
        "Biology > … > Nucleus",
        "Nucleus",
    ]
    assert list(
        mindmap.path_lines(("Biology", "The structure of the plasma membrane of eukaryotic cells"))
    )[2:] == [
        "The structure of the plasma membrane of eukaryotic cells",
        "The structure of the plasma membrane…",
        "The structure of the…",
        "The structu…",
        "The…",
    ]


def test_path_maps_get_ever_narrower() -> None:
    tree = Tree(
        plant(
            branch(
                "Biology",
                branch("Cells", branch("Organelles", branch("The nucleus and its membrane"))),
            )
        )
    )
    forms = [mindmap.render(form) for form in mindmap.path_maps(tree, tree.topics["0.0.0.0"])]
    assert forms == [
        "Biology\n└─ Cells\n   └─ Organelles\n      └─ **The nucleus and its membrane**",
        "Biology\n└─ …\n   └─ Organelles\n      └─ **The nucleus and its membrane**",
        "Biology\n└─ …\n   └─ **The nucleus and its membrane**",
        "Biology\n└─ …\n   └─ **The nucleus and its membrane**",
        "Biology\n└─ …\n   └─ **The nucleus and its…**",
        "Biology\n└─ …\n   └─ **The nucleus…**",
    ]
    assert [mindmap.render(form) for form in mindmap.path_maps(tree, tree.root)] == [
        "**Biology**"
    ] * 4


@examples
@given(
    st.lists(titles.map(lambda title: " ".join(title.split())), min_size=1, max_size=5).map(tuple)
)
def test_path_lines_never_grow_and_end_in_a_few_letters(path: tuple[str, ...]) -> None:
    lines = list(mindmap.path_lines(path))
    assert lines[0] == " > ".join(path)
    lengths = [len(line) for line in lines]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] <= 6


@examples
@given(trees)
def test_path_maps_mark_one_line_each(tree: Tree) -> None:
    for topic in tree.root.walk():
        for form in mindmap.path_maps(tree, topic):
            assert sum(bool(MARKED.match(line)) for line in mindmap.render(form).split("\n")) == 1
