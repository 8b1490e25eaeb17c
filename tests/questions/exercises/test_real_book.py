"""A whole textbook: nearly every fact is asked for, in many forms, no question twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from structtuning_plugin.corpus.readers.markdown import MarkdownReader
from structtuning_plugin.hookspecs import ReadRequest
from structtuning_plugin.questions.exercises.generate import ask_facts
from structtuning_plugin.questions.exercises.index import CorpusIndex
from tests.codecs import WordCodec
from tests.trees import grow

LEAST_SHARE_OF_FACTS = 0.9


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
    index = CorpusIndex(tree, [book], chunks)
    rows = list(ask_facts(index, None, 1))

    flat = [exercise for row in rows for exercise in row]
    assert max(Counter((e.form, e.asked.id, e.text, e.term.casefold()) for e in flat).values()) == 1
    facts = {fact.id for topic in index.points for fact in index.facts(topic)}
    asked = {name for exercise in flat for name in exercise.facts}
    assert asked <= facts
    assert len(asked) >= LEAST_SHARE_OF_FACTS * len(facts) > 1000
    firsts = {name for exercise in flat if exercise.turn == 0 for name in exercise.facts}
    assert firsts >= {name for e in flat if e.form != "extract_next" for name in e.facts}
    assert {e.form for e in flat} >= {
        *("definition", "term", "cloze", "choose", "extract", "complete", "true_false", "heading"),
        "extract_next",
    }
