"""Who finds structure where the source has none: the offline segmentation, or a language model with that as its reserve.

Both answer the same questions, so that `auto`, `offline` and `llm` differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.taxonomy.grouping import Shelf, grouped
from structtuning_plugin.taxonomy.offline import OFFLINE, Segmenter

# So few subjects side by side need none above them.
_FEW = 4


class Filler(Protocol):
    """Finds structure in a text, or above a flat list of nodes or documents."""

    @property
    def source(self) -> str:
        """What its nodes bear as their source."""
        ...

    async def divide(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[Outline, ...]:
        """Nodes that cover `start..end`, the first perhaps later: what stands before it introduces them all.

        Empty if there is nothing to divide. `title` is that of the node above.
        """
        ...

    async def gather(
        self, document: Document, nodes: Sequence[Outline], most: int
    ) -> tuple[Outline, ...]:
        """Neighbouring nodes under common ones, so that about `most` are left."""
        ...

    async def name(self, document: Document) -> str:
        """A title for a document without one."""
        ...

    async def subjects(
        self, domain: str, documents: Sequence[Document], most: int
    ) -> tuple[Outline, ...]:
        """At most `most` nodes over neighbouring documents, which are ordered by content; their offsets count documents."""
        ...


@dataclass(frozen=True, kw_only=True)
class OfflineFiller:
    """The segmentation by word statistics: no model, no download."""

    segmenter: Callable[[Document], Segmenter]
    source: str = OFFLINE

    async def divide(
        self, document: Document, start: int, end: int, title: str
    ) -> tuple[Outline, ...]:
        return self.segmenter(document).divide(start, end, avoid=(title,))

    async def gather(
        self, document: Document, nodes: Sequence[Outline], most: int
    ) -> tuple[Outline, ...]:
        return grouped(Shelf.of(document), tuple(nodes), most)

    async def name(self, document: Document) -> str:
        return self.segmenter(document).title(0, len(document.text))

    async def subjects(
        self, domain: str, documents: Sequence[Document], most: int
    ) -> tuple[Outline, ...]:
        shelf = Shelf.of_documents(domain, documents)
        # As many subjects as documents in each, if `most` allows it: that keeps both lists short.
        return grouped(
            shelf, shelf.leaves(documents), min(most, max(_FEW, round(len(documents) ** 0.5)))
        )
