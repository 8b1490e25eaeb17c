"""Chunks of a taxonomy: the own text of every topic, cut to a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Chunk, Document, Span, Topic
from structtuning_plugin.corpus.chunking import MeasuredText, cut


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
        for (_, owner), spans_of_piece in zip(spans, pieces, strict=True):
            chunks += [
                Chunk(
                    id=f"{document.id}:{piece.start}-{piece.end}",
                    document_id=document.id,
                    topic_id=owner,
                    start=piece.start,
                    end=piece.end,
                    text=document.text[piece.start : piece.end],
                    tokens=piece.tokens,
                    header=piece.header,
                )
                for piece in spans_of_piece
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
