from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Block, Document, Dropped, Heading, ReadResult
from structtuning_plugin.corpus.readers.jsonl import JsonLinesReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.strategies import examples


def read(source: str, **settings: str) -> ReadResult:
    request = ReadRequest(
        document_id="notes.jsonl", text=source, source="jsonl, utf-8", language="en", **settings
    )
    return JsonLinesReader().read(request)


def found(source: str, **settings: str) -> list[tuple[str, str, str]]:
    return [
        (document.id, document.title, document.text)
        for document in read(source, **settings).documents
    ]


def faults(source: str, **settings: str) -> list[tuple[str, str, str]]:
    return [(item.id, item.reason, item.detail) for item in read(source, **settings).dropped]


def test_a_record_is_a_document() -> None:
    assert read(
        '{"text": "All life...\\n\\nMore.", "title": "Cells", "year": 1890}\n'
    ) == ReadResult(
        documents=(
            Document(
                id="notes.jsonl#1",
                text="All life...\n\nMore.",
                title="Cells",
                language="en",
                blocks=(Block(kind="paragraph", start=0), Block(kind="paragraph", start=13)),
                source="jsonl, utf-8",
            ),
        )
    )


def test_blank_lines_are_counted_but_are_no_records() -> None:
    source = '\n{"text": "a"}\n   \n\r\n{"text": "b"}\r\n\n'
    assert found(source) == [("notes.jsonl#2", "", "a"), ("notes.jsonl#5", "", "b")]
    assert faults(source) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('"  The\\n Cell "', "The Cell"),
        ('"Two\\u2028lines\\u0000"', "Two lines"),
        ('""', ""),
        ('"  "', ""),
        ("7", ""),
        ("null", ""),
        ('["a"]', ""),
    ],
)
def test_titles(title: str, expected: str) -> None:
    assert found(f'{{"text": "a", "title": {title}}}') == [("notes.jsonl#1", expected, "a")]


def test_columns_have_the_names_given() -> None:
    source = '{"text": "no", "body": "yes", "title": "no", "name": "Yes"}'
    assert found(source, text_column="body", title_column="name") == [
        ("notes.jsonl#1", "Yes", "yes")
    ]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("no json", "no JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"text": "cut', "no JSON: Unterminated string starting at: line 1 column 10 (char 9)"),
        ('{"text": "a"} x', "no JSON: Extra data: line 1 column 15 (char 14)"),
        ('{"text": "a\x00"}', "no JSON: Invalid control character at: line 1 column 12 (char 11)"),
        ("[1]", "a list instead of an object"),
        ('"text"', "a str instead of an object"),
        ("null", "a NoneType instead of an object"),
        ("{}", "no text in `text`; fields: none"),
        ('{"Text": "a", "正文": "b"}', "no text in `text`; fields: Text, 正文"),
        ('{"text": null}', "no text in `text`; fields: text"),
        ('{"text": ["a"]}', "no text in `text`; fields: text"),
        ('{"text": 5, "\\udc00": 1}', "no text in `text`; fields: text, \\udc00"),
        ('{"text": "a\\ud800b"}', "`text` holds half of a surrogate pair"),
        ('{"text": "a", "title": "\\udfff"}', "`title` holds half of a surrogate pair"),
    ],
)
def test_a_bad_record_is_left_out_with_its_reason(line: str, detail: str) -> None:
    source = f'{{"text": "before"}}\n{line}\n{{"text": "after"}}\n'
    assert [text for _, _, text in found(source)] == ["before", "after"]
    assert read(source).dropped == (
        Dropped(stage="read", id="notes.jsonl#2", reason="bad_record", detail=detail),
    )


def test_a_record_nested_too_deep_is_left_out() -> None:
    ((name, reason, detail),) = faults("[" * 200_000)
    assert (name, reason) == ("notes.jsonl#1", "bad_record")
    assert detail.startswith("no JSON: maximum recursion depth exceeded")


def test_whole_surrogate_pairs_are_text() -> None:
    assert found('{"text": "\\ud83d\\ude00"}') == [("notes.jsonl#1", "", "😀")]


def test_only_a_line_feed_ends_a_record() -> None:
    """U+2028 may stand raw inside a JSON string; in the text it ends a line."""
    source = '{"text": "a\u2028b\u0085c"}\n{"text": "d\\u2028\\u2028e\\r\\nf"}'
    assert found(source) == [("notes.jsonl#1", "", "a\nb\nc"), ("notes.jsonl#2", "", "d\n\ne\nf")]


def test_control_characters_are_listed_by_record() -> None:
    source = '{"text": "a"}\n{"text": "b\\u0000\\u001b"}'
    assert found(source)[1] == ("notes.jsonl#2", "", "b")
    assert faults(source) == [("notes.jsonl#2", "control_characters", "2 characters")]


def test_records_of_markdown() -> None:
    source = (
        json.dumps({"text": "---\ntitle: Front\n---\n# A\n\n- item\n"})
        + '\n{"text": "# B", "title": "Named"}'
    )
    first, second = read(source, text_format="markdown").documents
    assert (first.title, first.text) == ("Front", "- item")
    assert (first.headings, first.blocks) == (
        (Heading(level=1, title="A", start=0),),
        (Block(kind="list", start=0),),
    )
    assert (second.title, second.text, [heading.title for heading in second.headings]) == (
        "Named",
        "",
        ["B"],
    )
    assert faults(source, text_format="markdown") == [
        ("notes.jsonl#1", "front_matter", "12 characters of YAML before the text")
    ]


def test_records_of_text_have_no_headings() -> None:
    (document,) = read('{"text": "# A\\n\\ntext"}').documents
    assert (document.text, document.headings) == ("# A\n\ntext", ())


def test_empty_file() -> None:
    assert read("") == ReadResult()


@examples
@given(
    st.lists(
        st.one_of(st.text(st.characters(exclude_characters="\n")), st.just('{"text": "a"}')),
        max_size=6,
    )
)
def test_every_line_is_a_document_or_a_fault(lines: list[str]) -> None:
    result = read("\n".join(lines))
    numbers = [int(item.id.rpartition("#")[2]) for item in (*result.documents, *result.dropped)]
    assert sorted(numbers) == [number for number, line in enumerate(lines, start=1) if line.strip()]
