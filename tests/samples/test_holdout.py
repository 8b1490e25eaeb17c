"""What is held out: whole documents or topics, about the share asked for, never everything."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.config import EvalConfig
from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.core.types import Chunk, Document, Topic
from structtuning_plugin.questions.exclusion.holdout import alike_topics, hold_out
from structtuning_plugin.taxonomy.tree import Tree
from tests.taxonomy_strategies import documents, examples
from tests.trees import document, grow


def held(
    grown: tuple[Tree, list[Chunk]],
    unit: Literal["document", "topic"] = "topic",
    share: float = 0.2,
    seed: int = 1,
) -> frozenset[str]:
    return hold_out(*grown, EvalConfig(unit=unit, share=share), seed)


def share_of(grown: tuple[Tree, list[Chunk]], ids: frozenset[str]) -> float:
    return sum(chunk.tokens for chunk in grown[1] if chunk.topic_id in ids) / sum(
        chunk.tokens for chunk in grown[1]
    )


def books(*sizes: int) -> tuple[Tree, list[Chunk]]:
    return grow(
        [document(f"{number}.md", "x" * size) for number, size in enumerate(sizes)], chunk_tokens=10
    )


def sections(*sizes: int) -> tuple[Tree, list[Chunk]]:
    parts: list[Any] = [(1, "Book"), "pre"]
    for number, size in enumerate(sizes):
        parts += [(2, f"S{number}"), "x" * size]
    return grow([document("b.md", *parts)], chunk_tokens=10)


def test_without_an_eval_block_nothing_is_held_out() -> None:
    assert hold_out(*books(10, 10), None, 1) == frozenset()


@pytest.mark.parametrize("seed", range(5))
def test_documents_go_whole(seed: int) -> None:
    grown = grow(
        [
            document(f"{n}.md", (1, f"B{n}"), "pre", (2, "A"), "a" * 20, (3, "AA"), "b" * 5)
            for n in range(6)
        ]
    )
    tree, _ = grown
    ids = held(grown, "document", 0.2, seed)
    assert len(ids) == 3
    (book,) = [
        tree.topics[topic_id] for topic_id in ids if tree.topics[topic_id].kind == "document"
    ]
    assert ids == {topic.id for topic in book.walk()}


@pytest.mark.parametrize("seed", range(5))
def test_topics_are_branches_right_above_the_passages(seed: int) -> None:
    tree, chunks = sections(*[20] * 20)
    ids = held((tree, chunks), "topic", 0.2, seed)
    assert len(ids) == 4
    assert {tree.topics[topic_id].title[0] for topic_id in ids} == {"S"}


def test_a_topic_with_text_before_its_subtopics_is_no_unit() -> None:
    grown = grow([document("b.md", (1, "Book"), "pre" * 9, (2, "A"), "x", (2, "B"), "y")])
    assert {
        grown[0].topics[topic_id].title
        for seed in range(20)
        for topic_id in held(grown, "topic", 0.5, seed)
    } == {"A", "B"}


def test_back_matter_is_never_held_out() -> None:
    grown = grow(
        [
            document(
                "b.md",
                (1, "Book"),
                "pre",
                (2, "A"),
                "x" * 9,
                (2, "B"),
                "y" * 9,
                (2, "Index"),
                "z" * 9,
            )
        ]
    )
    assert {
        grown[0].topics[topic_id].title
        for seed in range(20)
        for topic_id in held(grown, "topic", 0.5, seed)
    } == {"A", "B"}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_about_the_share_is_held_out(share: float, seed: int) -> None:
    grown = books(*[30 + number % 7 * 10 for number in range(60)])
    found = share_of(grown, held(grown, "document", share, seed))
    assert share - 0.03 < found <= share


@pytest.mark.parametrize("seed", range(10))
def test_no_unit_fits_the_smallest_goes(seed: int) -> None:
    grown = books(900, 40, 60)
    assert share_of(grown, held(grown, "document", 0.01, seed)) == 0.04


@pytest.mark.parametrize("seed", range(10))
def test_a_unit_far_too_large_is_left_in_training(seed: int) -> None:
    grown = books(900, 40, 60)
    assert share_of(grown, held(grown, "document", 0.1, seed)) == 0.1


@pytest.mark.parametrize("seed", range(10))
def test_one_of_two_stays(seed: int) -> None:
    grown = books(50, 50)
    assert share_of(grown, held(grown, "document", 0.5, seed)) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_one_unit_stays_even_if_all_are_small(seed: int) -> None:
    grown = grow(
        [document("b.md", (1, "Book"), "pre" * 99, (2, "A"), "x", (2, "B"), "y", (2, "C"), "z")]
    )
    assert len(held(grown, "topic", 0.5, seed)) == 2


def test_the_choice_follows_the_seed() -> None:
    grown = books(*[30] * 40)
    assert held(grown, "document", seed=3) == held(grown, "document", seed=3)
    assert len({held(grown, "document", seed=seed) for seed in range(5)}) == 5


def test_one_document_cannot_be_on_both_sides() -> None:
    with pytest.raises(ConfigError) as caught:
        held(sections(20, 20), "document")
    assert str(caught.value) == (
        "`eval.unit: document` finds 1 document(s) with text; at least two are needed to hold one out. "
        "Use `unit: topic`, or leave `eval:` out."
    )


def test_one_topic_cannot_be_on_both_sides() -> None:
    with pytest.raises(
        ConfigError,
        match=r"`eval.unit: topic` finds 1 topic\(s\) with text; .* Leave `eval:` out\.",
    ):
        held(books(20), "topic")


def test_units_without_text_do_not_count() -> None:
    with pytest.raises(ConfigError, match=r"finds 1 document\(s\) with text"):
        held(grow([document("a.md", "text"), document("b.md", (1, "Planned"))]), "document")


@examples
@given(documents(), st.sampled_from(("document", "topic")), st.floats(0.01, 0.5), st.integers(0, 9))
def test_units_are_whole_and_something_stays(
    docs: list[Document], unit: Literal["document", "topic"], share: float, seed: int
) -> None:
    grown = grow(docs, chunk_tokens=20)
    tree, chunks = grown
    try:
        ids = held(grown, unit, share, seed)
    except ConfigError:
        return
    with_text = {chunk.topic_id for chunk in chunks}
    assert ids & with_text
    assert with_text - ids
    # Topics that repeat a held-out passage go alone; a unit goes with whatever is below it.
    sets = alike_topics(chunks)
    repeats = {topic_id for topics in sets if topics & ids for topic_id in topics}
    assert repeats <= ids
    whole = {
        topic.id
        for topic in tree.root.walk()
        if is_unit(topic, unit) and ids.issuperset(below.id for below in topic.walk())
    }
    assert whole
    below = {node.id for topic_id in whole for node in tree.topics[topic_id].walk()}
    assert ids == below | repeats


def is_unit(topic: Topic, unit: Literal["document", "topic"]) -> bool:
    """Tell whether a topic is a unit: a document, or a topic with text and none below it."""
    if unit == "document":
        return topic.kind == "document"
    return bool(topic.chunk_ids) and not any(node.chunk_ids for node in list(topic.walk())[1:])


def prose(number: int) -> str:
    """Write thirty words that no other number has."""
    return " ".join(f"w{number}x{index}" for index in range(30))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("unit", ["document", "topic"])
def test_twins_are_on_one_side(unit: Literal["document", "topic"], seed: int) -> None:
    texts = [prose(number // 2) + (" again" if number % 2 else "") for number in range(12)]
    books = [
        document(f"{number}.md", (1, f"B{number}"), (2, "A"), text)
        for number, text in enumerate(texts)
    ]
    grown = grow(books, chunk_tokens=1_000)
    ids = held(grown, unit, 0.4, seed)
    sides = [chunk.topic_id in ids for chunk in grown[1]]
    assert sides[::2] == sides[1::2]
    assert 2 <= sum(sides) <= 4


def test_an_introduction_that_repeats_a_held_out_passage_is_not_trained() -> None:
    books = [
        document("0.md", (1, "B"), prose(0), (2, "A"), prose(1), (2, "C"), prose(2)),
        document("1.md", (1, "D"), prose(1), (2, "E"), prose(3)),
    ]
    grown = grow(books, chunk_tokens=1_000)
    for seed in range(8):
        ids = held(grown, "topic", 0.3, seed)
        sides = {chunk.text.split()[0]: chunk.topic_id in ids for chunk in grown[1]}
        twins = {chunk.topic_id in ids for chunk in grown[1] if chunk.text.startswith("w1x")}
        assert len(twins) == 1, sides


@pytest.mark.parametrize("unit", ["document", "topic"])
def test_a_corpus_that_only_repeats_itself_cannot_be_on_both_sides(
    unit: Literal["document", "topic"],
) -> None:
    grown = grow([document(f"{n}.md", prose(0)) for n in range(3)], chunk_tokens=1_000)
    with pytest.raises(ConfigError) as caught:
        held(grown, unit, 0.4)
    assert str(caught.value) == (
        f"`eval.unit: {unit}` finds 3 {unit}(s) with text, and each passage of one is in the "
        "others too: none can be held out. Add other texts to `corpus`, or leave `eval:` out."
    )


def test_a_passage_in_all_documents_is_held_out_of_all() -> None:
    texts = [(1, "B"), prose(0), (2, "A")]
    books = [document(f"{n}.md", *texts, prose(n + 1)) for n in range(3)]
    grown = grow(books, chunk_tokens=1_000)
    ids = held(grown, "document", 0.4)
    sides = [chunk.topic_id in ids for chunk in grown[1]]
    assert sides[::2] == [True, True, True]
    assert sides[1::2].count(True) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_document_that_has_all_of_the_others_stays(seed: int) -> None:
    whole = document("0.md", (1, "All"), prose(0), (2, "More"), prose(1), (2, "Rest"), prose(2))
    grown = grow([whole, document("1.md", (1, "Part"), prose(0))], chunk_tokens=1_000)
    ids = held(grown, "document", 0.4, seed)
    assert [chunk.topic_id in ids for chunk in grown[1]] == [True, False, False, True]
