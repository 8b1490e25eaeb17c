"""Each reason to leave out what a model wrote."""

from __future__ import annotations

import pytest

from structtuning_plugin.hookspecs import StudyReply
from structtuning_plugin.questions.study.forms import Item
from structtuning_plugin.questions.study.replies import StudyRequest
from structtuning_plugin.questions.study.screening import find_fault
from tests.questions.study.building import nothing

PASSAGE = (
    "The pads of a rim brake press on the rim from both sides. Heat is carried off by the air. "
    "Wet rims brake later than dry ones, because water must be wiped off first."
)
INSTRUCTION = "Say the same anew, completely: in other words, in other sentences and another order."
REQUEST = StudyRequest(
    reply="text", messages=(), schema={}, passages=(PASSAGE,), instruction=INSTRUCTION
)
NEW = (
    "Water on a rim has to be wiped away before the pads grip, which is why a bicycle stops later "
    "in the rain. On dry days the two pads hold the rim at once and the air cools it."
)


def reason(text: str, reply: StudyReply = "text", question: str = "", language: str = "en") -> str:
    item = Item(text=text, question=question)
    return find_fault(item, reply, REQUEST, language, nothing).reason


def test_what_is_good_stays() -> None:
    assert reason(NEW) == ""
    assert reason("A wet rim brakes later than a dry one.", "facts") == ""
    assert reason("Water.", "questions", "What must pads wipe off a wet rim?") == ""
    assert reason("12", "questions", "How many speeds has the hub?") == ""


@pytest.mark.parametrize(
    ("text", "reply", "question", "expected"),
    [
        ("Brakes stop wheels.", "text", "", "too_short"),
        ("A rim.", "facts", "", "too_short"),
        ("...", "questions", "What is a rim made of?", "too_short"),
        ("Steel.", "questions", "What?", "too_short"),
        ("I'm sorry, but I can't write about this. " + NEW, "text", "", "refusal"),
        ("As an AI, I have no rims. " + NEW, "text", "", "refusal"),
        ("I cannot say.", "questions", "What is a rim made of?", "refusal"),
        (NEW + " " + INSTRUCTION, "text", "", "copied_prompt"),
        (PASSAGE, "text", "", "copied_passage"),
        (PASSAGE.upper().replace(".", ";"), "text", "", "copied_passage"),
        ("According to the passage, rims get hot.", "facts", "", "names_passage"),
        ("Hot.", "questions", "How are rims in the text described?", "names_passage"),
    ],
)
def test_reasons(text: str, reply: StudyReply, question: str, expected: str) -> None:
    assert reason(text, reply, question) == expected


def test_a_sentence_of_the_passage_is_a_fact() -> None:
    assert reason("Wet rims brake later than dry ones.", "facts") == ""


def test_the_nasal_passage_is_no_passage() -> None:
    assert reason("Air is warmed in the nose, the passage to the throat.", "facts") == ""


GERMAN = (
    "Das Wasser auf der Felge muss erst abgewischt werden, bevor die Bremse greift, und deshalb "
    "hält das Fahrrad bei Regen später an als bei trockenem Wetter auf der Straße."
)
RUSSIAN = (
    "Мокрый обод тормозит позже сухого, потому что воду сначала нужно стереть колодками, и на это "
    "уходит время, пока колесо продолжает вращаться."
)
CHINESE = (
    "湿的轮圈比干的轮圈制动得晚，因为刹车块必须先把水擦掉，然后才能夹紧轮圈，"
    "所以雨天骑车要提前刹车，并且与前车保持更大的距离。"
)
JAPANESE = (
    "濡れたリムは乾いたリムよりも遅れて制動します。ブレーキシューがまず水を"
    "拭き取らなければならないからです。雨の日は早めにブレーキをかけます。"
)
SPANISH = (
    "La llanta mojada frena más tarde que la seca, porque primero hay que quitar el agua, y por eso "
    "en los días de lluvia conviene frenar antes y con más cuidado que de costumbre."
)
FRENCH = (
    "La jante mouillée freine plus tard que la jante sèche, parce qu’il faut d’abord essuyer l’eau, "
    "et c’est pourquoi il convient de freiner plus tôt les jours de pluie."
)
TEXTS = {
    "en": NEW,
    "es": SPANISH,
    "fr": FRENCH,
    "ja": JAPANESE,
    "ru": RUSSIAN,
    "zh": CHINESE,
}


@pytest.mark.parametrize("corpus", TEXTS)
@pytest.mark.parametrize("written", TEXTS)
def test_the_reply_must_be_in_the_language_of_the_corpus(corpus: str, written: str) -> None:
    expected = "" if corpus == written else "wrong_language"
    assert reason(TEXTS[written], language=corpus) == expected


def test_another_language_of_the_same_script() -> None:
    assert reason(GERMAN) == "wrong_language"
    assert reason(GERMAN, language="de") == ""


def test_short_texts_are_judged_by_their_script_alone() -> None:
    assert reason("轮圈", "questions", "轮圈夹在什么之间？", language="en") == "wrong_language"
    assert reason("The wet rim brakes late.", "facts", language="zh") == "wrong_language"
    assert reason("La llanta frena más tarde.", "facts", language="en") == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Lo siento, no puedo ayudar con eso. " + SPANISH),
        ("fr", "Je suis désolé, je ne peux pas. " + FRENCH),
        ("ja", "申し訳ありませんが、お答えできません。" + JAPANESE),
        ("ru", "Извините, я не могу этого сделать. " + RUSSIAN),
        ("zh", "抱歉，我无法回答这个问题。" + CHINESE),
        ("zh", "I'm sorry, I cannot. " + CHINESE),
    ],
)
def test_refusals_in_other_languages(language: str, text: str) -> None:
    assert reason(text, language=language) == "refusal"


def test_what_overlaps_a_held_out_question_is_named() -> None:
    def is_held_out(text: str, language: str) -> str:
        assert (text, language) == ("What is a rim made of?\nSteel.", "en")
        return "overlaps exam.jsonl#1"

    item = Item(text="Steel.", question="What is a rim made of?")
    fault = find_fault(item, "questions", REQUEST, "en", is_held_out)
    assert fault == ("holdout", "overlaps exam.jsonl#1")
