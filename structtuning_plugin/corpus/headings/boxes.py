"""Titles of boxes beside the text, which converters write as headings.

## 2.1 Pump                      ## 2.1 Pump
### Note                   ->    Note            the word stays, as text of the section
The pump is under pressure.      The pump is under pressure.
"""

from __future__ import annotations

from collections.abc import Sequence

from structtuning_plugin import languages
from structtuning_plugin.corpus.headings.candidates import Candidate, Refusal
from structtuning_plugin.corpus.headings.nesting import is_in_order
from structtuning_plugin.corpus.headings.numbering import parse_numbers

# Boxes come again and again; a section has such a title once.
_LEAST = 3
# Share of numbered headings in a document whose sections have numbers.
_NUMBERED_SHARE = 0.5


def refuse_boxes(candidates: Sequence[Candidate]) -> list[Refusal]:
    """Find titles of boxes: "Note" and the like, three times or among numbered headings.

    Args:
        candidates: Marked lines, in order.
    """
    places = [
        place
        for place, candidate in enumerate(candidates)
        if candidate.title.casefold().strip(" .:!") in _box_titles()
        and place
        and _is_leaf(candidates, place)
    ]
    others = [candidate for place, candidate in enumerate(candidates) if place not in places]
    if not places or (len(places) < _LEAST and not _is_numbered(others)):
        return []
    return [Refusal(candidate=candidates[place], reason="box_as_heading") for place in places]


def _is_leaf(candidates: Sequence[Candidate], place: int) -> bool:
    """Return True if a heading has text below it, and no heading of a lower level."""
    if place + 1 == len(candidates):
        return True
    own, following = candidates[place], candidates[place + 1]
    return following.offset > own.offset and (following.level or 1) <= (own.level or 1)


def _is_numbered(candidates: Sequence[Candidate]) -> bool:
    numbers = parse_numbers([candidate.title for candidate in candidates])
    count = sum(number is not None for number in numbers)
    return count >= _NUMBERED_SHARE * len(candidates) and is_in_order(numbers)


@languages.cached
def _box_titles() -> frozenset[str]:
    titles: set[str] = set()
    for language in languages.registered():
        titles |= language.divisions.boxes
    return frozenset(titles)
