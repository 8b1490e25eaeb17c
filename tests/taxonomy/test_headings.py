"""Extractor `headings`: the document's own headings, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.taxonomy.assemble import check_outline
from structtuning_plugin.taxonomy.extractors.headings import HeadingsExtractor
from tests.codecs import CharCodec
from tests.taxonomy_strategies import documents, examples
from tests.trees import context_for, document, sketch


def outline_of(doc: Document, chunk_tokens: int = 1000) -> Outline:
    outline = HeadingsExtractor().extract(doc, context_for(CharCodec(), chunk_tokens))
    check_outline(outline, doc)
    return outline


def test_a_single_top_heading_at_the_beginning_is_the_root() -> None:
    outline = outline_of(
        document(
            "b.md", (1, "Cells"), "All life.", (2, "Membrane"), "Thin.", (2, "Nucleus"), "Round."
        )
    )
    assert outline == Outline(
        title="Cells",
        start=0,
        own_end=9,
        end=20,
        source="headings",
        children=(
            Outline(title="Membrane", start=9, own_end=14, end=14, source="headings"),
            Outline(title="Nucleus", start=14, own_end=20, end=20, source="headings"),
        ),
    )


def test_several_top_headings_stand_under_the_documents_title() -> None:
    outline = outline_of(
        document(
            "b.md", (1, "Cells"), "a", (2, "Membrane"), "b", (1, "Plants"), "c", title="Biology"
        )
    )
    assert sketch(outline) == ("Biology", [("Cells", ["Membrane"]), "Plants"])
    assert (outline.start, outline.own_end, outline.end) == (0, 0, 3)


def test_text_before_the_first_heading_belongs_to_the_root() -> None:
    outline = outline_of(document("b.md", "Preface. ", (1, "Cells"), "a", title="Biology"))
    assert sketch(outline) == ("Biology", ["Cells"])
    assert (outline.start, outline.own_end) == (0, 9)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([1, 3, 2], ("A", ["B", "C"])),
        ([1, 3, 4, 2, 4], ("A", [("B", ["C"]), ("D", ["E"])])),
        ([1, 4, 3, 2], ("A", ["B", "C", "D"])),
        ([2, 1, 2], ("Title", ["A", ("B", ["C"])])),
        ([3, 3], ("Title", ["A", "B"])),
        ([1, 2, 3, 4, 5, 6], ("A", [("B", [("C", [("D", [("E", ["F"])])])])])),
    ],
)
def test_a_skipped_level_is_no_level(levels: list[int], expected: object) -> None:
    parts = [
        part
        for level, name in zip(levels, "ABCDEF", strict=False)
        for part in ((level, name), f"{name}.")
    ]
    assert sketch(outline_of(document("b.md", *parts, title="Title"))) == expected


def test_equal_titles_stay_apart() -> None:
    outline = outline_of(
        document(
            "b.md",
            (1, "Book"),
            (2, "Intro"),
            "a",
            (2, "Intro"),
            "b",
            (3, "Intro"),
            "c",
            (2, "Intro"),
            "d",
        ),
    )
    assert sketch(outline) == ("Book", ["Intro", ("Intro", ["Intro"]), "Intro"])
    assert [(child.start, child.own_end, child.end) for child in outline.children] == [
        (0, 1, 1),
        (1, 2, 3),
        (3, 4, 4),
    ]


def test_sections_without_text_are_kept() -> None:
    outline = outline_of(
        document("b.md", (1, "Book"), (2, "Empty"), (2, "Empty"), (2, "Full"), "x")
    )
    assert sketch(outline) == ("Book", ["Empty", "Empty", "Full"])
    assert [(child.start, child.end) for child in outline.children] == [(0, 0), (0, 0), (0, 1)]


def test_a_document_without_headings_is_one_node() -> None:
    assert sketch(outline_of(document("b.md", "Some text.", title="Notes"))) == "Notes"


def test_a_document_without_text_keeps_its_headings() -> None:
    assert sketch(outline_of(document("b.md", (1, "Book"), (2, "Planned")))) == (
        "Book",
        ["Planned"],
    )


def test_headings_go_down_as_deep_as_they_like() -> None:
    depth = 150
    outline = outline_of(
        document(
            "b.md", *[part for level in range(depth) for part in ((level + 1, f"L{level}"), "x")]
        )
    )
    titles = []
    node = outline
    while node.children:
        titles.append(node.title)
        (node,) = node.children
    assert [*titles, node.title] == [f"L{level}" for level in range(depth)]


def test_long_text_of_a_section_is_divided_before_its_subsections() -> None:
    doc = document("b.md", (1, "Book"), "x" * 60, "y" * 60, (2, "Next"), "z")
    outline = HeadingsExtractor().extract(doc, context_for(CharCodec(), 100, split_over=1))
    check_outline(outline, doc)
    assert sketch(outline) == ("Book", ["Part 1", "Part 2", "Next"])
    assert [child.source for child in outline.children] == ["parts", "parts", "headings"]


@examples
@given(documents())
def test_every_outline_keeps_its_promise(docs: list[Document]) -> None:
    for doc in docs:
        outline = outline_of(doc, chunk_tokens=8)
        nodes, stack = [], [outline]
        while stack:
            nodes.append(stack.pop())
            stack.extend(nodes[-1].children)
        of_headings = sorted(node.title for node in nodes if node.source == "headings")
        own = sorted(heading.title for heading in doc.headings)
        assert of_headings in (own, sorted([*own, doc.title]))


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match=r"Unknown option `split_ovr` of the extractor `headings`\. Did you mean `split_over`\?",
    ):
        HeadingsExtractor().check_options({"split_ovr": 3})
