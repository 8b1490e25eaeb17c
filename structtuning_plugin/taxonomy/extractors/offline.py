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
from structtuning_plugin.taxonomy.titles import is_file_name, opening_title


class OfflineExtractor:
    """Extractor `offline`."""

    name = "offline"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `offline`."""
        parse(OfflineOptions, options, self.name)

    def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document."""
        size = len(document.text)
        model = parse(OfflineOptions, context.options, self.name).embeddings
        segmenter = Segmenter(document, embed=embedder(model) if model else None)
        title = _title_of(document, segmenter)
        children = segmenter.divide(0, size, avoid=(title,))
        own_end = children[0].start if children else size
        return Outline(
            title=title, start=0, own_end=own_end, end=size, source=OFFLINE, children=children
        )


def _title_of(document: Document, segmenter: Segmenter) -> str:
    """Return the document's title; one from its text in place of the name of its file."""
    if not document.title:
        return opening_title(document.text) or placeholder(document)
    if is_file_name(document.title, document.id) and segmenter.is_divided:
        return opening_title(document.text) or segmenter.title(0, len(document.text))
    return document.title


@hookimpl
def register_taxonomy_extractors() -> list[OfflineExtractor]:
    """Register the extractor `offline`."""
    return [OfflineExtractor()]
