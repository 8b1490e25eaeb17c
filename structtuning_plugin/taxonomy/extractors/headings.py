"""Extractor `headings`: the headings of the document become the tree.

    # Cells          Cells
    ### Membrane  -> ├─ Membrane      a skipped level is no level
    ## Nucleus       └─ Nucleus

Text before the first heading belongs to the root. Numbered parts replace missing headings.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from structtuning_plugin.core.hooks import hookimpl
from structtuning_plugin.core.types import NUMBERED_PARTS, Document, Heading, Outline
from structtuning_plugin.hookspecs import ExtractionContext
from structtuning_plugin.taxonomy.extractors.parts import divide, parse_options, placeholder

SOURCE = "headings"
# A title that the file has beside its text: its name, or a field of the record.
DOCUMENT = "document"


@dataclass
class _Open:
    """A node whose end is not known yet."""

    level: int
    title: str
    start: int
    source: str = SOURCE
    children: list[_Open] = field(default_factory=list)


class HeadingsExtractor:
    """Extractor `headings`."""

    name = "headings"

    def check_options(self, options: dict[str, Any]) -> None:
        """Check the options of `headings`."""
        parse_options(options, self.name)

    def extract(self, document: Document, context: ExtractionContext) -> Outline:
        """Extract the outline of one document."""
        return _divided(outline_of(document), document, context)


@hookimpl
def register_taxonomy_extractors() -> list[HeadingsExtractor]:
    """Register the extractor `headings`."""
    return [HeadingsExtractor()]


def outline_of(document: Document, source: str = SOURCE) -> Outline:
    """Build the tree of the document's headings, without a limit on the text below them.

    Args:
        document: The document.
        source: `source` of the nodes.
    """
    root, headings = _root(document)
    stack = [root]
    for heading in headings:
        while stack[-1].level >= heading.level:
            stack.pop()
        node = _Open(heading.level, heading.title, heading.start, source)
        stack[-1].children.append(node)
        stack.append(node)
    return _close(root, len(document.text))


def _root(document: Document) -> tuple[_Open, tuple[Heading, ...]]:
    """Take a single top heading at the beginning as the document's title, and so as its root."""
    headings = document.headings
    if headings and headings[0].start == 0:
        first, others = headings[0], headings[1:]
        if all(heading.level > first.level for heading in others):
            return _Open(0, first.title, 0), others
    if not document.title:
        return _Open(0, placeholder(document), 0, NUMBERED_PARTS), headings
    return _Open(0, document.title, 0, DOCUMENT), headings


def _close(node: _Open, end: int) -> Outline:
    ends = [*(child.start for child in node.children[1:]), end]
    return Outline(
        title=node.title,
        start=node.start,
        own_end=node.children[0].start if node.children else end,
        end=end,
        source=node.source,
        children=tuple(
            _close(child, stop) for child, stop in zip(node.children, ends, strict=False)
        ),
    )


def _divided(node: Outline, document: Document, context: ExtractionContext) -> Outline:
    children = tuple(_divided(child, document, context) for child in node.children)
    return divide(replace(node, children=children), document, context)
