"""Checks that both forms of a taxonomy file share, and faults by line number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, get_args

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Span, Topic, TopicKind
from structtuning_plugin.taxonomy.tree import topic_id

FORMAT, VERSION = "structtuning-taxonomy", 1
KINDS: tuple[str, ...] = get_args(TopicKind)
MOST_FAULTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A tree that was read from a file, and the edits since it was written.

    `new` counts nodes without an id. `renamed` counts changed titles, `regrouped` counts nodes
    whose text, and so whose id, has changed. Both are None where the file does not tell.
    """

    root: Topic
    new: int
    renamed: int | None = None
    regrouped: int | None = None


def raise_faults(origin: str, faults: Sequence[str]) -> None:
    """Raise one error that names the first ten faults, one a line.

    Raises:
        TaxonomyError: If there is a fault.
    """
    if not faults:
        return
    if len(faults) == 1:
        raise TaxonomyError(f"{origin}: {faults[0]}")
    lines = [f"{origin} has {len(faults)} faults:", *faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS} more")
    raise TaxonomyError("\n  ".join(lines))


def stamp(document: Document) -> dict[str, Any]:
    """Return the identity of a text: its length in characters and the hash of its UTF-8."""
    return {
        "characters": len(document.text),
        "sha256": hashlib.sha256(document.text.encode()).hexdigest(),
    }


def stamp_faults(stamps: Mapping[str, Any], documents: Mapping[str, Document]) -> list[str]:
    """List documents of the file that are missing in the corpus or have another text there."""
    faults = []
    for document_id, digest in stamps.items():
        if document_id not in documents:
            faults.append(
                f"it speaks of the document {document_id}, which the corpus lacks. Export the "
                "taxonomy anew."
            )
        elif digest != stamp(documents[document_id]):
            faults.append(
                f"it was made for another text of {document_id}. Export the taxonomy anew and edit "
                "that."
            )
    return faults


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join adjacent spans, in the order of the tree."""
    spans, result = list(spans), list[Span]()
    order = {
        document_id: place
        for place, document_id in enumerate(dict.fromkeys(span.document_id for span in spans))
    }
    for span in sorted(spans, key=lambda span: (order[span.document_id], span.start)):
        if result and result[-1].document_id == span.document_id and result[-1].end == span.start:
            span = Span(document_id=span.document_id, start=result.pop().start, end=span.end)
        result.append(span)
    return tuple(result)


def new_id(path: Sequence[str], spans: Sequence[Span], ids: set[str]) -> str:
    """Create an id that no other node has, and reserve it."""
    identity = next(
        candidate for twin in count() if (candidate := topic_id(path, spans, twin)) not in ids
    )
    ids.add(identity)
    return identity


@dataclass
class Faults:
    """Faults by line number; 0 for a fault of no line."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, text: str) -> None:
        """Add the fault of a line."""
        self.found.append((number, text))

    def told(self) -> list[str]:
        """Return the faults in the order of the lines; those of no line come last."""
        ordered = sorted(self.found, key=lambda fault: (fault[0] == 0, fault[0]))
        return [f"line {number}: {text}" if number else text for number, text in ordered]


def blanks(count: int) -> str:
    """Format a number of blanks."""
    return f"{count} blank{'' if count == 1 else 's'}"
