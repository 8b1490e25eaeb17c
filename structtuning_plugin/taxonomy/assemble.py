"""Assembly of document outlines into one tree under the domain.

biology/cells.md, biology/plants.md, notes.md   ->   Domain
                                                     ├─ biology
                                                     │  ├─ (outline of cells.md)
                                                     │  └─ (outline of plants.md)
                                                     └─ (outline of notes.md)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Outline, Span, Topic, TopicKind
from structtuning_plugin.languages import most_common
from structtuning_plugin.taxonomy.subjects import Place, Places, folder_places
from structtuning_plugin.taxonomy.titles import is_one_line
from structtuning_plugin.taxonomy.tree import topic_id


class _Ids:
    def __init__(self) -> None:
        self._twins: Counter[str] = Counter()

    def of(self, path: Sequence[str], spans: Sequence[Span]) -> str:
        first = topic_id(path, spans)
        self._twins[first] += 1
        return topic_id(path, spans, self._twins[first] - 1)


@dataclass
class _Folder:
    place: Place
    folders: dict[Place, _Folder] = field(default_factory=dict)
    entries: list[_Folder | Topic] = field(default_factory=list)

    def folder(self, place: Place) -> _Folder:
        if place not in self.folders:
            self.folders[place] = _Folder(place)
            self.entries.append(self.folders[place])
        return self.folders[place]


def assemble(
    domain: str, documents: Sequence[tuple[Document, Outline]], places: Places | None = None
) -> Topic:
    """Build one tree: the domain, its folders or subjects, and the outlines in the order given.

    `places` maps a document's id to the nodes between the domain and the document; by default its
    folders.

    Raises:
        TaxonomyError: If an outline does not cover its document.
    """
    ids = _Ids()
    root = _Folder(Place(name=domain, kind="domain"))
    for document, outline in documents:
        check_outline(outline, document)
        folder, path = root, [domain]
        for place in folder_places(document) if places is None else places[document.id]:
            folder, path = folder.folder(place), [*path, place.name]
        folder.entries.append(_grow(outline, document, path, ids, "document"))
    return _close(root, [], ids)


def _grow(
    outline: Outline, document: Document, path: list[str], ids: _Ids, kind: TopicKind
) -> Topic:
    path = [*path, outline.title]
    spans = _span(document, outline.start, outline.end)
    return Topic(
        id=ids.of(
            path, spans or (Span(document_id=document.id, start=outline.start, end=outline.start),)
        ),
        title=outline.title,
        kind=kind,
        source=outline.source,
        language=document.language,
        spans=spans,
        own_spans=_span(document, outline.start, outline.own_end),
        subtopics=tuple(_grow(child, document, path, ids, "topic") for child in outline.children),
    )


def _span(document: Document, start: int, end: int) -> tuple[Span, ...]:
    return (Span(document_id=document.id, start=start, end=end),) if end > start else ()


def _close(folder: _Folder, above: list[str], ids: _Ids) -> Topic:
    place = folder.place
    path = [*above, place.name]
    subtopics = tuple(
        _close(entry, path, ids) if isinstance(entry, _Folder) else entry
        for entry in folder.entries
    )
    spans = tuple(span for topic in subtopics for span in topic.spans)
    return Topic(
        id=ids.of(path, spans),
        title=" ".join(place.name.split()) or "_",
        kind=place.kind,
        source=place.source,
        language=most_common(topic.language for topic in subtopics),
        spans=spans,
        subtopics=subtopics,
    )


def check_outline(outline: Outline, document: Document) -> None:
    """Check that an outline covers its document once and in order.

    Raises:
        TaxonomyError: If text is missing, repeated or out of order, or a title is empty.
    """
    if (outline.start, outline.end) != (0, len(document.text)):
        raise TaxonomyError(
            f"The outline of {document.id} covers {outline.start}..{outline.end} of "
            f"0..{len(document.text)}."
        )
    stack = [outline]
    while stack:
        node = stack.pop()
        if not is_one_line(node.title):
            raise TaxonomyError(
                f"The outline of {document.id} has the title {node.title!r} at {node.start}; give "
                "one line of text."
            )
        bounds = [node.start, node.own_end, *(child.end for child in node.children)]
        starts = (
            [node.own_end, *(child.end for child in node.children[:-1])] if node.children else []
        )
        if (
            [child.start for child in node.children] != starts
            or bounds != sorted(bounds)
            or bounds[-1] != node.end
        ):
            raise TaxonomyError(
                f"In the outline of {document.id}, the branch {node.title!r} and its children do "
                "not fit together."
            )
        stack.extend(node.children)
