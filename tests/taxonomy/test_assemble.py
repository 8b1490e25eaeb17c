"""Outlines to one tree, chunks to the topics they hang on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Outline, Span, Topic
from structtuning_plugin.taxonomy.assemble import assemble, check_outline
from structtuning_plugin.taxonomy.chunking import hang_chunks, with_chunks
from structtuning_plugin.taxonomy.tree import topic_id
from tests.codecs import CharCodec, WordCodec
from tests.taxonomy_strategies import documents, examples
from tests.trees import document, grow, sketch, titled


def leaf(title: str, start: int, end: int) -> Outline:
    return Outline(title=title, start=start, own_end=end, end=end, source="test")


def whole(doc: Document) -> Outline:
    return leaf(doc.title, 0, len(doc.text))


def test_folders_become_nodes_in_the_order_of_the_corpus() -> None:
    names = ("b/2.md", "b/10.md", "b/deep/er/x.md", "a.md", "b/11.md")
    docs = [document(name, "text") for name in names]
    root = assemble("Biology", [(doc, whole(doc)) for doc in docs])
    assert sketch(root) == ("Biology", [("b", ["2", "10", ("deep", [("er", ["x"])]), "11"]), "a"])
    assert [topic.kind for topic in root.walk()] == [
        "domain",
        "folder",
        "document",
        "document",
        "folder",
        "folder",
        "document",
        "document",
        "document",
    ]
    assert {topic.source for topic in root.walk()} == {"folders", "test"}


def test_a_document_and_a_folder_of_one_name_stay_apart() -> None:
    docs = [document("b.md", "one", title="b"), document("b/b.md", "two", title="b")]
    root = assemble("b", [(doc, whole(doc)) for doc in docs])
    assert sketch(root) == ("b", ["b", ("b", ["b"])])
    assert len({topic.id for topic in root.walk()}) == 4


def test_a_folders_name_is_one_line_too() -> None:
    doc = document("a\n b\u2028c/x.md", "text", title="x")
    assert sketch(assemble("Domain", [(doc, whole(doc))])) == ("Domain", [("a b c", ["x"])])
    blank = document(" /x.md", "text", title="x")
    assert sketch(assemble("Domain", [(blank, whole(blank))])) == ("Domain", [("_", ["x"])])


def test_a_node_has_the_spans_of_its_branch_and_of_its_own_text() -> None:
    tree, _ = grow(
        [document("a/x.md", (1, "X"), "pre", (2, "Y"), "why"), document("a/z.md", "zed")]
    )
    book = titled(tree, "a", "X")
    assert book.spans == (Span(document_id="a/x.md", start=0, end=6),)
    assert book.own_spans == (Span(document_id="a/x.md", start=0, end=3),)
    assert titled(tree, "a").spans == (*book.spans, Span(document_id="a/z.md", start=0, end=3))
    assert titled(tree, "a").own_spans == ()
    assert tree.root.spans == titled(tree, "a").spans


def test_a_node_without_text_has_no_span() -> None:
    tree, _ = grow([document("a/x.md", (1, "X"), (2, "Y"), "why", (2, "Z"))])
    assert titled(tree, "a", "X").own_spans == ()
    assert (
        titled(tree, "a", "X", "Y").own_spans
        == titled(tree, "a", "X").spans
        == (Span(document_id="a/x.md", start=0, end=3),)
    )
    assert (titled(tree, "a", "X", "Z").spans, titled(tree, "a", "X", "Z").own_spans) == ((), ())


def test_a_node_speaks_its_documents_language_and_a_folder_that_of_most() -> None:
    docs = [
        document("a/1.md", "x", language="fr"),
        document("a/2.md", "x", language="zh"),
        document("a/3.md", "x", language="zh"),
    ]
    tree, _ = grow(docs)
    assert [topic.language for topic in tree.root.walk()] == ["zh", "zh", "fr", "zh", "zh"]


BOOK = (
    document(
        "b.md",
        (1, "Book"),
        "x",
        (2, "A"),
        "one",
        (2, "A"),
        "two",
        (2, "Empty"),
        (2, "Empty"),
        (2, "Last"),
        "z",
    ),
)


def ids(docs: tuple[Document, ...], domain: str = "Domain") -> list[str]:
    tree, _ = grow(docs, domain)
    return [topic.id for topic in tree.root.walk()]


def test_ids_are_stable_and_distinct() -> None:
    assert ids(BOOK) == ids(BOOK)
    assert len(set(ids(BOOK))) == 7
    # Written down, since files and samples of earlier builds name them.
    assert (
        topic_id(["Domain", "Book"], [Span(document_id="b.md", start=0, end=8)])
        == "7aee1701bd1d3440"
    )


def test_twins_are_told_apart_in_order() -> None:
    tree, _ = grow(BOOK)
    empty = [topic for topic in tree.root.walk() if topic.title == "Empty"]
    path, spot = ["Bicycles", "Book", "Empty"], [Span(document_id="b.md", start=7, end=7)]
    assert [topic.id for topic in empty] == [topic_id(path, spot), topic_id(path, spot, 1)]


def test_another_path_or_span_is_another_id() -> None:
    original = ids(BOOK)
    assert not set(original) & set(ids(BOOK, "Other domain"))
    assert not set(original) & set(ids((replace(BOOK[0], id="c.md"),)))
    longer = document(
        "b.md",
        (1, "Book"),
        "x",
        (2, "A"),
        "one",
        (2, "A"),
        "two",
        (2, "Empty"),
        (2, "Empty"),
        (2, "Last"),
        "zz",
    )
    # The last section and everything above it grew; what stands before it is the same as before.
    assert [a == b for a, b in zip(original, ids((longer,)), strict=True)] == [
        False,
        False,
        True,
        True,
        True,
        True,
        False,
    ]


DOC = document("b.md", "0123456789", title="Book")


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        (leaf("Book", 0, 9), r"The outline of b\.md covers 0\.\.9 of 0\.\.10\."),
        (leaf("Book", 1, 10), r"covers 1\.\.10 of 0\.\.10"),
        (leaf("", 0, 10), r"has the title '' at 0; give one line of text"),
        (leaf(" \t", 0, 10), r"has the title ' \\t' at 0"),
        (leaf("two\nlines", 0, 10), r"has the title 'two\\nlines' at 0"),
        (leaf("two\u2028lines", 0, 10), r"has the title 'two\\u2028lines' at 0"),
        (leaf("two\rlines", 0, 10), r"has the title 'two\\rlines' at 0"),
    ],
)
def test_a_root_that_does_not_fit_is_refused(outline: Outline, expected: str) -> None:
    with pytest.raises(TaxonomyError, match=expected):
        check_outline(outline, DOC)


@pytest.mark.parametrize(
    ("own_end", "children"),
    [
        (2, [(3, 10)]),  # a gap after the own text
        (2, [(1, 10)]),  # doubled
        (2, [(2, 5), (6, 10)]),  # a gap between children
        (2, [(2, 6), (5, 10)]),  # children overlap
        (2, [(6, 10), (2, 6)]),  # out of order
        (2, [(2, 9)]),  # the end is missing
        (2, [(2, 11)]),  # beyond the end
        (2, [(2, 1), (1, 10)]),  # one goes backwards, so that the next begins in front of it
        (2, [(2, 6), (6, 4), (4, 10)]),
        (6, [(6, 2), (2, 10)]),
        (-1, [(-1, 10)]),  # own text ends before it begins
        (9, []),  # own text is not all there is
        (11, []),
    ],
)
def test_children_that_do_not_fit_are_refused(
    own_end: int, children: list[tuple[int, int]]
) -> None:
    outline = Outline(
        title="Book",
        start=0,
        own_end=own_end,
        end=10,
        source="test",
        children=tuple(leaf(f"C{number}", *bounds) for number, bounds in enumerate(children)),
    )
    with pytest.raises(
        TaxonomyError,
        match=r"In the outline of b\.md, the branch 'Book' and its children do not fit together",
    ):
        check_outline(outline, DOC)


def test_a_fault_deep_down_is_found() -> None:
    inner = Outline(
        title="Inner", start=2, own_end=4, end=10, source="test", children=(leaf("Leaf", 5, 10),)
    )
    outer = Outline(title="Book", start=0, own_end=2, end=10, source="test", children=(inner,))
    with pytest.raises(TaxonomyError, match="the branch 'Inner'"):
        assemble("Domain", [(DOC, outer)])


def inside(start: int, own_end: int, end: int, *children: Outline) -> Outline:
    return Outline(
        title="Inner", start=start, own_end=own_end, end=end, source="test", children=children
    )


@pytest.mark.parametrize(
    ("inner", "fits"),
    [
        (inside(2, 4, 6, leaf("Leaf", 4, 6)), True),
        (
            inside(2, 2, 6, leaf("Leaf", 2, 2), leaf("Leaf", 2, 6)),
            True,
        ),  # no own text, and a child without any
        (inside(2, 4, 6, leaf("Leaf", 4, 5), leaf("Leaf", 5, 6), leaf("Leaf", 6, 6)), True),
        (inside(2, 4, 6, leaf("Leaf", 5, 6)), False),
        (inside(2, 1, 6, leaf("Leaf", 1, 6)), False),  # it begins before itself
        (
            inside(2, 4, 6, leaf("Leaf", 4, 7), leaf("Leaf", 7, 6)),
            False,
        ),  # it ends beyond itself in between
        (inside(2, 4, 6, leaf("Leaf", 4, 3), leaf("Leaf", 3, 6)), False),
        (inside(2, 4, 6, leaf("Leaf", 4, 5)), False),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_branch_is_looked_at_whichever_child_it_is(
    inner: Outline, fits: bool, place: int
) -> None:
    around = [leaf("A", 0, 2), leaf("B", 6, 8), leaf("C", 8, 10)]
    before = [leaf(f"Empty {number}", 2, 2) for number in range(place)]
    after = [leaf(f"Empty {number}", 6, 6) for number in range(2 - place)]
    children = (around[0], *before, inner, *after, *around[1:])
    outline = Outline(title="Book", start=0, own_end=0, end=10, source="test", children=children)
    if fits:
        check_outline(outline, DOC)
        return
    with pytest.raises(
        TaxonomyError, match="the branch 'Inner' and its children do not fit together"
    ):
        check_outline(outline, DOC)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_title_is_looked_at_whichever_child_bears_it(place: int) -> None:
    titles = ["A", "B", "C"]
    titles[place] = "two\nlines"
    children = tuple(
        leaf(title, *bounds)
        for title, bounds in zip(titles, [(0, 3), (3, 6), (6, 10)], strict=True)
    )
    outline = Outline(title="Book", start=0, own_end=0, end=10, source="test", children=children)
    with pytest.raises(TaxonomyError, match=r"has the title 'two\\nlines' at"):
        check_outline(outline, DOC)


def test_chunks_hang_on_the_topic_whose_own_text_they_are() -> None:
    tree, chunks = grow(
        [document("b.md", (1, "Book"), "pre", (2, "A"), "a" * 25, (2, "B"), "bee")], chunk_tokens=10
    )
    where = [(chunk.id, tree.topics[chunk.topic_id].title, chunk.tokens) for chunk in chunks]
    assert where == [
        ("b.md:0-3", "Book", 3),
        ("b.md:3-13", "A", 10),
        ("b.md:13-23", "A", 10),
        ("b.md:23-28", "A", 5),
        ("b.md:28-31", "B", 3),
    ]
    assert titled(tree, "Book", "A").chunk_ids == ("b.md:3-13", "b.md:13-23", "b.md:23-28")
    assert tree.root.chunk_ids == ()


def test_chunks_come_in_the_order_of_the_documents() -> None:
    docs = [document("z.md", "zed"), document("a.md", "ay")]
    steps: list[str] = []
    root = assemble("D", [(doc, whole(doc)) for doc in docs])
    _, chunks = hang_chunks(root, docs, 10, CharCodec(), lambda doc: steps.append(doc.id))
    assert [chunk.document_id for chunk in chunks] == steps == ["z.md", "a.md"]


def test_with_chunks_takes_old_chunks_away() -> None:
    tree, chunks = grow([document("b.md", "one")])
    assert with_chunks(tree.root, chunks) == tree.root
    assert [topic.chunk_ids for topic in with_chunks(tree.root, []).walk()] == [(), ()]


@examples
@given(documents(), st.integers(4, 60), st.sampled_from((CharCodec(), WordCodec())))
def test_every_chunk_hangs_on_exactly_one_topic_and_nothing_is_lost(
    docs: list[Document], budget: int, codec: CharCodec
) -> None:
    tree, chunks = grow(docs, chunk_tokens=budget, codec=codec)
    for doc in docs:
        assert "".join(chunk.text for chunk in chunks if chunk.document_id == doc.id) == doc.text
    hung = Counter(chunk_id for topic in tree.root.walk() for chunk_id in topic.chunk_ids)
    assert hung == Counter(chunk.id for chunk in chunks)
    assert set(hung.values()) <= {1}
    by_id = {chunk.id: chunk for chunk in chunks}
    for topic in tree.root.walk():
        assert all(by_id[chunk_id].topic_id == topic.id for chunk_id in topic.chunk_ids)
        assert all(
            _inside(by_id[chunk_id].start, by_id[chunk_id].end, topic)
            for chunk_id in topic.chunk_ids
        )
    assert all(0 < chunk.tokens <= budget for chunk in chunks)


def _inside(start: int, end: int, topic: Topic) -> bool:
    return any(span.start <= start < end <= span.end for span in topic.own_spans)


@examples
@given(documents())
def test_ids_are_distinct_whatever_the_titles(docs: list[Document]) -> None:
    tree, _ = grow(docs)
    found = [topic.id for topic in tree.root.walk()]
    assert len(set(found)) == len(found)
    assert [topic.id for topic in grow(docs)[0].root.walk()] == found
