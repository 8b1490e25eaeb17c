"""Scores of unmarked lines, with the evidence by name; a line is a heading from `ACCEPTED` on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from structtuning_plugin.corpus.headings.candidates import Candidate
from structtuning_plugin.corpus.headings.contents import Contents, name_of
from structtuning_plugin.corpus.headings.false_headings import count_words
from structtuning_plugin.corpus.headings.nesting import follows
from structtuning_plugin.corpus.headings.numbering import RANKS, Number, parse_numbers

ACCEPTED = 0.7

_STYLES = {"bold": 0.40, "capitals": 0.30, "underlined": 0.55}
_DIVISION, _DEEP, _PLAIN = 0.45, 0.35, 0.20
_IN_ORDER, _LISTED, _ALONE, _ABOVE_TEXT, _REPEATED, _TITLE = 0.20, 0.40, 0.20, 0.10, 0.15, 0.05
_LONG, _MOST_WORDS = -0.10, 10

# A style is one of headings if this many lines have it, most of them with text below.
_LEAST = {"bold": 2, "underlined": 2, "capitals": 3, "number": 2, "plain": 3}
_EMPTY = 0.5
# Numbers alone are labels if lines of another style are so many times as frequent.
_LABEL_SHARE = 3
# Characters of text below the median heading.
_TEXT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A candidate with its number, its score and what speaks for it."""

    candidate: Candidate
    number: Number | None
    score: float
    evidence: tuple[str, ...]


def score_lines(candidates: Sequence[Candidate], contents: Contents, length: int) -> list[Scored]:
    """Score unmarked lines, and return those that are headings.

    Args:
        candidates: Unmarked lines, in order, with what is around them.
        contents: The document's own list of contents.
        length: Characters of text of the document, in the measure of `Candidate.offset`.
    """
    usable = [c for c in candidates if c.line not in contents.lines]
    usable = _without_lists(usable)
    numbers = parse_numbers([c.title for c in usable])
    in_order = _in_order(usable, numbers)
    styles = _without_labels(usable, numbers, _group_sizes(usable, numbers, in_order, length))
    scored = []
    for place, candidate in enumerate(usable):
        group = styles.get(_style_of(candidate, numbers[place]), 0)
        score, evidence = _score(candidate, numbers[place], place in in_order, group, contents)
        if group and score >= ACCEPTED:
            scored.append(
                Scored(
                    candidate=candidate,
                    number=numbers[place] if place in in_order else None,
                    score=round(min(1.0, score), 2),
                    evidence=evidence,
                )
            )
    return scored


def _style_of(candidate: Candidate, number: Number | None) -> str:
    if candidate.styles and candidate.styles != ("plain",):
        return "+".join(candidate.styles)
    return number.scheme if number is not None else "plain"


def _without_lists(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leave out three or more lines of one style in a row without text between them.

    They are a list; lines whose numbers nest are not.
    """
    runs: list[list[Candidate]] = []
    numbers = parse_numbers([candidate.title for candidate in candidates])
    kinds = [
        (_style_of(c, n), n.key if n else ("", 0)) for c, n in zip(candidates, numbers, strict=True)
    ]
    for place, candidate in enumerate(candidates):
        is_same = (
            place > 0
            and candidate.offset == candidates[place - 1].offset
            and kinds[place] == kinds[place - 1]
        )
        if is_same:
            runs[-1].append(candidate)
        else:
            runs.append([candidate])
    return [candidate for run in runs if len(run) < 3 for candidate in run]


def _in_order(candidates: Sequence[Candidate], numbers: Sequence[Number | None]) -> set[int]:
    """Return the places whose numbers continue those before them."""
    places: set[int] = set()
    before: list[Number] = []
    for place, number in enumerate(numbers):
        if number is None:
            continue
        is_first = not any(n.scheme == number.scheme for n in before)
        starts = number.values[-1] <= 1 or number.scheme in RANKS or len(number.values) > 1
        has_style = candidates[place].styles not in ((), ("plain",))
        if is_first and not starts and not has_style:
            continue
        if follows(number, before):
            places.add(place)
            before.append(number)
    schemes: dict[str, int] = defaultdict(int)
    for place in places:
        schemes[_scheme(numbers[place])] += 1
    return {place for place in places if schemes[_scheme(numbers[place])] > 1}


def _scheme(number: Number | None) -> str:
    return number.scheme if number is not None else ""


def _group_sizes(
    candidates: Sequence[Candidate],
    numbers: Sequence[Number | None],
    in_order: set[int],
    length: int,
) -> Mapping[str, int]:
    """Count the lines of each style that is one of headings."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        style = _style_of(candidate, numbers[place])
        is_unordered = style not in ("plain",) and not candidate.styles and place not in in_order
        if not is_unordered:
            groups[style].append(place)
    sizes = {}
    for style, places in groups.items():
        texts = _texts_below(candidates, places, length)
        empty = sum(size == 0 for size in texts) / len(texts)
        least = min(_LEAST.get(name.split()[0], _LEAST["number"]) for name in style.split("+"))
        if style == "decimal" and not any(_depth(numbers[place]) > 1 for place in places):
            least = _LEAST["plain"]
        nests = style in ("decimal", "annex") or any(numbers[place] for place in places)
        least_text = _TEXT
        if nests:
            least_text = 0 if len(places) > 3 else _TEXT // 3
        has_text = median(texts) >= least_text and (nests or empty <= _EMPTY)
        if len(places) >= least and has_text:
            sizes[style] = len(places)
    return sizes


def _without_labels(
    candidates: Sequence[Candidate], numbers: Sequence[Number | None], sizes: Mapping[str, int]
) -> dict[str, int]:
    """Leave out numbers alone ("Part 1") among many lines of another style: they label boxes."""
    titled: set[str] = set()
    for candidate, number in zip(candidates, numbers, strict=True):
        if number is None or number.end < len(candidate.title) or candidate.styles:
            titled.add(_style_of(candidate, number))
    largest = max((size for style, size in sizes.items() if style in titled), default=0)
    return {
        style: size
        for style, size in sizes.items()
        if style in titled or _LABEL_SHARE * size > largest
    }


def _depth(number: Number | None) -> int:
    return len(number.values) if number is not None else 0


def _texts_below(candidates: Sequence[Candidate], places: Sequence[int], length: int) -> list[int]:
    """Count the characters of text between each line and the next one of its style."""
    ends = [*(candidates[place].offset for place in places[1:]), length]
    return [end - candidates[place].offset for place, end in zip(places, ends, strict=True)]


def _score(
    candidate: Candidate, number: Number | None, in_order: bool, group: int, contents: Contents
) -> tuple[float, tuple[str, ...]]:
    """Return the score and the names of the evidence."""
    parts: list[tuple[float, str]] = []
    for style in candidate.styles:
        name = style.split()[0]
        if name in _STYLES:
            parts.append((_STYLES[name], f"{name} line"))
    if number is not None and in_order:
        is_deep = len(number.values) > 1
        value = _DIVISION if number.scheme in RANKS else _DEEP if is_deep else _PLAIN
        parts += [(value, f"number {number.text}"), (_IN_ORDER, "numbers in order")]
    if name_of(candidate.title) in contents.depths:
        parts.append((_LISTED, "listed in the contents"))
    if candidate.blank_before and candidate.blank_after:
        parts.append((_ALONE, "blank lines around it"))
    if _is_above_text(candidate):
        parts.append((_ABOVE_TEXT, "text below it"))
    if group > 2:
        parts.append((_REPEATED, f"{group} lines of this style"))
    if not candidate.title[:1].islower():
        parts.append((_TITLE, "begins like a title"))
    if count_words(candidate.title) > _MOST_WORDS:
        parts.append((_LONG, "long"))
    return sum(value for value, _ in parts), tuple(name for _, name in parts)


def _is_above_text(candidate: Candidate) -> bool:
    return len(candidate.text_after.strip()) >= 40 or bool(candidate.text_after.strip())
