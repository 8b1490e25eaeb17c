"""Held-out questions are found in every disguise, and questions that only sound alike are kept."""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structtuning_plugin.core.types import Dropped, Message, QAPair
from structtuning_plugin.questions.exclusion import Decontaminator, Overlap


def pair(
    question: str,
    *options: str,
    answers: tuple[str, ...] = (),
    name: str = "held#1",
    turns: tuple[Message, ...] = (),
) -> QAPair:
    return QAPair(
        id=name,
        format="plain",
        question=question,
        answers=answers or options[:1] or ("42",),
        language="en",
        options=tuple(zip(string.ascii_uppercase, options, strict=False)),
        turns=turns,
    )


def user(*contents: str) -> tuple[Message, ...]:
    """A conversation: the user's and the assistant's turns in turn."""
    return tuple(
        Message(role="assistant" if index % 2 else "user", content=text)
        for index, text in enumerate(contents)
    )


BEACON = "Which lighthouse keeper of Norderney invented the rotating copper lamp for foggy winter nights?"
LAMP = "Quel gardien du phare de l’île d'Ouessant a inventé la lampe tournante en cuivre pour les nuits brumeuses ?"
TORRE = "¿Qué guardián del faro de Cádiz inventó la lámpara giratoria de cobre para las noches de niebla?"
MAYAK = (
    "Какой смотритель маяка на Валааме изобрёл вращающуюся медную лампу для туманных зимних ночей?"
)
DENGTA = "舟山岛上哪位灯塔看守人发明了冬季大雾之夜使用的旋转铜灯？"
TODAI = "佐渡島の灯台守で、霧の深い冬の夜に使う回転式の銅製ランプを発明したのは誰か。"
ALL = {"en": BEACON, "fr": LAMP, "es": TORRE, "ru": MAYAK, "zh": DENGTA, "ja": TODAI}


def wide(text: str) -> str:
    return "".join(
        chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text
    )


def bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(character for character in apart if not "\u0300" <= character <= "\u036f")


def swapped(text: str) -> str:
    """The later half first."""
    words = text.split()
    if len(words) > 1:
        return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])
    return text[len(text) // 2 :] + text[: len(text) // 2]


DISGUISES: dict[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "capitals": str.upper,
    "full width": wide,
    "taken apart": lambda text: unicodedata.normalize("NFD", text),
    "no accents": bare,
    "zero width": "\u200b".join,
    "soft hyphens": lambda text: re.sub(r"(\w)(\w)", "\\1\u00ad\\2", text),
    "no marks": lambda text: re.sub(r"[^\w\s]", "", text),
    "blanks for marks": lambda text: re.sub(r"[^\w\s]", " ", text),
    "other marks": lambda text: re.sub(r"[^\w\s]", " — ", text) + "!!",
    "blanks": lambda text: " \n ".join(text.split()),
    "swapped": swapped,
    "sorted": lambda text: " ".join(sorted(text.split())),
    "after an instruction": lambda text: f"You are an expert. Think step by step.\n\n{text}",
    "behind a word": lambda text: f"Question: {text}",
    "before an instruction": lambda text: f"{text}\nAnswer in one sentence.",
    "answered": lambda text: f"{text}\nJens Petersen",
    "with options": lambda text: f"{text}\nA. Jens Petersen\nB. Ole Hansen\nC. Nobody",
    "with options in line": lambda text: f"{text} (1) Ole Hansen (2) Nobody (3) Jens Petersen",
    "lookalikes": lambda text: text.replace("a", "а").replace("o", "о"),
}


@pytest.mark.parametrize("language", sorted(ALL))
@pytest.mark.parametrize("disguise", sorted(DISGUISES))
def test_every_disguise_is_seen_through(language: str, disguise: str) -> None:
    text = DISGUISES[disguise](ALL[language])
    found = Decontaminator([pair(ALL[language])]).overlap(text, language)
    assert found is not None
    assert (found.holdout_id, found.score) == ("held#1", 1.0)


def test_what_an_overlap_says() -> None:
    one = Decontaminator([pair(BEACON)])
    assert one.overlap(BEACON.upper()) == Overlap(holdout_id="held#1", how="same", score=1.0)
    assert one.overlap(swapped(BEACON)) == Overlap(holdout_id="held#1", how="bag", score=1.0)


# Held out, and what is asked elsewhere; all are other questions.
DIFFERENT = [
    ("What is (are) Scarlet Fever ?", "What is (are) Yellow Fever ?"),
    ("What is (are) Scarlet Fever ?", "What are the treatments for Scarlet Fever ?"),
    ("What is diabetes?", "What is diabetes insipidus?"),
    ("What is the capital of Peru?", "What is the capital of Chile?"),
    (
        "What is (are) Childhood Central Nervous System Embryonal Tumors ?",
        "What are the treatments for Childhood Central Nervous System Embryonal Tumors ?",
    ),
    (BEACON, "Which of the following inventions made the nights safer for ships?"),
    ("男，35岁。发热三天，咳嗽伴胸痛。最可能的诊断是", "男，35岁。腹泻三天，呕吐伴腹痛。最可能的诊断是"),
    ("糖尿病的诊断标准", "妊娠期糖尿病的诊断标准"),
    ("治疗癫痫大发作的首选药是", "治疗癫痫小发作的首选药是"),
    ("片頭痛で正しいのはどれか。2つ選べ。", "緊張型頭痛で正しいのはどれか。2つ選べ。"),
    (
        "Parmi les propositions suivantes concernant la toxoplasmose, laquelle (lesquelles) est (sont) exacte(s) ?",
        "Parmi les propositions suivantes concernant la rougeole, laquelle (lesquelles) est (sont) exacte(s) ?",
    ),
    ("¿Cuál de estas afirmaciones sobre el hígado es correcta?", "¿Cuál de estas afirmaciones sobre el bazo es correcta?"),
    ("Может ли аспирин вызвать язву желудка?", "Может ли алкоголь вызвать язву желудка?"),
    # The same fact in other words, as a generated exercise asks for it.
    (
        "Which hormone is secreted by the beta cells of the pancreas?",
        "____ is the hormone that the pancreas releases when blood sugar rises.",
    ),
    ("Which hormone is secreted by the beta cells of the pancreas?", "Define insulin."),
]  # fmt: skip


@pytest.mark.parametrize(("held", "asked"), DIFFERENT)
def test_questions_that_sound_alike_are_kept(held: str, asked: str) -> None:
    assert Decontaminator([pair(held)]).overlap(asked) is None
    assert Decontaminator([pair(asked)]).overlap(held) is None


FORMULAS = [
    "Which of the following statements is true?",
    "下列说法正确的是",
    "正しいのはどれか。",
    "Parmi les propositions suivantes, laquelle (lesquelles) est (sont) exacte(s) ?",
    "¿Cuál de las siguientes afirmaciones es correcta?",
    "Какое из следующих утверждений верно?",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_compared_with_its_options(formula: str) -> None:
    held = pair(formula, "Bones store calcium.", "Skin makes bile.", "Lungs filter urine.")
    one = Decontaminator([held])
    same = pair(
        formula, "Lungs filter urine.", "Bones store calcium.", "Skin makes bile.", name="same"
    )
    other = pair(formula, "Fish breathe water.", "Dogs lay eggs.", "Snakes have fur.", name="other")
    kept, dropped = one.split([same, other, pair(formula, name="free")])
    assert [record.id for record in kept] == ["other", "free"]
    assert [record.id for record in dropped] == ["same"]
    assert one.overlap(formula) is None
    assert one.overlap(
        f"{formula}\nA. Lungs filter urine.\nB. Skin makes bile.\nC. Bones store calcium."
    )
    assert one.overlap(f"{formula}\nA. Fish breathe water.\nB. Dogs lay eggs.") is None
    assert one.overlap(f"{formula}\nBones store calcium.")


def test_a_formula_without_options_is_compared_with_its_answer() -> None:
    one = Decontaminator([pair("Which is true?", answers=("Bones store calcium.",))])
    kept, dropped = one.split(
        [
            pair("Which is TRUE?", answers=("Fish breathe water.",), name="other"),
            pair("which is true", answers=("bones store calcium",), name="same"),
        ]
    )
    assert [record.id for record in kept] == ["other"]
    assert [record.id for record in dropped] == ["same"]


def test_short_questions_with_other_options_are_others() -> None:
    one = Decontaminator([pair("Las LDL:", "Transportan colesterol.", "Son glúcidos.")])
    kept, _ = one.split(
        [pair("Las LDL:", "Contienen ApoB-100.", "Carecen de lípidos.", name="other")]
    )
    assert [record.id for record in kept] == ["other"]
    assert (
        one.split([pair("LAS LDL", "Son glúcidos", "transportan colesterol", name="same")])[0] == []
    )
    assert one.overlap("Las LDL:") is not None


def test_a_letter_of_the_question_is_no_option() -> None:
    one = Decontaminator(
        [pair("Vaccination against hepatitis B:", "Is compulsory.", "Is forbidden.")]
    )
    assert (
        one.overlap("Vaccination against hepatitis B:\nB. Is forbidden.\nA. Is compulsory.")
        is not None
    )
    assert (
        one.overlap("Vaccination against hepatitis B:\nA. Is forbidden.\nB. Is compulsory.")
        is not None
    )


def test_options_in_the_held_out_text_may_be_missing() -> None:
    one = Decontaminator([pair(f"{BEACON}\nA. Jens Petersen\nB. Ole Hansen")])
    assert one.overlap(BEACON) is not None
    assert one.overlap(f"{BEACON}\n(a) Ole Hansen\n(b) Jens Petersen") is not None


def test_question_and_options_shuffled_together() -> None:
    one = Decontaminator(
        [
            pair(
                "Which organ stores bile?",
                "The gallbladder near the liver",
                "The spleen beneath the ribs",
            )
        ]
    )
    assert (
        one.overlap(
            "spleen bile the which gallbladder near ribs The organ The beneath the stores liver"
        )
        is not None
    )


def test_a_shared_case_history_counts_whatever_is_asked() -> None:
    history = (
        "A 58-year-old carpenter from Bergen was brought to hospital after collapsing beside his workbench with crushing chest "
        "pain radiating to his jaw, cold sweat and a pulse of 44 beats per minute."
    )
    found = Decontaminator([pair(f"{history} Which coronary artery is blocked?")]).overlap(
        f"{history} Which drug comes first?"
    )
    assert found is not None
    assert found.how == "ngram"
    assert 0.5 <= found.score < 1


def test_an_instruction_of_all_held_out_questions_need_not_be_there() -> None:
    subjects = ["copper", "granite", "amber", "basalt", "nickel", "marble", "cobalt", "jade"]
    questions = [
        f"Who brought {subject} across seven stormy northern rivers?" for subject in subjects
    ]
    held = [
        pair(f"Reply like a learned miner would.\n{question}", name=question)
        for question in questions
    ]
    one = Decontaminator(held)
    assert [
        found.holdout_id for question in questions if (found := one.overlap(question))
    ] == questions
    assert (
        one.overlap("Reply like a learned miner would.\nWhere do whales sleep in summer?") is None
    )


@pytest.mark.parametrize("place", [0, 2, 4])
def test_every_user_turn_is_looked_at(place: int) -> None:
    contents = ["What floats?", "Wood.", "What sinks?", "Iron.", "What flies?", "Feathers."]
    contents[place] = BEACON
    one = Decontaminator([pair(BEACON)])
    kept, dropped = one.split([pair("What flies?", name="talk", turns=user(*contents))])
    assert kept == []
    assert dropped == [
        Dropped(stage="ssft", id="talk", reason="holdout", detail="overlaps held#1 (same, 1.00)")
    ]


def test_what_the_system_or_the_assistant_says_is_no_question() -> None:
    turns = (Message(role="system", content=BEACON), *user("What floats?", BEACON))
    talk = pair("What floats?", name="talk", turns=turns)
    assert Decontaminator([pair(BEACON)]).split([talk]) == ([talk], [])


def test_every_user_turn_of_a_held_out_conversation_counts() -> None:
    one = Decontaminator(
        [pair("And why?", turns=user(BEACON, "Jens.", MAYAK, "Ivan.", "And why?", "The fog."))]
    )
    assert one.overlap(BEACON) is not None
    assert one.overlap(MAYAK) is not None
    other = pair(
        "And why?", name="talk", turns=user("What floats?", "Wood.", "And why?", "It is light.")
    )
    assert one.split([other]) == ([other], [])


def test_the_passage_and_the_topic_are_no_question() -> None:
    record = QAPair(
        id="c",
        format="longbench",
        question="What floats?",
        answers=("Wood",),
        language="en",
        context=BEACON,
    )
    assert Decontaminator([pair(BEACON)]).split([record]) == ([record], [])


@pytest.mark.parametrize("text", ["", " \n", "???", "😀", "\u200b"])
def test_nothing_asked_overlaps_nothing(text: str) -> None:
    assert Decontaminator([pair(BEACON), pair(text, answers=("",))]).overlap(text) is None
    assert Decontaminator([]).overlap(text) is None


def test_order_is_kept_and_nothing_is_lost() -> None:
    records = [
        pair(text, name=str(index))
        for index, text in enumerate(["What floats?", BEACON, "What sinks?", MAYAK])
    ]
    kept, dropped = Decontaminator([pair(BEACON), pair(MAYAK)]).split(records)
    assert [record.id for record in kept] == ["0", "2"]
    assert [record.id for record in dropped] == ["1", "3"]


# Six to twelve invented words, none of them a formula's: the content is that of as many words.
WORDS = [
    "".join((a, b, c, d))
    for a in "bdgz"
    for b in ("ax", "ok", "um")
    for c in ("vel", "nor", "tig")
    for d in ("ak", "ub")
]
INVENTED = st.lists(st.sampled_from(WORDS), min_size=6, max_size=12, unique=True)
KANJI = st.lists(
    st.sampled_from("鉄銅銀鉛錫竜鶴亀鷹鯨榎楠檜蘭菫霧霜雹嵐虹"),
    min_size=14,
    max_size=20,
    unique=True,
)


@settings(max_examples=150, deadline=None)
@given(INVENTED, st.data())
def test_any_order_marks_case_and_width_are_seen_through(
    words: list[str], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(words))
    marks = data.draw(
        st.lists(
            st.sampled_from(["", ",", ";", "!", " -", "…", ")", "、"]),
            min_size=len(words),
            max_size=len(words),
        )
    )
    shape = data.draw(st.sampled_from([str.upper, str.title, wide, str.lower]))
    text = " ".join(shape(word) + mark for word, mark in zip(shuffled, marks, strict=True))
    assert Decontaminator([pair(" ".join(words) + "?")]).overlap(text) is not None


@settings(max_examples=100, deadline=None)
@given(KANJI, st.data())
def test_any_order_of_characters_is_seen_through(
    characters: list[str], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(characters))
    joint = data.draw(st.sampled_from(["", " ", "，", "\u200b"]))
    assert (
        Decontaminator([pair("".join(characters) + "？")]).overlap(joint.join(shuffled)) is not None
    )


@settings(max_examples=150, deadline=None)
@given(st.sets(st.sampled_from(WORDS), min_size=2, max_size=30), st.data())
def test_other_words_are_never_an_overlap(words: set[str], data: st.DataObject) -> None:
    chosen = sorted(words)
    middle = data.draw(st.integers(1, len(chosen) - 1))
    held, asked = " ".join(chosen[:middle]), " ".join(chosen[middle:])
    assert Decontaminator([pair(f"What is {held}?")]).overlap(f"What is {asked}?") is None


@settings(max_examples=60, deadline=None)
@given(st.lists(INVENTED, min_size=1, max_size=5), INVENTED)
def test_what_else_is_asked_changes_nothing(others: list[list[str]], words: list[str]) -> None:
    one = Decontaminator(
        [pair(BEACON), *(pair(" ".join(other), name=str(i)) for i, other in enumerate(others))]
    )
    records = [pair(" ".join(text), name=str(i)) for i, text in enumerate([words, *others])]
    together, alone = one.split(records), [one.split([record]) for record in records]
    assert together == (
        [r for kept, _ in alone for r in kept],
        [d for _, gone in alone for d in gone],
    )


# --- where each rule begins and ends; every invented word is one of content

CONTENT = (
    "zorbak",
    "velnik",
    "durmot",
    "pelgus",
    "tifrab",
    "hosmek",
    "lunvid",
    "cagrop",
    "bexil",
    "wuntra",
    "jasmok",
    "nirveg",
)
OTHERS = tuple(f"x{a}{b}" for a in "aeiou" for b in "bdfgk")


def overlaps(held: str, asked: str) -> Overlap | None:
    return Decontaminator([pair(held)]).overlap(asked)


def spoken(*words: str) -> str:
    return " ".join(words) + "."


@pytest.mark.parametrize(
    ("shared", "same"), [(10, True), (6, True), (5, True), (4, False), (0, False)]
)
def test_options_are_the_same_if_they_share_half_of_their_words(shared: int, same: bool) -> None:
    """Five of ten words are half; four are not."""
    mine = [f"m{letter}k" for letter in "abcdefghij"]
    theirs = [*mine[:shared], *OTHERS[: 10 - shared]]
    held = pair("Las LDL:", " ".join(mine[:5]), " ".join(mine[5:]))
    asked = pair("Las LDL:", " ".join(theirs[:5]), " ".join(theirs[5:]), name="asked")
    kept, dropped = Decontaminator([held]).split([asked])
    assert ([record.id for record in kept], [record.id for record in dropped]) == (
        ([], ["asked"]) if same else (["asked"], [])
    )


def test_a_word_right_before_the_stretch_is_no_part_of_it() -> None:
    """Eight words must stand together: the first one, far from the others, does not count."""
    first, *rest = CONTENT[:8]
    assert overlaps(spoken(first, *rest), spoken(first, *OTHERS[:6], *rest)) is None
    assert overlaps(spoken(first, *rest), spoken(*OTHERS[:6], first, *rest)) is not None
    for gap in range(1, 4):
        assert overlaps(spoken(first, *rest), spoken(first, *OTHERS[:gap], *rest)) is None


def test_a_stretch_has_no_other_word_in_it_and_may_begin_with_a_stutter() -> None:
    words = CONTENT[:8]
    assert overlaps(spoken(*words), spoken(*words[:4], OTHERS[0], *words[4:])) is None
    assert overlaps(spoken(*words), spoken(words[0], *words)) is not None


def test_a_word_that_is_said_twice_stands_for_no_other_one() -> None:
    words = CONTENT[:8]
    assert overlaps(spoken(*words), spoken(words[0], *words[:7], *OTHERS[:12], words[7])) is None


@pytest.mark.parametrize(("between", "found"), [(0, 1.0), (6, 1.0), (7, 0.95), (8, None)])
def test_a_long_question_may_have_a_fifth_and_two_words_between_and_one_in_twenty_missing(
    between: int, found: float | None
) -> None:
    words = [f"{one}{two}" for one in CONTENT[:10] for two in ("a", "u")]
    given_ = overlaps(spoken(*words), spoken(*words[:10], *OTHERS[:between], *words[10:]))
    assert (given_.score if given_ else None) == (found if found is None else pytest.approx(found))


@pytest.mark.parametrize(
    ("held", "is_found"),
    [
        ("zorbak velnik", False),  # two words of content
        ("zorbak velnik durmot", True),  # three
        ("is the zorbak velnik", False),  # two, and four words
        ("what is the zorbak velnik", True),  # two, and five words
    ],
)
def test_a_short_question_is_known_by_its_end_from_three_words_of_content_or_five_words_on(
    held: str, is_found: bool
) -> None:
    assert (overlaps(f"{held}?", f"pelgus {held}?") is not None) == is_found
    assert overlaps(f"{held}?", f"pelgus: {held}?") is not None


@pytest.mark.parametrize(("size", "is_found"), [(5, False), (6, True)])
def test_a_question_of_six_words_of_content_is_known_in_the_middle_of_a_sentence(
    size: int, is_found: bool
) -> None:
    words = CONTENT[:size]
    assert (
        overlaps(spoken(*words), spoken(OTHERS[0], *reversed(words), OTHERS[1])) is not None
    ) == is_found
    assert overlaps(spoken(*words), f"{OTHERS[0]}; {spoken(*reversed(words))}") is not None


@pytest.mark.parametrize(("size", "is_found"), [(11, False), (12, True)])
def test_a_question_of_twelve_words_of_content_may_have_others_between(
    size: int, is_found: bool
) -> None:
    words = CONTENT[:size]
    assert (
        overlaps(spoken(*words), spoken(*words[:5], OTHERS[0], *words[5:])) is not None
    ) == is_found


@pytest.mark.parametrize(
    ("run", "size", "is_found"), [(13, 26, True), (13, 27, False), (12, 24, False), (14, 27, True)]
)
def test_a_shared_passage_has_thirteen_words_and_is_half_of_the_question(
    run: int, size: int, is_found: bool
) -> None:
    words = [f"{one}{two}" for one in CONTENT for two in ("a", "u", "i")][:size]
    found = overlaps(spoken(*words), spoken(*OTHERS[:9], *words[:run], *OTHERS[9:]))
    assert (found is not None) == is_found
    if found is not None:
        assert (found.how, found.score) == ("ngram", pytest.approx(run / size))


@pytest.mark.parametrize(("number", "is_found"), [(5, False), (6, True)])
def test_a_sentence_of_more_than_five_questions_is_an_instruction(
    number: int, is_found: bool
) -> None:
    subjects = ("copper", "granite", "amber", "basalt", "nickel", "marble")[:number]
    questions = [
        f"Who brought {subject} across seven stormy northern rivers?" for subject in subjects
    ]
    one = Decontaminator(
        [pair(f"Reply like a learned miner would.\n{text}", name=text) for text in questions]
    )
    assert [one.overlap(text) is not None for text in questions] == [is_found] * number


def read_questions(path: Path) -> Iterator[QAPair]:
    """The records of a real file, as far as they matter here."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        record: dict[str, Any] = json.loads(line)
        text = record.get("question") or record.get("input", "")
        if "instruction" in record:
            text = f"{record['instruction']}\n\n{record['input']}".strip()
        answers = record.get("answer", record.get("answers", record.get("output")))
        yield pair(
            text,
            *record.get("options", {}).values(),
            answers=tuple(answers) if isinstance(answers, list) else (str(answers),),
            name=f"{path.stem}#{number}",
        )


def letters(text: str) -> str:
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", text)).casefold()


def is_the_same(one: QAPair, other: QAPair) -> bool:
    """The same question, or the same case history.

    100 characters alike at the beginning, in the exams that have such.
    """
    first, second = letters(one.question), letters(other.question)
    return first == second or (len(first) > 150 and first[:100] == second[:100])


# Repeated questions and shared histories in one half of each file that stand in the other half, all
# looked at.
REAL = {
    "alpaca/medquad": (686, 20, 80),
    "alpaca/self_instruct_seed_tasks": (175, 0, 0),
    "longbench_shape/pubmedqa_short_context": (200, 0, 0),
    "longbench_shape/rumeddanet_short_context": (200, 0, 0),
    "mmedbench_shape/en_pubmedqa": (400, 0, 0),
    "mmedbench_shape/es_headqa": (500, 0, 1),
    "mmedbench_shape/fr_frenchmedmcqa": (500, 0, 1),
    "mmedbench_shape/ja_igakuqa119_AtoD": (186, 0, 20),
    "mmedbench_shape/ru_rumeddanet": (400, 0, 0),
    "mmedbench_shape/zh_cmexam": (500, 0, 0),
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_questions_are_kept_unless_they_are_repeated(shared_data: Path, name: str) -> None:
    records = list(read_questions(shared_data / "qa" / f"{name}.jsonl"))
    size, least, most = REAL[name]
    assert len(records) == size
    held, asked = records[::2], records[1::2]
    kept, dropped = Decontaminator(held).split(asked)
    by_id = {record.id: record for record in records}
    assert len(kept) + len(dropped) == len(asked)
    assert least <= len(dropped) <= most
    for gone in dropped:
        match = re.match(r"overlaps (\S+) \((same|bag|ngram), [01]\.\d\d\)$", gone.detail)
        assert match is not None
        assert is_the_same(by_id[gone.id], by_id[match[1]]), gone


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_questions_are_found_in_every_disguise(shared_data: Path, name: str) -> None:
    records = list(read_questions(shared_data / "qa" / f"{name}.jsonl"))[::2]
    one = Decontaminator(records)
    wording = [record for record in records[:60] if letters(record.question) not in FORMULA_ONLY]
    missed = [
        (record.id, disguise)
        for record in wording
        for disguise, change in DISGUISES.items()
        if not disguise.startswith("with options") and one.overlap(change(record.question)) is None
    ]
    assert missed == []
    assert len(wording) * len(DISGUISES) > 1000


# A formula without options is in no disguise to be told.
FORMULA_ONLY = {
    letters("Parmi les propositions suivantes, cocher la (les) réponse(s) vraie(s) :"),
    letters("Parmi ces propositions, laquelle est fausse ?"),
}


def test_a_training_question_is_not_found_between_two_held_out_ones() -> None:
    texts = [f"{one} {two}" for one, two in pairwise(WORDS)]
    one = Decontaminator([pair(text, name=text) for text in texts[::2]])
    assert [text for text in texts[1::2] if one.overlap(text)] == []
