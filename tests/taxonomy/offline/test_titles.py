"""Titles of parts of a text without headings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from structtuning_plugin.core.types import Outline
from structtuning_plugin.taxonomy.extractors.auto import AutoExtractor
from structtuning_plugin.taxonomy.offline.phrases import Phrases
from structtuning_plugin.taxonomy.offline.words import units_of, words_of
from tests.codecs import CharCodec
from tests.trees import context_for, document

NOTICE = "This old handbook has been rewritten as the new field guide with updated examples."
THEMES = (
    ("Bees", "Bees fly out of the hive in spring. The queen of the hive lays eggs in May."),
    ("Oak", "Oak timber is cut in winter. The boards of oak dry for a year in the shed."),
    ("Sails", "Sails are reefed in a strong wind. The storm jib is set before the mast."),
    ("Mortar", "Lime mortar hardens slowly. The bricks in the wall are soaked in water."),
)


def walk(node: Outline) -> Iterator[Outline]:
    yield node
    for child in node.children:
        yield from walk(child)


def outline() -> Outline:
    parts: list[str] = []
    for name, text in THEMES:
        parts.append(f"{NOTICE}\n\n")
        parts += [f"{text} {name} number {place} shows it well.\n\n" for place in range(8)]
    source = document("boilerplate.txt", *parts, title="boilerplate")
    return asyncio.run(AutoExtractor().extract(source, context_for(CharCodec(), 600)))


def test_a_repeated_line_is_no_title_and_titles_differ() -> None:
    titles = [node.title for node in walk(outline())]
    assert len(set(titles)) == len(titles) > 4
    assert not any(word in title for title in titles for word in ("Handbook", "Field Guide"))


def test_a_passage_whose_copies_were_left_out_is_no_title() -> None:
    texts = ["This handbook text is new. Please use it as your first handbook text.\n\n"]
    texts += [
        f"{text} The {name.casefold()} of year {place}.\n\n"
        for name, text in THEMES
        for place in "12"
    ]
    source = document("boilerplate.txt", *texts, title="boilerplate")

    def titles(copies: int) -> list[str]:
        first = replace(source.blocks[0], copies=copies)
        marked = replace(source, blocks=(first, *source.blocks[1:]))
        outline = asyncio.run(AutoExtractor().extract(marked, context_for(CharCodec(), 600)))
        return [node.title for node in walk(outline)]

    is_in_use = [any("Handbook" in title for title in titles(copies)) for copies in (0, 1, 2)]
    assert is_in_use == [True, True, False]


def test_the_book_is_not_called_after_its_file() -> None:
    assert outline().title not in ("boilerplate", "boilerplate.txt")


def test_the_first_line_is_the_title() -> None:
    source = document(
        "notes.txt",
        "Country Crafts\n\n",
        *(f"{text} Remark {place} on this.\n\n" for _, text in THEMES for place in range(6)),
        title="notes",
    )
    extracted = asyncio.run(AutoExtractor().extract(source, context_for(CharCodec(), 600)))
    assert extracted.title == "Country Crafts"


def _best(text: str) -> str:
    source = document("d.md", text, language="en")
    phrases = Phrases(text, words_of(text, units_of(source)), "en")
    return phrases.best(0, len(text), (0, len(text)), ())


def test_a_title_has_no_verb_inside() -> None:
    assert _best("Zorbak velnik durmot pelgus. Zorbak velnik durmot pelgus.") == (
        "Zorbak Velnik Durmot Pelgus"
    )
    assert _best("Zorbak velnik damps pelgus. Zorbak velnik damps pelgus.") == ""


def test_a_phrase_of_a_title_passes_the_test_that_the_caller_gives() -> None:
    text = "Zorbak velnik turns. Zorbak velnik bends. Durmot pelgus turns. Durmot pelgus bends."
    source = document("d.md", text, language="en")
    phrases = Phrases(text, words_of(text, units_of(source)), "en")
    place = (0, len(text))
    assert phrases.best(*place, place, ()) == "Zorbak Velnik"
    assert phrases.best(*place, place, (), fits="Durmot pelgus".__eq__) == "Durmot Pelgus"
