"""Assembly of document outlines into one tree under the domain, and of chunks on its topics.

biology/cells.md, biology/plants.md, notes.md   ->   Domain
                                                     ├─ biology
                                                     │  ├─ (outline of cells.md)
                                                     │  └─ (outline of plants.md)
                                                     └─ (outline of notes.md)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Chunk, Document, Outline, Span, Topic, TopicKind
from structtuning_plugin.corpus.chunking import MeasuredText, cut
from structtuning_plugin.corpus.language_detection import most_common_language
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
        language=most_common_language(topic.language for topic in subtopics),
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


def hang_chunks(
    taxonomy: Topic,
    documents: Sequence[Document],
    budget: int,
    codec: Codec,
    step: Callable[[Document], None] = lambda _: None,
) -> tuple[Topic, list[Chunk]]:
    """Cut the own text of every topic into chunks of at most `budget` tokens.

    Returns the tree with `chunk_ids`, and the chunks in the order of the documents.
    """
    own: dict[str, list[tuple[Span, str]]] = {document.id: [] for document in documents}
    for topic in taxonomy.walk():
        for span in topic.own_spans:
            own[span.document_id].append((span, topic.id))
    chunks: list[Chunk] = []
    for document in documents:
        spans = sorted(own[document.id], key=lambda item: item[0].start)
        pieces = cut(
            MeasuredText(document, codec),
            [(span.start, span.end) for span, _ in spans],
            budget,
            codec,
        )
        for (_, owner), found in zip(spans, pieces, strict=True):
            chunks += [
                Chunk(
                    id=f"{document.id}:{piece.start}-{piece.end}",
                    document_id=document.id,
                    topic_id=owner,
                    start=piece.start,
                    end=piece.end,
                    text=document.text[piece.start : piece.end],
                    tokens=piece.tokens,
                )
                for piece in found
            ]
        step(document)
    return with_chunks(taxonomy, chunks), chunks


def with_chunks(taxonomy: Topic, chunks: Iterable[Chunk]) -> Topic:
    """Return the tree in which every topic has the ids of its chunks."""
    of_topic: dict[str, list[str]] = {}
    for chunk in chunks:
        of_topic.setdefault(chunk.topic_id, []).append(chunk.id)
    return _hang(taxonomy, of_topic)


def _hang(topic: Topic, of_topic: dict[str, list[str]]) -> Topic:
    subtopics = tuple(_hang(child, of_topic) for child in topic.subtopics)
    return replace(topic, chunk_ids=tuple(of_topic.get(topic.id, ())), subtopics=subtopics)
