from __future__ import annotations

import pytest

from structtuning_plugin.questions.grading.letters import chosen_letters
from tests.questions.grading.cases import LANGUAGES, LETTERS, OPTIONS, TEXTS


@pytest.mark.parametrize(("given", "chosen"), [*LETTERS, *TEXTS, *LANGUAGES])
def test_letters_that_an_answer_chooses(given: str, chosen: str) -> None:
    assert "".join(sorted(chosen_letters(given, OPTIONS))) == chosen


@pytest.mark.parametrize(
    ("given", "options", "chosen"),
    [
        (
            "AB",
            (("A", "A"), ("B", "B"), ("C", "AB"), ("D", "O")),
            "C",
        ),  # the text goes before a glued run
        ("B", (("A", "B"), ("B", "A")), "B"),  # but not before a letter alone
        ("Hepatitis B", (("A", "Hepatitis"), ("B", "HIV"), ("C", "hepatitis B")), "C"),
        (
            "It shows hepatitis B virus.",
            (("A", "hepatitis"), ("B", "HIV"), ("C", "hepatitis B")),
            "C",
        ),
        ("2.5 mg", (("A", "2"), ("B", "2.5 mg")), "B"),
        ("2.5", (("A", "2"), ("B", "3")), ""),
        ("yes, because it is", (("A", "yes"), ("B", "no")), "A"),
        (
            "there is no doubt, and after a long while the study tells us so very clearly",
            (("A", "yes"), ("B", "no")),
            "",
        ),
        ("Ответ: нет", (("A", "да"), ("B", "нет")), "B"),
        ("same", (("A", "same"), ("B", "same")), ""),
        ("A. x; B. y", (("A", "x; B. y"), ("B", "y")), "A"),  # a text that looks like an answer
        ("A. x Answer: B. y", (("A", "x Answer: B. y"), ("B", "y")), "A"),
        ("答案：脾脏", (("A", "肝脏"), ("B", "脾脏")), "B"),
        ("不是肝脏，而是脾脏", (("A", "肝脏"), ("B", "脾脏")), "B"),
        ("肝臓ではなく脾臓", (("A", "肝臓"), ("B", "脾臓")), "B"),
        ("ce n'est pas le foie", (("A", "foie"), ("B", "rate")), ""),
        ("это не печень, а селезёнка", (("A", "печень"), ("B", "селезёнка")), "B"),
    ],
)
def test_texts_of_the_options_decide(
    given: str, options: tuple[tuple[str, str], ...], chosen: str
) -> None:
    assert "".join(sorted(chosen_letters(given, options))) == chosen


@pytest.mark.parametrize(
    "said",
    [
        "The patient (A) has B and C or not A is wrong. ",
        "A, ",
        "The answer is B. ",
        "(",
        "\\boxed{",
        "*",
    ],
)
def test_a_model_that_repeats_itself_is_graded_all_the_same(said: str) -> None:
    assert chosen_letters(said * (100_000 // len(said)) + "\n\nAnswer: C", OPTIONS) == {"C"}


TWELVE = "one two three four five six seven eight nine ten eleven twelve"
YES_OR_NO = (("A", "yes"), ("B", "no"))
SHORT = (("A", "rib"), ("B", "lung"))


@pytest.mark.parametrize(
    ("given", "options", "chosen"),
    [
        # Neither what follows an answer nor a marker without one hides it.
        ("Answer: B\n\n" + "It filters old cells of the blood. " * 20, OPTIONS, "B"),
        ("The answer is the spleen. It filters. The answer is as was explained.", OPTIONS, "B"),
        # After a marker the first line counts alone where an option is mentioned only.
        ("Answer: an organ that filters\n\nThe spleen is one of many.", OPTIONS, ""),
        # A run of letters names each once.
        ("ABBA", OPTIONS, ""),
        ("BB", OPTIONS, ""),
        # What is concluded goes before what is called right, this before what is mentioned.
        ("For dogs option A is correct. Therefore option B.", OPTIONS, "B"),
        ("For dogs option A is correct. Consider option C.", OPTIONS, "A"),
        # Several letters are chosen together, or each is called right.
        ("It must be B and C here", OPTIONS, "BC"),
        ("It is said that B is correct. And C is correct.", OPTIONS, "BC"),
        ("It must be B here, and option C there", OPTIONS, ""),
        # What is denied at the beginning is no choice; after a marker it is one.
        ("B is wrong. It is C.", OPTIONS, "C"),
        ("Answer: B is not in doubt", OPTIONS, "B"),
        # A letter before a noun belongs to it, unless a marker stands before.
        ("B lymphocytes grow in the marrow", OPTIONS, ""),
        ("Answer: B lymphocytes grow", OPTIONS, "B"),
        ("2.5 mg", (("A", "25 mg"), ("B", "3 mg")), ""),
    ],
)
def test_what_is_meant_by_a_letter_is_told_by_what_stands_around(
    given: str, options: tuple[tuple[str, str], ...], chosen: str
) -> None:
    assert "".join(sorted(chosen_letters(given, options))) == chosen


@pytest.mark.parametrize(
    ("given", "options", "chosen"),
    [
        (TWELVE.replace("twelve", "no"), YES_OR_NO, "B"),
        (f"{TWELVE} no", YES_OR_NO, ""),
        (f"{TWELVE} rib", SHORT, ""),
        (f"{TWELVE} lung", SHORT, "B"),
        (f"no, {TWELVE}", YES_OR_NO, "B"),  # it begins so
    ],
)
def test_an_option_of_three_letters_is_a_word_like_others_in_more_than_twelve(
    given: str, options: tuple[tuple[str, str], ...], chosen: str
) -> None:
    assert "".join(sorted(chosen_letters(given, options))) == chosen
