"""Which phrases a text has: how often each stands there, how long it is, what is only a part."""

from __future__ import annotations

import pytest

from structtuning_plugin.taxonomy.offline.phrases import Phrases
from structtuning_plugin.taxonomy.offline.words import units_of, words_of
from tests.trees import document

INVENTED = ("zorbak", "velnik", "durmot", "pelgus", "tifrab", "hosmek")
CHARACTERS = "甲乙丙丁戊己庚辛壬癸"


def phrases_of(text: str, language: str = "en") -> dict[str, int]:
    """The phrases of a text without capitals, each with how often it stands there by itself."""
    source = document("d.md", text, language=language)
    found = Phrases(text, words_of(text, units_of(source)), language)
    spans = list(found.spans(0, len(text)))
    times = {text[start:end].casefold(): count for start, end, count in spans}
    places = [text[start:end].casefold() for start, end, _ in spans]
    assert times == {phrase: places.count(phrase) for phrase in times}
    return times


@pytest.mark.parametrize("phrase", ["spoke", "brass spoke", "spoke of brass"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_phrase_stands_at_least_twice_in_the_text(phrase: str, times: int) -> None:
    text = " ".join(f"Then {phrase} {word}." for word in ("turns", "bends", "rusts")[:times])
    assert phrases_of(text) == ({phrase: times} if times > 1 else {})


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_up_to_four_words_are_one_phrase(size: int) -> None:
    phrase = " ".join(INVENTED[:size])
    assert phrases_of(f"{phrase}. {phrase}.") == {phrase: 2}


def test_five_words_are_two_phrases_of_four() -> None:
    phrase = " ".join(INVENTED[:5])
    assert phrases_of(f"{phrase}. {phrase}.") == {
        " ".join(INVENTED[:4]): 2,
        " ".join(INVENTED[1:5]): 2,
    }


@pytest.mark.parametrize("size", [2, 7, 8])
def test_up_to_eight_characters_are_one_phrase(size: int) -> None:
    phrase = CHARACTERS[:size]
    assert phrases_of(f"{phrase}。{phrase}。", "zh") == {phrase: 2}


def test_a_character_is_no_phrase_and_nine_are_two_of_eight() -> None:
    assert phrases_of("甲。甲。", "zh") == {}
    assert phrases_of(f"{CHARACTERS[:9]}。{CHARACTERS[:9]}。", "zh") == {
        CHARACTERS[:8]: 2,
        CHARACTERS[1:9]: 2,
    }


@pytest.mark.parametrize(
    ("inside", "alone", "own"), [(17, 2, 19), (8, 2, 10), (9, 1, 1), (18, 2, 2), (19, 2, 2)]
)
def test_what_stands_in_a_longer_phrase_nine_times_of_ten_is_no_phrase_there(
    inside: int, alone: int, own: int
) -> None:
    """Nor is what follows in it, which never stands alone."""
    text = "Zorbak velnik. " * inside + "Zorbak: " * alone
    assert phrases_of(text) == {"zorbak velnik": inside, "zorbak": own}
