"""Chunks of a taxonomy: the own text of every topic, cut to a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.step_results import StepResults, map_items
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Chunk, Document, Span, Topic
from structtuning_plugin.core.workers import Pool, WorkerDiedError, WorkerPool, died_message
from structtuning_plugin.corpus.chunking import MeasuredText, Piece, cut

# The chunks of a document, for each of its spans.
Pieces = list[list[Piece]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutJob:
    """A document and the spans of it that are cut."""

    document: Document
    spans: tuple[tuple[int, int], ...]

    @property
    def document_id(self) -> str:
        return self.document.id


def hang_chunks(
    taxonomy: Topic,
    documents: Sequence[Document],
    budget: int,
    codec: Codec,
    step: Callable[[Document], None] = lambda _: None,
    pool: Pool | None = None,
    known: StepResults[CutJob, Pieces] | None = None,
) -> tuple[Topic, list[Chunk]]:
    """Cut the own text of every topic into chunks of at most `budget` tokens.

    Args:
        taxonomy: The tree.
        documents: The documents.
        budget: Greatest length of a chunk in tokens.
        codec: The tokenizer.
        step: Called with each document that is done.
        pool: Processes to cut with; None for this one alone.
        known: Chunks of earlier builds.

    Returns:
        The tree with `chunk_ids`, and the chunks in the order of the documents.

    Raises:
        BudgetError: If a single character has more tokens than the budget.
        TaxonomyError: If a process that cuts is killed.
    """
    own: dict[str, list[tuple[Span, str]]] = {document.id: [] for document in documents}
    for topic in taxonomy.walk():
        for span in topic.own_spans:
            own[span.document_id].append((span, topic.id))
    chunks: list[Chunk] = []
    owners = {name: sorted(spans, key=lambda item: item[0].start) for name, spans in own.items()}
    pieces_of_documents = _cut_all(documents, owners, budget, codec, pool, known)
    for document, pieces in zip(documents, pieces_of_documents, strict=True):
        for (_, owner), spans_of_piece in zip(owners[document.id], pieces, strict=True):
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


def _cut_all(
    documents: Sequence[Document],
    owners: Mapping[str, Sequence[tuple[Span, str]]],
    budget: int,
    codec: Codec,
    pool: Pool | None,
    known: StepResults[CutJob, Pieces] | None,
) -> Iterator[Pieces]:
    """Yield the pieces of each document: a list for each of its spans."""
    jobs = [
        CutJob(
            document=document,
            spans=tuple((span.start, span.end) for span, _ in owners[document.id]),
        )
        for document in documents
    ]

    def cut_some(some: Sequence[CutJob]) -> Iterator[Pieces]:
        size = sum(len(job.document.text) for job in some)
        return (pool or WorkerPool(1)).map_large(_cut, (budget, codec), some, size)

    try:
        yield from map_items(known, jobs, cut_some)
    except WorkerDiedError as error:
        raise TaxonomyError(died_message("cut", error)) from None


def _cut(setting: tuple[int, Codec], job: CutJob) -> Pieces:
    budget, codec = setting
    return cut(MeasuredText(job.document, codec), job.spans, budget, codec)


def with_chunks(taxonomy: Topic, chunks: Iterable[Chunk]) -> Topic:
    """Return the tree in which every topic has the ids of its chunks."""
    of_topic: dict[str, list[str]] = {}
    for chunk in chunks:
        of_topic.setdefault(chunk.topic_id, []).append(chunk.id)
    return _hang(taxonomy, of_topic)


def _hang(topic: Topic, of_topic: dict[str, list[str]]) -> Topic:
    subtopics = tuple(_hang(child, of_topic) for child in topic.subtopics)
    return replace(topic, chunk_ids=tuple(of_topic.get(topic.id, ())), subtopics=subtopics)
