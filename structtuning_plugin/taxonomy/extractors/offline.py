"""Extractor `offline`: a tree from the text alone, by word statistics; headings are ignored.

(three pages)   ->   Cells
                     ├─ Plasma Membrane      a boundary where the vocabulary changes,
                     └─ Cell Nucleus         a title from the text that follows
"""

from __future__ import annotations

from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.options import OfflineOptions, parse
from structtuning_plugin.taxonomy.extractors.parts import placeholder
from structtuning_plugin.taxonomy.offline import OFFLINE, Segmenter
from structtuning_plugin.taxonomy.offline.cohesion import embedder


class OfflineExtractor:
    """Extractor `offline`."""

    name = "offline"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `offline`."""
        parse(OfflineOptions, options, self.name)

    def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document."""
        title, size = document.title or placeholder(document), len(document.text)
        model = parse(OfflineOptions, context.options, self.name).embeddings
        segmenter = Segmenter(document, embed=embedder(model) if model else None)
        children = segmenter.divide(0, size, avoid=(title,))
        own_end = children[0].start if children else size
        return Outline(
            title=title, start=0, own_end=own_end, end=size, source=OFFLINE, children=children
        )


@hookimpl
def register_taxonomy_extractors() -> list[OfflineExtractor]:
    """Register the extractor `offline`."""
    return [OfflineExtractor()]
