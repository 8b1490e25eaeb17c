"""A taxonomy as an outline: the form it is written in."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Span, Topic
from structtuning_plugin.taxonomy.io.outline_writer import render
from tests.taxonomy.io.editing import BOOK, DOCS, ids, text_of
from tests.trees import grow


def test_the_form_of_the_outline() -> None:
    tree, _ = grow(DOCS)
    named = ids(tree.root)
    head, _, body = text_of().partition("-->\n\n")
    assert head.startswith(
        "<!--\nstructtuning-taxonomy, version 1\n\nA line is a topic: its title, then a comment "
    )
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
