from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.languages import detect
from structtuning_plugin.languages.prose import samples_of
from tests.strategies import examples

SAMPLES = {
    "en": "A cell is the smallest unit of life. Every living thing is made of one or more of them.",
    "zh": "细胞是生命的最小单位。所有的生物都由一个或多个细胞组成，细胞膜把它与外界分开。",
    "ja": "細胞は生命の最小単位です。すべての生き物は一つまたは多くの細胞からできています。",
    "fr": "La cellule est la plus petite unité du vivant. Tous les êtres vivants en sont constitués.",
    "ru": "Клетка является наименьшей единицей жизни. Все живые существа состоят из клеток.",
    "es": "La célula es la unidad más pequeña de la vida. Todos los seres vivos están formados por células.",
    "pl": "Komórka jest najmniejszą jednostką życia. Wszystkie żywe istoty są z nich zbudowane.",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_language_is_detected(language: str) -> None:
    assert detect(SAMPLES[language]) == language


@pytest.mark.parametrize("text", ["", "   \n", "3.14159 2.71828 1.41421", "ДНК РНК", "🧬" * 20])
def test_too_little_to_tell_is_english(text: str) -> None:
    assert detect(text) == "en"


def test_the_middle_decides() -> None:
    """A book's licence and index may be in another language."""
    licence = SAMPLES["en"] * 30
    assert detect(licence + SAMPLES["ru"] * 100 + licence) == "ru"


@examples
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_has_a_language(text: str) -> None:
    language = detect(text)
    assert language.isascii()
    assert 2 <= len(language) <= 3


def test_a_long_text_is_judged_by_windows_from_all_of_it() -> None:
    blocks = [f"{SAMPLES['ru']} {number}." for number in range(9_000)]
    samples = samples_of("\n\n".join(blocks))
    assert len(samples) == 10
    numbers = [int(re.findall(r"\d+", sample)[0]) for sample in samples]
    assert numbers == sorted(numbers)
    assert numbers[0] < 100
    assert numbers[-1] > 8_900
    assert detect("\n\n".join(blocks)) == "ru"
