"""Outlines by a language model: paragraphs to knowledge points, titles to sections to chapters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from structtuning_plugin.core.concurrency import gather_all
from structtuning_plugin.core.templates import Wordings
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.llm.session import Session
from structtuning_plugin.taxonomy.extractors.options import GapOptions
from structtuning_plugin.taxonomy.gap_filling import GapFiller, OfflineFiller
from structtuning_plugin.taxonomy.grouping import (
    DocumentGroup,
    grouped,
    height,
    join,
    leaf,
    lexical_groups,
    same,
)
from structtuning_plugin.taxonomy.llm_extraction import prompts as questions
from structtuning_plugin.taxonomy.llm_extraction.prompts import Item, Question, QuestionKind
from structtuning_plugin.taxonomy.llm_extraction.windows import Group, merge, windows
from structtuning_plugin.taxonomy.offline import OFFLINE, Segmenter
from structtuning_plugin.taxonomy.offline.cohesion import embedder
from structtuning_plugin.taxonomy.offline.words import units_of

T = TypeVar("T")

LLM = "llm"

# So few titles need no further grouping.
_FEW = 5
# A tree deeper than this helps nobody; a model that merges two titles a round must end somewhere.
_ROUNDS = 6
# Groups that the offline segmentation makes of one window of titles: sections of about so many.
_FALLBACK_SIZE = 8
# More side by side is a list, not a structure.
_MOST_CHILDREN = 100
# What a full-width character weighs in an opening: it says about as much as a short word's worth of
# letters.
_WIDE = 3


def filler_for(context: ExtractionContext, options: GapOptions) -> GapFiller:
    """Return the filler of a document: the block's model if there is one, else the segmentation."""
    segmenters: dict[str, Segmenter] = {}

    def segmenter(document: Document) -> Segmenter:
        if document.id not in segmenters:
            segmenters[document.id] = Segmenter(
                document, embed=embedder(options.embeddings) if options.embeddings else None
            )
        return segmenters[document.id]

    reserve = OfflineFiller(segmenter=segmenter)
    if context.llm is None or context.prompts is None:
        return reserve
    return LLMFiller(
        session=context.llm,
        prompts=context.prompts,
        count_tokens=context.count_tokens,
        reserve=reserve,
        seed=context.seed,
        window_tokens=options.window_tokens,
        window_items=options.window_items,
        overlap=options.overlap,
        opening=options.opening,
    )


@dataclass(frozen=True, kw_only=True)
class LLMFiller:
    """Filler that asks a language model.

    A window without a usable answer is answered by the offline segmentation. `opening` is the
    number of characters of a paragraph that are shown. `window_tokens` and `window_items` limit a
    question.
    """

    session: Session
    prompts: Wordings
    count_tokens: Callable[[Sequence[str]], list[int]]
    reserve: OfflineFiller
    seed: int
    window_tokens: int
    window_items: int
    overlap: float
    opening: int
    source: str = LLM

    async def divide(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[Outline, ...]:
        """Divide a span by asking for the groups of its paragraphs."""
        nodes, answered = await self._points(document, start, end, title)
        if not answered:  # one tree of the whole is better than many of its windows
            return await self.reserve.divide(document, start, end, title)
        shelf = DocumentGroup.of(document, title)
        nodes = await self._rounds(shelf, nodes, _FEW)
        if len(nodes) > _MOST_CHILDREN:  # the model groups nothing
            nodes = grouped(shelf, nodes, _MOST_CHILDREN)
        if len(nodes) == 1:
            return nodes[0].children
        if nodes and not nodes[0].children and same(nodes[0].title, title):
            return nodes[1:]  # the first introduces the others: its text is that of the node above
        return nodes

    async def gather(
        self, document: Document, nodes: Sequence[Outline], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring nodes by asking for the groups of their titles."""
        shelf = DocumentGroup.of(document)
        return grouped(shelf, await self._rounds(shelf, tuple(nodes), most), most)

    async def name(self, document: Document) -> tuple[str, str]:
        """Ask for the title of a document; return it and its source, the reserve if need be."""
        item = Item(text=_opening(document.text, 8 * self.opening), start=0, end=len(document.text))
        question = _question("title", DocumentGroup.of(document), [item], 0)
        name = await self._ask(question, questions.check_name, lambda _: None)
        return (name, self.source) if name else await self.reserve.name(document)

    async def subjects(
        self, domain: str, documents: Sequence[Document], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring documents by asking for the groups of their titles."""
        shelf = DocumentGroup.of_documents(domain, documents)
        return grouped(
            shelf, await self._rounds(shelf, shelf.leaves(documents), most, at_least=1), most
        )

    async def _points(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[tuple[Outline, ...], int]:
        """Return the finest nodes, and the number of windows that the model answered."""
        bounds = [start, *(unit for unit in units_of(document).starts if start < unit < end), end]
        items = [
            Item(text=_opening(document.text[s:e], self.opening), start=s, end=e)
            for s, e in pairwise(bounds)
        ]

        def reserve(window: range) -> list[Group]:
            first, last = items[window.start], items[window.stop - 1]
            points = self.reserve.segmenter(document).points(first.start, last.end)
            return _by_unit(points, items[window.start : window.stop])

        groups, answered = await self._windows(
            "points", DocumentGroup.of(document, title), items, 0, reserve
        )
        return tuple(
            leaf(group.title, items[group.start].start, items[group.end - 1].end, group.source)
            for group in groups
        ), answered

    async def _rounds(
        self, shelf: DocumentGroup, nodes: tuple[Outline, ...], few: int, at_least: int = 0
    ) -> tuple[Outline, ...]:
        """Group titles to sections and chapters, until few are left or nothing is grouped."""
        for level in range(1, _ROUNDS + 1):
            if level > at_least and len(nodes) <= few:
                break
            groups = await self._group(shelf, nodes, level)
            joined = tuple(join(group, nodes[group.start : group.end]) for group in groups)
            if len(joined) == 1 or joined == nodes:
                break
            nodes = joined
        return nodes

    async def _group(
        self, shelf: DocumentGroup, nodes: Sequence[Outline], level: int
    ) -> list[Group]:
        items = [
            Item(
                text=_opening(shelf.line(n), self.opening),
                start=n.start,
                end=n.end,
                height=height(n),
            )
            for n in nodes
        ]

        def reserve(window: range) -> list[Group]:
            return lexical_groups(
                shelf, nodes[window.start : window.stop], max(1, len(window) // _FALLBACK_SIZE)
            )

        return (await self._windows(shelf.kind, shelf, items, level, reserve))[0]

    async def _windows(
        self,
        kind: QuestionKind,
        shelf: DocumentGroup,
        items: Sequence[Item],
        level: int,
        reserve: Callable[[range], list[Group]],
    ) -> tuple[list[Group], int]:
        """Ask for all windows at once, and count the answered ones."""
        sizes = self.count_tokens([item.text for item in items])
        ranges = windows(sizes, self.window_tokens, self.window_items, self.overlap)

        async def one(window: range) -> list[Group] | None:
            question = _question(kind, shelf, items[window.start : window.stop], level)
            check, repair = partial(questions.check, question), partial(questions.repair, question)
            return await self._ask(question, check, repair)

        answers = await gather_all([one(window) for window in ranges])
        answered = sum(answer is not None for answer in answers)
        filled = [
            reserve(window) if answer is None else answer
            for window, answer in zip(ranges, answers, strict=True)
        ]
        return merge(ranges, filled), answered

    async def _ask(
        self, question: Question, check: Callable[[Any], T], repair: Callable[[Any], T | None]
    ) -> T | None:
        turns = questions.messages(question, self.prompts, self.seed)
        schema = questions.schema(question.kind, len(question.items))
        again = partial(questions.again, question, self.prompts, self.seed)
        return await self.session.ask(
            turns, schema, check, question.about, repair=repair, again=again, subject=question
        )


def _question(
    kind: QuestionKind, shelf: DocumentGroup, items: Sequence[Item], level: int
) -> Question:
    return Question(
        kind=kind,
        document_id=shelf.id,
        title=shelf.title,
        language=shelf.language,
        items=tuple(items),
        level=level,
    )


def _opening(text: str, longest: int) -> str:
    """Cut the beginning of a text to one line of at most `longest` characters, at a word end."""
    line = " ".join(text[: 4 * longest].split())
    room = longest
    for place, character in enumerate(line):
        room -= _WIDE if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            head = line[:place]
            return (head.rsplit(" ", 1)[0] if " " in head[len(head) // 2 :] else head) + " …"
    return line


def _by_unit(points: Sequence[tuple[int, int, str]], items: Sequence[Item]) -> list[Group]:
    """Convert pieces of text to groups of the items that start in them."""
    groups: list[Group] = []
    for _, end, title in points:
        first = groups[-1].end if groups else 0
        stop = next(
            (place for place in range(first, len(items)) if items[place].start >= end), len(items)
        )
        if stop > first:
            groups.append(Group(start=first, end=stop, title=title, source=OFFLINE))
    return groups
