"""Levels of headings from their numbers.

3 Fuel, 3.1 Pump, 3.1.1 Bleeding, 4 Cooling   ->   1, 2, 3, 1
第一章, 一、, 1.1, 第二章                        ->   1, 2, 3, 1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from structtuning_plugin import languages
from structtuning_plugin.corpus.headings.numbering import RANKS, Number

# Smallest share of numbers that must follow from those before them.
_IN_ORDER = 0.75


@dataclass
class _Open:
    """A heading on the path to the current one."""

    level: int
    number: Number | None
    mark: int | None = None
    is_own: bool = False


@dataclass
class _Levels:
    """Levels of the keys of numbers so far, and the path to the current heading."""

    path: list[_Open] = field(default_factory=list)
    level_of: dict[tuple[str, int], int] = field(default_factory=dict)

    def close(self, level: int) -> None:
        while self.path and self.path[-1].level >= level:
            self.path.pop()

    def open(self, level: int, number: Number | None, mark: int | None = None) -> int:
        self.close(level)
        self.path.append(_Open(level, number, mark))
        if number is not None:
            self.level_of.setdefault(number.key, level)
        return level

    def top(self) -> int:
        return self.path[-1].level if self.path else 0


def number_levels(
    titles: Sequence[str], numbers: Sequence[Number | None], levels: Sequence[int | None]
) -> list[int]:
    """Return a level, from 1 on, for each heading.

    Args:
        titles: Titles of the headings.
        numbers: Their numbers.
        levels: Levels of their marks; they order headings without a number against each other.
    """
    containers = _containers(titles, numbers)
    ranks = _fixed_ranks(numbers)
    state = _Levels()
    first = 2 if containers else 1
    result = []
    before = -1  # place of the last heading with a number
    for place, number in enumerate(numbers):
        if number is None and place in containers:
            level = state.open(1, None)
        elif number is None:
            level = _level_without_number(titles, levels, (before, place), state, first)
        else:
            level = _level_of(number, state, ranks, first, levels[place])
            state.open(level, number, levels[place])
            before = place
        result.append(level)
    least = min(result, default=1)
    return [level - least + 1 for level in result]


def _containers(titles: Sequence[str], numbers: Sequence[Number | None]) -> set[int]:
    """Find headings without a number below which numbers begin anew.

    The first heading is one if numbers follow it: it is the document's title. The others are
    containers if the numbers begin anew twice.
    """
    if not numbers or all(number is None for number in numbers):
        return set()
    starts = [
        place
        for place in range(len(numbers) - 1)
        if numbers[place] is None and _begins_anew(numbers, place + 1)
    ]
    title = {0} if numbers[0] is None and not is_own_level(titles[0]) else set()
    return title | set(starts) if len(starts) > 1 else title


def _begins_anew(numbers: Sequence[Number | None], place: int) -> bool:
    number = numbers[place]
    return (
        number is not None
        and number.values == (1,)
        and number.scheme not in RANKS
        and not any(n is not None and n.scheme in RANKS for n in numbers)
    )


def _fixed_ranks(numbers: Sequence[Number | None]) -> dict[str, int]:
    """Return the level of each kind of division with a word, from 1 on."""
    schemes = {n.scheme for n in numbers if n is not None and n.scheme in RANKS}
    ranks = sorted({RANKS[scheme] for scheme in schemes if scheme != "annex"})
    levels = {scheme: ranks.index(RANKS[scheme]) + 1 for scheme in schemes if scheme != "annex"}
    return {**levels, "annex": 1}


def _level_of(
    number: Number, state: _Levels, ranks: dict[str, int], first: int, mark: int | None
) -> int:
    parent = _prefix(number, state.path)
    if parent is not None and parent.number is not None:
        return parent.level + max(1, len(number.values) - _shared(parent.number, number))
    if number.scheme in RANKS and len(number.values) == 1:
        if number.scheme in ("section", "article") and number.scheme in _first_keys(state):
            return state.level_of[number.key]
        return first - 1 + ranks[number.scheme]
    if _is_open(number, state):
        return _open_level(number, state, mark)
    if number.scheme in ("decimal", "annex"):
        return _decimal_level(number, state, first)
    if number.values[-1] != 1 and number.key in state.level_of:
        return state.level_of[number.key]
    return max(first, _last_numbered(state) + 1)


def _first_keys(state: _Levels) -> set[str]:
    return {scheme for scheme, _ in state.level_of}


def _prefix(number: Number, path: Sequence[_Open]) -> _Open | None:
    """Find the innermost open heading whose number begins this one: 3 or Chapter 3 for 3.1."""
    if len(number.values) < 2:
        return None
    for entry in reversed(path):
        if entry.number is not None and _shared(entry.number, number):
            return entry
    return None


def _shared(parent: Number, number: Number) -> int:
    """Count the values of a number that its parent's number gives; 0 if it is no parent."""
    values = parent.values
    if parent.scheme == number.scheme or len(values) > 1:
        is_prefix = len(values) < len(number.values) and number.values[: len(values)] == values
        return len(values) if is_prefix else 0
    is_container = parent.scheme in ("chapter", "section", "annex", "han", "part", "roman", "A")
    return 1 if is_container and values[-1] == number.values[0] else 0


def _is_open(number: Number, state: _Levels) -> bool:
    return any(e.number is not None and e.number.key == number.key for e in state.path)


def _open_level(number: Number, state: _Levels, mark: int | None) -> int:
    """Return the level of the open heading with the same key.

    A number that begins anew below a number of another kind is one level below it, unless its mark
    is that of the open heading: the chapters of a second part are counted from 1, too.
    """
    entries = [e for e in state.path if e.number is not None and e.number.key == number.key]
    last = entries[-1]
    inner = state.path[-1]
    begins_anew = number.values[-1] == 1 and last.number is not None and last.number.values[-1] >= 1
    is_deeper = inner.number is not None and inner.number.key != number.key
    is_marked_alike = mark is not None and mark == last.mark and mark < (inner.mark or 0)
    if begins_anew and is_deeper and len(number.values) == 1 and not is_marked_alike:
        return inner.level + 1
    return last.level


def _decimal_level(number: Number, state: _Levels, first: int) -> int:
    """Return the level of 3.1 where 3 is missing, and of 4 after 3.1."""
    depth = len(number.values)
    for other in sorted(range(1, 9), key=lambda length: abs(length - depth)):
        known = state.level_of.get((number.scheme, other))
        if known is not None:
            return known + depth - other
    outer = [
        e.level
        for e in state.path
        if e.number is not None and e.number.scheme not in ("decimal", "annex")
    ]
    return max(first, *outer, 0) + (1 if outer else 0) + (depth - 1 if not outer else 0)


def _last_numbered(state: _Levels) -> int:
    return max((e.level for e in state.path if e.number is not None), default=0)


def _level_without_number(
    titles: Sequence[str],
    levels: Sequence[int | None],
    places: tuple[int, int],
    state: _Levels,
    first: int,
) -> int:
    """Return the level of a heading without a number among numbered ones.

    It belongs to the numbered section before it, unless it is a preface, a summary or the like, or
    follows one at the end of the numbered sections.
    """
    before, place = places
    mark = levels[place]
    if before < 0 or is_own_level(titles[place]):
        state.close(first)
        state.path.append(_Open(first, None, mark, is_own=before >= 0))
        return first
    own = next((entry for entry in reversed(state.path) if entry.is_own), None)
    if own is not None:
        level = own.level + _steps(own.mark, mark)
    else:
        level = _last_numbered(state) + 1 + max(0, _steps(levels[before], mark) - 1)
    state.close(level)
    state.path.append(_Open(level, None))
    return level


def _steps(outer: int | None, inner: int | None) -> int:
    """Return by how many levels a mark is below another one; 0 if a mark is missing."""
    return max(0, inner - outer) if inner is not None and outer is not None else 0


def is_own_level(title: str) -> bool:
    """Return True for a title of a chapter that has no number, such as "Preface"."""
    name = title.casefold().strip(" .:*_")
    return name in _own_level_titles()


@languages.cached
def _own_level_titles() -> frozenset[str]:
    titles: set[str] = set()
    for language in languages.registered():
        titles |= language.divisions.own_level | language.headings.back_matter
    return frozenset(titles)


def is_in_order(numbers: Sequence[Number | None]) -> bool:
    """Return True if the numbers are those of an outline: each follows from those before it.

    >>> from structtuning_plugin.corpus.headings.numbering import parse_number
    >>> is_in_order([parse_number(t) for t in ("1 Fuel", "1.1 Pump", "1.2 Filter", "2 Oil")])
    True
    >>> is_in_order([parse_number(t) for t in ("12 angry men", "7 samurai", "39 steps")])
    False
    """
    seen = [number for number in numbers if number is not None]
    if len(seen) < 2:
        return False
    return sum(follows(number, seen[:place]) for place, number in enumerate(seen)) >= (
        _IN_ORDER * len(seen)
    )


def follows(number: Number, before: Sequence[Number]) -> bool:
    """Return True if a number continues the numbers before it, or begins a new run."""
    *outer, last = number.values
    if not before:
        return True
    siblings = [n for n in before if n.key == number.key and list(n.values[:-1]) == outer]
    if siblings:
        step = last - siblings[-1].values[-1]
        return 1 <= step <= 2 or (last == 1 and not outer)
    return last <= 1 or not any(n.key == number.key for n in before)


def parents_of(levels: Sequence[int]) -> list[int]:
    """Return the place of each heading's parent, or -1.

    >>> parents_of([1, 2, 3, 2, 1])
    [-1, 0, 1, 0, -1]
    """
    stack: list[int] = []
    parents = []
    for place, level in enumerate(levels):
        while stack and levels[stack[-1]] >= level:
            stack.pop()
        parents.append(stack[-1] if stack else -1)
        stack.append(place)
    return parents


def is_contradicted(
    numbers: Sequence[Number | None],
    marks: Sequence[int],
    levels: Sequence[int],
    has_title: bool = False,
) -> bool:
    """Return True if the marks place a numbered heading under another one than its number does.

    The numbers must be in order, of two levels at least, and so many that they are an outline.

    Args:
        numbers: Numbers of the headings.
        marks: Levels of their marks.
        levels: Their levels by `number_levels`.
        has_title: Whether the first heading is the title of the others for another reason.
    """
    places = [place for place, number in enumerate(numbers) if number is not None]
    if len(places) < 2 or not is_in_order(numbers):
        return False
    is_flat = len(set(marks[1:])) <= 1
    if not is_flat and len(places) < 0.5 * len(numbers):
        return False
    depths = {levels[place] for place in places}
    containers = {place for place, level in enumerate(levels) if level == 1} - set(places)
    if len(depths) < 2 and not has_title and len(containers) < 2:
        return False
    by_mark, by_number = parents_of(marks), parents_of(levels)
    if is_flat:
        return any(by_mark[place] != by_number[place] for place in places)
    return _numbered_parents(marks, places) != _numbered_parents(levels, places)


def _numbered_parents(levels: Sequence[int], places: Sequence[int]) -> list[int]:
    return parents_of([levels[place] for place in places])
