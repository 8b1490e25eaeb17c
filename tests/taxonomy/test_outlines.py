"""A taxonomy as an outline: what is written can be read, edits mean what a reader thinks, every fault is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.errors import TaxonomyError
from structtuning_plugin.taxonomy.assemble import topic_id
from structtuning_plugin.taxonomy.checking import KINDS, Given, joined
from structtuning_plugin.taxonomy.files import inspect
from structtuning_plugin.taxonomy.outlines import parse, render
from structtuning_plugin.taxonomy.outlines.marks import read_title, write_title
from structtuning_plugin.taxonomy.titles import is_one_line
from structtuning_plugin.types import Document, Span, Topic, TopicKind
from tests.taxonomy_strategies import documents, examples, titles
from tests.trees import document, grow, sketch

BOOK = document(
    "b.md", (1, "Book"), "pre", (2, "A"), (3, "A1"), "ay", (2, "B"), "bee", (3, "B1"), (3, "B2"), "two", language="fr"
)
NOTE = document("n/my note.md", "note", title="Note")
DOCS = [BOOK, NOTE]


def text_of(docs: Sequence[Document] = DOCS) -> str:
    return render(grow(docs)[0].root, docs)


def read(text: str, docs: Sequence[Document] = DOCS) -> Given:
    return parse(text, docs, "t.md")


def own(root: Topic, docs: Sequence[Document] = DOCS) -> dict[str, str]:
    """The text that hangs on each title."""
    texts = {d.id: d.text for d in docs}
    return {t.title: "".join(texts[s.document_id][s.start : s.end] for s in t.own_spans) for t in root.walk()}


def ids(root: Topic) -> dict[str, str]:
    return {topic.title: topic.id for topic in root.walk()}


class Lines:
    """The outline as somebody has it in an editor: lines by their titles."""

    def __init__(self, docs: Sequence[Document] = DOCS) -> None:
        self.lines = text_of(docs).split("\n")

    def at(self, title: str) -> int:
        (number,) = [n for n, line in enumerate(self.lines) if line.lstrip().startswith(f"- {title} <!--")]
        return number

    def delete(self, *names: str) -> Lines:
        for title in names:
            del self.lines[self.at(title)]
        return self

    def change(self, title: str, old: str, new: str) -> Lines:
        number = self.at(title)
        assert old in self.lines[number]
        self.lines[number] = self.lines[number].replace(old, new, 1)
        return self

    def shift(self, blanks: int, *names: str) -> Lines:
        for title in names:
            line = self.lines[self.at(title)]
            self.lines[self.at(title)] = " " * (len(line) - len(line.lstrip()) + blanks) + line.lstrip()
        return self

    def add(self, before: str, line: str) -> Lines:
        self.lines.insert(self.at(before), line)
        return self

    def swap(self, first: str, second: str) -> Lines:
        one, other = self.at(first), self.at(second)
        self.lines[one], self.lines[other] = self.lines[other], self.lines[one]
        return self

    def number(self, title: str) -> int:
        return self.at(title) + 1

    def read(self, docs: Sequence[Document] = DOCS) -> Given:
        return read("\n".join(self.lines), docs)


def test_the_form_of_the_outline() -> None:
    tree, _ = grow(DOCS)
    named = ids(tree.root)
    head, _, body = text_of().partition("-->\n\n")
    assert head.startswith("<!--\nstructtuning-taxonomy, version 1\n\nA line is a topic: its title, then a comment ")
    assert "\ndocument b.md: 11 characters, sha256 " in head
    assert "\ndocument n/my%20note.md: 4 characters, sha256 " in head
    lines = [line.split("~") for line in body.split("\n")]
    assert [(front, back[8:]) for front, back in lines] == [
        (f"- Bicycles <!-- {named['Bicycles']}", " -->"),
        (f"  - Book <!-- {named['Book']}", " b.md@0 -->"),
        (f"    - A <!-- {named['A']}", " b.md@3 empty -->"),
        (f"      - A1 <!-- {named['A1']}", " b.md@3 -->"),
        (f"    - B <!-- {named['B']}", " b.md@5 -->"),
        (f"      - B1 <!-- {named['B1']}", " b.md@8 empty -->"),
        (f"      - B2 <!-- {named['B2']}", " b.md@8 -->"),
        (f"  - n <!-- {named['n']}", " -->"),
        (f"    - Note <!-- {named['Note']}", " n/my%20note.md@0 source=document -->"),
    ]


# --- there and back

hostile = st.one_of(
    titles,
    st.sampled_from(
        ("<!--", "-->", "a <!-- b@1 --> c", "# x", "- x", "\\<", "&lt;", "&amp;lt;", "&#32;", "&#9999999;", "x  ", "\tx")
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.text("&lt;#32amp<!->\\ -*`~@=%", max_size=12),
).filter(is_one_line)
words = st.one_of(
    st.sampled_from(("b.md", "a b/ü -->.md", "empty", "x@1", "~", "kind=topic", "細.md", "%20")), st.text(min_size=1, max_size=6)
)


@st.composite
def hostile_trees(draw: st.DrawFn) -> tuple[Topic, list[Document]]:
    """Folders, subjects, documents without text, topics without text, text of several documents on one node."""
    names = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    docs = [
        document(name, "x" * draw(st.integers(0, 6)), title="t", language=draw(st.sampled_from(("en", "fr")))) for name in names
    ]
    numbers = iter(range(10_000))

    def node(kind: TopicKind, children: Sequence[Topic] = (), spans: Sequence[Span] = ()) -> Topic:
        return Topic(
            id=draw(words) + str(next(numbers)),
            title=draw(hostile),
            kind=draw(st.sampled_from((kind, kind, kind, *KINDS))),
            source=draw(st.sampled_from(("headings", "folders", "parts", "file", "my own", ""))),
            language=draw(st.sampled_from(("en", "fr", "xx", ""))),
            spans=joined([*spans, *(span for child in children for span in child.spans)]),
            own_spans=tuple(spans),
            subtopics=tuple(children),
        )

    def branches(doc: Document) -> Topic:
        depths = [0]
        for _ in range(draw(st.integers(0, 5))):
            depths.append(draw(st.integers(1, depths[-1] + 1)))
        size = len(doc.text)
        cuts = [0, *sorted(draw(st.lists(st.integers(0, size), min_size=len(depths) - 1, max_size=len(depths) - 1))), size]
        beneath: dict[int, list[Topic]] = {}
        for place in reversed(range(len(depths))):
            depth, start, end = depths[place], cuts[place], cuts[place + 1]
            spans = [Span(document_id=doc.id, start=start, end=end)] if end > start else []
            if end > start + 1 and draw(st.booleans()):
                spans = [replace(spans[0], end=start + 1), replace(spans[0], start=start + 1)]
            children = beneath.pop(depth + 1, [])[::-1]
            beneath.setdefault(depth, []).append(node("topic" if depth else "document", children, spans))
        return beneath[0][0]

    entries = [branches(doc) for doc in docs]
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(entries)))
        entries = [node(draw(st.sampled_from(("folder", "subject"))), entries[:cut]), *entries[cut:]]
    more = document("more.md" * 2, "both", title="t")
    spans = [Span(document_id=more.id, start=0, end=4)]
    last = document("last.md" * 2, "texts", title="t")
    entries.append(node("topic", (), [*spans, Span(document_id=last.id, start=0, end=5)]))
    return node("domain", entries), [*docs, more, last]


@examples
@given(hostile_trees())
def test_what_is_written_is_read_back_the_same(drawn: tuple[Topic, list[Document]]) -> None:
    root, docs = drawn
    assert read(render(root, docs), docs) == Given(root=root, new=0, renamed=0, regrouped=0)


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


@pytest.mark.parametrize("title", ["C++ <vector>", "R&D", "a\\b", "# x", "*x*", "a &nbsp; b", "a --> b", "AT&amp", "&;"])
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


def test_text_in_another_order_cannot_be_written() -> None:
    first, second = (Topic(id=n, title=n, kind="topic", source="file", own_spans=(s,)) for n, s in (
        ("one", Span(document_id="b.md", start=5, end=11)), ("two", Span(document_id="b.md", start=0, end=5))
    ))  # fmt: skip
    root = Topic(id="r", title="r", kind="domain", source="file", subtopics=(first, second))
    with pytest.raises(TaxonomyError) as caught:
        render(root, [BOOK])
    assert str(caught.value) == (
        "The tree cannot be written as an outline: 'one' has the characters 5..11 of b.md, which are not the next ones in "
        "reading order. Write it as JSON."
    )


# --- edits


def test_a_new_title_keeps_id_and_text() -> None:
    before, after = read(text_of()).root, Lines().change("A", "A", "Ay!").read()
    assert [(t.id, t.spans, t.own_spans) for t in after.root.walk()] == [(t.id, t.spans, t.own_spans) for t in before.walk()]
    assert (after.new, after.renamed, after.regrouped) == (0, 1, 0)
    assert "Ay!" in own(after.root)


def test_another_level_keeps_ids_whose_text_stays() -> None:
    before, after = ids(read(text_of()).root), Lines().shift(-2, "A", "A1").read()
    assert sketch(after.root) == ("Bicycles", ["Book", ("A", ["A1", ("B", ["B1", "B2"])]), ("n", ["Note"])])
    assert own(after.root) == own(read(text_of()).root)
    now = ids(after.root)
    assert {title for title in now if now[title] != before[title]} == {"Book", "A"}
    assert after.regrouped == 2
    assert now["Book"] == topic_id(["Bicycles", "Book"], [Span(document_id="b.md", start=0, end=3)])


def test_the_text_of_a_deleted_line_goes_to_the_line_before() -> None:
    after = Lines().delete("B").read()
    assert sketch(after.root) == ("Bicycles", [("Book", [("A", ["A1", "B1", "B2"])]), ("n", ["Note"])])
    assert own(after.root)["A1"] == "aybee"


def test_a_line_without_text_takes_that_of_the_line_deleted_beneath_it() -> None:
    assert own(Lines().delete("B2").read().root)["B1"] == "two"
    assert own(Lines().delete("A1").read().root)["A"] == "ay"
    assert sketch(Lines().delete("B1").read().root) == ("Bicycles", [("Book", [("A", ["A1"]), ("B", ["B2"])]), ("n", ["Note"])])


def test_a_line_without_comment_holds_what_is_beneath_it() -> None:
    lines = Lines().add("A", "    - Both").shift(2, "A", "A1", "B", "B1", "B2")
    after = lines.read()
    assert sketch(after.root) == ("Bicycles", [("Book", [("Both", [("A", ["A1"]), ("B", ["B1", "B2"])])]), ("n", ["Note"])])
    both = after.root.subtopics[0].subtopics[0]
    assert (both.source, both.kind, both.language, both.own_spans) == ("file", "topic", "fr", ())
    assert both.id == topic_id(["Bicycles", "Book", "Both"], both.spans)
    assert (after.new, after.renamed, after.regrouped) == (1, 0, 0)


def test_a_line_above_documents_is_a_folder() -> None:
    after = Lines().add("Book", "  - Shelf").shift(2, "Book", "A", "A1", "B", "B1", "B2", "n", "Note").read()
    shelf = after.root.subtopics[0]
    assert (shelf.title, shelf.kind, [child.kind for child in shelf.subtopics]) == ("Shelf", "folder", ["document", "folder"])


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
        lines.lines += ["    - T", "      - T", f"    {line}"] if title == "Y" else ["    - T", f"  {line}"]
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
    assert [t.source for t in after.root.walk() if t.title in ("Part 1", "Twos")] == ["parts", "file"]


# --- faults


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
        (lambda x: x.change("A1", "      -", "\t\t\t-"), "A1", "it is indented with a tab. Use two blanks for each level."),
        (lambda x: x.change("B", "    -", "   -"), "B", "it is indented by 3 blanks. Use two for each level."),
        (lambda x: x.change("B", "- B", "-"), "", "its title is ''. Give one line of text, or delete the line."),
        (lambda x: x.change("B", "B", "a&#10;b"), "", "its title is 'a\\nb'. Give one line of text, or delete the line."),
        (
            lambda x: x.delete("A"),
            "A1",
            "'A1' is indented by 6 blanks, but line {-1} above it, 'Book', by 2. "
            "Indent it, and what is beneath it, by 4 at most.",
        ),
        (
            lambda x: x.shift(-2, "n").shift(-2, "Note"),
            "n",
            "'n' stands at the margin, as the domain of line {Bicycles} does. Indent it.",
        ),
        (
            lambda x: x.delete("Bicycles"),
            "Book",
            "'Book' comes first and is indented. The domain comes first, at the margin: put it back.",
        ),
        (lambda x: x.change("B", " -->", ""), "", "the comment {comment} is broken. " + KEEP),
        (lambda x: x.change("B", "<!-- ", ""), "", None),
        (lambda x: x.change("B", "b.md@5", "b.md at 5"), "B", "the comment is broken at 'b.md'. " + KEEP),
        (lambda x: x.change("B", "b.md@5", "b.md@x"), "B", "the comment is broken at 'b.md@x'. " + KEEP),
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
        (lambda x: x.add("A", "    - New"), "", "the new topic 'New' holds nothing. Indent beneath it what it shall hold."),
        (
            lambda x: x.change("B", "b.md@5", "b.md@3"),
            "B",
            "b.md@3 stands in line {A1} too. Take it out of the one that has no text.",
        ),
        (
            lambda x: x.swap("B1", "B2"),
            "B1",
            "'B1', b.md@8, stands below line {B2}, 'B2', b.md@8. The order of the text stays as it is: put it above "
            "line {B2} again and change levels only.",
        ),
        (
            lambda x: x.change("A", "b.md@3 empty", "b.md@7"),
            "A1",
            "'A1', b.md@3, stands below line {A}, 'A', b.md@7. The order of the text stays as it is: put it above "
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
        (text_of().partition("-->")[0] + "-->\n\n", "t.md has no lines beneath its first comment. Export the taxonomy anew."),
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
    covered = {d.id: sorted((s.start, s.end) for t in root.walk() for s in t.own_spans if s.document_id == d.id) for d in DOCS}
    for doc in DOCS:
        assert "".join(doc.text[start:end] for start, end in covered[doc.id]) == doc.text
    assert len({topic.id for topic in root.walk()}) == len(list(root.walk()))
