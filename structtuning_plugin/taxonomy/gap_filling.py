"""Fillers, which find structure where the source has none: offline, or with a language model.

Both kinds have one interface, so `auto`, `offline` and `llm` differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.taxonomy.grouping import DocumentGroup, grouped
from structtuning_plugin.taxonomy.offline import OFFLINE, Segmenter
from structtuning_plugin.taxonomy.titles import opening_title

# So few subjects side by side need none above them.
_FEW = 4


class GapFiller(Protocol):
    """Finder of structure in a text, or above a flat list of nodes or documents."""

    @property
    def source(self) -> str:
        """Name that its nodes have as their source."""
        ...

    async def divide(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[Outline, ...]:
        """Divide the span `start..end` into nodes; empty if there is nothing to divide.

        The first node may begin after `start`: the text before it introduces them all. `title` is
        the title of the node above.
        """
        ...

    async def gather(
        self, document: Document, nodes: Sequence[Outline], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring nodes, so that about `most` nodes are left."""
        ...

    async def name(self, document: Document) -> tuple[str, str]:
        """Find a title for a document without one; return it and its source."""
        ...

    async def subjects(
        self, domain: str, documents: Sequence[Document], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring documents, ordered by content, into at most `most` nodes.

        The offsets of these nodes count documents.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class OfflineFiller:
    """Filler by word statistics, without a model or a download."""

    segmenter: Callable[[Document], Segmenter]
    source: str = OFFLINE

    async def divide(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[Outline, ...]:
        """Divide a span at changes of vocabulary."""
        return self.segmenter(document).divide(start, end, avoid=(title,))

    async def gather(
        self, document: Document, nodes: Sequence[Outline], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring nodes with similar vocabulary."""
        return grouped(DocumentGroup.of(document), tuple(nodes), most)

    async def name(self, document: Document) -> tuple[str, str]:
        """Take the title line of the document, or its most characteristic phrase."""
        title = opening_title(document.text)
        return title or self.segmenter(document).title(0, len(document.text)), self.source

    async def subjects(
        self, domain: str, documents: Sequence[Document], most: int
    ) -> tuple[Outline, ...]:
        """Group neighbouring documents with similar vocabulary."""
        shelf = DocumentGroup.of_documents(domain, documents)
        # As many subjects as documents in each, if `most` allows it: that keeps both lists short.
        return grouped(
            shelf, shelf.leaves(documents), min(most, max(_FEW, round(len(documents) ** 0.5)))
        )
