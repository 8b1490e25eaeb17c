"""What holds of the exercises of any corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.types import Document
from structtuning_plugin.questions.exercises import Exercise
from structtuning_plugin.questions.exercises.forms import GAP
from structtuning_plugin.questions.exercises.generate import make_exercises
from structtuning_plugin.questions.exercises.words import stems
from structtuning_plugin.taxonomy.tree import Tree
from tests.strategies import documents, examples, odd_documents
from tests.trees import document, grow

NOUNS = (
    "hub",
    "spoke",
    "rim",
    "brake lever",
    "ball bearing",
    "saddle",
    "chain",
    "ступица",
    "wing nut",
    "轮毂",
    "車輪",
    "moyeu",
)
VERBS = ("carries", "holds", "is a part of", "turns with", "is called", "wears")


@st.composite
def plain_sentences(draw: st.DrawFn) -> str:
    """Sentences that are often enough asked about."""
    nouns = draw(st.lists(st.sampled_from(NOUNS), min_size=3, max_size=5))
    opening = draw(
        st.sampled_from(("The", "A", "Every", "In the wheel the", "It is the", "Some of the"))
    )
    return f"{opening} {nouns[0]} {draw(st.sampled_from(VERBS))} the {' and the '.join(nouns[1:])} of a bicycle."


@st.composite
def plain_books(draw: st.DrawFn, name: str = "b.md") -> Document:
    parts: list[str | tuple[int, str]] = [(1, "Book")]
    for number in range(draw(st.integers(0, 5))):
        title = draw(
            st.sampled_from(
                ("Wheels", "Brakes", "References", "Care of the chain", f"Part {number}")
            )
        )
        parts += [
            (draw(st.integers(2, 3)), title),
            " ".join(draw(st.lists(plain_sentences(), max_size=6))) + "\n\n",
        ]
    return document(
        name,
        *parts,
        language=draw(st.sampled_from(("en", "en", "en", "fr", "ru", "zh", "ja", "xx"))),
    )


corpora = st.one_of(
    st.lists(documents(), max_size=1),
    st.lists(odd_documents(), max_size=1),
    st.tuples(plain_books("a.md"), plain_books("b.md")).map(list),
)


def check_answer(exercise: Exercise, tree: Tree, text: str) -> None:
    """What holds for the answer of each form; `text` is that of its chunk in one line."""
    answer = " ".join(exercise.answer.split())
    if exercise.form == "heading":
        assert answer == tree.title(exercise.asked)
    elif exercise.form == "true_false":
        assert bool(answer) == (exercise.verdict == "false")
        assert answer != exercise.text
    elif exercise.form in ("choose", "member"):
        assert answer in exercise.text.split("\n")
        # Only of a sentence without its ties the first letter and the last mark may be ours.
        assert answer.partition(". ")[2] in text
    else:
        assert answer
        assert answer[1:-1] in text
    if exercise.form in ("cloze", "term"):
        assert exercise.text.count(GAP) == 1 + text.count(GAP)
        assert not stems(answer) & stems(exercise.text.replace(GAP, " "))
    if exercise.form in ("definition", "extract", "extract_next"):
        assert exercise.term
        assert answer not in exercise.term


def check(books: Sequence[Document], most: int, seed: int) -> list[list[Exercise]]:
    """All that must hold, and the exercises."""
    tree, chunks = grow(books)
    rows = list(make_exercises(tree, books, chunks, most, seed))
    text = {chunk.id: chunk.text for chunk in chunks}
    flat = [exercise for row in rows for exercise in row]
    assert max(Counter(exercise.id for exercise in flat).values(), default=1) == 1
    assert max(Counter((e.form, e.asked.id, e.text, e.term) for e in flat).values(), default=1) == 1
    for row in rows:
        assert sum(exercise.form != "extract_next" for exercise in row) <= most
    for exercise in flat:
        assert all(tree.is_knowledge(topic) for topic in exercise.places)
        (chunk_id,) = exercise.chunk_ids
        check_answer(exercise, tree, " ".join(text[chunk_id].split()))
    return rows


@examples
@given(corpora, st.integers(1, 6), st.integers(0, 3))
def test_of_any_corpus(books: list[Document], most: int, seed: int) -> None:
    rows = check(books, most, seed)
    tree, chunks = grow(books)
    assert list(make_exercises(tree, books, chunks, most, seed)) == rows


@examples
@given(plain_books(), plain_books("z.md"))
def test_of_whole_sentences_no_other_s_are_lost(book: Document, other: Document) -> None:
    """More documents take exercises away (what is said twice) and change the choice, but never
    break one.
    """
    check([book, other], 4, 1)
