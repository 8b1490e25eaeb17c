from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import BlockKind
from structtuning_plugin.corpus.chunking import JOINTS, Joints, sentences
from tests.strategies import examples, paragraphs

LANGUAGES = (
    "en",
    "zh",
    "ja",
    "ru",
    "fr",
    "es",
    "de",
    "pl",
    "it",
    "ar",
    "fa",
    "hi",
    "ur",
    "el",
    "ko",
    "th",
    "xx",
    "",
)

# What breaks parsers of sentences: marks, brackets, abbreviations, numbers, regular expressions,
# pysbd's own signs.
ODD = st.lists(
    st.one_of(
        st.sampled_from(
            (
                "Dr. ",
                "e.g. ",
                "p. ex. ",
                "т. е. ",
                "U.S. ",
                "a.m. ",
                "1. ",
                "(a) ",
                "ii. ",
                ". . . ",
                "?! ",
                "J. R. ",
                "No. 5",
                "[1]",
            )
        ),
        st.sampled_from(
            (
                "\\1",
                "\\g<0>",
                "(?P<",
                "[",
                "(",
                ")",
                "*",
                "+",
                "{",
                "$",
                "^",
                "|",
                "\\",
                "'",
                '"',
                "“",
                "”",
                "«",
                "»",
            )
        ),
        st.sampled_from(
            (
                "∯",
                "ȸ",
                "ȹ",
                "☝",
                "☏",
                "♨",
                "☄",
                "ƪ",
                "♟",
                "♝",
                "☇",
                "♬",
                "♭",
                "&ᓰ&",
                "&ᓱ&",
                "&ᓳ&",
                "&⎋&",
            )
        ),
        st.sampled_from(
            (
                " ",
                "\n",
                "\n\n",
                "\t",
                "\u3000",
                "。",
                "！」",
                "、",
                "．",
                "؟",
                "।",
                "\u0301",
                "\u200d",
                "\u200f",
                "-",
                "…",
            )
        ),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


def pieces(joints: Joints, text: str, language: str = "en") -> list[str]:
    ends = [end for end in joints(text, language) if end < len(text)]
    return [text[start:end] for start, end in itertools.pairwise([0, *ends, len(text)])]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Dr. Smith uses it, e.g. for cells. ",
                "He came at 5 p.m. yesterday. ",
                "See Fig. 2, i.e. the last one. ",
                "“Is it 3.5 mg?” ",
                "The U.S. law applies! ",
                "(It does.) ",
                "End",
            ],
        ),
        (
            "fr",
            [
                "Les fruits, p. ex. les pommes, sont sains. ",
                "L'État paie. ",
                "Éric dort, c.-à-d. rêve. ",
                "Ça va ? ",
                "Où est M. Dupont ?",
            ],
        ),
        (
            "es",
            [
                "El Dr. Pérez llegó. ",
                "¿Por qué? ",
                "¡Claro! ",
                "Él dijo, p. ej., que sí. ",
                "Ésta es otra, etc. y más. ",
                "Fin.",
            ],
        ),
        (
            "ru",
            [
                "Клетки, т. е. единицы жизни, делятся. ",
                "Они растут, и т. д. до конца. ",
                "Это видно, напр. в лаборатории! ",
                "Ёж спит?",
            ],
        ),
        ("de", ["Er kam z. B. am 3. Mai. ", "Danach ging er d. h. nach Hause. ", "Ende."]),
        (
            "zh",
            ["细胞是生命的单位。", "他说：“是的。”", "然后走了！", "真的？", "「对。」", "是3.5克"],
        ),
        ("ja", ["細胞は生命の単位です。", "「はい。」", "（本当に？）", "分裂する！", "終わり"]),
        ("hi", ["कोशिका जीवन की इकाई है। ", "यह बढ़ती है।"]),
        ("ar", ["هل هذه خلية؟ ", "نعم."]),
        ("xx", ["An unknown language has full stops. ", "So it is cut. ", "これも。", "End."]),
    ],
)
def test_sentences(language: str, expected: list[str]) -> None:
    assert pieces(sentences, "".join(expected), language) == expected


def test_hard_wrapped_lines_are_no_sentences() -> None:
    expected = ["This line is\nwrapped at Dr.\nSmith's wish. ", "And\nthis\ntoo.\n", "End of\nit."]
    assert pieces(sentences, "".join(expected)) == expected


def test_hard_wrapped_lines_without_blanks_are_no_sentences() -> None:
    expected = ["細胞は生命の\n単位です。\n", "それは\n分裂する。"]
    assert pieces(sentences, "".join(expected), "ja") == expected


def test_all_blanks_go_with_the_sentence_before() -> None:
    expected = ["One ends here.  \n\n ", "Two does.\u00a0 ", "Three."]
    assert pieces(sentences, "".join(expected)) == expected


def test_equal_sentences_are_each_found() -> None:
    assert pieces(sentences, "Stop here. " * 4) == ["Stop here. "] * 4


@pytest.mark.parametrize("text", ["", " ", "\n\n", "x", "no end", "No blank.After it", "..."])
def test_text_of_one_sentence(text: str) -> None:
    assert pieces(sentences, text) == [text]


def ascending(ends: list[int], text: str) -> bool:
    return all(before < after for before, after in itertools.pairwise([0, *ends, len(text) + 1]))


@examples
@given(ODD, st.sampled_from(LANGUAGES))
def test_no_text_is_too_odd_for_sentences(text: str, language: str) -> None:
    assert ascending(sentences(text, language), text)


@pytest.mark.parametrize("separator", ["\x1c", "\x1d", "\x1e", "\x1f"])
def test_pysbd_is_spared_what_it_fails_at(separator: str) -> None:
    assert pieces(sentences, f"It is{separator}1. The next.") == [
        f"It is{separator}1. ",
        "The next.",
    ]


@examples
@given(paragraphs(), st.sampled_from(LANGUAGES))
def test_sentences_end_at_their_marks(text: str, language: str) -> None:
    assert all(piece.rstrip()[-1] in ".!?。" for piece in pieces(sentences, text, language)[:-1])


@pytest.mark.parametrize("kind", JOINTS)
@examples
@given(text=ODD)
def test_all_joints_ascend_within_the_text(kind: BlockKind, text: str) -> None:
    for joints in JOINTS[kind]:
        assert ascending(joints(text, "en"), text)


@pytest.mark.parametrize(
    ("kind", "rank", "expected"),
    [
        ("code", 0, ["def a():\n    pass\n\n\n", "    x = 1\n    y = 2\n \t\n", "z = 3\n"]),
        ("code", 1, ["a\n", "  b\n\n", "c"]),
        ("table", 0, ["| a |\n", "|---|\n", "| 1 |\n\n", "After."]),
        (
            "list",
            0,
            ["- a\n  more\n", "* b\n", "  1. c\n", "  2) d\n\n", "+ e\n", "• f\n-no\n3.no"],
        ),
        ("list", 1, ["- a\n", "  more\n", "- b"]),
        ("list", 2, ["- One ends. ", "Two"]),
        ("paragraph", 0, ["One ends. ", "Two"]),
        (
            "paragraph",
            1,
            ["one ", "two  \n", "a,b ", "漢字、", "かな，", "漢字:", "漢字 ", "10:30"],
        ),
        ("paragraph", 2, ["e\u0301", "👩‍🔬", "🇫🇷", "क्षि", "a", "\n"]),
        ("paragraph", 3, ["e", "\u0301", "👩", "\u200d", "🔬"]),
    ],
)
def test_joints_of_each_kind(kind: BlockKind, rank: int, expected: list[str]) -> None:
    assert pieces(JOINTS[kind][rank], "".join(expected)) == expected


def test_every_kind_ends_with_words_graphemes_and_characters() -> None:
    assert {tuple(joints.__name__ for joints in chain[-3:]) for chain in JOINTS.values()} == {
        ("_words", "_graphemes", "_characters")
    }
