from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Block, Document, Dropped, ReadResult
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.strategies import examples


def read(source: str, language: str | None = "en", name: str = "notes/cells.txt") -> ReadResult:
    return TextReader().read(
        ReadRequest(document_id=name, text=source, source="text, utf-8", language=language)
    )


def paragraphs(source: str) -> list[str]:
    (found,) = read(source).documents
    starts = [block.start for block in found.blocks]
    return [
        found.text[start:end]
        for start, end in zip(starts, [*starts[1:], len(found.text)], strict=False)
    ]


def test_paragraphs_between_blank_lines() -> None:
    assert read("First paragraph.\n\nSecond.\n") == ReadResult(
        documents=(
            Document(
                id="notes/cells.txt",
                text="First paragraph.\n\nSecond.",
                title="cells",
                language="en",
                blocks=(Block(kind="paragraph", start=0), Block(kind="paragraph", start=18)),
                source="text, utf-8",
            ),
        )
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one", ["one"]),
        ("one\ntwo\nthree\n", ["one\ntwo\nthree"]),
        ("one\n\n\n\n\ntwo", ["one\n\n\n\n\n", "two"]),
        ("one\n  \ntwo\n\t\nthree", ["one\n  \n", "two\n\t\n", "three"]),
        ("one\n\u3000\ntwo", ["one\n\u3000\n", "two"]),
        ("\n\n \t\n  indented\n\ntwo\n\n", ["indented\n\n", "two"]),
        ("# no heading\n\n---\n\n* no list", ["# no heading\n\n", "---\n\n", "* no list"]),
        ("", []),
        ("\n \n\t\n", []),
        ("   ", []),
    ],
)
def test_blocks(source: str, expected: list[str]) -> None:
    assert paragraphs(source) == expected


@pytest.mark.parametrize(
    "source", ["\n\n  one\n    two\n\n", "  one\n    two", " \n\t\n  one\n    two   \n"]
)
def test_leading_blank_lines_go_and_indents_stay(source: str) -> None:
    (found,) = read(source).documents
    assert found.text == "  one\n    two"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\u2029", "\x0c"])
def test_line_ends_of_all_kinds(end: str) -> None:
    source = "one\ntwo\n\nthree"
    assert read(source.replace("\n", end)) == read(source)


def test_control_characters_go_and_are_counted() -> None:
    result = read("o\x00ne\x1b\n\n\x00\n\ntwo")
    assert result.documents[0].text == "one\n\n\n\ntwo"
    assert result.dropped == (
        Dropped(
            stage="read", id="notes/cells.txt", reason="control_characters", detail="3 characters"
        ),
    )


def test_language_is_given_or_detected() -> None:
    text = "La célula es la unidad más pequeña de la vida y todos los seres vivos están formados por ellas."
    assert read(text, language=None).documents[0].language == "es"
    assert read(text, language="fr").documents[0].language == "fr"


@examples
@given(st.text(st.sampled_from("ab \t\n\u3000\r\x0c")))
def test_blocks_start_at_paragraphs_and_hold_all_text(source: str) -> None:
    (found,) = read(source).documents
    assert found.text == found.text.rstrip()
    assert "".join(found.text.split()) == "".join(source.split())
    assert [bool(piece[:1].strip()) for piece in paragraphs(source)] == [True] * len(found.blocks)
    assert not found.text[: found.blocks[0].start if found.blocks else None].strip()
