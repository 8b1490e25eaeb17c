"""Extractor `llm`: a language model reads the text and builds its table of contents, bottom up.

    paragraphs -> knowledge points -> sections -> chapters        (arXiv 2407.16724, section 3.1)

Headings of the source are not used; `auto` uses them and asks the model about the gaps only. What
the model cannot answer is answered by the offline segmentation, and listed.
"""

from __future__ import annotations

from typing import Any

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.options import parse_gap_options
from structtuning_plugin.taxonomy.llm_extraction.outliner import LLM, filler_for


class LLMExtractor:
    """Extractor `llm`."""

    name = "llm"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `llm`."""
        parse_gap_options(options, self.name)

    async def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document.

        Raises:
            ConfigError: If the block has no `llm:`.
        """
        if context.llm is None:
            raise ConfigError(
                "The extractor `llm` needs a model to ask: add `llm:` with `base_url:` and "
                "`model:` to the block."
            )
        options = parse_gap_options(context.options, self.name)
        filler = filler_for(context, options)
        size = len(document.text)
        title = document.title
        if not title:
            has_text = bool(document.text.strip())
            title = (await filler.name(document))[0] if has_text else document.id
        children = await filler.divide(document, 0, size, title) if size else ()
        own_end = children[0].start if children else size
        return Outline(
            title=title, start=0, own_end=own_end, end=size, source=LLM, children=children
        )


@hookimpl
def register_taxonomy_extractors() -> list[LLMExtractor]:
    """Register the extractor `llm`."""
    return [LLMExtractor()]
