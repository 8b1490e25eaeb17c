"""A known tree answers the questions that a model is asked: what a perfect model would say.

It turns books with headings into training data for a small structuring model, and proves that the assembly of a model's
answers loses nothing.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from structtuning_plugin.llm.values import Request
from structtuning_plugin.taxonomy.asking import questions
from structtuning_plugin.taxonomy.asking.questions import Item, Question
from structtuning_plugin.taxonomy.asking.windows import Group
from structtuning_plugin.taxonomy.shelves import height
from structtuning_plugin.types import Outline


class Oracle:
    """Answers about documents whose outlines (by id) are known."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self._books = {document_id: _Book(root) for document_id, root in outlines.items()}

    def __call__(self, request: Request) -> str:
        """The answer to a request about a `Question`, as JSON."""
        question = request.subject
        if not isinstance(question, Question):
            raise TypeError(f"An oracle answers questions about a text's structure, not {question!r:.80}.")
        if question.kind == "title":
            return json.dumps({"title": self._books[question.document_id].root.title}, ensure_ascii=False)
        return json.dumps(questions.answer(question.kind, self.groups(question)), ensure_ascii=False)

    def groups(self, question: Question) -> list[Group]:
        """The groups of a window.

        Paragraphs belong to the node in whose own text they stand. In round n, titles are grouped whose node above
        has n levels beneath it: all that lies under it is there by then; the others stay alone.
        """
        book = self._books[question.document_id]
        if question.kind == "points":
            return _runs([(owner, owner.title, False) for item in question.items for owner in [book.owner(item.start)]])
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
                    self._nodes[node.start, node.own_end, 0] = self._above[node.start, node.own_end, 0] = node
            for child in node.children:
                self._above[_key(child)] = node
                stack.append(child)
        own.sort(key=lambda entry: entry[0])
        self._starts = [start for start, _ in own]
        self._owners = [node for _, node in own]

    def owner(self, offset: int) -> Outline:
        """The node in whose own text an offset lies."""
        return self._owners[max(0, bisect_right(self._starts, offset) - 1)]

    def place(self, item: Item, level: int) -> tuple[object, str, bool]:
        """What an item is grouped by, the group's title, and whether the item introduces it (or stays alone)."""
        key = (item.start, item.end, item.height)
        node, above = self._nodes[key], self._above.get(key)
        if above is None or above is self.root or height(above) != level:
            return key, node.title, True
        return above, above.title, node is above


def _key(node: Outline) -> tuple[int, int, int]:
    return node.start, node.end, height(node)


def _runs(places: Sequence[tuple[object, str, bool]]) -> list[Group]:
    """Neighbours of the same place as one group, which takes its title and `intro` from its first item."""
    groups: list[Group] = []
    before: object = None
    for index, (place, title, intro) in enumerate(places):
        if groups and place is before:
            groups[-1] = Group(start=groups[-1].start, end=index + 1, title=groups[-1].title, intro=groups[-1].intro)
        else:
            groups.append(Group(start=index, end=index + 1, title=title, intro=intro))
        before = place
    return groups
