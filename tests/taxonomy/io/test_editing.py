"""Edits of an outline mean what a reader thinks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from structtuning_plugin.core.types import Span
from structtuning_plugin.taxonomy.io.json_file import inspect
from structtuning_plugin.taxonomy.io.outline_writer import render
from structtuning_plugin.taxonomy.tree import topic_id
from tests.taxonomy.io.editing import DOCS, Lines, ids, own, read, text_of
from tests.trees import document, grow, sketch


@pytest.mark.parametrize(
    "title", ["C++ <vector>", "R&D", "a\\b", "# x", "*x*", "a &nbsp; b", "a --> b", "AT&amp", "&;"]
)
def test_a_title_may_be_typed_as_it_is(title: str) -> None:
    lines = Lines()
    line = lines.lines[lines.at("B")]
    lines.lines[lines.at("B")] = line.replace("- B <!", f"- {title}   <!")
    given = lines.read()
    assert title in own(given.root)
    assert given.renamed == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("front", ["", "\ufeff", "\n\n"])
def test_editors_may_change_line_ends_and_bullets(tmp_path: Path, end: str, front: str) -> None:
    text = text_of()
    path = tmp_path / "T.MD"
    path.write_bytes((front + text.replace("\n", end) + end).encode())
    assert inspect(path, DOCS) == read(text)
    assert read(re.sub(r"^( +)- ", r"\n\1* ", text, flags=re.MULTILINE)).root == read(text).root


def test_a_new_title_keeps_id_and_text() -> None:
    before, after = read(text_of()).root, Lines().change("A", "A", "Ay!").read()
    assert [(t.id, t.spans, t.own_spans) for t in after.root.walk()] == [
        (t.id, t.spans, t.own_spans) for t in before.walk()
    ]
    assert (after.new, after.renamed, after.regrouped) == (0, 1, 0)
    assert "Ay!" in own(after.root)


def test_another_level_keeps_ids_whose_text_stays() -> None:
    before, after = ids(read(text_of()).root), Lines().shift(-2, "A", "A1").read()
    assert sketch(after.root) == (
        "Bicycles",
        ["Book", ("A", ["A1", ("B", ["B1", "B2"])]), ("n", ["Note"])],
    )
    assert own(after.root) == own(read(text_of()).root)
    now = ids(after.root)
    assert {title for title in now if now[title] != before[title]} == {"Book", "A"}
    assert after.regrouped == 2
    assert now["Book"] == topic_id(["Bicycles", "Book"], [Span(document_id="b.md", start=0, end=3)])


def test_the_text_of_a_deleted_line_goes_to_the_line_before() -> None:
    after = Lines().delete("B").read()
    assert sketch(after.root) == (
        "Bicycles",
        [("Book", [("A", ["A1", "B1", "B2"])]), ("n", ["Note"])],
    )
    assert own(after.root)["A1"] == "aybee"


def test_a_line_without_text_takes_that_of_the_line_deleted_beneath_it() -> None:
    assert own(Lines().delete("B2").read().root)["B1"] == "two"
    assert own(Lines().delete("A1").read().root)["A"] == "ay"
    assert sketch(Lines().delete("B1").read().root) == (
        "Bicycles",
        [("Book", [("A", ["A1"]), ("B", ["B2"])]), ("n", ["Note"])],
    )


def test_a_line_without_comment_holds_what_is_beneath_it() -> None:
    lines = Lines().add("A", "    - Both").shift(2, "A", "A1", "B", "B1", "B2")
    after = lines.read()
    assert sketch(after.root) == (
        "Bicycles",
        [("Book", [("Both", [("A", ["A1"]), ("B", ["B1", "B2"])])]), ("n", ["Note"])],
    )
    both = after.root.subtopics[0].subtopics[0]
    assert (both.source, both.kind, both.language, both.own_spans) == ("file", "topic", "fr", ())
    assert both.id == topic_id(["Bicycles", "Book", "Both"], both.spans)
    assert (after.new, after.renamed, after.regrouped) == (1, 0, 0)


def test_a_line_above_documents_is_a_folder() -> None:
    after = (
        Lines()
        .add("Book", "  - Shelf")
        .shift(2, "Book", "A", "A1", "B", "B1", "B2", "n", "Note")
        .read()
    )
    shelf = after.root.subtopics[0]
    assert (shelf.title, shelf.kind, [child.kind for child in shelf.subtopics]) == (
        "Shelf",
        "folder",
        ["document", "folder"],
    )


def test_a_place_alone_divides_a_text() -> None:
    after = Lines().add("A", "    - Rest of it <!-- b.md@1 -->").read()
    assert (own(after.root)["Book"], own(after.root)["Rest of it"]) == ("p", "re")


def test_documents_may_be_put_in_another_order() -> None:
    lines = Lines()
    start, end = lines.at("Book"), lines.at("n")
    lines.lines[start:] = [*lines.lines[end:], *lines.lines[start:end]]
    after = lines.read()
    assert sketch(after.root)[1][0] == ("n", ["Note"])
    assert (ids(after.root), after.regrouped) == (ids(read(text_of()).root), 0)


def test_new_twins_get_ids_of_their_own() -> None:
    docs = [document("b.md", (1, "Book"), (2, "X"), "x", (2, "Y"), "y")]
    lines = Lines(docs)
    for title in ("Y", "X"):
        line = lines.lines.pop(lines.at(title))
        lines.lines += (
            ["    - T", "      - T", f"    {line}"] if title == "Y" else ["    - T", f"  {line}"]
        )
    lines.lines[-5:] = [*lines.lines[-2:], *lines.lines[-5:-2]]
    found = [topic.id for topic in lines.read(docs).root.walk()]
    assert len(set(found)) == len(found) == 7


def test_a_numbered_part_with_a_title_is_knowledge() -> None:
    docs = [document("b.md", "one " * 20 + "\n\n", "two " * 20 + "\n\n", "three " * 20)]
    tree, _ = grow(docs, chunk_tokens=90, split_over=1)
    text = render(tree.root, docs)
    assert " source=parts -->" in text
    assert [t.source for t in read(text, docs).root.walk()] == [t.source for t in tree.root.walk()]
    after = read(text.replace("- Part 2 <", "- Twos <"), docs)
    assert [t.source for t in after.root.walk() if t.title in ("Part 1", "Twos")] == [
        "parts",
        "file",
    ]
