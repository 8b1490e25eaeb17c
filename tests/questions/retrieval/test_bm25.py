"""The retriever `bm25`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structtuning_plugin.core.errors import ConfigError
from structtuning_plugin.hookspecs import Passage
from structtuning_plugin.plugins import build_plugin_manager, retrievers
from structtuning_plugin.questions.retrieval.bm25 import Bm25Retriever, _starts
from tests.questions.retrieval.passages import found, passages, searcher

CASES = [
    (
        "en",
        (
            "The membrane encloses the cell.",
            "Mitochondria make energy for the cell.",
            "Roots take up water.",
        ),
        "Which organelles make most of a cell's energy?",
        1,
    ),
    (
        "zh",
        ("细胞膜包围细胞。", "线粒体为细胞提供能量。", "根吸收水分。"),
        "细胞的能量来自哪个细胞器？线粒体",
        1,
    ),
    (
        "ja",
        ("細胞膜は細胞を包む。", "ミトコンドリアはエネルギーを作る。", "根は水を吸収する。"),
        "エネルギーを作る細胞小器官はどれか。",
        1,
    ),
    (
        "ru",
        ("Мембрана окружает клетку.", "Митохондрии дают клетке энергию.", "Корни впитывают воду."),
        "Что митохондриями даётся?",
        1,
    ),
    (
        "pl",
        ("Błona otacza komórkę.", "Mitochondria dają komórce energię.", "Korzenie pobierają wodę."),
        "Czym są korzeniowe pobrania?",
        2,
    ),
]


@pytest.mark.parametrize(
    ("language", "texts", "question", "right"), CASES, ids=[case[0] for case in CASES]
)
def test_the_passage_with_the_rare_words_comes_first(
    language: str, texts: tuple[str, ...], question: str, right: int
) -> None:
    assert found(searcher(*texts, language=language), question)[0] == str(right)


def test_titles_are_searched() -> None:
    texts = [
        Passage(
            chunk_id="a",
            text="They wear.",
            titles=("Bicycles", "Handbook", "Brakes"),
            language="en",
        ),
        Passage(
            chunk_id="b", text="They wear.", titles=("Bicycles", "Handbook", "Gears"), language="en"
        ),
    ]
    hits = Bm25Retriever().index(texts, {}).search(["Why do gears wear?"], 2)[0]
    assert [hit.chunk_id for hit in hits] == ["b", "a"]
    assert hits[0].fit > hits[1].fit


def test_a_passage_gains_by_what_its_section_speaks_of() -> None:
    def passage(name: str, text: str, section: str) -> Passage:
        return Passage(chunk_id=name, text=text, titles=("Domain", "Book", section), language="en")

    texts = [
        passage("a", "The treatment takes two weeks.", "one"),
        passage("b", "Cholera is caused by a vibrio. Cholera kills.", "two"),
        passage("c", "The treatment takes two weeks.", "two"),
    ]
    hits = Bm25Retriever().index(texts, {}).search(["treatment of cholera"], 3)[0]
    scores = {hit.chunk_id: hit.score for hit in hits}
    assert scores["c"] > scores["a"]


def test_a_long_passage_is_found_by_the_window_that_answers() -> None:
    padding = " ".join(f"word{number}" for number in range(2_000))
    texts = (
        f"{padding} the vibrio causes cholera {padding}",
        f"vibrio {padding} cholera",
        "Roots take up water.",
    )
    assert found(searcher(*texts), "Which vibrio causes cholera?")[0] == "0"


def test_the_fit_is_exact() -> None:
    one = searcher("alpha beta", "gamma", "delta")
    (hit,) = one.search(["alpha omega"], 1)[0]
    # Half the question is known, and an only occurrence is found to two thirds.
    assert hit.fit == pytest.approx(1 / 2 * 2 / 3 * 1 / 2, abs=1e-4)


def test_fit_grows_with_what_is_covered() -> None:
    one = searcher("alpha beta gamma delta", "epsilon zeta", "eta theta")
    fits = [
        one.search([question], 1)[0][0].fit
        for question in ("alpha x y z", "alpha beta x y", "alpha beta gamma x", "alpha beta gamma")
    ]
    assert fits == sorted(fits)
    assert len(set(fits)) == 4
    assert fits[-1] >= Bm25Retriever.least_fit > fits[0]


def test_a_question_without_a_known_word_finds_nothing() -> None:
    assert searcher("alpha", "beta").search(["gamma", "", "?!"], 5) == [[], [], []]


@pytest.mark.parametrize("texts", [(), ("",), ("...", "  ")])
def test_nothing_to_search(texts: tuple[str, ...]) -> None:
    bare = [
        Passage(chunk_id=str(number), text=text, titles=("…",), language="en")
        for number, text in enumerate(texts)
    ]
    assert Bm25Retriever().index(bare, {}).search(["alpha"], 5) == [[]]


def test_equals_come_in_the_order_of_the_passages() -> None:
    texts = [
        Passage(chunk_id=name, text="alpha beta", titles=("D", "B"), language="en")
        for name in "cab"
    ]
    assert found(Bm25Retriever().index(texts, {}), "alpha") == ["c", "a", "b"]
    assert found(Bm25Retriever().index(texts, {}), "alpha", count=2) == ["c", "a"]


def test_frequent_tokens_count_as_much_as_bm25s_says() -> None:
    import bm25s
    import numpy as np

    from structtuning_plugin.questions.retrieval.bm25 import Level

    rng = np.random.default_rng(0)
    texts = [rng.geometric(0.2, size=30).clip(max=20).astype(np.int32) - 1 for _ in range(50)]
    vocabulary = {str(number): number for number in range(20)}
    question = {0: 2, 3: 1, 12: 1}
    index = bm25s.BM25()
    index.index((texts, dict(vocabulary)), show_progress=False)
    expected = index.get_scores_from_ids([0, 0, 3, 12])
    np.testing.assert_allclose(Level(texts, vocabulary).scores(question), expected, rtol=1e-5)


def test_an_option_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match=r"`bm25` has no options \(given: `k1`\); remove it from `ssft.retriever_options`",
    ):
        Bm25Retriever().check_options({"k1": 1.2})
    Bm25Retriever().check_options({})


def test_all_three_are_registered() -> None:
    assert list(retrievers(build_plugin_manager())) == ["bm25", "dense", "hybrid"]


@given(st.integers(min_value=0, max_value=3_000))
def test_windows_cover_the_text(length: int) -> None:
    starts = list(_starts(length))
    covered = {place for start in starts for place in range(start, min(length, start + 200))}
    assert covered == set(range(length))
    assert starts == sorted(starts)
    assert len(starts) == 1 or starts[-2] + 200 < length


@settings(max_examples=50)
@given(
    st.lists(st.text("abc 细胞", max_size=30), max_size=8),
    st.lists(st.text("abcd 细", max_size=20), max_size=4),
    st.integers(1, 5),
)
def test_hits_are_in_order_and_of_the_passages(
    texts: list[str], questions: list[str], count: int
) -> None:
    given_passages = passages(*texts)
    results = Bm25Retriever().index(given_passages, {}).search(questions, count)
    assert results == Bm25Retriever().index(given_passages, {}).search(questions, count)
    assert len(results) == len(questions)
    place = {passage.chunk_id: number for number, passage in enumerate(given_passages)}
    for hits in results:
        assert len(hits) <= count
        assert len({hit.chunk_id for hit in hits}) == len(hits)
        assert [(-hit.score, place[hit.chunk_id]) for hit in hits] == sorted(
            (-hit.score, place[hit.chunk_id]) for hit in hits
        )
        assert all(0 <= hit.fit <= 1 and hit.score > 0 for hit in hits)
