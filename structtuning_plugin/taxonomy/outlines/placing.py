"""What text hangs on which line: from its place up to the next one in the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from structtuning_plugin.taxonomy.outlines.faults import Faults
from structtuning_plugin.taxonomy.outlines.lines import Line
from structtuning_plugin.taxonomy.outlines.marks import Place
from structtuning_plugin.types import Document, Span


def place_texts(lines: Sequence[Line], documents: Mapping[str, Document], faults: Faults) -> None:
    """Gives every line its own text: from its place up to the next one in the document."""
    placed: dict[str, list[tuple[Place, Line]]] = {key: [] for key in documents}
    for line in lines:
        if line.sound:
            for place in line.places:
                placed[place.document_id].append((place, line))
    whole = all(line.sound for line in lines)
    for document_id, found in placed.items():
        size = len(documents[document_id].text)
        _check_order(found, faults)
        if whole:
            _check_start(document_id, size, found, faults)
        ends = [*(place.start for place, _ in found), size][1:]
        for (place, line), end in zip(found, ends, strict=True):
            if place.start < end:
                line.own.append(Span(document_id=document_id, start=place.start, end=end))


def _check_order(found: Sequence[tuple[Place, Line]], faults: Faults) -> None:
    for (first, above), (place, line) in pairwise(found):
        spot = f"{place.document_id}@{place.start}"
        other = f"line {above.number}, {above.title!r}, {first.document_id}@{first.start}"
        if place.start > first.start or (place.start == first.start and first.empty):
            continue
        if place.start == first.start and not place.empty:
            faults.add(line.number, f"{spot} stands in line {above.number} too. Take it out of the one that has no text.")
        else:
            faults.add(
                line.number,
                f"{line.title!r}, {spot}, stands below {other}. The order of the text stays as it is: put it above "
                f"line {above.number} again and change levels only.",
            )


def _check_start(document_id: str, size: int, found: Sequence[tuple[Place, Line]], faults: Faults) -> None:
    if not size or any(place.start == 0 for place, _ in found):
        return
    if not found:
        faults.add(0, f"{document_id} has no line left for its {size} characters. Put its lines back.")
        return
    place, line = min(found, key=lambda item: item[0].start)
    faults.add(
        line.number,
        f"{line.title!r} is the first line left of {document_id}, but starts at character {place.start}: the first line of "
        "the document was deleted, and there is none before it to take its text. Put it back.",
    )
