"""Taxonomies as JSON files. The form for people is in `outline_parser` and `outline_writer`.

    {"format": "structtuning-taxonomy", "version": 1,
     "documents": {"book.md": {"characters": 812, "sha256": "..."}},
     "tree": {"id": "...", "title": "Bicycles", "kind": "domain", "source": "folders",
              "language": "en", "spans": [{"document_id": "book.md", "start": 0, "end": 812}],
              "own_spans": [], "children": [...]}}

`own_spans` is the text of the node itself, `spans` that of its whole branch. When a file is read,
`own_spans` count: together they must cover every document exactly once. `spans` and missing ids are
computed anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Span, Topic
from structtuning_plugin.taxonomy.io.outline_parser import parse
from structtuning_plugin.taxonomy.io.validation import (
    FORMAT,
    KINDS,
    VERSION,
    ReadTree,
    joined,
    new_id,
    raise_faults,
    stamp,
    stamp_faults,
)
from structtuning_plugin.taxonomy.titles import is_one_line

OUTLINE_SUFFIXES = (".md", ".markdown")


def to_json(root: Topic, documents: Sequence[Document]) -> dict[str, Any]:
    """Convert the taxonomy to values that JSON can hold."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "documents": {d.id: stamp(d) for d in documents},
        "tree": _node(root),
    }


def _node(topic: Topic) -> dict[str, Any]:
    return {
        "id": topic.id,
        "title": topic.title,
        "kind": topic.kind,
        "source": topic.source,
        "language": topic.language,
        "spans": [_span(span) for span in topic.spans],
        "own_spans": [_span(span) for span in topic.own_spans],
        "children": [_node(child) for child in topic.subtopics],
    }


def _span(span: Span) -> dict[str, Any]:
    return {"document_id": span.document_id, "start": span.start, "end": span.end}


def load(path: Path, documents: Sequence[Document]) -> Topic:
    """Read the taxonomy of a file; see `inspect`.

    Raises:
        TaxonomyError: If the file is not readable, no taxonomy, or does not match the documents.
    """
    return inspect(path, documents).root


def inspect(path: Path, documents: Sequence[Document]) -> ReadTree:
    """Read the taxonomy of a file and report the edits; a name that ends in `.md` is an outline.

    Raises:
        TaxonomyError: If the file is not readable, no taxonomy, or does not match the documents. Up
            to ten faults are named.
    """
    try:
        text = path.read_text(
            encoding="utf-8-sig"
        )  # editors of Windows put a byte order mark in front
        if path.suffix.lower() in OUTLINE_SUFFIXES:
            return parse(text, documents, str(path))
        data = json.loads(text)
        root = from_json(data, documents, str(path))
    except (OSError, ValueError, RecursionError) as error:
        raise TaxonomyError(f"The taxonomy {path} cannot be read: {error}.") from None
    return ReadTree(root=root, new=sum(not node.get("id") for node in _nodes(data["tree"])))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    stack = [node]
    while stack:
        yield (node := stack.pop())
        stack += node.get("children", [])


def from_json(data: Any, documents: Sequence[Document], origin: str) -> Topic:
    """Read the taxonomy of parsed JSON that matches these documents.

    Raises:
        TaxonomyError: If it is no taxonomy, or does not cover the documents exactly once. Up to ten
            faults are named.
    """
    if (
        not isinstance(data, dict)
        or data.get("format") != FORMAT
        or data.get("version") != VERSION
        or "tree" not in data
    ):
        raise TaxonomyError(
            f"{origin} is no taxonomy: it needs format {FORMAT!r}, version {VERSION} and a tree."
        )
    by_id = {document.id: document for document in documents}
    stamps = data.get("documents", {})
    if not isinstance(stamps, dict):
        raise TaxonomyError(
            f"{origin} is no taxonomy: its `documents` are {stamps!r:.60} instead of a mapping."
        )
    raise_faults(origin, stamp_faults(stamps, by_id))
    reader = _Reader(by_id, origin)
    reader.check(data["tree"], ())
    root = reader.read(data["tree"], ())
    raise_faults(origin, _cover_faults(root, by_id))
    return root


@dataclass
class _Reader:
    """Reader from nodes to topics.

    All nodes are checked first, since new ids must differ from all ids in the file.
    """

    documents: Mapping[str, Document]
    origin: str
    ids: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def check(self, node: Any, above: tuple[str, ...]) -> None:
        """Check the form of a node and its descendants.

        Raises:
            TaxonomyError: If a field is missing or wrong.
        """
        place = _shown(above) or "the root"
        if not isinstance(node, dict):
            raise TaxonomyError(f"{self.origin}: under {place} is {node!r:.60} instead of a node.")
        title = node.get("title")
        if not isinstance(title, str) or not is_one_line(title):
            raise TaxonomyError(
                f"{self.origin}: under {place} a node has the title {title!r}; give one line of "
                "text."
            )
        path = (*above, title)
        for key in ("own_spans", "children"):
            if not isinstance(value := node.get(key, []), list):
                raise TaxonomyError(
                    f"{self.origin}: `{key}` of {_shown(path)} is {value!r:.60} instead of a list."
                )
        kind = node.get("kind", "topic")
        if kind not in KINDS:
            raise TaxonomyError(
                f"{self.origin}: {_shown(path)} has the kind {kind!r}; allowed: {', '.join(KINDS)}."
            )
        self._check_id(node.get("id"), _shown(path))
        for child in node.get("children", []):
            self.check(child, path)

    def _check_id(self, identity: Any, path: str) -> None:
        if not identity:
            return
        if not isinstance(identity, str):
            raise TaxonomyError(
                f"{self.origin}: the id {identity!r} of {path} is no text. Leave it out to get a "
                "new one."
            )
        if identity in self.ids:
            raise TaxonomyError(
                f"{self.origin}: {self.ids[identity]} and {path} have the same id {identity!r}. "
                "Leave it out of one of them to get a new one."
            )
        self.ids[identity] = path
        self.taken.add(identity)

    def read(self, node: dict[str, Any], above: tuple[str, ...]) -> Topic:
        """Read a checked node and its descendants."""
        path = (*above, node["title"])
        own = tuple(self._span(span, path) for span in node.get("own_spans", []))
        children = tuple(self.read(child, path) for child in node.get("children", []))
        spans = joined([*own, *(span for child in children for span in child.spans)])
        return Topic(
            id=node.get("id") or new_id(path, spans, self.taken),
            title=node["title"],
            kind=node.get("kind", "topic" if above else "domain"),
            source=str(node.get("source", "file")),
            language=str(node.get("language", "en")),
            spans=spans,
            own_spans=own,
            subtopics=children,
        )

    def _span(self, span: Any, path: tuple[str, ...]) -> Span:
        try:
            value = Span(
                document_id=span["document_id"], start=int(span["start"]), end=int(span["end"])
            )
            fits = 0 <= value.start < value.end <= len(self.documents[value.document_id].text)
        except (KeyError, TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise TaxonomyError(
                f"{self.origin}: {_shown(path)} has the span {span!r:.100}, which is no part of a "
                "document of the corpus."
            )
        return value


def _shown(path: tuple[str, ...]) -> str:
    return " > ".join(path)


def _cover_faults(root: Topic, documents: Mapping[str, Document]) -> list[str]:
    """List characters that are missing or covered twice, and the remedy for each."""
    owned: dict[str, list[tuple[Span, str]]] = {document_id: [] for document_id in documents}
    for topic, path in _with_paths(root):
        for span in topic.own_spans:
            owned[span.document_id].append((span, path))
    return [
        fault
        for key, spans in owned.items()
        for fault in _gaps(key, len(documents[key].text), spans)
    ]


def _with_paths(root: Topic) -> Iterator[tuple[Topic, str]]:
    stack = [(root, root.title)]
    while stack:
        topic, path = stack.pop()
        yield topic, path
        stack += [(child, f"{path} > {child.title}") for child in reversed(topic.subtopics)]


def _gaps(document_id: str, length: int, owned: list[tuple[Span, str]]) -> Iterator[str]:
    end, before = 0, ""
    for span, path in sorted(owned, key=lambda item: item[0].start):
        if span.start > end:
            yield _nowhere(document_id, end, span.start, before, path)
        elif span.start < end:
            what = f"characters {span.start}..{min(end, span.end)} of {document_id} occur twice"
            yield f"{what}, at {before} and at {path}: take them from one of them."
        if span.end > end:
            end, before = span.end, path
    if end < length:
        yield _nowhere(document_id, end, length, before, "")


def _nowhere(document_id: str, start: int, end: int, before: str, after: str) -> str:
    what = f"characters {start}..{end} of {document_id} belong to no node"
    ends, starts = (
        f"the end of {before}" if before else "",
        f"the start of {after}" if after else "",
    )
    if not (ends or starts):
        return f"{what}: give them to a node's `own_spans`."
    return f"{what}: give them to {' or '.join(filter(None, (ends, starts)))}."
