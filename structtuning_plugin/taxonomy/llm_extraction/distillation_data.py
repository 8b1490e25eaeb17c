"""Training data for a small structuring model, from books with headings.

book with headings   ->   its text without them, in the questions of the extractor `llm`, and the
right answers
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from structtuning_plugin.config.llm import LLMConfig
from structtuning_plugin.core.hashing import pick
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.budget import Usage
from structtuning_plugin.llm.scripted import ScriptedClient
from structtuning_plugin.llm.session import Session
from structtuning_plugin.llm.types import Request
from structtuning_plugin.taxonomy.extractors.headings import outline_of
from structtuning_plugin.taxonomy.extractors.llm import LLMExtractor
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.taxonomy.grouping import height
from structtuning_plugin.taxonomy.llm_extraction import prompts as questions
from structtuning_plugin.taxonomy.llm_extraction.outliner import filler_for
from structtuning_plugin.taxonomy.llm_extraction.prompts import Item, Question
from structtuning_plugin.taxonomy.llm_extraction.windows import Group


class Oracle:
    """Client that answers about documents whose outlines (by id) are known."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self._books = {document_id: _Book(root) for document_id, root in outlines.items()}

    def __call__(self, request: Request) -> str:
        """Answer a request about a `Question`, as JSON.

        Raises:
            TypeError: If the request is about something else.
        """
        question = request.subject
        if not isinstance(question, Question):
            raise TypeError(
                f"An oracle answers questions about a text's structure, not {question!r:.80}."
            )
        if question.kind == "title":
            return json.dumps(
                {"title": self._books[question.document_id].root.title}, ensure_ascii=False
            )
        return json.dumps(
            questions.answer(question.kind, self.groups(question)), ensure_ascii=False
        )

    def groups(self, question: Question) -> list[Group]:
        """Return the right groups of a window.

        Paragraphs are grouped by the node that has them in its own text. In round n, titles are
        grouped whose parent has n levels below it, because all its descendants exist by then.
        Others stay alone.
        """
        book = self._books[question.document_id]
        if question.kind == "points":
            return _runs(
                [
                    (owner, owner.title, False)
                    for item in question.items
                    for owner in [book.owner(item.start)]
                ]
            )
        return _runs([book.place(item, question.level) for item in question.items])


class _Book:
    def __init__(self, root: Outline) -> None:
        self.root = root
        self._above: dict[tuple[int, int, int], Outline] = {}
        self._nodes: dict[tuple[int, int, int], Outline] = {}
        own: list[tuple[int, Outline]] = []
        stack = [root]
        while stack:
            node = stack.pop()
            self._nodes[_key(node)] = node
            if node.own_end > node.start:
                own.append((node.start, node))
                if node.children:  # its own text is a leaf until its children join it
                    self._nodes[node.start, node.own_end, 0] = self._above[
                        node.start, node.own_end, 0
                    ] = node
            for child in node.children:
                self._above[_key(child)] = node
                stack.append(child)
        own.sort(key=lambda entry: entry[0])
        self._starts = [start for start, _ in own]
        self._owners = [node for _, node in own]

    def owner(self, offset: int) -> Outline:
        """Return the node whose own text contains an offset."""
        return self._owners[max(0, bisect_right(self._starts, offset) - 1)]

    def place(self, item: Item, level: int) -> tuple[object, str, bool]:
        """Return the group of an item, the group's title, and whether the item introduces it."""
        key = (item.start, item.end, item.height)
        node, above = self._nodes[key], self._above.get(key)
        if above is None or above is self.root or height(above) != level:
            return key, node.title, True
        return above, above.title, node is above


def _key(node: Outline) -> tuple[int, int, int]:
    return node.start, node.end, height(node)


def _runs(places: Sequence[tuple[object, str, bool]]) -> list[Group]:
    """Join neighbours of the same place; the group takes title and `intro` from its first item."""
    groups: list[Group] = []
    before: object = None
    for index, (place, title, intro) in enumerate(places):
        if groups and place is before:
            groups[-1] = Group(
                start=groups[-1].start,
                end=index + 1,
                title=groups[-1].title,
                intro=groups[-1].intro,
            )
        else:
            groups.append(Group(start=index, end=index + 1, title=title, intro=intro))
        before = place
    return groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One question and its right answer, as chat messages.

    Rows with `held_out` are of books that no other row is of.
    """

    document_id: str
    kind: str
    messages: tuple[dict[str, str], ...]
    held_out: bool = False


def is_book(document: Document) -> bool:
    """Return True if a document has at least two headings below its title."""
    return len(outline_of(document).children) > 1


async def lessons(
    documents: Sequence[Document],
    context: ExtractionContext,
    step: Callable[[], None] = lambda: None,
) -> AsyncIterator[Lesson]:
    """Iterate over the questions about each book, with the answers that rebuild its headings."""
    for document in documents:
        oracle = Oracle({document.id: outline_of(document)})
        client = ScriptedClient(oracle)
        # In order, one at a time: the rows' order is part of the file.
        config = LLMConfig(model="oracle", max_concurrency=1)
        async with Session(client, config, None, context.seed, Usage()) as session:
            asking = replace(context, llm=session)
            await LLMExtractor().extract(document, asking)
            await filler_for(asking, GapOptions()).name(document)
        for request in client.requests:
            yield _lesson(document, request, oracle(request))
        step()


def _lesson(document: Document, request: Request, answer: str) -> Lesson:
    turns: list[dict[str, Any]] = [
        {"role": turn.role, "content": turn.content} for turn in request.messages
    ]
    kind = request.subject.kind if isinstance(request.subject, Question) else ""
    return Lesson(
        document_id=document.id,
        kind=kind,
        messages=(*turns, {"role": "assistant", "content": answer}),
    )


def hold_books_out(rows: Sequence[Lesson], share: float, seed: int) -> list[Lesson]:
    """Hold out whole books, close to `share` of the rows; at least one of two or more books."""
    sizes = Counter(row.document_id for row in rows)
    drawn = sorted(sizes, key=lambda book: pick(seed, f"held out {book}", 2**62))
    books, target, count = set[str](), share * len(rows), 0
    for book in drawn:
        if abs(count + sizes[book] - target) < abs(count - target):
            books.add(book)
            count += sizes[book]
    if share and not books and len(sizes) > 1:
        books = {min(drawn, key=lambda book: sizes[book])}
    if len(books) == len(sizes):
        books = set()
    return [replace(row, held_out=row.document_id in books) for row in rows]
