"""A small outline, and the lines of it as somebody edits them."""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.taxonomy.io.outline_parser import parse
from structtuning_plugin.taxonomy.io.outline_writer import render
from structtuning_plugin.taxonomy.io.validation import ReadTree
from tests.trees import document, grow

BOOK = document(
    "b.md",
    (1, "Book"),
    "pre",
    (2, "A"),
    (3, "A1"),
    "ay",
    (2, "B"),
    "bee",
    (3, "B1"),
    (3, "B2"),
    "two",
    language="fr",
)
NOTE = document("n/my note.md", "note", title="Note")
DOCS = [BOOK, NOTE]


def text_of(docs: Sequence[Document] = DOCS) -> str:
    return render(grow(docs)[0].root, docs)


def read(text: str, docs: Sequence[Document] = DOCS) -> ReadTree:
    return parse(text, docs, "t.md")


def own(root: Topic, docs: Sequence[Document] = DOCS) -> dict[str, str]:
    """The text that hangs on each title."""
    texts = {d.id: d.text for d in docs}
    return {
        t.title: "".join(texts[s.document_id][s.start : s.end] for s in t.own_spans)
        for t in root.walk()
    }


def ids(root: Topic) -> dict[str, str]:
    return {topic.title: topic.id for topic in root.walk()}


class Lines:
    """The outline as somebody has it in an editor: lines by their titles."""

    def __init__(self, docs: Sequence[Document] = DOCS) -> None:
        self.lines = text_of(docs).split("\n")

    def at(self, title: str) -> int:
        (number,) = [
            n for n, line in enumerate(self.lines) if line.lstrip().startswith(f"- {title} <!--")
        ]
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
            self.lines[self.at(title)] = (
                " " * (len(line) - len(line.lstrip()) + blanks) + line.lstrip()
            )
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

    def read(self, docs: Sequence[Document] = DOCS) -> ReadTree:
        return read("\n".join(self.lines), docs)
