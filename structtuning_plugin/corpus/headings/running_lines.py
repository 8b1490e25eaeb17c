"""Titles that are printed on every page: running headers.

## HANDBOOK                      ## HANDBOOK        the title of the document
## Chapter 1    ...  12     ->   ## Chapter 1
## HANDBOOK     ...  13          (text goes on)
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

import regex

from structtuning_plugin.corpus.headings.candidates import Candidate, Refusal
from structtuning_plugin.corpus.headings.false_headings import is_page_number

# So often must a title be repeated.
_LEAST = 3
# Share of the repetitions that must look like the beginning of a page.
_SHARE = 0.5
# Share of the text that the header of a whole book covers.
_BOOK = 0.6
_END = regex.compile(r"[.!?:;…。！？：；|]['\"”’»)\]）」』*_]*$")
_PAGE_NUMBER = regex.compile(r"^\W*\d{1,4}\W+(?=\p{L})|(?<=\p{L}\W{1,4})\d{1,4}\W*$")


def refuse_running_headers(candidates: Sequence[Candidate]) -> list[Refusal]:
    """Find repetitions of a title that is printed on every page; the first one stays.

    A section's title may be repeated as well ("Summary" in each chapter). It is a running header
    only if at least half of the repetitions come after a page number or in the middle of a
    sentence, or if it is the document's title and comes again on pages without another heading.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        groups[_name(candidate.title)].append(place)
    refusals = []
    for places in groups.values():
        if len(places) >= _LEAST and _is_running(candidates, places):
            first = 0 if _is_book_header(candidates, places) else 1
            refusals += [
                Refusal(candidate=candidates[place], reason="running_header", is_text=False)
                for place in places[first:]
            ]
    return sorted(refusals, key=lambda refusal: refusal.candidate.line)


def _name(title: str) -> str:
    """Return a title without the page number at its beginning or end."""
    return " ".join(_PAGE_NUMBER.sub("", title).casefold().split()) or title


def _is_running(candidates: Sequence[Candidate], places: Sequence[int]) -> bool:
    first = candidates[places[0]]
    repeats = [candidates[place] for place in places[1:]]
    at_page = sum(_begins_page(candidate) for candidate in repeats)
    numbered = len({candidates[place].title for place in places}) > 1
    if at_page >= _SHARE * len(repeats) or (numbered and at_page):
        return True
    is_title = first.offset == 0 and places[0] == 0 and len(places) > _LEAST
    return is_title and not _is_closed(candidates, places) and _goes_on(candidates, places)


def _goes_on(candidates: Sequence[Candidate], places: Sequence[int]) -> bool:
    """Return True if the text goes on below the title of a document that comes again.

    Other titles come between, each once, but not always: some pages have only the running header.
    """
    own = set(places)
    others = [
        candidates[place].title for place in range(places[0], len(candidates)) if place not in own
    ]
    offsets = {candidates[place].offset for place in places}
    is_alone = any(after == place + 1 for place, after in itertools.pairwise(places))
    return len(offsets) == len(places) and len(set(others)) == len(others) > 0 and is_alone


def _begins_page(candidate: Candidate) -> bool:
    """Return True if a page number or the middle of a sentence is around a heading."""
    if is_page_number(candidate.text_before) and candidate.text_before.strip():
        return True
    if is_page_number(candidate.text_after) and candidate.text_after.strip():
        return True
    before, after = candidate.text_before.strip(), candidate.text_after.strip()
    goes_on = bool(before) and not _END.search(before) and before[-1:].isalpha()
    return goes_on and after[:1].islower()


def _is_book_header(candidates: Sequence[Candidate], places: Sequence[int]) -> bool:
    """Return True if not even the first one is a heading: the book's title above its chapters."""
    first, last = candidates[places[0]], candidates[places[-1]]
    others = len(set(range(places[0], places[-1])) - set(places))
    covers = last.offset - first.offset >= _BOOK * max(1, candidates[-1].offset)
    return places[0] > 0 and others >= 2 and covers and _begins_page(first)


def _is_closed(candidates: Sequence[Candidate], places: Sequence[int]) -> bool:
    """Return True if a higher heading comes between the repetitions, as in a book of chapters."""
    level = candidates[places[0]].level or 0
    between = candidates[places[0] : places[-1]]
    return any((candidate.level or 0) < level for candidate in between)
