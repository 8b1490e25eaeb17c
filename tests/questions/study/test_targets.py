"""What a request can show, found from a passage."""

from __future__ import annotations

import pytest

from structtuning_plugin.core.types import Chunk
from structtuning_plugin.questions.study.forms import Target
from structtuning_plugin.questions.study.targets import Corpus
from tests.questions.study.building import PROMPTS, Grown, corpus_of, library, sentence
from tests.trees import document, grow, titled

SHARED = "The crystal lattice of quartz vibrates when a voltage is applied to it."


@pytest.fixture(scope="module")
def shelf() -> Grown:
    return library((3, 4))


@pytest.fixture(scope="module")
def corpus(shelf: Grown) -> Corpus:
    return corpus_of(shelf)


def titles(corpus: Corpus, targets: list[Target]) -> list[list[str]]:
    return [[corpus.tree.title(part.topic) for part in target.parts] for target in targets]


def at(corpus: Corpus, title: str) -> Chunk:
    (passage,) = [
        passage
        for passage in corpus.passages
        if corpus.tree.topics[passage.topic_id].title == title
    ]
    return passage


def test_a_passage_shows_itself(corpus: Corpus) -> None:
    (target,) = corpus.targets(PROMPTS["facts"], at(corpus, "Point a0.1"), {})
    assert titles(corpus, [target]) == [["Point a0.1"]]
    assert target.chunk_ids == (at(corpus, "Point a0.1").id,)
    assert target.topics == (target.parts[0].topic,)


def test_sections_begin_with_their_first_passage(corpus: Corpus) -> None:
    first = corpus.targets(PROMPTS["summary"], at(corpus, "Point a0.0"), {})
    assert titles(corpus, first) == [
        ["Point a0.0", "Point a0.1", "Point a0.2"],
        ["Chapter a0", "Chapter a1"],
    ]
    assert [corpus.tree.title(target.topic) for target in first] == ["Chapter a0", "Book a"]
    assert corpus.targets(PROMPTS["summary"], at(corpus, "Point a0.1"), {}) == []
    second = corpus.targets(PROMPTS["summary"], at(corpus, "Point a1.0"), {})
    assert [corpus.tree.title(target.topic) for target in second] == ["Chapter a1"]


def test_a_section_shows_the_summaries_of_its_parts(corpus: Corpus) -> None:
    chapter = titled(corpus.tree, "Book a", "Chapter a0")
    summaries = {("summary", chapter.id): "In short.", ("other", chapter.id): "No."}
    _, whole = corpus.targets(PROMPTS["summary"], at(corpus, "Point a0.0"), summaries)
    assert [part.text for part in whole.parts] == ["In short.", ""]


def test_siblings_are_compared_each_pair_once(corpus: Corpus) -> None:
    pairs = []
    for passage in corpus.passages:
        pairs += titles(corpus, corpus.targets(PROMPTS["comparison"], passage, {}))
    points = [pair for pair in pairs if pair[0].startswith("Point a1")]
    assert len(points) == 4 * 3 / 2
    assert len({frozenset(pair) for pair in pairs}) == len(pairs) == 6 + 3
    assert all(pair[0][:-1] == pair[1][:-1] for pair in pairs)


def test_links_go_to_other_headings_that_share_terms() -> None:
    documents = [
        document(
            "a.md",
            (1, "Minerals"),
            *((2, "Quartz"), f"{SHARED} {sentence('q')}\n\n"),
            *((2, "Feldspar"), f"{SHARED} {sentence('f')}\n\n"),
            (1, "Clocks"),
            *((2, "Oscillators"), f"{SHARED} {sentence('o')}\n\n"),
            *((2, "Springs"), f"{sentence('s')} {sentence('t')}\n\n"),
            *((2, "Weights"), f"{sentence('w')} {sentence('x')}\n\n"),
            *((2, "Chimes"), f"{sentence('c')} {sentence('d')}\n\n"),
        )
    ]
    tree, chunks = grow(documents)
    corpus = corpus_of((tree, chunks, documents))
    links = corpus.targets(PROMPTS["links"], at(corpus, "Quartz"), {})
    assert titles(corpus, links) == [["Quartz", "Oscillators"]]
    assert [topic.title for topic in links[0].topics] == ["Quartz", "Oscillators"]
    assert corpus.targets(PROMPTS["links"], at(corpus, "Springs"), {}) == []


def test_private_topics_are_shown_for_texts_and_never_for_questions(shelf: Grown) -> None:
    tree = shelf[0]
    private = titled(tree, "Book a", "Chapter a0", "Point a0.1")
    corpus = corpus_of(shelf, [private.id])
    passage = at(corpus, "Point a0.1")
    assert corpus.targets(PROMPTS["questions"], passage, {}) == []
    assert corpus.targets(PROMPTS["restatement"], passage, {})
    assert corpus.targets(PROMPTS["questions"], at(corpus, "Point a0.0"), {})


def test_back_matter_and_short_passages_are_not_studied() -> None:
    documents = [
        document(
            "a.md",
            *((1, "Cells"), f"{sentence('c')}\n\n"),
            *((1, "Short"), "Too short.\n\n"),
            *((1, "References"), f"{sentence('r')}\n\n"),
        )
    ]
    tree, chunks = grow(documents)
    corpus = corpus_of((tree, chunks, documents))
    assert [passage.text.strip() for passage in corpus.passages] == [sentence("c")]
    assert corpus.tokens == len(corpus.passages[0].text)


def test_the_sentences_of_a_passage_are_its_facts(corpus: Corpus) -> None:
    expected = tuple(sentence(f"a0.1/{number}") for number in range(3))
    assert corpus.sentences(at(corpus, "Point a0.1")) == expected
