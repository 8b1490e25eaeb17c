"""Writer of outlines: from a tree to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Topic
from structtuning_plugin.taxonomy.io.outline_syntax import (
    INDENT,
    Place,
    digits_of_spans,
    digits_of_title,
    escape,
    usual_kind,
    usual_language,
    usual_source,
    write_head,
    write_title,
)


def render(root: Topic, documents: Sequence[Document]) -> str:
    """Write the outline of a tree that covers these documents, without a line break at its end.

    Raises:
        TaxonomyError: If the tree has text of a document in another order than the document.
    """
    by_id = {document.id: document for document in documents}
    reached = dict.fromkeys(by_id, 0)
    head = write_head(documents)
    stack: list[tuple[Topic, int, str, str | None]] = [(root, 0, "", None)]
    body = []
    while stack:
        topic, depth, above, home = stack.pop()
        home = _home(topic, home)
        places = _places(topic, home, reached)
        words = _words(topic, places, above, by_id)
        body.append(
            f"{' ' * INDENT * depth}- {write_title(topic.title)} <!-- {' '.join(words)} -->"
        )
        stack += [(child, depth + 1, topic.kind, home) for child in reversed(topic.subtopics)]
    return head + "\n".join(body)


def _home(topic: Topic, above: str | None) -> str | None:
    """Return the one document that contains a node. A node without text is where its parent is."""
    if topic.kind not in ("document", "topic"):
        return None
    document_ids = {span.document_id for span in topic.spans}
    return above if not document_ids else document_ids.pop() if len(document_ids) == 1 else None


def _places(topic: Topic, home: str | None, reached: dict[str, int]) -> list[Place]:
    for span in topic.own_spans:
        if span.start != reached[span.document_id]:
            raise TaxonomyError(
                f"The tree cannot be written as an outline: {topic.title!r} has the characters "
                f"{span.start}..{span.end} of "
                f"{span.document_id}, which are not the next ones in reading order. Write it as "
                "JSON."
            )
        reached[span.document_id] = span.end
    if topic.own_spans:
        return [Place(span.document_id, span.start) for span in topic.own_spans]
    return [] if home is None else [Place(home, reached[home], empty=True)]


def _words(
    topic: Topic, places: Sequence[Place], above: str, documents: Mapping[str, Document]
) -> list[str]:
    """Return the words in the comment of a node."""
    kind = usual_kind(places, above)
    usual = {
        "kind": kind,
        "source": usual_source(topic.kind),
        "language": usual_language(
            places, [child.language for child in topic.subtopics], documents
        ),
    }
    attributes = {"kind": topic.kind, "source": topic.source, "language": topic.language}
    return [
        f"{escape(topic.id)}~{digits_of_spans(topic.spans)}{digits_of_title(topic.title)}",
        *(f"{escape(place.document_id)}@{place.start}" for place in places),
        *(["empty"] if any(place.empty for place in places) else []),
        *(f"{key}={escape(value)}" for key, value in attributes.items() if value != usual[key]),
    ]
