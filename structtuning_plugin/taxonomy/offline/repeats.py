"""Sentences that are repeated all over a text: running lines, notices, stock phrases."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from structtuning_plugin.core.types import Document

# A sentence that comes back so often, over so much of the text, says nothing of its place.
_FEWEST = 3
_SPREAD = 0.4
_SHORTEST = 12
# A text that consists of repetitions has nothing else to be named after.
_MOST = 0.5
_SENTENCE = regex.compile(r"[^.!?。！？\n]+[.!?。！？]*")


def repeated_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the sentences that are repeated all over a text."""
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _SENTENCE.finditer(text):
        key = " ".join(match[0].split()).casefold()
        if len(key) >= _SHORTEST:
            places.setdefault(key, []).append(match.span())
    repeated: list[tuple[int, int]] = []
    for spans in places.values():
        if len(spans) >= _FEWEST and spans[-1][0] - spans[0][0] >= _SPREAD * len(text):
            repeated += spans
    if sum(end - start for start, end in repeated) <= _MOST * len(text):
        yield from repeated


def copied_spans(document: Document) -> Iterator[tuple[int, int]]:
    """Yield the places of the passages whose copies all over the corpus were left out."""
    ends = [block.start for block in document.blocks[1:]]
    ends.append(len(document.text))
    for block, end in zip(document.blocks, ends, strict=False):
        if block.copies + 1 >= _FEWEST:
            yield block.start, end
