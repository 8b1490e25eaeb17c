"""Cleaning of documents, one by one and all together, as `hygiene` of the block says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from structtuning_plugin.config.corpus import HygieneConfig
from structtuning_plugin.core.types import Document, Dropped, ReadResult
from structtuning_plugin.corpus.cleaning.duplicates import drop_documents, drop_passages
from structtuning_plugin.corpus.cleaning.editing import Edit, apply_edits, without_overlaps
from structtuning_plugin.corpus.cleaning.noise import find_noise
from structtuning_plugin.corpus.cleaning.repeated_lines import (
    Edges,
    find_page_lines,
    find_site_lines,
)

_QUOTED = 80


def clean_result(result: ReadResult, hygiene: HygieneConfig) -> ReadResult:
    """Leave noise and the lines of pages out of each document that a reader returned."""
    documents: list[Document] = []
    dropped = list(result.dropped)
    for document in result.documents:
        if hygiene.noise:
            document = _edited(document, list(find_noise(document)), dropped)
        if hygiene.repeated_lines:
            document = _edited(document, list(find_page_lines(document)), dropped)
        documents.append(document)
    return replace(result, documents=tuple(documents), dropped=tuple(dropped))


def clean_corpus(
    documents: Sequence[Document], hygiene: HygieneConfig
) -> tuple[list[Document], list[Dropped]]:
    """Leave out duplicates and the lines of sites; return the documents and what was left out."""
    documents, dropped = list(documents), list[Dropped]()
    edges: dict[str, Edges] = {}
    if hygiene.documents != "keep":
        compared = _without_site_lines(documents, hygiene, [], edges)
        documents, duplicates = drop_documents(
            documents, compared, hygiene.documents, hygiene.threshold
        )
        dropped += duplicates
    documents = _without_site_lines(documents, hygiene, dropped, edges)
    documents, duplicates = drop_passages(documents, hygiene.passages, hygiene.threshold)
    return documents, [*dropped, *duplicates]


def _without_site_lines(
    documents: list[Document],
    hygiene: HygieneConfig,
    dropped: list[Dropped],
    edges: dict[str, Edges],
) -> list[Document]:
    if not hygiene.repeated_lines:
        return documents
    edits = find_site_lines(documents, edges)
    return [_edited(document, edits.get(document.id, []), dropped) for document in documents]


def _edited(document: Document, edits: list[Edit], dropped: list[Dropped]) -> Document:
    """Apply edits to a document; add one entry for each of their reasons."""
    if not edits:
        return document
    sizes: dict[str, int] = {}
    places: dict[str, int] = {}
    firsts: dict[str, str] = {}
    for edit in without_overlaps(edits):
        text = document.text[edit.start : edit.end]
        sizes[edit.reason] = sizes.get(edit.reason, 0) + len(text) - len(edit.replacement)
        places[edit.reason] = places.get(edit.reason, 0) + 1
        firsts.setdefault(edit.reason, " ".join(text.split())[:_QUOTED])
    for reason in sorted(sizes):
        first = f": {firsts[reason]}" if firsts[reason] else ""
        detail = f"{sizes[reason]} characters in {places[reason]} places{first}"
        dropped.append(Dropped(stage="read", id=document.id, reason=reason, detail=detail))
    return apply_edits(document, edits)
