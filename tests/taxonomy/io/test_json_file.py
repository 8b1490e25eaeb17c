"""A taxonomy as a file: what is written can be read, and every fault of an edited file is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Span
from structtuning_plugin.taxonomy.chunking import hang_chunks
from structtuning_plugin.taxonomy.io.json_file import from_json, inspect, load, to_json
from structtuning_plugin.taxonomy.io.validation import ReadTree
from tests.codecs import CharCodec
from tests.taxonomy_strategies import documents, examples
from tests.trees import context_for, document, grow, sketch

BOOK = document("b.md", (1, "Book"), "pre", (2, "A"), "ay", (2, "B"), "bee", language="fr")
NOTE = document("n/note.md", "note", title="Note")


def data() -> Any:
    """As a user would have it: through JSON text."""
    tree, _ = grow([BOOK, NOTE])
    return json.loads(json.dumps(to_json(tree.root, [BOOK, NOTE])))


def book(taxonomy: Any) -> Any:
    return taxonomy["tree"]["children"][0]


def test_the_form_of_the_file() -> None:
    tree, _ = grow([BOOK, NOTE])
    taxonomy = data()
    assert list(taxonomy) == ["format", "version", "documents", "tree"]
    assert (taxonomy["format"], taxonomy["version"]) == ("structtuning-taxonomy", 1)
    assert taxonomy["documents"]["b.md"]["characters"] == 8
    assert taxonomy["tree"]["children"][0]["children"][1] == {
        "id": tree.root.subtopics[0].subtopics[1].id,
        "title": "B",
        "kind": "topic",
        "source": "headings",
        "language": "fr",
        "spans": [{"document_id": "b.md", "start": 5, "end": 8}],
        "own_spans": [{"document_id": "b.md", "start": 5, "end": 8}],
        "children": [],
    }


@examples
@given(documents())
def test_what_is_written_is_read_back_the_same(docs: list[Document]) -> None:
    context = context_for(CharCodec(), 10, split_over=1)
    tree, chunks = grow(docs, chunk_tokens=context.chunk_tokens, split_over=1)
    read = from_json(json.loads(json.dumps(to_json(tree.root, docs))), docs, "t.json")
    again, chunks_again = hang_chunks(read, docs, context.chunk_tokens, CharCodec())
    assert again == tree.root
    assert chunks_again == chunks


def test_ids_and_whole_spans_may_be_left_out() -> None:
    def strip(node: Any) -> None:
        for key in ("id", "spans", "kind", "source", "language"):
            del node[key]
        for child in node["children"]:
            strip(child)

    taxonomy = data()
    strip(taxonomy["tree"])
    root = from_json(taxonomy, [BOOK, NOTE], "t.json")
    tree, _ = grow([BOOK, NOTE])
    assert [topic.id for topic in root.walk()] == [topic.id for topic in tree.root.walk()]
    assert [topic.spans for topic in root.walk()] == [topic.spans for topic in tree.root.walk()]
    assert [topic.kind for topic in root.walk()][:2] == ["domain", "topic"]
    assert {topic.source for topic in root.walk()} == {"file"}


def test_twins_without_ids_get_different_ones() -> None:
    taxonomy = data()
    book(taxonomy)["children"] += [{"title": "Empty"}, {"title": "Empty"}, {"title": "Empty"}]
    root = from_json(taxonomy, [BOOK, NOTE], "t.json")
    ids = [topic.id for topic in root.walk()]
    assert len(set(ids)) == len(ids) == 9
    assert ids == [topic.id for topic in from_json(taxonomy, [BOOK, NOTE], "t.json").walk()]


def test_a_topic_may_gather_text_from_several_documents() -> None:
    taxonomy = data()
    taxonomy["tree"]["children"] = [
        {"title": "All", "children": [{"title": "Deep", "own_spans": taxonomy["tree"]["spans"]}]}
    ]
    root = from_json(taxonomy, [BOOK, NOTE], "t.json")
    assert sketch(root) == ("Bicycles", [("All", ["Deep"])])
    assert root.spans == (
        Span(document_id="b.md", start=0, end=8),
        Span(document_id="n/note.md", start=0, end=4),
    )


def _set(key: str, value: Any) -> Callable[[Any], None]:
    return lambda taxonomy: book(taxonomy)["children"][0].update({key: value})


def _span(start: Any, end: Any, document_id: Any = "b.md") -> Callable[[Any], None]:
    return _set("own_spans", [{"document_id": document_id, "start": start, "end": end}])


def _rename(taxonomy: Any) -> None:
    taxonomy["documents"]["lost.md"] = taxonomy["documents"].pop("b.md")


def _other_text(taxonomy: Any) -> None:
    taxonomy["documents"]["b.md"]["sha256"] = "0" * 64


def _twice(taxonomy: Any) -> None:
    book(taxonomy)["children"][1]["id"] = book(taxonomy)["children"][0]["id"]


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (
            _span(2, 5),
            "t.json: characters 2..3 of b.md occur twice, at Bicycles > Book and at Bicycles > Book > A: take them ",
        ),
        (
            _span(4, 5),
            "t.json: characters 3..4 of b.md belong to no node: give them to the end of Bicycles > Book or the start of ",
        ),
        (
            _set("own_spans", []),
            "t.json: characters 3..5 of b.md belong to no node: give them to the end of Bicycles > Book or ",
        ),
        (
            lambda t: t["tree"]["children"].pop(),
            "t.json: characters 0..4 of n/note.md belong to no node: give them to a node's ",
        ),
        (
            lambda t: book(t)["children"].pop(),
            "t.json: characters 5..8 of b.md belong to no node: give them to the end of ",
        ),
        (
            _rename,
            "t.json: it speaks of the document lost.md, which the corpus lacks. Export the taxonomy anew.",
        ),
        (
            _other_text,
            "t.json: it was made for another text of b.md. Export the taxonomy anew and edit that.",
        ),
        (_twice, "t.json: Bicycles > Book > A and Bicycles > Book > B have the same id "),
        (
            _set("id", 7),
            "t.json: the id 7 of Bicycles > Book > A is no text. Leave it out to get a new one.",
        ),
        (
            _set("title", "two\nlines"),
            "t.json: under Bicycles > Book a node has the title 'two\\nlines'; give one line of text.",
        ),
        (_set("title", "two\u2028lines"), "a node has the title 'two\\u2028lines'"),
        (_set("title", "end\n"), "a node has the title 'end\\n'"),
        (_set("title", " "), "a node has the title ' '"),
        (_set("title", None), "a node has the title None"),
        (_set("title", 7), "a node has the title 7"),
        (
            _set("kind", "chapter"),
            "Bicycles > Book > A has the kind 'chapter'; allowed: domain, folder, subject, document, topic.",
        ),
        (
            _span(3, 99),
            "t.json: Bicycles > Book > A has the span {'document_id': 'b.md', 'start': 3, 'end': 99}, which is no part",
        ),
        (_span(5, 3), "which is no part of a document of the corpus."),
        (_span(-1, 5), "which is no part of a document"),
        (_span(3, 3), "which is no part of a document"),
        (_span(3, "x"), "which is no part of a document"),
        (_span(3, None), "which is no part of a document"),
        (_span(3, 5, "lost.md"), "which is no part of a document"),
        (_span(3, 5, []), "which is no part of a document"),
        (_set("own_spans", [[3, 5]]), "Bicycles > Book > A has the span [3, 5], which is no part"),
        (
            _set("own_spans", 3),
            "t.json: `own_spans` of Bicycles > Book > A is 3 instead of a list.",
        ),
        (
            _set("own_spans", None),
            "t.json: `own_spans` of Bicycles > Book > A is None instead of a list.",
        ),
        (_set("children", 3), "t.json: `children` of Bicycles > Book > A is 3 instead of a list."),
        (
            _set("children", None),
            "t.json: `children` of Bicycles > Book > A is None instead of a list.",
        ),
        (
            _set("children", ["B"]),
            "t.json: under Bicycles > Book > A is 'B' instead of a node.",
        ),
        (lambda t: t.update(tree=[]), "t.json: under the root is [] instead of a node."),
        (lambda t: t["tree"].update(title=""), "t.json: under the root a node has the title ''"),
        (
            lambda t: t.update(version=2),
            "t.json is no taxonomy: it needs format 'structtuning-taxonomy', version 1 and a tree.",
        ),
        (lambda t: t.update(format="other"), "t.json is no taxonomy"),
        (lambda t: t.pop("tree"), "t.json is no taxonomy"),
        (
            lambda t: t.update(documents=["b.md"]),
            "t.json is no taxonomy: its `documents` are ['b.md'] instead of a mapping.",
        ),
        (lambda t: t.update(documents=None), "t.json is no taxonomy: its `documents` are None"),
    ],
)
def test_a_fault_is_told(break_it: Callable[[Any], Any], expected: str) -> None:
    taxonomy = data()
    break_it(taxonomy)
    with pytest.raises(TaxonomyError) as caught:
        from_json(taxonomy, [BOOK, NOTE], "t.json")
    assert expected in str(caught.value)


@pytest.mark.parametrize("taxonomy", [None, [], "tree", {}])
def test_something_else_is_no_taxonomy(taxonomy: Any) -> None:
    with pytest.raises(TaxonomyError, match=r"t\.json is no taxonomy: it needs format"):
        from_json(taxonomy, [BOOK], "t.json")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\xfd", None])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "t.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TaxonomyError, match=r"The taxonomy .*t\.json cannot be read: "):
        load(path, [BOOK])


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps(data(), ensure_ascii=False), encoding="utf-8")
    assert sketch(load(path, [BOOK, NOTE])) == ("Bicycles", [("Book", ["A", "B"]), ("n", ["Note"])])


def test_a_file_says_how_many_nodes_are_new(tmp_path: Path) -> None:
    taxonomy = data()
    book(taxonomy)["children"].append({"title": "New", "children": [{"title": "Newer", "id": ""}]})
    path = tmp_path / "t.json"
    path.write_text("\ufeff" + json.dumps(taxonomy), encoding="utf-8")
    assert inspect(path, [BOOK, NOTE]) == ReadTree(
        root=from_json(taxonomy, [BOOK, NOTE], "t.json"), new=2
    )


def test_a_new_node_takes_no_id_that_the_file_has_further_down() -> None:
    taxonomy = data()
    book(taxonomy)["children"] += [{"title": "Empty"}]
    (given,) = [
        topic.id
        for topic in from_json(taxonomy, [BOOK, NOTE], "t.json").walk()
        if topic.title == "Empty"
    ]
    book(taxonomy)["children"] += [{"title": "Empty", "id": given}]
    ids = [topic.id for topic in from_json(taxonomy, [BOOK, NOTE], "t.json").walk()]
    assert len(set(ids)) == len(ids)
    assert ids.count(given) == 1


def test_faults_of_cover_are_told_at_once() -> None:
    taxonomy = data()
    book(taxonomy)["own_spans"] = [{"document_id": "b.md", "start": 1, "end": 4}]
    book(taxonomy)["children"].pop()
    taxonomy["tree"]["children"].pop()
    with pytest.raises(TaxonomyError) as caught:
        from_json(taxonomy, [BOOK, NOTE], "t.json")
    assert str(caught.value).split("\n") == [
        "t.json has 4 faults:",
        "  characters 0..1 of b.md belong to no node: give them to the start of Bicycles > Book.",
        "  characters 3..4 of b.md occur twice, at Bicycles > Book and at Bicycles > Book > A: take them from one of them.",
        "  characters 5..8 of b.md belong to no node: give them to the end of Bicycles > Book > A.",
        "  characters 0..4 of n/note.md belong to no node: give them to a node's `own_spans`.",
    ]


def test_ten_faults_are_enough() -> None:
    docs = [document(f"{number}.md", "text") for number in range(12)]
    taxonomy = json.loads(json.dumps(to_json(grow(docs)[0].root, docs)))
    taxonomy["tree"]["children"] = []
    with pytest.raises(TaxonomyError) as caught:
        from_json(taxonomy, docs, "t.json")
    told = str(caught.value).split("\n")
    assert (told[0], len(told), told[-1]) == ("t.json has 12 faults:", 12, "  and 2 more")
