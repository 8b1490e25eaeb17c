"""A whole textbook: enough exercises of every topic, none twice, every answer in the text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.questions.exercises.generate import LEAST, make_exercises
from tests.codecs import WordCodec
from tests.trees import grow

# Topics with text of which hardly a sentence can be asked about: lists, a line or two.
GREATEST_SHARE_OF_POOR_TOPICS = 0.01


def test_a_textbook(shared_data: Path) -> None:
    source = (shared_data / "books/practical-physiology-pd-en/structured.md").read_text(
        encoding="utf-8"
    )
    book = (
        MarkdownReader()
        .read(ReadRequest(document_id="book.md", text=source, source=""))
        .documents[0]
    )
    tree, chunks = grow([book], domain="Physiology", chunk_tokens=600, codec=WordCodec())
    rows = list(make_exercises(tree, [book], chunks, 4, 1))

    text = {chunk.id: chunk.text for chunk in chunks}
    with_text = {chunk.topic_id for chunk in chunks if chunk.text.strip()}
    points = [
        topic for topic in tree.root.walk() if topic.id in with_text and tree.is_knowledge(topic)
    ]
    found = Counter(
        row[0].asked.id for row in rows for e in row if e.form in ("definition", "cloze", "extract")
    )
    poor = [tree.title(point) for point in points if found[point.id] < LEAST]
    assert len(poor) <= GREATEST_SHARE_OF_POOR_TOPICS * len(points), poor

    flat = [exercise for row in rows for exercise in row]
    assert max(Counter((e.form, e.asked.id, e.text, e.term.casefold()) for e in flat).values()) == 1
    assert all(e.answer in text[e.chunk_ids[0]] for e in flat if e.form != "heading")
    assert set(Counter(e.form for e in flat)) == {
        "definition",
        "cloze",
        "extract",
        "extract_next",
        "heading",
    }
