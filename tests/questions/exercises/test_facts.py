"""Facts: which sentences, items and rows are worth knowing, and what is taken off them."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Block, Document
from structtuning_plugin.questions.exercises import Sentence
from structtuning_plugin.questions.exercises.independence import detach, without_ties
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.questions.exercises.listings import Listing, Table
from structtuning_plugin.questions.exercises.ranking import rank_of
from structtuning_plugin.questions.exercises.words import stems
from tests.trees import document, grow


def indexed(*documents: Document) -> CorpusIndex:
    tree, chunks = grow(documents)
    return CorpusIndex(tree, documents, chunks)


def facts_in(text: str, title: str = "Wheels") -> list[tuple[str, str]]:
    """Kind and text of the facts of one topic."""
    index = indexed(document("b.md", (1, "Book"), (2, title), text + "\n\n"))
    return [(fact.kind, fact.text) for topic in index.points for fact in index.facts(topic)]


def test_what_is_a_fact_and_what_is_none() -> None:
    text = (
        "A hub is the middle part of a wheel that turns on an axle. They are made of steel. "
        "Spokes of steel run from the hub to the rim of the wheel. "
        "Please note that this part is short. See Figure 3 for the whole wheel of a bicycle. "
        "Let's cut the rim of the wheel first. Boil the rims of the wheel for an hour."
    )
    assert facts_in(text) == [
        ("definition", "A hub is the middle part of a wheel that turns on an axle."),
        ("sentence", "Spokes of steel run from the hub to the rim of the wheel."),
    ]


def test_a_sentence_that_occurs_twice_is_none() -> None:
    line = "Spokes of steel run from the hub to the rim of the wheel."
    again = document("b.md", (1, "B"), (2, "Spokes"), f"{line}\n\n")
    index = indexed(document("a.md", (1, "A"), (2, "Wheels"), f"{line}\n\n"), again)
    assert [index.facts(topic) for topic in index.points] == [(), ()]


@pytest.mark.parametrize(
    ("language", "sentence", "bare"),
    [
        ("en", "However, rust makes every chain stiff.", "Rust makes every chain stiff."),
        ("en", "Rust makes a chain stiff (Figure 2.14).", "Rust makes a chain stiff."),
        ("en", "Rust (iron oxide) makes a chain stiff.", "Rust (iron oxide) makes a chain stiff."),
        ("en", "Otherwise, rust makes a chain stiff.", "Otherwise, rust makes a chain stiff."),
        ("es", "Además, el óxido daña la cadena.", "El óxido daña la cadena."),
        ("fr", "Par exemple, la rouille use la chaîne.", "La rouille use la chaîne."),
        ("ru", "Кроме того, ржавчина портит цепь.", "Ржавчина портит цепь."),
        ("zh", "因此，铁锈会使链条变硬。", "铁锈会使链条变硬。"),
        ("ja", "しかし、錆は鎖を硬くする。", "錆は鎖を硬くする。"),
    ],
)
def test_ties_are_taken_off(language: str, sentence: str, bare: str) -> None:
    assert without_ties(sentence, language) == bare


def test_the_place_of_a_bare_sentence_is_that_of_its_text() -> None:
    text = "However, rust makes every chain of a bicycle stiff (Figure 2)."
    rank = rank_of(text, "en")
    assert rank is not None
    assert rank > 0
    whole = Sentence(chunk_id="c", text=text, start=100, end=100 + len(text), rank=rank, stems=())
    bare = detach(whole, "en")
    assert bare is not None
    assert bare.text == "Rust makes every chain of a bicycle stiff."
    assert (bare.start, bare.rank) == (109, 0)
    assert text[bare.start - 100 : bare.end - 100].casefold() == bare.text[:-1].casefold()


@pytest.mark.parametrize("word", ["also", "too", "likewise"])
def test_an_additive_adverb_does_no_harm(word: str) -> None:
    assert facts_in(f"Spokes of steel {word} run from the hub to the rim of the wheel.")


def test_of_a_pronoun_the_sentence_is_none() -> None:
    assert facts_in("It runs from the hub of the wheel to the rim of the wheel.") == []


LIST = "The parts of a wheel are these four:\n\n- hub\n- rim\n- spokes of steel\n- tyre\n\n"
TABLE = "| Tyre | Width |\n|---|---|\n| Road | 28 mm |\n| Mountain | 57 mm |\n\n"


def with_block(kind: str, text: str) -> Document:
    plain = document("b.md", (1, "Book"), (2, "Wheels"), text)
    start = plain.text.index(text)
    at = start + max(0, text.find("\n\n") + 2 if kind == "list" else 0)
    blocks = (
        Block(kind="paragraph", start=0),
        Block(kind=kind, start=at),  # type: ignore[arg-type]
    )
    return Document(
        id=plain.id,
        text=plain.text,
        title=plain.title,
        language=plain.language,
        headings=plain.headings,
        blocks=blocks,
    )


def test_a_list_with_a_lead_in() -> None:
    (point,) = indexed(with_block("list", LIST)).points.values()
    (listing,) = point.listings
    assert isinstance(listing, Listing)
    assert listing.lead == "The parts of a wheel are these four"
    assert [text for _, text in listing.items] == ["hub", "rim", "spokes of steel", "tyre"]


@pytest.mark.parametrize(
    "text",
    [
        LIST.replace(":", "."),  # no lead-in
        LIST.replace("- rim", "  - rim"),  # nested
        LIST.replace("- rim\n", "- hub\n"),  # twice the same
        LIST.replace("- rim\n- spokes of steel\n", ""),  # two items
        LIST.replace("rim", "`x = 1`"),  # code
    ],
)
def test_other_lists_have_no_facts(text: str) -> None:
    points = indexed(with_block("list", text)).points.values()
    assert [listing for point in points for listing in point.listings] == []


def test_a_table_with_a_header() -> None:
    (point,) = indexed(with_block("table", TABLE)).points.values()
    (table,) = point.listings
    assert isinstance(table, Table)
    assert table.header == ("Tyre", "Width")
    assert [cells for _, cells in table.rows] == [("Road", "28 mm"), ("Mountain", "57 mm")]


def test_two_rows_of_one_name_are_no_table() -> None:
    index = indexed(with_block("table", TABLE.replace("Mountain", "Road")))
    assert [point.listings for point in index.points.values()] in ([], [()])


def test_facts_of_a_branch_are_counted() -> None:
    book = document(
        "b.md",
        (1, "Book"),
        (2, "Wheels"),
        "Spokes of steel run from the hub to the rim of the wheel.\n\n",
        (2, "Drive"),
        "It is so.\n\n",
    )
    index = indexed(book)
    (wheels, drive) = index.tree.root.subtopics[0].subtopics
    assert (index.count_facts_below(wheels.id), index.count_facts_below(drive.id)) == (1, 0)
    assert index.count_facts_below(index.tree.root.id) == 1
    assert stems("wheel").issubset(index.points[wheels.id].sentences[0].stems)


def test_what_a_label_names_is_defined_by_the_text_after_it() -> None:
    text = (
        "truing-stand:\n\nHolds a wheel by its axle while the rim is made round again. "
        "Most workshops own a truing stand made of steel.\n\n"
        "spoke-key:\n\nTurns the nipples of the spokes at the rim of a wheel."
    )
    assert facts_in(text) == [
        (
            "definition",
            "truing-stand:\n\nHolds a wheel by its axle while the rim is made round again.",
        ),
        ("sentence", "Most workshops own a truing stand made of steel."),
        ("definition", "spoke-key:\n\nTurns the nipples of the spokes at the rim of a wheel."),
    ]


def test_a_sentence_under_a_label_that_is_no_term_is_none() -> None:
    text = (
        "With a Key in Hand:\n\nHolds a wheel by its axle while the rim is made round again.\n\n"
        "Without Any Key:\n\nTurns the nipples of the spokes at the rim of a wheel."
    )
    assert facts_in(text) == []


def test_one_line_with_a_colon_is_no_list_of_definitions() -> None:
    text = "the parts:\n\nSpokes of steel run from the hub to the rim of the wheel."
    assert facts_in(text) == [
        ("sentence", "Spokes of steel run from the hub to the rim of the wheel.")
    ]


def test_a_sentence_that_begins_with_its_verb_is_none() -> None:
    index = indexed(
        Document(
            id="b.md",
            title="车轮",
            language="zh",
            text="是一个内部项目，目标是确保每个车轮都能得到很好的维护。车轮的辐条由钢制成，辐条连接车轮的轮毂。",
        )
    )
    texts = [fact.text for topic in index.points for fact in index.facts(topic)]
    assert not any(text.startswith("是") for text in texts)
