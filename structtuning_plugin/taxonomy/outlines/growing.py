"""Lines without faults to topics: ids, kinds and languages that the file leaves out, and a count of the edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from structtuning_plugin.taxonomy.checking import Given, joined, new_id
from structtuning_plugin.taxonomy.extractors.parts import SOURCE as NUMBERED_PARTS
from structtuning_plugin.taxonomy.outlines.lines import Line
from structtuning_plugin.taxonomy.outlines.marks import usual_kind, usual_language, usual_source
from structtuning_plugin.types import Document, Span, Topic, TopicKind


def grown(lines: Sequence[Line], documents: Mapping[str, Document]) -> Given:
    """Lines without faults to topics."""
    for line in reversed(lines):
        line.spans = joined([*line.own, *(span for child in line.children for span in child.spans)])
    taken = {line.id for line in lines if line.id}
    new = sum(not line.id for line in lines)
    regrouped = sum(line.is_regrouped() for line in lines)
    for line in lines:
        line.kind = line.words.get("kind") or usual_kind(line.places, line.parent.kind if line.parent else "")
        if not line.id or line.is_regrouped():
            line.id = new_id(line.path(), line.spans or _spot(line), taken)
    topics: dict[str, Topic] = {}
    for line in reversed(lines):
        topics[line.id] = _topic(line, tuple(topics.pop(child.id) for child in line.children), documents)
    renamed = sum(line.is_renamed() for line in lines)
    return Given(root=topics[lines[0].id], new=new, renamed=renamed, regrouped=regrouped)


def _topic(line: Line, subtopics: tuple[Topic, ...], documents: Mapping[str, Document]) -> Topic:
    usual = usual_language(line.places, [child.language for child in subtopics], documents)
    return Topic(
        id=line.id,
        title=line.title,
        kind=cast(TopicKind, line.kind),
        source=_source(line),
        language=line.words.get("language", usual),
        spans=line.spans,
        own_spans=tuple(line.own),
        subtopics=subtopics,
    )


def _spot(line: Line) -> tuple[Span, ...]:
    """Where a node without text stands, as the extractors' nodes have it in their ids."""
    return tuple(Span(document_id=place.document_id, start=place.start, end=place.start) for place in line.places)


def _source(line: Line) -> str:
    source = line.words.get("source", usual_source(line.kind) if line.was_there else "file")
    # A numbered part is not asked about; one that a person gave a title is.
    return "file" if line.is_renamed() and source == NUMBERED_PARTS else source
