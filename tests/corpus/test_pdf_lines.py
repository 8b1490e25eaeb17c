from __future__ import annotations

import pypdfium2
import pytest

from structtuning_plugin.corpus.pdf_lines import Line, PageText, read_page
from tests.corpus.packages import pdf, show


def read(*shows: str) -> PageText:
    document = pypdfium2.PdfDocument(pdf(["\n".join(shows)]))
    return read_page(document, 0)


def lines_of(*shows: str) -> list[Line]:
    return [line for lines, _, _ in read(*shows).regions for line in lines]


def shift(text: str, y: float = 700) -> str:
    """Text with numbers that move what follows to the left, in thousandths of the size."""
    return f"BT /R 10 Tf 50 {y} Td [{text}] TJ ET"


def test_a_line_has_its_place_size_and_weight() -> None:
    (line,) = lines_of(show("A pump", 700, size=12, font="B"))
    assert (line.text, line.x0, line.y, line.size) == ("A pump", 50, 700, 12)
    assert (line.is_bold, line.is_mono, line.page) == (True, False, 0)
    assert line.x1 == pytest.approx(50 + 12 * 3.722, abs=0.01)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("(A) -250 (pump) -250 (lifts)", ["A pump lifts"]),
        ("(wa) 20 (ter)", ["water"]),
        ("(Belt) -4000 (check)", ["Belt", "check"]),
        ("(Belt . . .) -4000 (. . . 12)", ["Belt . . . . . . 12"]),
    ],
    ids=["words", "kerning", "cells", "leaders"],
)
def test_gaps_in_a_text_object(content: str, texts: list[str]) -> None:
    assert [line.text for line in lines_of(shift(content))] == texts


def test_words_are_ordered_by_their_places() -> None:
    (line,) = lines_of(show("lifts", 700, x=87), show("A pump", 700))
    assert line.text == "A pump lifts"


def test_each_character_counts_with_the_style_of_its_text_object() -> None:
    shows = [show("Wells", 700), show(", pumps and tanks", 700, x=75, font="B")]
    (line,) = lines_of(*shows)
    assert (line.text, line.is_bold) == ("Wells, pumps and tanks", True)
    shows = [show("(", 700), show("Wells, pumps", 700, x=53.3, font="M")]
    (line,) = lines_of(*shows)
    assert (line.text, line.is_mono) == ("(Wells, pumps", True)


def test_superscripts_join_their_line() -> None:
    (line,) = lines_of(show("10 m", 700), show("2", 703, x=71, size=6), show("each", 700, x=78))
    assert (line.text, line.size, line.y) == ("10 m2 each", 10, 700)


def test_spaced_letters_are_joined() -> None:
    letters = "(S) -400 (I) -400 (E) -400 (V) -400 (E) -900 (A) -400 (L) -400 (L)"
    (line,) = lines_of(shift(letters))
    assert line.text == "SIEVE ALL"


def test_turned_text_is_read_upright() -> None:
    page = read("BT /R 10 Tf 0 1 -1 0 300 100 Tm (One line) Tj 0 1 -1 0 312 100 Tm (two) Tj ET")
    ((lines, low, high),) = page.regions
    assert [(line.text, line.x0, line.y) for line in lines] == [
        ("One line", 100, -300),
        ("two", 100, -312),
    ]
    assert (low, high) == (-600, 0)


def test_ligatures_are_letters() -> None:
    (line,) = lines_of(show("caf\u00e9 \u0152uvre", 700))
    assert line.text == "caf\u00e9 \u0152uvre"


def test_a_page_without_text() -> None:
    page = read("")
    assert (page.regions, page.characters, page.unknown, page.has_image) == ((), 0, 0, False)


def test_characters_without_a_meaning_are_counted() -> None:
    page = read(show("A pump", 700))
    assert (page.characters, page.unknown) == (5, 0)
