"""The exercises of small corpora, exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.forms import split_at
from structtuning_plugin.questions.exercises.generate import (
    FORMS_PER_FACT,
    ask_facts,
    make_exercises,
)
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.questions.exercises.points import Spread, points_of
from structtuning_plugin.taxonomy.tree import Tree
from tests.trees import document, grow, titled

HUB = (
    "A hub is the middle part of a wheel that turns on an axle. Spokes of steel run from the hub to the rim of the wheel. "
    "Ball bearings carry the weight of the rider upon the axle.\n\n"
)
CHAIN = (
    "The chain carries the force of the legs to the rear sprocket. Every link of the chain has two rollers and a pin. "
    "Rust on the rollers makes a chain stiff and noisy in the rain.\n\n"
)
HANDBOOK = document("handbook.md", (1, "Handbook"), (2, "Wheels"), HUB, (2, "Drive"), CHAIN)


def made(
    *documents: Document, most: int | None = None, seed: int = 1, forms: int = FORMS_PER_FACT
) -> tuple[Tree, list[Chunk], list[list[Exercise]]]:
    tree, chunks = grow(documents)
    return tree, chunks, list(make_exercises(tree, documents, chunks, most, seed, forms))


def shown(exercises: Sequence[Exercise]) -> list[tuple[str, str, str]]:
    return [
        (exercise.form, exercise.text or exercise.term, exercise.answer) for exercise in exercises
    ]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "Spokes of steel run from the hub", "to the rim of the wheel."),
        ("en", "In very cold and rainy weather,", "the brakes of many older wheels fail."),
        ("en", "Ball bearings carry the weight of the rider", "to the axle in the hub."),
        ("es", "El usuario de la rueda puede ayudar", "al gestor de volúmenes lógicos."),
        ("fr", "Le moyeu est la partie centrale", "qui tourne autour de son axe."),
        ("pl", "Każde koło roweru obraca się lekko", "na łożyskach kulkowych osi."),
        ("fr", "Le frein du tambour n'est pas encore monté", "sur toutes les roues arrière."),
        ("fr", "Les vieux freins n'ont que peu d'effet", "sur une route mouillée en hiver."),
        (
            "ru",
            "Разработчики ведут сайты и серверы проекта,",
            "а также пишут понятные руководства.",
        ),
        ("zh", "链条需要定期清洁、检查和润滑，", "否则它会生锈、变硬。"),
        ("ja", "チェーンには油が必要であり、", "乾くと錆びてしまう。"),
    ],
)
def test_a_sentence_is_cut_between_two_phrases(language: str, first: str, second: str) -> None:
    blank = "" if language in ("zh", "ja") else " "
    text = f"{first}{blank}{second}"
    assert text[: split_at(text, language)].strip() == first


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Every wheel has light spokes of steel and rims."),
        ("zh", "链条由链板、销轴、套筒和滚子组成。"),
    ],
)
def test_a_phrase_is_never_cut(language: str, text: str) -> None:
    assert split_at(text, language) is None


def test_a_tiny_book() -> None:
    _, _, (wheels, drive) = made(HANDBOOK)
    assert shown(wheels)[:5] == [
        ("definition", "hub", "A hub is the middle part of a wheel that turns on an axle."),
        ("cloze", "Spokes of steel run from the ____ to the rim of the wheel.", "hub"),
        ("heading", "Ball bearings carry the weight of the rider upon the axle.", "Wheels"),
        ("term", "A ____ is the middle part of a wheel that turns on an axle.", "hub"),
        ("complete", "Spokes of steel run from the hub", "to the rim of the wheel."),
    ]
    assert shown(drive)[:4] == [
        ("cloze", "The chain carries the ____ of the legs to the rear sprocket.", "force"),
        ("cloze", "Every ____ of the chain has two rollers and a pin.", "link"),
        ("complete", "Rust on the rollers", "makes a chain stiff and noisy in the rain."),
        ("complete", "The chain carries the force of the legs", "to the rear sprocket."),
    ]


def test_terms_that_are_found_again_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        document(f"{name}.md", (1, name), (2, f"{name} Wheels"), HUB, (2, f"{name} Drive"), CHAIN)
        for name in ("Alpha", "Beta")
    ]
    pages += [document("c.md", (1, "Brakes"), HUB.replace("hub", "disc"), (2, "Pads"), CHAIN[:64])]
    tree, chunks = grow(pages)
    index = CorpusIndex(tree, pages, chunks)
    usual = list(ask_facts(index, None, 1, FORMS_PER_FACT, frozenset()))
    monkeypatch.setattr("structtuning_plugin.questions.exercises.index._MOST_KEPT", 1)
    forgetful = CorpusIndex(tree, pages, chunks)
    assert list(ask_facts(forgetful, None, 1, FORMS_PER_FACT, frozenset())) == usual
    first, second = (forgetful.terms(page.id) for page in pages[:2])
    assert forgetful.terms(pages[1].id) is second
    assert forgetful.terms(pages[0].id) is not first


@pytest.mark.parametrize("forms", [1, 2, 3, 5])
def test_every_fact_is_asked_once_before_any_is_asked_twice(forms: int) -> None:
    _, _, rows = made(HANDBOOK, forms=forms)
    for row in rows:
        own = [exercise for exercise in row if exercise.form != "extract_next"]
        assert [exercise.turn for exercise in own] == sorted(exercise.turn for exercise in own)
        times = Counter(exercise.facts for exercise in own)
        assert max(times.values()) <= forms
        assert {exercise.facts for exercise in own if exercise.turn == 0} == set(times)
        # Each in another form.
        assert max(Counter((exercise.facts, exercise.form) for exercise in own).values()) == 1


def test_a_fact_is_asked_for_both_ways() -> None:
    _, _, rows = made(HANDBOOK)
    hub = next(e.facts for row in rows for e in row if e.form == "definition")
    ways = {e.is_reverse for row in rows for e in row if e.facts == hub}
    assert ways == {True, False}


def test_a_point_without_a_fact_has_no_exercise() -> None:
    text = (
        "Please note that this part is short. See the file for more. You can also use other woods "
        "since they bend.\n\n"
    )
    assert made(document("k.md", (1, "Kites"), (2, "Spars"), text))[2] == [[]]


def test_a_step_to_the_next_topic() -> None:
    """Only what the field has a name for is asked for so: here it is the title of a third topic."""
    rain = "Rain washes the oil out of every bearing of a bicycle that is left outside.\n\n"
    book = document("b.md", (1, "Book"), (2, "Wheels"), HUB, (2, "Drive"), CHAIN, (2, "Rain"), rain)
    (step,) = [
        exercise for row in made(book)[2] for exercise in row if exercise.form == "extract_next"
    ]
    assert [topic.title for topic in step.places] == ["Wheels", "Drive"]
    assert step.asked.title == "Wheels"
    assert (step.term, step.answer) == (
        "rain",
        "Rust on the rollers makes a chain stiff and noisy in the rain.",
    )


def test_fields() -> None:
    _, chunks, rows = made(HANDBOOK)
    for exercise in (exercise for row in rows for exercise in row):
        last = exercise.places[-1]
        assert {chunk.topic_id for chunk in chunks if chunk.id in exercise.chunk_ids} == {last.id}
        if exercise.form == "extract_next":
            assert exercise.places == (exercise.asked, last)
        else:
            assert exercise.places == (exercise.asked,)
        assert len(exercise.facts) == 1
        assert exercise.id.startswith(f"exercise/{last.id}/{exercise.form}/{exercise.facts[0]}")


@pytest.mark.parametrize("most", [1, 2, 3, 4, 8])
def test_at_most_so_many_per_point(most: int) -> None:
    _, _, rows = made(HANDBOOK, most=most)
    for row in rows:
        assert sum(exercise.form != "extract_next" for exercise in row) <= most
        assert sum(exercise.form == "extract_next" for exercise in row) <= 1


def test_one_first_answer_in_four_has_the_path() -> None:
    metals = ("steel", "brass", "copper", "silver", "nickel", "chrome", "zinc", "lead", "tin")
    lines = [f"Spokes of {metal} run from the hub to the rim of a wheel." for metal in metals]
    _, _, (row,) = made(document("w.md", (1, "Wheels"), " ".join(lines)))
    firsts = [exercise for exercise in row if exercise.turn == 0]
    assert len(firsts) > 4
    assert sum(exercise.spells_path for exercise in row) == len(firsts) // 4


def test_a_term_that_is_defined_twice_is_not_asked_for() -> None:
    again = document(
        "b.md",
        (1, "Notes"),
        (2, "Axles"),
        "A hub is a piece of metal with a hole for the axle in its middle.\n\n",
    )
    assert any(e.form == "definition" and e.term == "hub" for row in made(HANDBOOK)[2] for e in row)
    assert not any(
        e.form == "definition" and e.term == "hub" for row in made(HANDBOOK, again)[2] for e in row
    )


def test_a_sentence_that_stands_twice_is_not_asked_about() -> None:
    line = "Spokes of steel run from the hub to the rim of the wheel."
    again = document(
        "b.md",
        (1, "Notes"),
        (2, "Spokes"),
        f"{line} The nipples of the spokes are made of brass.\n\n",
    )
    rows = made(HANDBOOK, again)[2]
    assert not any(
        line in (exercise.answer, exercise.reasoning) for row in rows for exercise in row
    )


def test_a_wrapped_paragraph_is_asked_about_in_one_line() -> None:
    text = "The chain carries the force of both legs\nto the rear sprocket, and the sprocket drives\nthe wheel.\n\n"
    _, chunks, rows = made(document("d.md", (1, "Book"), (2, "Drive"), text))
    assert rows[0]
    assert all(
        exercise.answer.replace("\n", " ") in chunks[-1].text.replace("\n", " ")
        and "\n" not in exercise.text
        for exercise in rows[0]
    )


def test_nothing_is_asked_about_back_matter() -> None:
    book = document("b.md", (1, "Book"), (2, "Wheels"), HUB, (2, "References"), CHAIN)
    assert [row[0].asked.title for row in made(book)[2]] == ["Wheels"]


def test_nothing_is_asked_about_a_title_that_fits_two_topics() -> None:
    book = document("b.md", (1, "Book"), (2, "Wheels"), HUB, (2, "Wheels"), CHAIN)
    assert made(book)[2] == []


def test_no_step_leads_to_another_document() -> None:
    books = (
        document("a.md", (1, "A"), (2, "Wheels"), HUB),
        document("b.md", (1, "B"), (2, "Drive"), CHAIN),
    )
    assert not any(exercise.form == "extract_next" for row in made(*books)[2] for exercise in row)


def test_the_title_is_not_asked_for_by_itself() -> None:
    """Nothing in the text tells one title from the other.

    Each sentence shares as much with the other topic.
    """
    lines = (
        "The rim and the hub are joined by spokes.",
        "The hub and the rim need spokes.",
        "Spokes join the hub to the rim.",
    )
    books = [
        document("a.md", (1, "A"), (2, "Front"), " ".join(lines) + "\n\n"),
        document(
            "b.md", (1, "B"), (2, "Rear"), " ".join(line.replace(".", " firmly.") for line in lines)
        ),
    ]
    assert not any(exercise.form == "heading" for row in made(*books)[2] for exercise in row)


def test_the_heading_is_that_of_the_nearest_text() -> None:
    tree, chunks = grow([HANDBOOK])
    wheels, drive = points = points_of(tree, [HANDBOOK], chunks)
    spread = Spread(points)
    assert all(spread.is_nearest(wheels, sentence) for sentence in wheels.sentences)
    assert not any(spread.is_nearest(drive, sentence) for sentence in wheels.sentences)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "x\x00y \x00. A\x00 is the part of B.\n\n", "- one\n- two\n\n", "One two.\n\n"],
)
def test_hardly_any_text(text: str) -> None:
    book = document("d.md", (1, "Book"), (2, "Wheels"), text)
    assert all(e.answer or e.verdict == "true" for row in made(book)[2] for e in row)


def test_no_documents() -> None:
    assert made()[2] == []


def forms_of(text: str, title: str = "Wheels") -> set[tuple[str, str]]:
    """Form and answer of each exercise of a topic, beside one of another subject."""
    book = document("d.md", (1, "Book"), (2, title), f"{text}\n\n", (2, "Drive"), CHAIN)
    return {(exercise.form, exercise.answer) for exercise in made(book, forms=8)[2][0]}


def test_a_definition_has_eight_words_or_more() -> None:
    enough, short = "A spoke is a thin rod of steel.", "A spoke is a thin steel rod."
    assert ("definition", enough) in forms_of(enough)
    assert not any(form == "definition" for form, _ in forms_of(short))


@pytest.mark.parametrize(
    ("title", "is_asked_for"),
    [
        ("Velnik", True),
        ("Velnik Zorbak", True),  # the sentence says one of two words
        ("Velnik Pelgus Zorbak Durmot", True),  # two of four
        ("Velnik Zorbak Durmot", False),  # two of three
        ("Zorbak", False),
    ],
)
def test_a_heading_is_asked_for_by_a_sentence_that_says_at_most_half_of_it(
    title: str, is_asked_for: bool
) -> None:
    text = "Zorbak rims of brass hold durmot tyres all the time. Zorbak rims of steel hold durmot tyres in the rain."
    assert (("heading", title) in forms_of(text, title)) is is_asked_for


@pytest.mark.parametrize(
    ("language", "text", "term"),
    [
        (
            "fr",
            "Le moyeu est la pièce centrale de la roue, et il tourne sur un axe. Les rayons relient le moyeu à la jante.\n\n",
            "moyeu",
        ),
        (
            "es",
            "El buje es la pieza central de la rueda, que gira sobre un eje. Los radios unen el buje con la llanta.\n\n",
            "buje",
        ),
        (
            "ru",
            "Втулка — это средняя часть колеса, которая вращается на оси. Спицы соединяют втулку с ободом.\n\n",
            "Втулка",
        ),
        (
            "zh",
            "轮毂是一种安装在车轮中心并绕着车轴转动的零件。辐条把轮毂和轮圈连接在一起。\n\n",
            "轮毂",
        ),
        (
            "ja",
            "ハブとは、車輪の中心にあって、車軸のまわりを回る部品である。スポークはハブとリムをつないでいる。\n\n",
            "ハブ",
        ),
    ],
)
def test_a_definition_in_each_language(language: str, text: str, term: str) -> None:
    (row,) = made(document("d.md", (1, "Book"), (2, "X1"), text, language=language))[2]
    (definition,) = [exercise for exercise in row if exercise.form == "definition"]
    assert definition.term == term
    assert definition.answer.startswith(text[:12])


def test_one_question_has_one_answer() -> None:
    """Two sentences that differ in one word have the same gap where that word is asked for."""
    text = (
        "An axle is fixed to the hub by a long bolt. A spoke is fixed to the hub by a long bolt. "
        "A brake is fixed to the pedal by a long bolt. The hub turns when the chain is pressed by "
        "the rider. A brake is fixed to the spoke by a long bolt. Every saddle holds the brake of "
        "the bicycle in its place. The spoke carries the hub and the hub carries the saddle of a "
        "wheel. The spoke turns when the chain is pressed by the rider."
    )
    _, _, points = made(document("w.md", (1, "Wheels"), text), forms=8)
    exercises = [exercise for point in points for exercise in point]
    questions = [(e.form, e.text, e.term) for e in exercises if e.text or e.term]
    assert len(questions) == len(set(questions)) > 0


def listed(title: str, *items: str) -> list[str | tuple[int, str]]:
    lines = "".join(f"- {item}\n" for item in items)
    return [(2, title), f"The {title.lower()} consists of these parts:\n\n", f"{lines}\n"]


def test_an_excluded_topic_gives_no_wrong_answer() -> None:
    book = document(
        "b.md",
        (1, "Book"),
        *listed("Wheel", "hollow rim", "steel spoke", "rubber tyre"),
        *listed("Brake", "cork pad", "bent lever", "wound cable"),
        *listed("Drive", "long chain", "left pedal", "rear sprocket"),
        *listed("Lamp", "glass bulb", "tin mirror", "copper wire"),
        *listed("Frame", "front fork", "welded joint", "seat post"),
    )
    blocks = [
        replace(block, kind="list") if book.text[block.start] == "-" else block
        for block in book.blocks
    ]
    book = replace(book, blocks=tuple(blocks))
    tree, chunks = grow([book])
    brake = titled(tree, "Book", "Brake").id
    words = ("cork pad", "bent lever", "wound cable")

    def said(excluded: frozenset[str]) -> set[str]:
        rows = make_exercises(tree, [book], chunks, None, 1, excluded=excluded)
        members = [e for row in rows for e in row if e.form == "member" and e.asked.id != brake]
        assert len(members) == 12
        return {word for e in members for word in words if word in e.text}

    assert said(frozenset()) == set(words)
    assert said(frozenset({brake})) == set()
