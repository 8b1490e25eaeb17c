"""Headers and footers of pages and of sites are left out; lines of the text are not."""

from __future__ import annotations

import pytest

from structtuning_plugin.config.corpus import HygieneConfig
from structtuning_plugin.core.types import Document, ReadResult
from structtuning_plugin.corpus.cleaning.corpus import clean_corpus, clean_result
from tests.corpus.cleaning.test_duplicates import prose


def pages(line: str, count: int = 8) -> str:
    """Write pages of about 1,000 characters, each followed by a line with its number."""
    return "\n".join(f"{prose(n, 120)}\n{line.format(n + 1)}" for n in range(count))


def clean(text: str) -> tuple[str, list[str]]:
    """Clean one document; return its text and the reasons."""
    document = Document(id="a.txt", text=text, title="", language="en")
    result = clean_result(ReadResult(documents=(document,)), HygieneConfig())
    return result.documents[0].text, [item.reason for item in result.dropped]


@pytest.mark.parametrize(
    "line",
    [
        "Pump Manual {}",
        "- {} -",
        "Seite {} von 80",
        "第{}页",
        "Manuel des pompes",
        "Rev 3 | page {}",
    ],
)
def test_lines_of_pages(line: str) -> None:
    expected = "\n".join(prose(n, 120) for n in range(8))
    assert clean(pages(line)) == (expected, ["page_line"])


@pytest.mark.parametrize("line", ["Chapter {}", "Question {}", "Answer:", "Exercises", "It wears."])
def test_lines_that_divide_a_text_stay(line: str) -> None:
    assert clean(pages(line)) == (pages(line), [])


def test_lines_of_a_site() -> None:
    corpus = [
        Document(
            id=f"site/{n}.md",
            text=f"Home | Products | Contact\n\n{prose(n, 50)}\n\n© 202{n % 5} Acme Ltd.",
            title="",
            language="en",
        )
        for n in range(6)
    ]
    other = Document(
        id="b/x.md", text=f"Home | Products | Contact\n\n{prose(9)}", title="", language="en"
    )
    documents, dropped = clean_corpus([*corpus, other], HygieneConfig())
    assert [document.text for document in documents] == [
        *(prose(n, 50) for n in range(6)),
        other.text,
    ]
    assert {item.reason for item in dropped} == {"site_line"}
    assert dropped[0].detail == "43 characters in 2 places: Home | Products | Contact"


def test_five_copies_of_a_document_are_no_site() -> None:
    text = "\n".join(prose(n, 10) for n in range(30))
    corpus = [Document(id=f"{n}.md", text=text, title="", language="en") for n in range(5)]
    documents, dropped = clean_corpus(corpus, HygieneConfig())
    assert [document.text for document in documents] == [text]
    assert [item.reason for item in dropped] == ["duplicate"] * 4
