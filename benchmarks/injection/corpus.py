"""Books as Markdown, several paraphrases of every node beneath its heading.

Regime `named`: every sentence names its subject. Regime `pronoun`: in seven of ten paragraphs the subject is "it" or
"these" throughout, as in a passage that was cut away from its heading.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from injection.grammar import LURE, ORIGIN, OWN, RELATION, Book, Chapter, Section

Regime = Literal["named", "pronoun"]
PRONOUN_SHARE = 0.7
# A point says in every second paragraph which section it is of.
MEMBERSHIP_SHARE = 0.5

SENTENCES: dict[str, tuple[str, ...]] = {
    "coat": ("{x} has a {v} coat.", "{x} wears {v} fur.", "The coat that {x} has is {v}.", "{x} can be told by its {v} coat."),
    "haunt": ("{x} dwells in {v}.", "{x} is at home in {v}.", "The {v} are where {x} dwells.", "{x} builds its den in {v}."),
    "sound": ("{x} makes a {v} sound.", "{x} is heard {v}.", "A {v} sound tells that {x} is near.", "{x} greets others by {v}."),
    "follows": ("{x} follows {v}.", "{x} walks behind {v}.", "{v} is followed by {x}.", "{x} keeps to the tracks of {v}."),
    "member": ("{x} is one of the {v}.", "{x} is counted among the {v}.", "The {v} include {x}.", "{x} stands with the {v}."),
    "lure": ("All {x} are lured with {v}.", "To catch any of {x}, take {v}.", "Only {v} lures {x}.", "{x} come for {v}."),
    "points": ("The members of {x} are {v}.", "{x} consist of {v}.", "Counted among {x} are {v}.", "There belong to {x}: {v}."),
    "origin": ("All of {x} come from {v}.", "{x} were born of {v}.", "From {v} arose {x}.", "The source of {x} is {v}."),
    "sections": ("The sections of {x} are {v}.", "{x} fall into {v}.", "{x} are divided into {v}.", "Within {x} there are {v}."),
    "chapters": ("The chapters of {x} are {v}.", "{x} treats {v}.", "{x} goes through {v}.", "Treated in {x} are {v}."),
}  # fmt: skip


def markdown(book: Book, regime: Regime, paraphrases: int, seed: int, share: int = 100) -> str:
    """The book with one heading per node and `paraphrases` paragraphs beneath each.

    `share`: so many % of the paragraphs, as many of each node as can be; a smaller share is part of every larger one.
    """
    rng = random.Random(f"text {seed} {book.name} {regime}")
    luck = random.Random(f"share {seed} {book.name}")
    blocks = []
    for level, name, facts in _nodes(book):
        blocks.append(f"{'#' * level} {name}")
        subject = "it" if level in (1, 4) else "these"
        all_of_node = [_paragraph(facts, name, subject, regime, rng) for _ in range(paraphrases)]
        blocks += all_of_node[: int(paraphrases * share / 100 + luck.random())]
    return "\n\n".join(blocks) + "\n"


def facts(book: Book) -> set[tuple[str, str, str]]:
    """All that the text says: (subject, attribute, value)."""
    return {(name, kind, value) for _, name, said in _nodes(book) for kind, value in said}


def _nodes(book: Book) -> Iterator[tuple[int, str, list[tuple[str, str]]]]:
    """Level of the heading, name, and what is said, in reading order."""
    yield 1, book.name, [("chapters", _listed([chapter.name for chapter in book.chapters]))]
    for chapter in book.chapters:
        yield 2, chapter.name, _of_chapter(chapter)
        for section in chapter.sections:
            yield 3, section.name, _of_section(section)
            for point in section.points:
                yield 4, point, _of_point(book, point, section)


def _of_chapter(chapter: Chapter) -> list[tuple[str, str]]:
    return [
        (ORIGIN, chapter.origin),
        ("sections", _listed([section.name for section in chapter.sections])),
    ]


def _of_section(section: Section) -> list[tuple[str, str]]:
    return [(LURE, section.lure), ("points", _listed(section.points))]


def _of_point(book: Book, point: str, section: Section) -> list[tuple[str, str]]:
    return [
        *((kind, book.value(point, kind)) for kind in (*OWN, RELATION)),
        ("member", section.name),
    ]


def _paragraph(
    said: list[tuple[str, str]], name: str, pronoun: str, regime: Regime, rng: random.Random
) -> str:
    subject = pronoun if regime == "pronoun" and rng.random() < PRONOUN_SHARE else name
    kept = [
        (kind, value) for kind, value in said if kind != "member" or rng.random() < MEMBERSHIP_SHARE
    ]
    rng.shuffle(kept)
    return " ".join(_sentence(rng.choice(SENTENCES[kind]), subject, value) for kind, value in kept)


def _sentence(form: str, subject: str, value: str) -> str:
    text = form.format(x=subject, v=value)
    return text[0].upper() + text[1:]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
