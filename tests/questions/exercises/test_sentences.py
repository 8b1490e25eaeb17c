"""Which sentences stand alone, which lean, point, speak or order, and which are none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given

from structtuning_plugin.core.types import Block, Chunk, Document
from structtuning_plugin.corpus.chunking import sentences
from structtuning_plugin.questions.exercises.ranking import (
    APART,
    GOOD,
    USABLE,
    is_apart,
    is_order,
    leans,
    rank_of,
)
from structtuning_plugin.questions.exercises.sentences import LOOKED_AT, sentence_ends, sentences_of
from tests.strategies import examples, paragraphs

PLAIN = {
    "en": "The chain carries the force of the legs to the rear wheel.",
    "fr": "La chaîne transmet la force des jambes à la roue arrière du vélo.",
    "es": "La cadena lleva la fuerza de las piernas a la rueda trasera de la bicicleta.",
    "de": "Die Kette überträgt die Kraft der Beine auf das hintere Rad des Fahrrads.",
    "ru": "Цепь передаёт силу ног велосипедиста на заднее колесо через звёздочки.",
    "pl": "Łańcuch przenosi siłę nóg rowerzysty na tylne koło przez zębatki roweru.",
    "zh": "链条通过齿轮把骑车人双腿的力量传到自行车的后轮上。",
    "ja": "チェーンは、乗り手の脚の力を自転車の後輪に伝える部品である。",
}


@pytest.mark.parametrize("language", PLAIN)
def test_a_plain_statement_stands_alone(language: str) -> None:
    assert rank_of(PLAIN[language], language) == GOOD


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "They carry the force of the legs to the rear wheel."),
        ("en", "Some are arranged in pairs along the rim of the wheel."),
        ("en", "The second layer of rubber is glued upon the canvas."),
        ("en", "The whole is held together by four bolts of steel."),
        ("en", "Having left the hub, they run straight to the rim."),
        ("fr", "Ils transmettent la force des jambes à la roue arrière du vélo."),
        ("fr", "La première est une roue dentée que porte le pédalier du vélo."),
        ("es", "Ambos son de acero y llevan la fuerza a la rueda trasera."),
        ("de", "Einige sind aus Stahl und tragen die Kraft auf das hintere Rad."),
        ("ru", "Некоторые из деталей велосипеда делают из лёгкого сплава алюминия."),
        ("zh", "第二种链条比普通的链条更加结实，也更加昂贵一些。"),
        ("fr", "Un troisième frein peut servir à ralentir le vélo en longue descente."),
        ("es", "La principal es que la cadena dura más en las rutas sin lluvia."),
        ("es", "Para evitarlo, la cadena lleva siempre un poco de aceite fino."),
        ("es", "Si los encuentra, el mecánico cambia los radios rotos de la rueda."),
        ("es", "Existen otras formas de unir la cadena con la rueda trasera."),
        ("es", "Consistían en un tubo de acero que lleva la rueda trasera."),
        ("pl", "Na niej opiera się cały ciężar roweru i osoby jadącej."),
        ("pl", "Jest wykonana z hartowanej stali i ma dwanaście rolek."),
        ("pl", "Po pierwsze, każde koło obraca się na osi z twardej stali."),
        ("es", "La respuesta es que la cadena no es una parte del cuadro."),
        ("es", "Ahora tiene tanto aceite en la cadena como en los piñones."),
        ("fr", "La réponse est que la chaîne n'est pas une partie du cadre."),
        ("ru", "Ответ состоит в том, что цепь не является частью рамы."),
        ("zh", "答案是链条虽然连接着踏板和后轮，但并不是车架的一部分。"),
        ("ja", "答えは、チェーンは自転車のフレームの一部ではないということである。"),
        ("de", "Die Antwort ist, dass die Kette kein Teil des Rahmens ist."),
        ("ru", "Позволяет ехать по мокрой дороге без брызг грязи на одежду."),
        ("ru", "Возможно, что цепь передаёт силу ног на заднее колесо."),
        ("ru", "Сам состав набора зависит от типа цепи и звёздочек."),
        ("zh", "另一种是把链条和齿轮一起装在自行车的后轮上。"),
        ("ja", "いくつかの部品は、軽くて丈夫なアルミニウムの合金で作られている。"),
    ],
)
def test_what_needs_the_sentence_before_it_leans(language: str, sentence: str) -> None:
    assert leans(sentence, language)
    rank = rank_of(sentence, language)
    assert rank is not None
    assert USABLE <= rank < APART


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The parts of a pedal that wear are shown in Fig. 12 of the manual."),
        ("en", "The rules for tyres described above hold for every kind of wheel."),
        ("fr", "Les pièces de la pédale sont représentées sur la figure 12 du manuel."),
        ("es", "Las piezas del pedal se explican en el capítulo siguiente del manual."),
        ("ru", "Устройство педали велосипеда подробно показано на рис. 12 этого руководства."),
        ("zh", "自行车踏板的各个零件和它们的名称见图 12 中的说明。"),
        ("en", "The force on the pedal follows from Equation 4.2 of the manual."),
        ("fr", "La pose des freins est décrite dans l'Annexe B du manuel du vélo."),
        ("fr", "Pour les vélos anciens, consultez le manuel du fabricant de la chaîne."),
        ("es", "La fuerza en el pedal se obtiene con la Ecuación 4.2 del manual."),
        ("es", "En la tabla a continuación figuran las piezas del pedal de acero."),
        ("ru", "Сведения о многих типах цепей можно найти на сайте завода."),
        ("ru", "После дождя цепь без смазки может вести себя несколько иначе."),
        ("zh", "踏板零件的说明文档可以在制造商的网站上找到。"),
        ("en", "The steps that a new chain needs are discussed in the next section."),
        ("en", "As was seen earlier, a chain is made of links and pins of steel."),
        ("es", "Las piezas de la cadena se explican en la próxima sección del manual."),
        ("fr", "Le montage de la chaîne est décrit dans un autre chapitre du manuel."),
        ("ru", "Как было показано ранее, цепь состоит из звеньев и штифтов."),
        ("zh", "链条的安装步骤和所需的工具将在下一节中详细讨论。"),
        ("ja", "チェーンの取り付けの手順は、次のセクションで詳しく説明する。"),
        ("de", "Die Pflege der Kette wird im nächsten Abschnitt besprochen."),
        ("pl", "Pokazane tu części łańcucha są wykonane z twardej stali."),
        ("pl", "Części łańcucha i jego osłony przedstawia Ilustracja 7.1 podręcznika."),
        ("pl", "Konserwację łańcucha omówiono szczegółowo w następnym rozdziale."),
        ("ja", "自転車のペダルの部品とその名前は、下記の表にまとめて示した。"),
    ],
)
def test_what_points_elsewhere_is_worse(language: str, sentence: str) -> None:
    rank = rank_of(sentence, language)
    assert rank is not None
    assert rank >= USABLE


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The figure shows the rim of a wheel that was built by hand."),
        ("en", "The graph clearly illustrates how the force on the pedal falls."),
        ("en", "As the table makes clear, steel frames last longer than others."),
        ("es", "La figura muestra la llanta de una rueda que se montó a mano."),
        ("es", "El gráfico ilustra cómo la fuerza en el pedal disminuye con el ángulo."),
        ("fr", "La figure montre la jante d'une roue qui a été montée à la main."),
        ("fr", "Sur l'image, la chaîne du vélo passe par les deux pignons arrière."),
        ("ru", "На рисунке показан обод колеса, которое собрано вручную из стали."),
        ("ru", "График показывает, как сила на педали падает с углом поворота."),
        ("zh", "图中显示了手工制作的自行车车轮的轮圈和辐条。"),
        ("ja", "図は手作業で組み立てた自転車の車輪のリムを示している。"),
        ("de", "Die Abbildung zeigt die Felge eines Rades aus der Werkstatt."),
        ("pl", "Rysunek przedstawia obręcz koła, które zbudowano ręcznie w warsztacie."),
    ],
)
def test_what_is_about_a_picture_points_elsewhere(language: str, sentence: str) -> None:
    rank = rank_of(sentence, language)
    assert rank is not None
    assert USABLE <= rank < APART


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The graph of a linear function is a straight line through two points."),
        ("es", "La gráfica de una función lineal es una línea recta del plano."),
        ("fr", "La courbe d'une fonction linéaire est une droite du plan."),
        ("ru", "Графиком линейной функции на плоскости является прямая линия без изломов."),
        ("zh", "地图中的比例尺说明实地距离缩小了多少倍，便于骑车的人计算路程。"),
        ("ja", "地図は地表のようすを一定の割合で縮めて平らな紙に表したものである。"),
        ("de", "Der Graph einer linearen Funktion ist eine Gerade in der Ebene."),
        ("pl", "Wykres funkcji liniowej jest linią prostą przechodzącą przez dwa punkty."),
    ],
)
def test_what_is_said_of_graphs_and_maps_points_nowhere(language: str, sentence: str) -> None:
    assert rank_of(sentence, language) == GOOD


def test_words_of_one_language_point_nowhere_in_another() -> None:
    """ "Anterior" is "preceding" in Spanish, and "front" in English."""
    assert rank_of("The anterior tube of the frame carries the lamp and the bell.", "en") == GOOD
    assert rank_of("El tubo anterior del cuadro lleva la lámpara y el timbre.", "es") == USABLE


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Our legs are able to turn the pedals ninety times a minute."),
        ("en", "A chain needs oil after these rides through rain and mud."),
        ("fr", "Une chaîne bien huilée rend votre vélo plus rapide sur les longues routes."),
        ("es", "Una cadena limpia hace que usted llegue antes a la ciudad."),
        ("en", "A clean chain runs for years on dry and even roads of gravel!"),
        ("es", "Con una cadena limpia tenemos menos trabajo en las rutas de montaña."),
        ("es", "Las ruedas giran mejor cuando el mecánico ajusta este tornillo del eje."),
        ("ru", "После поездки по мокрой дороге её можно смазать каплями масла."),
        ("ru", "Чистая и смазанная цепь помогает вам быстрее доехать до города."),
        ("zh", "干净的链条可以让您更快、更轻松地骑到城里的车站。"),
        ("ja", "きれいなチェーンは、あなたの自転車をもっと速く走らせる。"),
        ("pl", "Jak już wiesz, łańcuch roweru składa się z ogniw i sworzni."),
    ],
)
def test_slight_faults_cost_one(language: str, sentence: str) -> None:
    assert rank_of(sentence, language) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "Cada uno de los extremos del tubo pesa menos de cien gramos de acero.",
        "La barca avanza con los remos por los tramos más tranquilos del río.",
    ],
)
def test_spanish_nouns_are_no_verbs_of_the_first_person(sentence: str) -> None:
    assert rank_of(sentence, "es") == GOOD


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Oil the chain with a few drops after every ride."),
        ("en", "To tighten the chain, push the rear wheel back a little."),
        ("en", "The chain is loose: turn the screw at the end of the frame."),
        ("en", "To show how the chain turns the wheel of a bicycle."),
        ("fr", "Huilez la chaîne avec quelques gouttes après chaque sortie."),
        ("es", "Compruebe la cadena y los frenos antes de cada salida."),
        ("de", "Ölen Sie die Kette nach jeder langen Fahrt im Regen."),
        ("ru", "Смажьте цепь несколькими каплями масла после каждой поездки."),
        ("zh", "请在每次骑行之后给链条加几滴润滑油。"),
        ("es", "Para medir la fuerza, considere la cadena y la rueda trasera."),
        ("es", "Calcule la fuerza que la cadena lleva a la rueda trasera."),
        ("ru", "Просто смажьте цепь несколькими каплями масла после поездки."),
        ("zh", "骑行之后，请说明链条上的润滑油还有多少。"),
        ("ja", "走った後は、チェーンに油を数滴さしてください。"),
    ],
)
def test_orders_are_no_statements(language: str, sentence: str) -> None:
    assert is_order(sentence, language)
    rank = rank_of(sentence, language)
    assert rank is not None
    assert rank >= APART


@pytest.mark.parametrize(
    "sentence",
    [
        "During the ride the chain runs over the teeth.",
        "Turning the pedals moves the chain.",
        "Opposite the bell sits the lamp.",
    ],
)
def test_english_statements_that_begin_like_orders(sentence: str) -> None:
    assert not is_order(sentence, "en")


@pytest.mark.parametrize(
    "sentence",
    [
        "The chain carries the force of the legs",  # breaks off
        "carries the force of the legs to the rear wheel.",  # begins in the middle
        "Does the chain carry the force of the legs?",
        "The parts of the chain are the following:",
        "Chains turn.",
        "The chain (of steel carries the force of the legs.",
        "Simple Apparatus to Illustrate the Movements of the Chain.",
        "The call chain = f(x) carries {force} to the wheel.",
        "Number 12 34 56 78 90 12 34 56 78 90 12 34.",
        "Цепь передаёт силу ног велосипедиста на заднее колесо через 链条.\x00",
    ],
)
def test_what_is_no_sentence(sentence: str) -> None:
    assert rank_of(sentence, "en") is None


def test_text_in_another_script_is_no_sentence_of_the_language() -> None:
    assert rank_of(PLAIN["en"], "ru") is None
    assert rank_of(PLAIN["en"], "zh") is None


@pytest.mark.parametrize(
    ("words", "rank"),
    [(3, None), (4, 1), (7, 1), (8, GOOD), (40, GOOD), (41, 1), (60, 1), (61, None)],
)
def test_a_sentence_has_eight_to_forty_words_and_at_the_worst_four_to_sixty(
    words: int, rank: int | None
) -> None:
    assert rank_of(f"Chains {'slowly ' * (words - 2)}turn.", "en") == rank


@pytest.mark.parametrize(("digits", "rank"), [(14, GOOD), (15, GOOD), (16, None)])
def test_three_fifths_of_a_sentence_are_letters(digits: int, rank: int | None) -> None:
    """24 letters and a full stop; blanks do not count."""
    assert (
        rank_of(f"Chains are of steel and are so 12345 12345 {'1' * (digits - 10)}.", "en") == rank
    )


@pytest.mark.parametrize(("latin", "rank"), [(22, GOOD), (23, GOOD), (24, None)])
def test_half_of_the_letters_are_of_the_language_s_own_script(latin: int, rank: int | None) -> None:
    """23 Cyrillic letters."""
    assert rank_of(f"Цепь и колесо крутит втулку abc abc abc {'a' * (latin - 9)}.", "ru") == rank


@pytest.mark.parametrize(
    ("sentence", "rank"),
    [
        (
            "Anna Bell Carl Dora Emil Fritz Gina rode along roads by day.",
            GOOD,
        ),  # seven of ten long words
        ("Anna Bell Carl Dora Emil Fritz Gina Hans rode along by night.", None),  # eight of eleven
        (
            "Anna Bell Carl Dora Emil Fritz Gina Hans rode along roads by night.",
            GOOD,
        ),  # eight of twelve
        ("Anna and Otto met at the spa by the sea.", GOOD),  # two long words
        ("Anna and Otto met Eric at the spa by sea.", None),  # three
        ("Ann and Bob met Eva and Tom at the spa by sea.", GOOD),  # none
    ],
)
def test_a_title_writes_more_than_seven_of_ten_long_words_with_capitals(
    sentence: str, rank: int | None
) -> None:
    assert rank_of(sentence, "en") == rank


@pytest.mark.parametrize(
    ("language", "sentence", "expected"),
    [
        ("en", "Chains turn near it on the road of the town.", True),  # the fourth word
        ("en", "Chains turn only near it on the road of the town.", False),  # the fifth
        ("zh", "车轮和链条在路它的轴一起在转动。", True),  # the eighth character
        ("zh", "车轮和链条在路上它的轴一起在转动。", False),  # the ninth
    ],
)
def test_only_an_early_word_points_back(language: str, sentence: str, expected: bool) -> None:
    assert leans(sentence, language) is expected


@pytest.mark.parametrize(
    "sentence",
    [
        "H, the hub of the rear wheel with its two cones.",
        "The rim, A, B, and the spokes are of steel.",
    ],
)
def test_letters_of_pictures(sentence: str) -> None:
    rank = rank_of(sentence, "en")
    assert rank is not None
    assert rank >= APART


def test_somebody_else_s_words() -> None:
    assert rank_of('"The chain carries the force of the legs to the wheel."', "en") == USABLE
    assert rank_of("The chain carries the force of the legs to the rear wheel.—R.", "en") == USABLE


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("Fig. 12. The hub and its cones.", True),
        ("Experiment 3. Turn the wheel.", True),
        ("Рис. 4. Втулка.", True),
        ("图 3 车轮", True),
        ("The figure of a rider.", False),
        ("Figures tell less than rides do.", False),
    ],
)
def test_paragraphs_beside_the_text(paragraph: str, expected: bool) -> None:
    assert is_apart(paragraph) is expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "The hub turns. Spokes hold it. Does it last? Yes.",
            ["The hub turns. ", "Spokes hold it. ", "Does it last? ", "Yes."],
        ),
        ("en", "Mr. Smith rides. He is fast.", ["Mr. Smith rides. ", "He is fast."]),
        ("en", "The hub (see Fig. 3) turns.", ["The hub (see Fig. 3) turns."]),
        ("zh", "车轮在转。链条也在转！", ["车轮在转。", "链条也在转！"]),
        ("ja", "車輪が回る。鎖も回る。", ["車輪が回る。", "鎖も回る。"]),
    ],
)
def test_ends(language: str, text: str, expected: list[str]) -> None:
    bounds = [0, *sentence_ends(text, language)]
    assert [text[start:end] for start, end in pairwise(sorted({*bounds, len(text)}))] == expected


@examples
@given(paragraphs())
def test_ends_are_those_of_the_segmenter(text: str) -> None:
    for language in ("en", "fr", "es", "ru"):
        inner = {0, len(text)}
        assert set(sentence_ends(text, language)) | inner == set(sentences(text, language)) | inner


def _document(text: str, *blocks: Block, language: str = "en") -> Document:
    return Document(id="d", text=text, title="d", language=language, blocks=blocks)


def _found(document: Document, *bounds: int) -> Sequence[str]:
    bounds = bounds or (0, len(document.text))
    chunks = [
        Chunk(
            id=f"d:{i}",
            document_id="d",
            topic_id="t",
            start=start,
            end=end,
            text=document.text[start:end],
            tokens=1,
        )
        for i, (start, end) in enumerate(pairwise(bounds))
    ]
    found = sentences_of(chunks, document)
    assert all(document.text[sentence.start : sentence.end] == sentence.text for sentence in found)
    return [sentence.text for sentence in found]


def test_sentences_of_paragraphs_and_items_but_not_of_code_and_tables() -> None:
    parts = (
        "The wheel has a hub of steel.\n\n",
        "x = turn(the_wheel).\n\n",
        "| The | wheel |\n\n",
        "- Oil keeps the chain clean.\n- Rain makes it rust.",
    )
    kinds = ("paragraph", "code", "table", "list")
    blocks, start = [], 0
    for part, kind in zip(parts, kinds, strict=True):
        blocks.append(Block(kind=kind, start=start))  # type: ignore[arg-type]
        start += len(part)
    assert _found(_document("".join(parts), *blocks)) == [
        "The wheel has a hub of steel.", "Oil keeps the chain clean.", "Rain makes it rust.",
    ]  # fmt: skip


def test_a_chunk_that_begins_inside_a_block_has_its_kind() -> None:
    text = "x = 1\nThe wheel has a hub of steel.\n"
    assert _found(_document(text, Block(kind="code", start=0)), 6, len(text)) == []
    assert _found(_document(text, Block(kind="paragraph", start=0)), 6, len(text)) == [
        "The wheel has a hub of steel."
    ]


def test_lines_that_were_broken_on_purpose_are_no_sentence() -> None:
    assert _found(_document("The wheel\nturns and\nturns again.")) == []
    wrapped = "The wheel has a hub of steel, and thirty-six\nspokes hold it."
    assert _found(_document(wrapped)) == [wrapped]


def test_a_long_topic_is_not_read_to_its_end() -> None:
    text = "\n\n".join(f"The wheel number {number} has a hub of steel." for number in range(4000))
    enough = text.index("\n\n", LOOKED_AT * 11 // 10) + 2  # blank lines do not count
    document = _document(text)
    assert _found(document, 0, enough, len(text)) == _found(document, 0, enough)


@pytest.mark.parametrize(("length", "is_wrapped"), [(39, False), (40, True), (41, True)])
def test_a_line_of_forty_characters_was_wrapped_and_a_shorter_one_broken_on_purpose(
    length: int, is_wrapped: bool
) -> None:
    line = "The wheel of a bicycle has a hub of steel"[: length - 1] + "x"
    assert len(line) == length
    text = f"{line}\nand thirty-six spokes of brass."
    assert _found(_document(text)) == ([text] if is_wrapped else [])


@pytest.mark.parametrize(("length", "is_enough"), [(LOOKED_AT - 1, False), (LOOKED_AT, True)])
def test_what_is_looked_at_is_enough_once_it_is_as_long_as_it_may_be(
    length: int, is_enough: bool
) -> None:
    first = "The wheel has a hub of steel. " * (LOOKED_AT // 30 + 1)
    text = first[:length] + "Every chain needs some oil."
    found = _found(_document(text), 0, length, len(text))
    assert ("Every chain needs some oil." in found) == (not is_enough)


def test_no_sentences() -> None:
    assert _found(_document("")) == []
    assert _found(_document("\n \n")) == []


def _ranks(text: str, *blocks: Block, language: str = "en") -> dict[str, int]:
    document = _document(text, *blocks, language=language)
    chunk = Chunk(
        id="d:0", document_id="d", topic_id="t", start=0, end=len(text), text=text, tokens=1
    )
    return {sentence.text: sentence.rank for sentence in sentences_of([chunk], document)}


def test_an_item_goes_on_with_the_sentence_before_the_list() -> None:
    lead = "A chain wears for these reasons:\n\n"
    items = (
        "- Rain washes the oil off the plates of the chain.\n"
        "- Sand grinds the pins of the chain after a ride. Mud does the same to its small plates."
    )
    blocks = (Block(kind="paragraph", start=0), Block(kind="list", start=len(lead)))
    assert _ranks(lead + items, *blocks) == {
        "Rain washes the oil off the plates of the chain.": USABLE,
        "Sand grinds the pins of the chain after a ride.": GOOD,
        "Mud does the same to its small plates.": _ranks("Mud does the same to its small plates.")[
            "Mud does the same to its small plates."
        ],
    }


def test_a_paragraph_that_ends_with_a_question_is_a_problem() -> None:
    given = "The mass of the rider and the bicycle together is ninety kilograms."
    assert _ranks(f"{given} How fast does it stop?") == {given: APART}
    assert _ranks(f"How fast does it stop? {given}") == {given: GOOD}


@pytest.mark.parametrize(
    "lines", ["**Strategy** **Solution** **Significance**", "Strategy Solution:"]
)
def test_a_worked_example_holds_for_one_case_only(lines: str) -> None:
    opening, solution, *closing = lines.split()
    paragraphs = [
        "The hub of steel turns on two bearings of balls.",
        "The wheel of a rider turns four times in two seconds.",
        opening,
        "The rate is the number of turns divided by the time.",
        solution,
        "The wheel turns two times in every second of the ride.",
        *(f"{line}\n\nThe rate fits a slow ride on a level road." for line in closing),
        "The rim of the wheel carries the tyre and the tube.",
    ]
    assert list(_ranks("\n\n".join(paragraphs))) == [paragraphs[0], paragraphs[-1]]


@pytest.mark.parametrize(
    "problem",
    [
        ["**Turns of a wheel**", "The wheel of a rider turns four times.", "What is its rate?"],
        ["The wheel of a rider turns four times in two seconds.", "(a) Is it slow?", "(b) Is it?"],
    ],
)
def test_a_problem_of_several_paragraphs_holds_for_one_case_only(problem: list[str]) -> None:
    before = "The hub of steel turns on two bearings of balls."
    after = "The rim of the wheel carries the tyre and the tube."
    solution = ["**Strategy**", "The rate is the number of turns divided by the time."]
    paragraphs = [before, *problem, *solution, after]
    assert list(_ranks("\n\n".join(paragraphs))) == [before, after]


def test_a_solution_alone_has_one_paragraph() -> None:
    text = (
        "The hub of steel turns on two bearings of balls.\n\nSolution\n\n"
        "The wheel turns two times in every second of the ride.\n\n"
        "The rim of the wheel carries the tyre and the tube."
    )
    assert list(_ranks(text)) == [
        "The hub of steel turns on two bearings of balls.",
        "The rim of the wheel carries the tyre and the tube.",
    ]
