"""What a sentence can be asked for or about, by language."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.exercises.points import Spread, points_of
from structtuning_plugin.questions.exercises.terms import PhrasePlaces, Term, Terms, find_phrases
from structtuning_plugin.questions.exercises.words import first_word, key, size, stems
from structtuning_plugin.taxonomy.offline.phrases import Phrases
from structtuning_plugin.taxonomy.offline.usage import Usage
from structtuning_plugin.taxonomy.offline.words import units_of, words_of
from tests.trees import document, grow

WHEELS = (
    "The wheel is held by spokes. A wheel has a rim and a hub. The hub of a wheel turns on ball bearings. "
    "The ball bearings of a hub must run in grease. Good bearings are hard, and harder bearings last longer than soft ones. "
    "They can turn for years. Riders turn the pedals, and the riders often sit upright. A rider will brake before the bend."
)


def terms_of(text: str, language: str, title: str = "Wheels") -> tuple[Document, dict[str, Term]]:
    """The terms of all sentences of a document with one topic, by text."""
    source = document("d.md", (1, "Book"), (2, title), text, language=language)
    tree, chunks = grow([source])
    points = points_of(tree, [source], chunks)
    terms = Terms(source, Usage([text], language), Spread(points))
    found = [
        term for point in points for sentence in point.sentences for term in terms.of(sentence)
    ]
    return source, {term.text: term for term in sorted(found, key=lambda term: -term.grade)}


def names(found: dict[str, Term], worst: int = 1) -> set[str]:
    return {text for text, term in found.items() if term.grade <= worst}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_known_phrases_are_those_of_the_text(language: str) -> None:
    text = {"en": WHEELS, "zh": "车轮由辐条固定。车轮有轮圈和轮毂。轮毂在滚珠轴承上转动。"}[
        language
    ]
    source = Document(id="d", text=text, title="d", language=language)
    known = find_phrases(source)
    phrases = Phrases(text, words_of(text, units_of(source)), language)
    places = PhrasePlaces(known.bounds)
    for start in range(0, len(text), 7):
        for end in range(start, len(text) + 1, 11):
            spans = [(at, stop) for at, stop, _ in phrases.spans(start, end)]
            assert list(places.spans(start, end)) == spans


def test_terms_stand_in_the_text() -> None:
    source, found = terms_of(WHEELS, "en")
    assert all(source.text[term.start : term.end] == text for text, term in found.items())


def test_names_come_first_and_no_verbs_or_adjectives_among_them() -> None:
    _, found = terms_of(WHEELS, "en")
    assert {"ball bearings", "spokes", "grease", "pedals"} <= names(found)
    assert not {
        "turn",
        "turns",
        "held",
        "hard",
        "harder",
        "often",
        "upright",
        "brake",
        "soft",
        "longer",
    } & names(found)


def test_a_piece_of_a_name_is_not_whole() -> None:
    _, found = terms_of(
        "In yellow fever the skin is yellow. The fever is high. A yellow fever is a fever of the south.",
        "en",
        "Fevers",
    )
    assert found["yellow fever"].whole
    assert not found["fever"].whole or found["fever"].start > len("In yellow fever")


def test_a_general_word_is_worth_little() -> None:
    _, found = terms_of(
        "The part of the wheel is the hub. The part is of steel. A part of the hub is a cone.", "en"
    )
    assert found["part"].grade == 2
    assert found["hub"].grade < 2


@pytest.mark.parametrize("word", ["bell", "lamp"])
def test_the_verb_is_told_by_its_object(word: str) -> None:
    """The same word as a noun, and before an article as a verb."""
    source = document(
        "d.md",
        (1, "Book"),
        (2, "Wheels"),
        f"The {word} is loud and bright. Riders {word} the dog of the baker.",
        language="en",
    )
    tree, chunks = grow([source])
    points = points_of(tree, [source], chunks)
    terms = Terms(source, Usage([source.text], "en"), Spread(points))
    first, second = points[0].sentences
    assert {term.text: term.grade for term in terms.of(first)}[word] < 2
    assert {term.text: term.grade for term in terms.of(second)}[word] == 3


def test_pieces_of_paths_are_no_terms() -> None:
    _, found = terms_of(
        "The logs lie in /var/log/syslog of the machine. The file sources.list names the mirrors.",
        "en",
    )
    assert not {"syslog", "var", "list", "var/log"} & names(found, 2)


def test_french_articles_are_left_out() -> None:
    text = "L'installateur charge le noyau. Avec l'installateur, on choisit une langue. Le disque de l'installateur suffit."
    _, found = terms_of(text, "fr", "Installation")
    assert "installateur" in names(found)
    assert not any("'" in text for text in found)


def test_french_and_spanish_verbs_and_adjectives() -> None:
    text = "Le moyeu sait tourner. Il peut tourner. Une roue arrière porte le moyeu. La roue arrière est lourde."
    assert not {"tourner", "sait", "lourde", "arrière"} & names(terms_of(text, "fr", "Roues")[1])
    text = "La rueda trasera puede girar. Debe girar. El buje de la rueda es ligero. La rueda trasera es pesada."
    found = names(terms_of(text, "es", "Ruedas")[1])
    assert "buje" in found
    assert not {"girar", "trasera", "pesada"} & found


def test_russian_adverbs_adjectives_and_verbs() -> None:
    text = (
        "Сейчас втулка почти сразу вращается. Позже цепь там нужна. Лёгкая втулка была установлена вчера. "
        "Хороший мастер всегда проверяет тормоза."
    )
    found = names(terms_of(text, "ru", "Колёса")[1])
    assert {"втулка", "цепь", "тормоза"} <= found
    assert (
        not {
            "Сейчас",
            "почти",
            "сразу",
            "Позже",
            "там",
            "нужна",
            "Лёгкая",
            "установлена",
            "проверяет",
            "вращается",
        }
        & found
    )


def test_japanese_terms_are_whole_runs() -> None:
    text = "自転車の変速機を調整する。変速機の歯車は回転する。多段変速機の鎖を外した。部品は持ち運べる。"
    found = names(terms_of(text, "ja", "整備")[1])
    assert {"変速機", "歯車", "多段変速機"} <= found
    assert not {"変速", "調整", "回転", "持"} & found


def test_chinese_terms_are_words_and_no_verbs() -> None:
    text = (
        "车轮的轮毂在转。一个轮毂和一根辐条。这个轮毂是钢的。新的轮毂不贵，旧轮毂也好。每个轮毂中有钢珠。"
        "您可以修理它。您需要修理车。不会修理就不要修理。他修理了车，又修理过灯。"
    )
    found = names(terms_of(text, "zh", "车轮")[1])
    assert "轮毂" in found
    assert "修理" not in found


@pytest.mark.parametrize(
    ("more", "grade"),
    [
        ("从轮毂中取出钢珠。用轮毂和辐条做车。", 0),
        ("从轮毂中取出钢珠。", 1),  # four places
        ("会轮毂了。要轮毂着。", 1),  # two signs of verbs
    ],
)
def test_a_chinese_word_is_a_subject_if_it_is_hardly_ever_a_verb(more: str, grade: int) -> None:
    text = "一个轮毂在转动着。这轮毂有钢珠和油脂。旧轮毂是钢铁做的东西。" + more
    assert terms_of(text, "zh", "轮毂")[1]["轮毂"].grade == grade


def test_languages_without_signs_take_every_word() -> None:
    _, found = terms_of("Kolo ima pesto. Pesto je iz jekla.", "sl", "Kolesa")
    assert "jekla" in found


def test_a_noun_may_describe_another_one_as_often_as_it_stands_alone_and_no_oftener() -> None:
    blood = "The blood is red. The blood vessels are wide."
    bile = "The bile is green. The bile duct is long. The bile sac is small."
    usage = Usage([blood, bile], "en")
    assert (usage.is_noun("blood"), usage.is_noun("bile")) == (True, False)


def test_what_is_as_often_a_verb_is_no_noun() -> None:
    bell = "The bell is loud. Riders will bell."
    brake = "The brake is wide. A brake is long. Riders will brake."
    usage = Usage([bell, brake], "en")
    assert (usage.is_noun("bell"), usage.is_noun("brake")) == (False, True)


def test_a_term_has_three_letters_or_capitals_alone() -> None:
    _, found = terms_of(
        "The ox pulls the cart. An ox is strong on the hill. The axe is old. The EU has an ox.",
        "en",
    )
    assert {"axe", "EU"} <= set(found)
    assert "ox" not in found


@pytest.mark.parametrize(("title", "grade"), [("Ring", 0), ("Wheels", 1)])
def test_a_name_of_which_half_is_telling_is_what_the_text_is_about(title: str, grade: int) -> None:
    _, found = terms_of("A brass ring is old. The brass ring is cut by the smith.", "en", title)
    assert found["brass ring"].grade == grade


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("一个轮毂在转动着。这轮毂有钢珠和油脂。旧轮毂是钢铁做的东西。", 1),
        (
            "一个轮毂在转动着。个轮毂有钢珠和油脂。旧轮毂是钢铁做的东西。",
            3,
        ),  # two characters before it
        ("一个轮毂在转动着。这轮毂在钢珠和油脂。旧轮毂是钢铁做的东西。", 3),  # two after it
    ],
)
def test_three_different_characters_stand_on_both_sides_of_a_chinese_word(
    text: str, grade: int
) -> None:
    assert terms_of(text, "zh", "车轮")[1]["轮毂"].grade == grade


def test_stems_and_sizes() -> None:
    assert stems("The wheel's wheels 12 x") == {"the", "wheel", "12"}
    assert stems("轮") == {"轮"}
    assert stems("") == set()
    assert size("") == 0
    assert [size("轮" * count) for count in (1, 4, 5, 22, 23, 24)] == [0, 1, 2, 8, 8, 9]
    assert key("Hub, or Boss!") == key("hub or boss")
    assert key("轮毂。") == key("轮毂")
    assert first_word("“Hubs turn.”") == "Hubs"
    assert first_word("...") == ""
