"""What is wrong with an outline, line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, get_args

from structtuning_plugin.core.errors import TaxonomyError
from structtuning_plugin.core.types import Document, Span, Topic, TopicKind
from structtuning_plugin.taxonomy.assemble import topic_id

# --- What both forms of a taxonomy file share: its stamps, joined spans, and errors that name many faults at once.

FORMAT, VERSION = "structtuning-taxonomy", 1
KINDS: tuple[str, ...] = get_args(TopicKind)
MOST_FAULTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A tree that was read from a file, and what was done to it.

    `new` counts nodes without an id. `renamed` nodes bear another title, and `regrouped` ones another text and so a new
    id, than when the file was written; None where the file does not tell.
    """

    root: Topic
    new: int
    renamed: int | None = None
    regrouped: int | None = None


def raise_faults(origin: str, faults: Sequence[str]) -> None:
    """One error that names the first ten faults, one a line.

    Raises:
        TaxonomyError: there is a fault.
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
    """What tells one text from another: its length in characters, and the hash of its UTF-8."""
    return {
        "characters": len(document.text),
        "sha256": hashlib.sha256(document.text.encode()).hexdigest(),
    }


def stamp_faults(stamps: Mapping[str, Any], documents: Mapping[str, Document]) -> list[str]:
    """Documents of the file that the corpus lacks or has with another text."""
    faults = []
    for document_id, given in stamps.items():
        if document_id not in documents:
            faults.append(
                f"it speaks of the document {document_id}, which the corpus lacks. Export the taxonomy anew."
            )
        elif given != stamp(documents[document_id]):
            faults.append(
                f"it was made for another text of {document_id}. Export the taxonomy anew and edit that."
            )
    return faults


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In the order of the tree, neighbours as one."""
    spans, found = list(spans), list[Span]()
    order = {
        document_id: place
        for place, document_id in enumerate(dict.fromkeys(span.document_id for span in spans))
    }
    for span in sorted(spans, key=lambda span: (order[span.document_id], span.start)):
        if found and found[-1].document_id == span.document_id and found[-1].end == span.start:
            span = Span(document_id=span.document_id, start=found.pop().start, end=span.end)
        found.append(span)
    return tuple(found)


def new_id(path: Sequence[str], spans: Sequence[Span], taken: set[str]) -> str:
    """An id that no other node has; it is taken from now on."""
    identity = next(
        found for twin in count() if (found := topic_id(path, spans, twin)) not in taken
    )
    taken.add(identity)
    return identity


@dataclass
class Faults:
    """Faults by the number of their line; 0 if it is no line's."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, text: str) -> None:
        self.found.append((number, text))

    def told(self) -> list[str]:
        """The faults in the order of the lines; those of no line come last."""
        ordered = sorted(self.found, key=lambda fault: (fault[0] == 0, fault[0]))
        return [f"line {number}: {text}" if number else text for number, text in ordered]


def blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"
