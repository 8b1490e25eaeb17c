from __future__ import annotations

import pytest

from structtuning_plugin.corpus.headings.letter_sizes import (
    LetteredHeading,
    LetteredText,
    Letters,
    find_headings,
    is_caption,
    most_letters,
)

BODY = "A pump lifts water from a well to the house above it, as long as its seals are whole. " * 3
PLAIN = Letters(size=11)
BOLD = Letters(size=11, is_bold=True)
LARGE = Letters(size=16)


def levels(*parts: tuple[str, Letters]) -> dict[str, int]:
    """Levels of headings by their titles, where a plain paragraph follows each part."""
    texts: list[LetteredText] = []
    for text, letters in parts:
        texts += [
            LetteredText(text=text, letters=letters),
            LetteredText(text=BODY, letters=PLAIN),
            LetteredText(text=BODY, letters=PLAIN),
        ]
    return {texts[index].text: each.level for index, each in find_headings(texts).items()}


def test_each_pair_of_size_and_weight_is_a_level() -> None:
    parts = [("Pumps", LARGE), ("Seals", BOLD), ("Oil", BOLD), ("Wells", LARGE)]
    assert levels(*parts) == {"Pumps": 1, "Seals": 2, "Oil": 2, "Wells": 1}


def test_the_evidence_is_named() -> None:
    texts = [
        LetteredText(text="Pumps", letters=LARGE),
        LetteredText(text=BODY, letters=PLAIN),
        LetteredText(text=BODY, letters=PLAIN),
        LetteredText(text="Seals", letters=BOLD),
        LetteredText(text=BODY, letters=PLAIN),
    ]
    assert find_headings(texts) == {
        0: LetteredHeading(level=1, evidence=("larger letters",)),
        3: LetteredHeading(level=2, evidence=("bold letters",)),
    }


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("It ends as a sentence does.", BOLD),
        ("Figure 3 The pump", BOLD),
        ("12.5 / 3", LARGE),
        ("Pump " * 40, LARGE),
        ("Slightly larger", Letters(size=11.5)),
        ("Smaller and bold", Letters(size=8, is_bold=True)),
    ],
)
def test_what_is_no_title_is_no_heading(text: str, letters: Letters) -> None:
    assert levels((text, letters)) == {}


def test_code_is_no_heading() -> None:
    code = LetteredText(text="make pump", letters=LARGE, is_code=True)
    assert find_headings([code, LetteredText(text=BODY, letters=PLAIN)]) == {}


def test_bold_lines_that_are_most_of_the_text_are_emphasis() -> None:
    texts = [LetteredText(text=BODY, letters=PLAIN)]
    texts += [LetteredText(text=f"Remark {word}", letters=BOLD) for word in ("one", "two", "three")]
    assert find_headings(texts) == {}


def test_labels_that_come_again_and_again_are_no_headings() -> None:
    parts: list[tuple[str, Letters]] = []
    for number in range(6):
        parts += [(f"Pumps of kind {number}", LARGE), ("NOTE", Letters(size=13))]
    assert levels(*parts) == {f"Pumps of kind {number}": 1 for number in range(6)}


def test_the_letters_of_most_characters() -> None:
    assert most_letters({BOLD: 3, PLAIN: 5}) == PLAIN
    assert most_letters({}) is None


@pytest.mark.parametrize(
    "text", ["Figure 3. A pump", "Fig. 3: Pumps", "Tabelle 1 Höhen", "图 2 水泵", "Рис 4"]
)
def test_captions(text: str) -> None:
    assert is_caption(text)
