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


def check(books: Sequence[Document], most: int, seed: int) -> list[list[Exercise]]:
    """All that must hold, and the exercises."""
    tree, chunks = grow(books)
    rows = list(make_exercises(tree, books, chunks, most, seed))
    text = {chunk.id: chunk.text for chunk in chunks}
    flat = [exercise for row in rows for exercise in row]
    assert max(Counter(exercise.id for exercise in flat).values(), default=1) == 1
    assert max(Counter((e.form, e.asked.id, e.text, e.term) for e in flat).values(), default=1) == 1
    for row in rows:
        assert [exercise.turn for exercise in row] == list(range(len(row)))
        assert sum(exercise.form != "extract_next" for exercise in row) <= most
    for exercise in flat:
        assert all(tree.is_knowledge(topic) for topic in exercise.places)
        if exercise.form == "heading":
            assert exercise.answer == tree.title(exercise.asked)
        else:
            (chunk_id,) = exercise.chunk_ids
            assert exercise.answer
            assert exercise.answer in text[chunk_id]
        if exercise.form == "cloze":
            assert exercise.text.count(GAP) == 1 + exercise.reasoning.count(GAP)
            assert not stems(exercise.answer) & stems(exercise.text.replace(GAP, " "))
            assert not stems(exercise.answer) & stems(tree.name(exercise.asked) or "")
            assert exercise.text.replace(GAP, exercise.answer) == " ".join(
                exercise.reasoning.split("\n")
            )
        elif exercise.form != "heading":
            assert exercise.term
            assert exercise.term in exercise.answer
            assert exercise.answer not in exercise.term
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
