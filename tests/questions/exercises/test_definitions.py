"""Which sentences define something, and what."""

from __future__ import annotations

import pytest

from structtuning_plugin.questions.exercises.definitions import defined_term
from structtuning_plugin.questions.exercises.words import is_generic


@pytest.mark.parametrize(
    ("language", "sentence", "term"),
    [
        ("en", "A spoke is a thin rod that joins hub and rim.", "spoke"),
        ("en", "The saddle, or seat, is the part that the rider sits upon.", "saddle"),
        ("en", "Ball bearings are the small steel balls on which a hub turns.", "Ball bearings"),
        ("en", "Cadence (rhythm) means how often the pedals turn in a minute.", "Cadence"),
        ("en", "The middle part of a wheel is called the hub.", "hub"),
        ("fr", "Le moyeu est la pièce centrale de la roue.", "moyeu"),
        ("fr", "L’enjoliveur désigne une plaque de métal.", "enjoliveur"),
        ("fr", "La pièce centrale de la roue est appelée moyeu.", "moyeu"),
        ("es", "El buje es la pieza central de la rueda.", "buje"),
        ("es", "La pieza central de la rueda se llama buje.", "buje"),
        ("de", "Die Nabe ist das mittlere Teil des Rades.", "Nabe"),
        ("ru", "Втулка — это средняя часть колеса.", "Втулка"),
        ("ru", "Втулка является средней частью колеса.", "Втулка"),
        ("pl", "Piasta to środkowa część koła.", "Piasta"),
        ("zh", "轮毂是一种安装在车轮中心的零件。", "轮毂"),
        ("zh", "踏频是指每分钟踩踏板的次数。", "踏频"),
        ("ja", "ハブとは、車輪の中心にある部品である。", "ハブ"),
        ("ja", "車輪の中心にある回る部品は、ハブと呼ばれる。", None),
        ("ja", "ハブは、車輪の中心にある部品である。", "ハブ"),
    ],
)
def test_definitions(language: str, sentence: str, term: str | None) -> None:
    assert defined_term(sentence, language) == term


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "There is a spoke in the wheel."),
        ("en", "It is a thin rod of steel."),
        ("en", "The chain is the best of all drives."),  # praised
        ("en", "The tread is about two inches wide."),  # measured
        ("en", "The longest spoke is the one beside the valve."),  # told which
        ("en", "The reason is a want of oil in the hub."),
        ("en", "One part of the wheel that must be kept clean and dry is a bearing."),
        ("fr", "Il est un moyeu dans la roue."),
        ("fr", "La chaîne est la meilleure des transmissions."),
        ("es", "Este es el buje de la rueda."),
        ("es", "Ejemplos de frenos son los discos de la rueda."),
        ("ru", "Это — часть колеса."),
        ("ru", "Цепь — не самая лёгкая часть."),
        ("zh", "这是一种零件。"),
        ("zh", "**不要配置**: 请在确实了解之后再选择这一个选项。"),  # an order
        ("ja", "これは、車輪の部品である。"),
        ("ja", "利点は、軽くて丈夫なことである。"),
        ("xx", "A spoke is a thin rod."),
    ],
)
def test_no_definitions(language: str, sentence: str) -> None:
    assert defined_term(sentence, language) is None


@pytest.mark.parametrize(
    ("term", "is_one"),
    [
        ("Low round tyre valve cap", True),
        ("Low round red tyre valve cap", False),  # six words
        ("Velodrome" + "velodrome" * 4 + "vel", True),
        ("Velodrome" + "velodrome" * 4 + "velo", False),  # 49 characters
    ],
)
def test_a_term_has_up_to_five_words_and_48_characters(term: str, is_one: bool) -> None:
    assert defined_term(f"{term} is a thin piece of rubber that keeps the dust out.", "en") == (
        term if is_one else None
    )


@pytest.mark.parametrize(
    ("before", "term"), [("Abcde fghij klmno pq", "hub"), ("Abcde fghij klmno p", None)]
)
def test_what_is_called_something_is_told_in_twenty_characters(
    before: str, term: str | None
) -> None:
    assert defined_term(f"{before} is called the hub.", "en") == term


@pytest.mark.parametrize(
    ("language", "word", "expected"),
    [
        ("en", "seat", True), ("en", "Degrees", True), ("en", "qualities", True), ("en", "one-half", True), ("en", "the", True),
        ("en", "pharynx", False), ("en", "boss", False), ("fr", "façons", True), ("fr", "moyeu", False), ("es", "veces", True),
        ("ru", "случай", True), ("ru", "втулка", False), ("zh", "方法", True), ("zh", "轮毂", False), ("ja", "場合", True),
        ("ja", "車輪", False), ("xx", "thing", False),
    ],
)  # fmt: skip
def test_words_that_name_everything(language: str, word: str, expected: bool) -> None:
    assert is_generic(word, language) is expected


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Slugs are a common cause of damage to young lettuce in wet years."),
        ("en", "Copper tape is an effective way to keep slugs away from raised beds."),
        ("en", "Hand picking is a good first step for small gardens with few beds."),
        ("en", "Aphids are a concern for growers of roses, beans and peppers."),
        ("en", "Ladybirds are the best known example of a natural enemy of aphids."),
        ("en", "Regular inspection of leaves is a core task of every careful gardener."),
        ("en", "Turning the heap is a key part of making good compost at home."),
        ("en", "Nitrogen-rich waste is a source of heat in the heap."),
        ("en", "Muscles acting in opposition to each other are called antagonistic."),
        ("es", "Las babosas son una causa común de daños en la lechuga."),
        ("fr", "Le cuivre est un moyen efficace de les éloigner."),
        ("ru", "Слизни являются частой причиной повреждений."),
        ("ru", "Недостатком является высокая цена устройства."),
        ("zh", "铜带是一种有效的方法。"),
        ("zh", "蚜虫是种植者面临的主要问题。"),
        ("ja", "ナメクジは、被害の一般的な原因である。"),
        ("ja", "フリーソフトとは、権利がないという意味ではありません。"),
        ("de", "Schnecken sind eine häufige Ursache von Schäden."),
        ("pl", "Ślimaki to częsta przyczyna szkód."),
        ("pl", "Obejrzyj to wideo."),
    ],
)
def test_what_judges_a_subject_does_not_define_it(language: str, sentence: str) -> None:
    assert defined_term(sentence, language) is None


@pytest.mark.parametrize(
    ("language", "sentence", "term"),
    [
        ("en", "Compost is decayed plant matter that feeds the soil.", "Compost"),
        ("en", "Neurons are specialized cells that carry signals.", "Neurons"),
        ("es", "El compost es materia orgánica descompuesta que alimenta el suelo.", "compost"),
        ("zh", "炎症是机体对致炎因子所引起损害的防御反应。", "炎症"),
        ("ja", "心臓は、血液を全身に送り出す器官である。", "心臓"),
        ("en", "**ebb**: the falling of the water between high tide and low tide.", "ebb"),
        ("en", "drift – a slow current that is driven by steady wind.", "drift"),
        ("fr", "**marée** : mouvement périodique de la mer.", "marée"),
        ("zh", "**退潮**：海水在高潮与低潮之间的下降。", "退潮"),
    ],
)
def test_masses_and_entries_of_glossaries_are_defined(
    language: str, sentence: str, term: str
) -> None:
    assert defined_term(sentence, language) == term
