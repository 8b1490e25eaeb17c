"""From questions to knowledge points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structtuning_plugin.core.types import Chunk, Document
from structtuning_plugin.hookspecs import Hit, Passage
from structtuning_plugin.questions.linking import Link, Linker, Question
from structtuning_plugin.questions.retrieval.bm25 import Bm25Retriever
from structtuning_plugin.taxonomy.tree import Tree
from tests.trees import document, grow

CELLS = document(
    "cells.md",
    (1, "Cells"),
    "All life is made of cells.\n\n",
    (2, "Membrane"),
    "The membrane encloses the cell. Lipids are its bricks.\n\n",
    (2, "Mitochondria"),
    "Mitochondria make energy from sugar. They have a membrane of their own.\n\n",
    (2, "References"),
    "Mitochondria. Smith 1990.\n\n",
)
PLANTS = document(
    "plants.md",
    (1, "Plants"),
    "Plants are green.\n\n",
    (2, "Roots"),
    "Roots take up water and salts.\n\n",
)
ZH = document(
    "zh.md",
    (1, "细胞"),
    "一切生命由细胞组成。\n\n",
    (2, "线粒体"),
    "线粒体为细胞提供能量。\n\n",
    language="zh",
)


class Scripted:
    """Finds what it is told to; remembers what it was given."""

    name = "scripted"
    least_fit = 0.5

    def __init__(self, *hits: tuple[str, float, float]) -> None:
        self.hits = [Hit(chunk_id=chunk_id, score=score, fit=fit) for chunk_id, score, fit in hits]
        self.indexed: list[list[Passage]] = []
        self.searches: list[list[str]] = []

    def check_options(self, options: dict[str, Any]) -> None: ...

    def index(self, passages: Sequence[Passage], options: dict[str, Any]) -> Scripted:
        self.indexed.append(list(passages))
        return self

    def search(self, questions: Sequence[str], count: int) -> list[list[Hit]]:
        self.searches.append(list(questions))
        return [self.hits[:count] for _ in questions]


def ask(text: str, language: str = "en", name: str = "q") -> Question:
    return Question(id=name, text=text, language=language)


def linker(
    documents: Sequence[Document],
    retriever: Any = None,
    passages: int = 3,
    least_fit: float | None = None,
) -> Linker:
    tree, chunks = grow(documents, chunk_tokens=60)
    return Linker(tree, chunks, retriever or Bm25Retriever(), {}, passages, least_fit)


def titles(documents: Sequence[Document], link: Link) -> list[str]:
    tree, _ = grow(documents, chunk_tokens=60)
    return [tree.topics[topic_id].title for topic_id in link.topic_ids]


def chunk_of(documents: Sequence[Document], beginning: str) -> Chunk:
    return next(
        chunk for chunk in grow(documents, chunk_tokens=60)[1] if chunk.text.startswith(beginning)
    )


def test_a_question_is_linked_to_the_topic_that_covers_it() -> None:
    (link,) = linker([CELLS, PLANTS]).link([ask("What do roots take up? water")])
    assert titles([CELLS, PLANTS], link)[0] == "Roots"
    assert link.chunk_ids[0] == chunk_of([PLANTS], "Roots").id
    assert (link.pair_id, link.reason) == ("q", "")
    assert link.fit > Bm25Retriever.least_fit


def test_back_matter_and_blank_chunks_are_not_searched() -> None:
    seen = Scripted()
    linker([CELLS, document("blank.md", (1, "Nothing"), "  \n\n")], seen).link([ask("Smith 1990")])
    assert {passage.titles[-1] for passage in seen.indexed[0]} == {
        "Cells",
        "Membrane",
        "Mitochondria",
    }


def test_a_question_is_searched_in_its_language_where_the_corpus_has_it() -> None:
    seen = Scripted()
    questions = [
        ask("What?", "en", "1"),
        ask("什么？", "zh", "2"),
        ask("Что?", "ru", "3"),
        ask("Why?", "en", "4"),
    ]
    links = linker([CELLS, ZH], seen).link(questions)
    assert [link.pair_id for link in links] == ["1", "2", "3", "4"]
    assert seen.searches == [["What?", "Why?"], ["什么？"], ["Что?"]]
    assert [{passage.language for passage in passages} for passages in seen.indexed] == [
        {"en"},
        {"zh"},
        {"en", "zh"},
    ]


def test_a_chinese_question() -> None:
    (link,) = linker([CELLS, ZH]).link([ask("线粒体提供什么？能量", "zh")])
    assert titles([CELLS, ZH], link)[0] == "线粒体"


def test_the_book_of_most_hits_wins() -> None:
    documents = [CELLS, PLANTS]
    best, first, second = (
        chunk_of(documents, begin).id for begin in ("Roots", "The membrane", "Mitochondria make")
    )
    (link,) = linker(
        documents, Scripted((best, 9.0, 0.9), (first, 8.0, 0.8), (second, 7.0, 0.7))
    ).link([ask("?")])
    assert link.chunk_ids == (first, second)
    assert titles(documents, link) == ["Membrane", "Mitochondria"]
    assert link.fit == 0.8


def test_of_equally_many_hits_the_book_of_the_best_one_wins() -> None:
    documents = [CELLS, PLANTS]
    roots, membrane = chunk_of(documents, "Roots").id, chunk_of(documents, "The membrane").id
    (link,) = linker(documents, Scripted((roots, 9.0, 0.9), (membrane, 9.0, 0.9))).link([ask("?")])
    assert link.chunk_ids == (roots,)


def test_a_far_weaker_passage_is_not_linked() -> None:
    first, second = chunk_of([CELLS], "The membrane").id, chunk_of([CELLS], "Mitochondria make").id
    strong, weak = (
        linker([CELLS], Scripted((first, 10.0, 0.9), (second, score, 0.9)))
        .link([ask("?")])[0]
        .chunk_ids
        for score in (5.0, 4.9)
    )
    assert (strong, weak) == ((first, second), (first,))


def test_a_passage_far_away_in_the_tree_is_not_linked() -> None:
    long = "Nothing of note is said here at all, and that at length.\n\n" * 400
    book = document(
        "book.md",
        (1, "One"),
        "Alpha.\n\n",
        (2, "Near"),
        "Beta.\n\n",
        (1, "Two"),
        long,
        (1, "Three"),
        "Gamma.\n\n",
    )
    alpha, beta, gamma = (chunk_of([book], begin).id for begin in ("Alpha", "Beta", "Gamma"))
    (link,) = linker([book], Scripted((alpha, 9.0, 0.9), (gamma, 8.9, 0.9), (beta, 8.0, 0.9))).link(
        [ask("?")]
    )
    assert link.chunk_ids == (alpha, beta)


def test_passages_of_one_topic_stay_together_however_long_its_branch_is() -> None:
    long = "Nothing of note is said here at all, and that at length.\n\n" * 400
    book = document("book.md", (1, "One"), "Alpha " * 8, "Beta " * 8, (2, "Long"), long)
    alpha, beta = (chunk_of([book], begin).id for begin in ("Alpha", "Beta"))
    (link,) = linker([book], Scripted((alpha, 9.0, 0.9), (beta, 8.0, 0.9))).link([ask("?")])
    assert link.chunk_ids == (alpha, beta)
    assert titles([book], link) == ["One"]


@pytest.mark.parametrize(
    ("least_fit", "linked"),
    [(None, False), (0.5, False), (0.49, True), (0.0, True)],
    ids=["retriever", "over", "equal", "none"],
)
def test_a_question_beneath_the_least_fit_gets_no_structure(
    least_fit: float | None, linked: bool
) -> None:
    roots = chunk_of([PLANTS], "Roots").id
    (link,) = linker([PLANTS], Scripted((roots, 9.0, 0.49)), least_fit=least_fit).link([ask("?")])
    if linked:
        assert (link.chunk_ids, link.fit, link.reason) == ((roots,), 0.49, "")
    else:
        assert link == Link(pair_id="q", chunk_ids=(), topic_ids=(), fit=0.49, reason="no_fit")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Which Python keyword defines generators?", "no_passage"),
        ("Are the interest rates of central banks made of gold?", "no_fit"),
        ("", "no_passage"),
        ("患者出现高热，首选的检查是什么？", "no_passage"),
    ],
)
def test_questions_of_another_domain_stay_plain(text: str, reason: str) -> None:
    (link,) = linker([CELLS, PLANTS]).link([ask(text)])
    assert (link.chunk_ids, link.topic_ids, link.reason) == ((), (), reason)


def test_without_questions_or_chunks() -> None:
    assert linker([CELLS]).link([]) == []
    empty = Linker(grow([CELLS])[0], [], Bm25Retriever(), {}, 3, None)
    assert [link.reason for link in empty.link([ask("cells")])] == ["no_passage"]


def test_at_most_so_many_passages() -> None:
    links = [
        linker([CELLS], passages=count, least_fit=0).link(
            [ask("membrane of cells, mitochondria and life")]
        )[0]
        for count in (1, 2, 3)
    ]
    assert [len(link.chunk_ids) for link in links] == [1, 2, 3]
    assert links[0].chunk_ids == links[2].chunk_ids[:1]


WORDS = st.sampled_from(
    ["alpha", "beta", "gamma", "delta", "cell", "membrane", "root", "细胞", "клетка"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@st.composite
def libraries(draw: st.DrawFn) -> tuple[Tree, list[Chunk]]:
    documents = []
    for number in range(draw(st.integers(1, 3))):
        parts: list[Any] = []
        for _ in range(draw(st.integers(1, 4))):
            parts += [(draw(st.integers(1, 3)), draw(WORDS)), draw(TEXTS) + "\n\n"]
        documents.append(
            document(f"{number}.md", *parts, language=draw(st.sampled_from(["en", "zh"])))
        )
    return grow(documents, chunk_tokens=20)


@settings(max_examples=40, deadline=None)
@given(
    libraries(),
    st.lists(st.tuples(TEXTS, st.sampled_from(["en", "zh", "ru"])), max_size=5),
    st.integers(1, 4),
)
def test_links_are_sound(
    library: tuple[Tree, list[Chunk]], asked: list[tuple[str, str]], passages: int
) -> None:
    tree, chunks = library
    by_id = {chunk.id: chunk for chunk in chunks}
    questions = [ask(text, language, str(number)) for number, (text, language) in enumerate(asked)]
    links = Linker(tree, chunks, Bm25Retriever(), {}, passages, None).link(questions)
    assert links == Linker(tree, chunks, Bm25Retriever(), {}, passages, None).link(questions)
    assert [link.pair_id for link in links] == [question.id for question in questions]
    for link in links:
        assert len(link.chunk_ids) <= passages
        assert len({by_id[chunk_id].document_id for chunk_id in link.chunk_ids}) <= 1
        assert set(link.topic_ids) == {by_id[chunk_id].topic_id for chunk_id in link.chunk_ids}
        assert len(set(link.topic_ids)) == len(link.topic_ids)
        assert bool(link.chunk_ids) == (link.reason == "")
        assert 0 <= link.fit <= 1


def test_links_do_not_depend_on_what_else_is_asked() -> None:
    questions = [
        ask("What do roots take up?", "en", "1"),
        ask("线粒体", "zh", "2"),
        ask("membrane of mitochondria", "en", "3"),
    ]
    together = linker([CELLS, PLANTS, ZH]).link(questions)
    assert together == [linker([CELLS, PLANTS, ZH]).link([question])[0] for question in questions]


def test_questions_of_a_real_book(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.syspath_prepend(str(project / "benchmarks"))
    from linking import links_of
    from linking_data import book_questions, foreign_questions, load_book

    book = load_book(shared_data, "microbiology-small-en", 512)
    own = links_of(book, book_questions(shared_data, "microbiology-small-en"), with_options=True)
    other = links_of(book, foreign_questions(shared_data, "zh_cmexam"), with_options=True)
    assert sum(bool(link.topic_ids) for link in own) >= 0.7 * len(own)
    assert sum(bool(link.topic_ids) for link in other) <= 0.05 * len(other)
