"""Sentences that are repeated all over a text: running lines, notices, stock phrases."""

from __future__ import annotations

from collections.abc import Iterator

import regex

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
