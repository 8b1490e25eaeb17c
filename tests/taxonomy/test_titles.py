"""What goes from a title for display, what stays, and which titles name no knowledge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.taxonomy.apparatus import is_apparatus
from structtuning_plugin.taxonomy.titles import LONGEST, display_title, shorten
from tests.taxonomy_strategies import examples, titles


def is_back_matter(title: str, own_text: str = "", childless: bool = True) -> bool:
    """Apply `is_apparatus` to a title and its text."""
    return is_apparatus(title, display_title(title), own_text, childless)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("3.2.1 COVID-19", "COVID-19"),
        ("3.2. Brakes", "Brakes"),
        ("3.2) Brakes", "Brakes"),
        ("3. Brakes", "Brakes"),
        ("12) Brakes", "Brakes"),
        ("IV. Brakes", "Brakes"),
        ("B. Brakes", "Brakes"),
        ("A) Brakes", "Brakes"),
        ("Chapter 4: C++", "C++"),
        ("CHAPTER IV. Brakes", "Brakes"),
        ("Section 2.3 - Brakes", "Brakes"),
        ("Appendix A: Tables", "Tables"),
        ("1.2 A Brief History", "A Brief History"),
        ("3.1 B cells", "B cells"),
        ("Chapitre 3 : La cellule", "La cellule"),
        ("Partie II – Généralités", "Généralités"),
        ("Capítulo 4. La célula", "La célula"),
        ("Lección 2: La célula", "La célula"),
        ("Глава 3. Клетка", "Клетка"),
        ("Раздел IV: Клетка", "Клетка"),
        ("Kapitel 3: Die Zelle", "Die Zelle"),
        ("Teil II – Die Zelle", "Die Zelle"),
        ("Rozdział 3. Komórka", "Komórka"),
        ("第三章 细胞", "细胞"),
        ("第3节：膜", "膜"),
        ("第三章细胞", "细胞"),
        ("第一部分 总论", "总论"),
        ("第二部：各论", "各论"),
        ("三、细胞", "细胞"),
        ("第3章　細胞", "細胞"),
        ("1. 細胞", "細胞"),
    ],
)
def test_numbering_goes(title: str, shown: str) -> None:
    assert display_title(title) == shown


@pytest.mark.parametrize(
    "title",
    [
        "COVID-19",
        "C++",
        "T-cell",
        "2.4 GHz",
        "1.5 °C of warming",
        "0.9 % saline",
        "3.3 V",
        "1.5 mV signals",
        "802.11 networks",
        "1984",
        "1984. A novel of 1949",
        "5-HT receptors",
        "3D printing",
        "12 volts",
        "A. thaliana",
        "E. coli infections",
        "C. difficile",
        "J. S. Bach",
        "Vitamin C. Uses",
        "Web 2.0",
        "Part of speech: nouns",
        "第二次世界大战",
        "第二次世界大戦",
        "三国演义",
        "Index of refraction",
        "**x**",
        "├─ x",
        "{{ 7*7 }}",
        # Nothing but a number: it is all the name there is.
        "3.2.1",
        "IV",
        "Chapter 4",
        "Part 1",
        "...",
    ],
)
def test_everything_else_stays(title: str) -> None:
    assert display_title(title) == title


@pytest.mark.parametrize(
    "title",
    ["Part 12", "Teil 12", "Partie 12", "Parte 12", "Часть 12", "Część 12", "第12部分", "パート12"],
)
def test_the_name_of_a_numbered_part_stays(title: str) -> None:
    assert display_title(title) == title


@pytest.mark.parametrize(
    "line",
    [
        "Brakes ........ 17",
        "Brakes......",
        "Brakes … 17",
        "Brakes …… 17",
        "Brakes . . . . 17",
        "3.2 Brakes ..... 17",
    ],
)
def test_the_tail_of_a_contents_line_goes(line: str) -> None:
    assert display_title(line) == "Brakes"


def test_a_number_at_the_end_is_no_page_without_dots() -> None:
    assert display_title("Interleukin 17") == "Interleukin 17"
    assert display_title("Vol. 2") == "Vol. 2"


def test_a_title_is_shown_in_one_line() -> None:
    assert (
        display_title("  The\u00a0cell\n and\u2028its \u200b membrane\t")
        == "The cell and its membrane"
    )


def test_a_very_long_title_is_cut_at_a_word() -> None:
    shown = display_title("word " * 100)
    assert shown == "word " * 22 + "word…"
    assert len(shown) <= LONGEST


@pytest.mark.parametrize(
    ("title", "longest", "short"),
    [
        ("The plasma membrane", 19, "The plasma membrane"),
        ("The plasma membrane", 18, "The plasma…"),
        ("The plasma, membrane", 14, "The plasma…"),
        ("Membrane", 5, "Memb…"),
        # One blank far in front is no reason to lose nearly everything.
        ("A verylongwordthatgoeson", 12, "A verylongw…"),
        ("細胞膜の構造", 4, "細胞膜…"),
    ],
)
def test_shorten(title: str, longest: int, short: str) -> None:
    assert shorten(title, longest) == short


@examples
@given(st.text(max_size=60), st.integers(2, 60))
def test_shorten_is_never_longer_than_asked(title: str, longest: int) -> None:
    short = shorten(title, longest)
    assert len(short) <= longest
    assert short == title if len(title) <= longest else short.endswith("…")


@examples
@given(titles)
def test_a_shown_title_is_one_line_of_bounded_length(title: str) -> None:
    shown = display_title(title)
    assert shown == " ".join(shown.split())
    assert shown
    assert len(shown) <= LONGEST


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Contents",
            "INDEX",
            "References",
            "7. References",
            "Chapter 12: Exercises",
            "Answer Key",
            "Acknowledgements:",
        ),
        *("Table des matières", "Bibliographie", "Exercices", "Remerciements"),
        *("Índice", "Referencias", "Ejercicios", "Agradecimientos"),
        *("Содержание", "Литература", "Упражнения", "Предметный указатель"),
        *("目录", "参考文献", "习题", "第十章 答案", "致谢"),
        *("目次", "索引", "練習問題", "解答", "謝辞"),
    ],
)
def test_back_matter_in_six_languages(title: str) -> None:
    assert is_back_matter(title)


@pytest.mark.parametrize(
    "title",
    [
        "Index of refraction",
        "Solutions of electrolytes",
        "The table of contents of a genome",
        "Exercise physiology",
        "Reference frames",
        "Contents of the stomach",
        "Problem solving",
        "Индекс массы тела",
        "索引结构",
        "問題解決",
        "",
    ],
)
def test_a_title_that_only_contains_such_a_word_is_knowledge(title: str) -> None:
    assert not is_back_matter(title)


CONTENTS = "Brakes ........ 3\nGears . . . . . 12\nWheels … 40\n\nChain\t51\nFrame....... 60\n"


def test_dotted_lines_are_contents_whatever_they_are_called() -> None:
    assert is_back_matter("What is where", CONTENTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Brakes ........ 3\nGears ........ 12\n",
        # A few such lines in plain text do not make it a table of contents.
        CONTENTS + "A sentence.\n" * 5,
        "One.\nTwo...\nThree.\nFour.\nFive.\n",
    ],
)
def test_other_text_is_no_contents(text: str) -> None:
    assert not is_back_matter("What is where", text)


@pytest.mark.parametrize("title", ["Solutions", "Register", "Литература"])
def test_a_chapter_of_such_a_name_is_knowledge(title: str) -> None:
    assert is_back_matter(title)
    assert not is_back_matter(title, childless=False)


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Chapter 3 Cells", "Cells"), ("Chapter 3", "Chapter 3"), ("Unidad 2: Agua", "Agua")],
)
def test_numbering_without_punctuation(title: str, shown: str) -> None:
    assert display_title(title) == shown
