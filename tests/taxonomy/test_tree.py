"""Questions to a tree: paths, names that fit one node only, what can be spoken of."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.taxonomy.tree import Tree
from tests.taxonomy_strategies import documents, examples, trees
from tests.trees import Branch, branch, document, grow, plant, titled

DRUGS = Tree(
    plant(
        branch(
            "Pharmacology",
            branch(
                "Handbook",
                branch("Beta Blockers", branch("Dose"), branch("Adverse Effects")),
                branch("Statins", branch("Dose"), branch("Adverse Effects"), branch("Storage")),
                branch("Index"),
            ),
            branch(
                "Casebook",
                branch("Statins", branch("Adverse Effects")),
                branch("Case", branch("x")),
                branch("Case"),
            ),
        )
    )
)


def name_of(place: str) -> str | None:
    return DRUGS.name(DRUGS.topics[place])


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("0", "Pharmacology"),
        ("0.0", "Handbook"),
        ("0.0.0", "Beta Blockers"),
        ("0.0.1.2", "Storage"),
        ("0.0.0.1", "Adverse Effects (Beta Blockers)"),
        ("0.0.1.1", "Adverse Effects (Statins, Handbook)"),
        ("0.1.0.0", "Adverse Effects (Statins, Casebook)"),
        ("0.0.1", "Statins (Handbook)"),
        ("0.1.0", "Statins (Casebook)"),
        ("0.1.1", None),
        ("0.1.2", None),
        ("0.1.1.0", "x"),
    ],
)
def test_a_name_has_as_much_of_the_path_as_makes_it_unique(place: str, name: str | None) -> None:
    assert name_of(place) == name


def test_a_title_that_looks_like_a_name_of_another_node_is_no_trap() -> None:
    tree = Tree(
        plant(
            branch(
                "D",
                branch(
                    "Book",
                    branch("Dose (Statins)"),
                    branch("Statins", branch("Dose")),
                    branch("Aspirin", branch("Dose")),
                ),
            )
        )
    )
    assert tree.name(tree.topics["0.0.1.0"]) == "Dose (Statins, Book)"
    assert tree.name(tree.topics["0.0.0"]) == "Dose (Statins) (Book)"


def test_names_differ_by_more_than_case() -> None:
    tree = Tree(plant(branch("D", branch("A", branch("dose")), branch("B", branch("Dose")))))
    assert [tree.name(tree.topics[place]) for place in ("0.0.0", "0.1.0")] == [
        "dose (A)",
        "Dose (B)",
    ]


def test_names_use_titles_as_they_are_shown() -> None:
    tree = Tree(
        plant(branch("D", branch("1. A", branch("1.1 Dose")), branch("2. B", branch("2.1 Dose"))))
    )
    assert tree.name(tree.topics["0.1.0"]) == "Dose (B)"


@pytest.mark.parametrize(
    ("chapters", "shares"),
    [((branch("Book", branch("Gears")),), False), ((branch("Book"), branch("Brakes")), True)],
    ids=["shown as one", "two nodes"],
)
def test_a_repeated_title_names_two_structures_if_the_parent_has_other_children(
    chapters: tuple[Branch, ...], shares: bool
) -> None:
    tree = Tree(plant(branch("Book", *chapters)))
    assert not tree.shares_name(tree.topics["0"])
    assert tree.shares_name(tree.topics["0.0"]) is shares


@examples
@given(trees)
def test_a_name_fits_one_node_only_or_there_is_none(tree: Tree) -> None:
    names = {topic.id: tree.name(topic) for topic in tree.root.walk() if not tree.is_repeat(topic)}
    given_names = [name.casefold() for name in names.values() if name is not None]
    assert len(given_names) == len(set(given_names))
    for topic in tree.root.walk():
        name = names.get(topic.id)
        if name is None:
            continue
        *above, own = tree.path_titles(topic)
        rest = name.removeprefix(own)
        # From the bottom up, and never the whole path: something is left to ask for.
        assert rest in [
            "",
            *(f" ({', '.join(reversed(above[-count:]))})" for count in range(1, len(above))),
        ]
        # Nobody else bears it, not as a title either.
        others = [
            other
            for other in tree.root.walk()
            if other.id != topic.id and not tree.is_repeat(other)
        ]
        assert all(tree.title(other).casefold() != name.casefold() for other in others)


@examples
@given(trees)
def test_a_title_that_stands_once_is_its_own_name(tree: Tree) -> None:
    shown = [tree.title(topic).casefold() for topic in tree.root.walk()]
    for topic in tree.root.walk():
        title = tree.title(topic)
        if shown.count(title.casefold()) == 1 and "(" not in title:
            assert tree.name(topic) == title


def test_a_path_runs_from_the_root_to_the_topic() -> None:
    assert [topic.title for topic in DRUGS.path(DRUGS.topics["0.0.1.1"])] == [
        "Pharmacology",
        "Handbook",
        "Statins",
        "Adverse Effects",
    ]
    assert DRUGS.path(DRUGS.root) == (DRUGS.root,)
    assert DRUGS.parent(DRUGS.root) is None


def test_path_titles_show_a_repeated_title_once() -> None:
    tree = Tree(
        plant(
            branch(
                "Bicycles",
                branch("BICYCLES", branch("Gears", branch("1. Gears", branch("Bicycles")))),
            )
        )
    )
    assert tree.path_titles(tree.topics["0.0.0.0.0"]) == ("Bicycles", "Gears", "Bicycles")
    assert tree.path_titles(tree.topics["0.0"]) == ("Bicycles",)
    # Both are shown as one, and so have one name.
    assert [tree.name(tree.topics[place]) for place in ("0.0.0", "0.0.0.0")] == ["Gears", "Gears"]
    assert [tree.is_repeat(tree.topics[place]) for place in ("0.0.0", "0.0.0.0")] == [False, True]


@examples
@given(trees)
def test_path_titles_never_repeat_in_a_row(tree: Tree) -> None:
    for topic in tree.root.walk():
        shown = [title.casefold() for title in tree.path_titles(topic)]
        assert all(above != below for above, below in itertools.pairwise(shown))
        assert shown[-1] == tree.title(topic).casefold()
        assert shown[0] == tree.title(tree.root).casefold()


def test_a_place_is_the_shortest_end_of_a_path_that_no_other_topic_has() -> None:
    found = {place: DRUGS.place_titles(DRUGS.topics[place]) for place in ("0.0.0", "0.0.1.0")}
    assert found == {"0.0.0": ("Handbook", "Beta Blockers"), "0.0.1.0": ("Statins", "Dose")}
    twice = DRUGS.place_titles(DRUGS.topics["0.0.1.1"])
    assert twice == ("Handbook", "Statins", "Adverse Effects")


def test_a_place_is_not_the_whole_path_of_another_topic() -> None:
    deep = branch("Handbook", branch("Bicycles", branch("Brakes")))
    tree = Tree(plant(branch("Bicycles", branch("Brakes"), deep)))
    assert tree.place_titles(tree.topics["0.0"]) == ("Bicycles", "Brakes")
    assert tree.place_titles(tree.topics["0.1.0.0"]) == ("Handbook", "Bicycles", "Brakes")


@examples
@given(trees)
def test_topics_of_different_paths_have_different_places(tree: Tree) -> None:
    paths: dict[tuple[str, ...], tuple[str, ...]] = {}
    for topic in tree.root.walk():
        place, path = (
            tuple(title.casefold() for title in titles)
            for titles in (tree.place_titles(topic), tree.path_titles(topic))
        )
        assert path[-len(place) :] == place
        assert paths.setdefault(place, path) == path


def test_levels_are_counted_from_the_document() -> None:
    tree, _ = grow(
        [document("shelf/b.md", (1, "Book"), "x", (2, "Chapter"), "y", (3, "Section"), "z")]
    )
    found = {topic.title: tree.document_level(topic) for topic in tree.root.walk()}
    assert found == {"Bicycles": -1, "shelf": -1, "Book": 0, "Chapter": 1, "Section": 2}


def test_chapter_and_book_of_a_topic() -> None:
    tree, _ = grow(
        [
            document(
                "shelf/b.md",
                (1, "Book"),
                "x",
                (2, "Chapter"),
                "y",
                (3, "Section"),
                "z",
                (4, "Point"),
                "!",
            )
        ]
    )
    shelf = titled(tree, "shelf")
    book, chapter = titled(tree, "shelf", "Book"), titled(tree, "shelf", "Book", "Chapter")
    point = titled(tree, "shelf", "Book", "Chapter", "Section", "Point")
    assert [tree.chapter(topic) for topic in (point, chapter, book, shelf)] == [
        chapter,
        chapter,
        book,
        shelf,
    ]
    assert [tree.book(topic) for topic in (point, book, shelf, tree.root)] == [
        book,
        book,
        shelf,
        tree.root,
    ]


def _titles(topics: tuple[Topic, ...]) -> list[str]:
    return [topic.title for topic in topics]


def test_siblings_and_children_leave_back_matter_out() -> None:
    handbook, beta = DRUGS.topics["0.0"], DRUGS.topics["0.0.0"]
    assert _titles(DRUGS.children(handbook)) == ["Beta Blockers", "Statins"]
    assert _titles(DRUGS.siblings(beta)) == ["Statins"]
    assert _titles(DRUGS.siblings(handbook)) == ["Casebook"]
    assert DRUGS.siblings(DRUGS.root) == ()


def test_equal_titles_are_siblings_of_one_another() -> None:
    assert _titles(DRUGS.siblings(DRUGS.topics["0.1.2"])) == ["Statins", "Case"]


def test_numbered_parts_are_neither_siblings_nor_children() -> None:
    tree, _ = grow(
        [document("b.md", (1, "Book"), "x" * 60, "y" * 60, (2, "A"), "a", (2, "B"), "b")],
        chunk_tokens=50,
        split_over=2,
    )
    book = titled(tree, "Book")
    assert [topic.title for topic in book.subtopics] == ["Part 1", "Part 2", "A", "B"]
    assert _titles(tree.children(book)) == ["A", "B"]
    assert _titles(tree.siblings(titled(tree, "Book", "A"))) == ["B"]
    assert not tree.is_knowledge(titled(tree, "Book", "Part 1"))
    assert not tree.is_back_matter(titled(tree, "Book", "Part 1"))


def test_what_lies_beneath_back_matter_is_back_matter() -> None:
    tree, _ = grow(
        [
            document(
                "b.md",
                (1, "Book"),
                "x",
                (2, "Exercises"),
                "y",
                (3, "Forces"),
                "z",
                (2, "Forces"),
                "w",
            )
        ]
    )
    below, knowledge = titled(tree, "Book", "Exercises", "Forces"), titled(tree, "Book", "Forces")
    assert tree.is_back_matter(below)
    assert not tree.is_knowledge(below)
    assert tree.is_knowledge(knowledge)


def test_back_matter_is_recognised_by_its_text_too() -> None:
    lines = "".join(f"Chapter {number} ........ {number}\n" for number in range(6))
    tree, _ = grow(
        [document("b.md", (1, "Book"), "x", (2, "What is where"), lines, (2, "Gears"), "y")]
    )
    assert tree.is_back_matter(titled(tree, "Book", "What is where"))
    assert not Tree(tree.root).is_back_matter(titled(tree, "Book", "What is where")), (
        "without documents, by names alone"
    )


def test_documents_and_folders_are_never_back_matter() -> None:
    tree, _ = grow([document("Index/References.md", "x", title="References")], domain="Contents")
    assert [tree.is_back_matter(topic) for topic in tree.root.walk()] == [False, False, False]


@examples
@given(documents())
def test_siblings_and_children_are_knowledge_and_fit_together(docs: list[Document]) -> None:
    tree, _ = grow(docs, chunk_tokens=10, split_over=1)
    for topic in tree.root.walk():
        for child in tree.children(topic):
            assert tree.is_knowledge(child)
            assert tree.parent(child) is topic
            if len(tree.children(topic)) > 1:
                assert {other.id for other in tree.siblings(child)} == {
                    c.id for c in tree.children(topic)
                } - {child.id}
