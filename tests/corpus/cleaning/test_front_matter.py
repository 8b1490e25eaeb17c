"""Metadata blocks of Markdown: every notation, at the top and where files were joined."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Document
from structtuning_plugin.corpus.cleaning.front_matter import find_metadata
from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest


def read(source: str) -> tuple[Document, list[str]]:
    """Read a source; return its document, and the details of its metadata."""
    request = ReadRequest(document_id="a.md", text=source, source="markdown", language=None)
    result = MarkdownReader().read(request)
    (document,) = result.documents
    return document, [item.detail for item in result.dropped if item.reason == "front_matter"]


def parts(document: Document) -> list[tuple[str, str]]:
    """Return the headings with the text below each."""
    bounds = [*(heading.start for heading in document.headings), len(document.text)]
    return [
        (heading.title, document.text[heading.start : end].strip())
        for heading, end in zip(document.headings, bounds[1:], strict=True)
    ]


JOINED = """---
title: Pumps
---

# Pumps

A pump moves water.

---
title: Valves
tags: [a, b]
---

# Valves

A valve closes the line.
"""


def test_blocks_in_the_middle_of_a_joined_file_are_metadata() -> None:
    document, details = read(JOINED)
    assert parts(document) == [
        ("Pumps", "A pump moves water."),
        ("Valves", "A valve closes the line."),
    ]
    assert document.title == "a"
    assert details == [
        "12 characters of YAML before the text",
        "26 characters of YAML in line 9",
    ]


@pytest.mark.parametrize(
    ("opening", "closing", "syntax"),
    [
        ('+++\ntitle = "Válvulas"\ndate = 2024-02-01', "+++", "TOML"),
        ("---\ntitle: Válvulas\nlang: es", "...", "YAML"),
        (';;;\n{"title": "Válvulas"}', ";;;", "JSON"),
    ],
)
def test_joined_files_in_other_notations_without_headings(
    opening: str, closing: str, syntax: str
) -> None:
    source = (
        f"La bomba mueve el agua.\n\n{opening}\n{closing}\n\nLa válvula cierra el paso del agua.\n"
    )
    document, details = read(source)
    assert document.text == "La bomba mueve el agua.\n\nLa válvula cierra el paso del agua."
    assert parts(document) == [("Válvulas", "La válvula cierra el paso del agua.")]
    assert details == [f"{len(opening) - 4} characters of {syntax} in line 3"]


@pytest.mark.parametrize(
    ("source", "syntax"),
    [
        ('+++\ntitle = "Ventile"\nlang = "de"\n\n[params]\nx = 1\n+++\nText.', "TOML"),
        ("% Ventile\n% A. Autor\n% 2024\n\nText.", "pandoc"),
        ("Title: Ventile\nAuthor: A. Autor\nLanguage: German\n\nText.", "MultiMarkdown"),
        ('{\n  "title": "Ventile",\n  "lang": "de-AT"\n}\n\nText.', "JSON"),
        ("----\ntitle: Ventile\nlang: deu\n----\nText.", "YAML"),
        (
            "**Title:** Ventile\n**Authors:** A. Autor\n**Language:** de\n"
            "**Description:** Ein Buch\nmit Zeilen.\n\nText.",
            "pairs with bold keys",
        ),
        ("__Title__: Ventile\n__Lang__: de\n\nText.", "pairs with bold keys"),
    ],
)
def test_notations_at_the_top(source: str, syntax: str) -> None:
    document, details = read(source)
    assert (document.text, document.title) == ("Text.", "Ventile")
    assert [detail.partition(" of ")[2] for detail in details] == [f"{syntax} before the text"]
    if syntax != "pandoc":
        assert document.language == "de"


@pytest.mark.parametrize("keys", ["", "url: https://x.org\nmeta-flattr:id: 4pz\n"])
def test_yaml_that_a_converter_made_a_heading(keys: str) -> None:
    document, details = read(f"---\n{keys}\n## title: Ventile\n\nText.")
    assert (document.text, document.title, document.headings) == ("Text.", "Ventile", ())
    size = 17 + len(keys.replace("\n", ""))
    assert details == [f"{size} characters of YAML before the text"]


@pytest.mark.parametrize(
    "source",
    [
        "**Title:** Ventile\n\nText.",
        "**Note:** the pump is hot.\n**Date:** today\n\nText.",
        "**Title:** Ventile\n**Date:** today\nText.",
        "---\n\n## Note: hot\n\nText.",
        "Note: the pump is hot.\n\nText.",
        "Abstract: We present a pump.\n\nText.",
        "Text.\n\n---\nNote: always wear gloves\n---\n\nText.",
        "Text.\n\n---\n\ntitle: none\n\n---\n\nText.",
        "Text.\n---\ntitle: no blank line before\n---\n",
        "Text.\n\n```yaml\n\n---\ntitle: an example\n---\n```\n",
        "Text.\n\n---\ntitle: never closed\n",
        "{\nno json\n}\n\nText.",
        "%PDF is a format.\n\nText.",
    ],
)
def test_text_that_looks_alike_stays(source: str) -> None:
    assert find_metadata(source.split("\n")) == []
