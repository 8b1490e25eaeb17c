"""Grouping of neighbouring nodes, shared by the offline segmentation and the language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from structtuning_plugin.core.types import Document, Outline
from structtuning_plugin.languages import most_common
from structtuning_plugin.taxonomy.llm_extraction.windows import Group
from structtuning_plugin.taxonomy.offline import OFFLINE, group_in_order

# Characters of a document that stand beside its title where documents are grouped.
_GLIMPSE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentGroup:
    """Container of the nodes that are grouped.

    A container of a document has offsets in characters, that of a domain has offsets in documents.
    """

    kind: Literal["sections", "subjects"]
    id: str
    title: str
    language: str
    text: Callable[[Outline], str]
    line: Callable[[Outline], str]

    @classmethod
    def of(cls, document: Document, title: str | None = None) -> DocumentGroup:
        """Create the container of a document's nodes."""
        return cls(
            kind="sections",
            id=document.id,
            title=document.title if title is None else title,
            language=document.language,
            text=lambda node: document.text[node.start : node.end],
            line=lambda node: node.title,
        )

    @classmethod
    def of_documents(cls, domain: str, documents: Sequence[Document]) -> DocumentGroup:
        """Create the container of a domain's documents."""

        def line(node: Outline) -> str:
            return (
                node.title
                if node.children
                else f"{node.title}: {documents[node.start].text[:_GLIMPSE]}"
            )

        def text(node: Outline) -> str:
            return "\n".join(document.text for document in documents[node.start : node.end])

        return cls(
            kind="subjects",
            id=domain,
            title=domain,
            language=most_common(document.language for document in documents),
            text=text,
            line=line,
        )

    def leaves(self, documents: Sequence[Document]) -> tuple[Outline, ...]:
        """Return one node a document."""
        return tuple(
            leaf(document.title, place, place + 1, "") for place, document in enumerate(documents)
        )


def lexical_groups(shelf: DocumentGroup, nodes: Sequence[Outline], most: int) -> list[Group]:
    """Find at most `most` groups of neighbours by word statistics.

    A node that forms a group alone is returned unchanged.
    """
    groups = group_in_order(
        [shelf.text(node) for node in nodes],
        [(_edge(node, 0), _edge(node, -1)) for node in nodes],
        shelf.language,
        most,
    )
    return [
        Group(start=s, end=e, title=title, intro=e - s == 1, source=OFFLINE)
        for s, e, title in groups
    ]


def _edge(node: Outline, place: Literal[0, -1]) -> str:
    """Return the title of the first or the last member of a group, of a node its own."""
    while node.source == OFFLINE and node.children and node.own_end == node.start:
        node = node.children[place]
    return node.title


def grouped(shelf: DocumentGroup, nodes: tuple[Outline, ...], most: int) -> tuple[Outline, ...]:
    """Build levels of groups by word statistics, until at most `most` nodes are left."""
    while len(nodes) > most:
        # Groups about as many as their members keep every list short.
        groups = lexical_groups(shelf, nodes, max(2, round(len(nodes) ** 0.5)))
        joined = tuple(join(group, nodes[group.start : group.end]) for group in groups)
        if len(joined) >= len(nodes):
            break
        nodes = joined
    return nodes


def leaf(title: str, start: int, end: int, source: str) -> Outline:
    """Create a node without children."""
    return Outline(title=title, start=start, own_end=end, end=end, source=source)


def join(group: Group, members: Sequence[Outline]) -> Outline:
    """Create the node of a group; a group of one that is its own introduction stays as it is."""
    first, last = members[0], members[-1]
    if len(members) == 1 and group.intro:
        return first
    if group.intro:
        return replace(
            first, title=group.title, end=last.end, children=(*first.children, *members[1:])
        )
    return Outline(
        title=group.title,
        start=first.start,
        own_end=first.start,
        end=last.end,
        source=group.source,
        children=tuple(members),
    )


def height(node: Outline) -> int:
    """Count the levels below a node."""
    return 1 + max(map(height, node.children)) if node.children else 0


def same(one: str, other: str) -> bool:
    """Return True if two titles differ only in case and surrounding white space."""
    return one.casefold().strip() == other.casefold().strip()
