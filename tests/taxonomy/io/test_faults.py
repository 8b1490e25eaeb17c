"""Every fault of an outline is told, with its line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import TaxonomyError
from tests.taxonomy.io.editing import DOCS, Lines, read, text_of
from tests.taxonomy.io.strategies import hostile
from tests.taxonomy_strategies import examples


def fault(lines: Lines) -> str:
    with pytest.raises(TaxonomyError) as caught:
        lines.read()
    return str(caught.value)


def _outside(lines: Lines) -> Lines:
    return lines.change("B", "@5", "@11")


KEEP = "Copy it from the exported file, or take it out to make a new topic."


@pytest.mark.parametrize(
    ("edit", "title", "expected"),
    [
        (
            lambda x: x.add("B", "some words"),
            "",
            "'some words' is no line of an outline. Write \"- Title\", two blanks in front for each level.",
        ),
        (
            lambda x: x.change("A1", "      -", "\t\t\t-"),
            "A1",
            "it is indented with a tab. Use two blanks for each level.",
        ),
        (
            lambda x: x.change("B", "    -", "   -"),
            "B",
            "it is indented by 3 blanks. Use two for each level.",
        ),
        (
            lambda x: x.change("B", "- B", "-"),
            "",
            "its title is ''. Give one line of text, or delete the line.",
        ),
        (
            lambda x: x.change("B", "B", "a&#10;b"),
            "",
            "its title is 'a\\nb'. Give one line of text, or delete the line.",
        ),
        (
            lambda x: x.delete("A"),
            "A1",
            "'A1' is indented by 6 blanks, but line {-1} above it, 'Book', by 2. "
            "Indent it, and what is below it, by 4 at most.",
        ),
        (
            lambda x: x.shift(-2, "n").shift(-2, "Note"),
            "n",
            "'n' is not indented, as the domain of line {Bicycles} does. Indent it.",
        ),
        (
            lambda x: x.delete("Bicycles"),
            "Book",
            "'Book' comes first and is indented. The domain comes first, at the margin: put it back.",
        ),
        (lambda x: x.change("B", " -->", ""), "", "the comment {comment} is broken. " + KEEP),
        (lambda x: x.change("B", "<!-- ", ""), "", None),
        (
            lambda x: x.change("B", "b.md@5", "b.md at 5"),
            "B",
            "the comment is broken at 'b.md'. " + KEEP,
        ),
        (
            lambda x: x.change("B", "b.md@5", "b.md@x"),
            "B",
            "the comment is broken at 'b.md@x'. " + KEEP,
        ),
        (
            lambda x: x.change("B", "b.md@5", "bb.md@5"),
            "B",
            "the corpus has no document 'bb.md'. Did you mean `b.md`? Allowed: b.md, n/my note.md.",
        ),
        (_outside, "B", "b.md@11 lies outside: this document has the characters 0..11."),
        (
            lambda x: x.change("B", "b.md@5", "b.md@5 kind=chapter"),
            "B",
            "the kind 'chapter' is unknown. Allowed: domain, folder, subject, document, topic.",
        ),
        (
            lambda x: x.add("A", "    - New"),
            "",
            "the new topic 'New' has no text and no children. Indent its children below it.",
        ),
        (
            lambda x: x.change("B", "b.md@5", "b.md@3"),
            "B",
            "b.md@3 is in line {A1} too. Take it out of the one that has no text.",
        ),
        (
            lambda x: x.swap("B1", "B2"),
            "B1",
            "'B1', b.md@8, is below line {B2}, 'B2', b.md@8. The order of the text stays as it is: put it above "
            "line {B2} again and change levels only.",
        ),
        (
            lambda x: x.change("A", "b.md@3 empty", "b.md@7"),
            "A1",
            "'A1', b.md@3, is below line {A}, 'A', b.md@7. The order of the text stays as it is: put it above "
            "line {A} again and change levels only.",
        ),
        (
            lambda x: x.delete("Note"),
            "",
            "n/my note.md has no line left for its 4 characters. Put its lines back.",
        ),
        (
            lambda x: x.delete("Book").shift(-2, "A", "A1", "B", "B1", "B2"),
            "A",
            "'A' is the first line left of b.md, but starts at character 3: the first line of the document was deleted, "
            "and there is none before it to take its text. Put it back.",
        ),
    ],
)
def test_a_fault_is_told(edit: Callable[[Lines], Lines], title: str, expected: str | None) -> None:
    lines = edit(Lines())
    told = fault(lines)
    if expected is None:
        assert " is broken. Copy it from the exported file" in told
        return
    for name in ("Bicycles", "A", "A1", "B2"):
        if f"{{{name}}}" in expected:
            expected = expected.replace(f"{{{name}}}", str(lines.number(name)))
    if title:
        expected = expected.replace("{-1}", str(lines.number(title) - 1))
        assert told == f"t.md: line {lines.number(title)}: {expected}"
    elif "{comment}" in expected:
        assert told.endswith(expected.partition("{comment}")[2])
    else:
        assert told.startswith("t.md: ")
        assert told.endswith(f": {expected}")


def test_a_line_that_stands_twice_is_told() -> None:
    lines = Lines()
    lines.lines.insert(lines.at("B"), lines.lines[lines.at("B")])
    number = next(n for n, line in enumerate(lines.lines, 1) if "- B <" in line)
    assert fault(lines) == (
        f"t.md: line {number + 1}: 'B' has the comment of line {number}, 'B'. Delete one of the two lines, or take the "
        "comment out to make a new topic."
    )


def test_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    lines = _outside(Lines().delete("Note").add("A", "    - New").change("A1", "b.md", "c.md"))
    told = fault(lines).split("\n")
    assert told[0] == "t.md has 3 faults:"
    assert [line.split(":")[0] for line in told[1:]] == [
        f"  line {lines.at('A')}",
        *(f"  line {lines.number(t)}" for t in ("A1", "B")),
    ]


def test_ten_faults_are_enough() -> None:
    lines = Lines()
    lines.lines += [f"    - New {number}" for number in range(12)]
    told = fault(lines).split("\n")
    assert (told[0], len(told), told[-1]) == ("t.md has 12 faults:", 12, "  and 2 more")


def _head(old: str, new: str) -> str:
    return text_of().replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            "t.md is no outline of a taxonomy: it needs the first comment of an exported file, which says "
            "`structtuning-taxonomy, version 1`.",
        ),
        ("- Bicycles\n", "t.md is no outline of a taxonomy"),
        ("words " + text_of(), "t.md is no outline of a taxonomy"),
        (_head("version 1", "version 2"), "t.md is no outline of a taxonomy"),
        (text_of().partition("-->")[0], "t.md is no outline of a taxonomy"),
        (
            text_of().partition("-->")[0] + "-->\n\n",
            "t.md has no lines below its first comment. Export the taxonomy anew.",
        ),
        (
            _head("document b.md", "document lost.md"),
            "t.md: it speaks of the document lost.md, which the corpus lacks. Export the taxonomy anew.",
        ),
        (
            _head("11 characters", "12 characters"),
            "t.md: it was made for another text of b.md. Export the taxonomy anew and edit that.",
        ),
        (_head("11 characters", "11 chars"), "t.md: the line 'document b.md: 11 chars, sha256 "),
    ],
)
def test_another_file_or_another_corpus_is_told(text: str, expected: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        read(text)
    assert str(caught.value).startswith(expected)


@examples
@given(st.data())
def test_no_edit_ends_in_another_error(data: Any) -> None:
    lines = text_of().split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        edit = data.draw(st.sampled_from(("drop", "double", "blanks", "cut", "swap", "noise")))
        other = data.draw(st.integers(0, len(lines) - 1))
        if edit == "drop" and len(lines) > 1:
            del lines[at]
        elif edit == "double":
            lines.insert(other, lines[at])
        elif edit == "blanks":
            lines[at] = "  " + lines[at] if data.draw(st.booleans()) else lines[at][2:]
        elif edit == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif edit == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] += data.draw(hostile)
    try:
        root = read("\n".join(lines)).root
    except TaxonomyError:
        return
    covered = {
        d.id: sorted(
            (s.start, s.end) for t in root.walk() for s in t.own_spans if s.document_id == d.id
        )
        for d in DOCS
    }
    for doc in DOCS:
        assert "".join(doc.text[start:end] for start, end in covered[doc.id]) == doc.text
    assert len({topic.id for topic in root.walk()}) == len(list(root.walk()))
