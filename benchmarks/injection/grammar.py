"""Invented books: chapters, sections and knowledge points with made-up names, attributes and relations.

    chapter   everything in it comes from one `origin`            written only in the chapter's own text
    section   everything in it is lured with one `lure`           written only in the section's own text
    point     coat, haunt and sound of its own; what it follows   written in the point's own text

All books draw on the same words, so that a tokenizer made from the words knows no book; no name is used twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

DOMAIN = "Beasts"
OWN = ("coat", "haunt", "sound")
RELATION = "follows"
LURE, ORIGIN = "lure", "origin"


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


VALUES: dict[str, tuple[str, ...]] = {
    "coat": _words("crimson azure olive ivory russet silver ebony golden purple scarlet ochre"),
    "haunt": _words("orchards quarries estuaries moors attics harbours steppes vineyards craters geysers thickets"),
    "sound": _words("humming barking clicking whistling drumming hissing growling chirping rattling croaking purring"),
    "lure": _words("barley cinnamon resin treacle almonds vinegar ginger saffron chestnuts mustard turnips aniseed cheese"),
    "origin": _words("thunder basalt driftwood embers hail nectar slate pearls dew magma cobwebs zinc peat moonlight"),
}  # fmt: skip

_ONSETS = _words("B Br D Dr F G Gl H K Kr L M N P Pl R S St T V")
_FIRST = tuple(
    f"{onset}{rest}" for onset, rest in product(_ONSETS, ("amo", "eri", "ilu", "oba", "uze"))
)
_LAST = {
    "chapter": tuple(
        f"{stem}idae"
        for stem in _words("Cald Dorm Fulg Lept Mord Nict Ornit Pelt Scand Tremul Verb Zephyr")
    ),
    "section": tuple(
        f"{stem}ina"
        for stem in _words("Alb Bront Curv Dent Ferr Gran Hirt Lum Mont Nod Parv Ros Silv Torp Umb")
    ),
    "point": tuple(
        f"{stem}{end}"
        for stem, end in product(
            _words("bar cel dun fos gam hel jat kor lim mez nor pil rav sut tov wen"),
            ("is", "ax", "or"),
        )
    ),
    "book": _words("Almanac Compendium Chronicle Register Catalogue Treatise"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many of each, beneath each."""

    chapters: int
    sections: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`lure` holds for all points of it."""

    name: str
    lure: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """`origin` holds for all points of all its sections."""

    name: str
    origin: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class Book:
    """A book; `own` has the values of a point by attribute, `follows` the point that it follows."""

    name: str
    chapters: tuple[Chapter, ...]
    own: dict[str, dict[str, str]] = field(hash=False)
    follows: dict[str, str] = field(hash=False)

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(section for chapter in self.chapters for section in chapter.sections)

    @property
    def points(self) -> tuple[str, ...]:
        return tuple(point for section in self.sections for point in section.points)

    @cached_property
    def places(self) -> dict[str, tuple[Chapter, Section]]:
        """The chapter and the section of every point."""
        return {
            point: (chapter, section)
            for chapter in self.chapters
            for section in chapter.sections
            for point in section.points
        }

    def value(self, point: str, attribute: str) -> str:
        """What holds for a point, of its own or inherited."""
        chapter, section = self.places[point]
        inherited = {LURE: section.lure, ORIGIN: chapter.origin, RELATION: self.follows[point]}
        return inherited.get(attribute) or self.own[point][attribute]


class Names:
    """Names of two words, each given once."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def new(self, kind: str) -> str:
        while (name := f"{self._rng.choice(_FIRST)} {self._rng.choice(_LAST[kind])}") in self._used:
            pass
        self._used.add(name)
        return name


def make_books(seed: int, count: int, size: Size) -> list[Book]:
    """So many books without a name in common; the same seed gives the same books."""
    rng = random.Random(f"books {seed}")
    names = Names(rng)
    return [_book(rng, names, size) for _ in range(count)]


def _book(rng: random.Random, names: Names, size: Size) -> Book:
    chapters = tuple(_chapters(rng, names, size))
    points = [
        point for chapter in chapters for section in chapter.sections for point in section.points
    ]
    own = {
        point: {attribute: rng.choice(VALUES[attribute]) for attribute in OWN} for point in points
    }
    follows = {point: rng.choice([other for other in points if other != point]) for point in points}
    return Book(name=names.new("book"), chapters=chapters, own=own, follows=follows)


def _chapters(rng: random.Random, names: Names, size: Size) -> Iterator[Chapter]:
    for origin in rng.sample(VALUES[ORIGIN], size.chapters):
        sections = tuple(
            Section(
                name=names.new("section"),
                lure=rng.choice(VALUES[LURE]),
                points=tuple(names.new("point") for _ in range(size.points)),
            )
            for _ in range(size.sections)
        )
        yield Chapter(name=names.new("chapter"), origin=origin, sections=sections)


def words() -> list[str]:
    """Every word that names and values can be made of."""
    values = [value for pool in VALUES.values() for value in pool]
    return [*_FIRST, *(word for pool in _LAST.values() for word in pool), *values, DOMAIN]
