"""Documents and passages that repeat an earlier one are left out, and named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from structtuning_plugin.config.corpus import HygieneConfig
from structtuning_plugin.core.types import Block, Document, Dropped, Heading
from structtuning_plugin.corpus.cleaning.corpus import clean_corpus
from structtuning_plugin.languages import words

WORDS = sorted(
    words(
        "valve piston crankshaft cooler thermostat pressure temperature bearing clearance filter "
        "stroke torque injection nozzle governor flywheel manifold gasket coolant lubricant "
        "exhaust turbine compressor chamber liner"
    )
)
HAN = "柴油机喷泵把燃加压后送到嘴冷却水温度过高时节器会打开滤清每运行二百五十小更换一次"


def prose(seed: int, count: int = 60) -> str:
    """Write words in an order that depends on the seed."""
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(count))


def documents(**texts: str) -> list[Document]:
    """Make documents with one block for each paragraph."""
    made = []
    for name, text in texts.items():
        starts = [0, *(i + 2 for i in range(len(text)) if text.startswith("\n\n", i))]
        blocks = tuple(Block(kind="paragraph", start=start) for start in starts)
        made.append(Document(id=name, text=text, title=name, language="en", blocks=blocks))
    return made


def outcome(
    corpus: list[Document], hygiene: HygieneConfig | None = None
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Clean a corpus; return the texts that are left, and id, reason, detail of the others."""
    left, dropped = clean_corpus(corpus, hygiene or HygieneConfig())
    rows: list[Dropped] = dropped
    return (
        {document.id: document.text for document in left},
        [(item.id, item.reason, item.detail) for item in rows],
    )


def test_an_equal_document_is_taken_once() -> None:
    corpus = documents(a="A pump.", b=prose(1), c="a  PUMP.")
    assert outcome(corpus) == (
        {"a": "A pump.", "b": prose(1)},
        [("c", "duplicate", "the same as a")],
    )


def changed(text: str) -> str:
    """Change two words of a text."""
    parts = text.split()
    parts[10], parts[40] = "new", "other"
    return " ".join(parts)


def test_a_nearly_equal_document_is_taken_once() -> None:
    corpus = documents(a=prose(1), b=prose(2), c=changed(prose(1)))
    texts, dropped = outcome(corpus)
    assert list(texts) == ["a", "b"]
    ((name, reason, detail),) = dropped
    assert (name, reason) == ("c", "near_duplicate")
    assert detail.endswith(" like a")


def test_of_nearly_equal_documents_the_one_with_the_most_headings_is_taken() -> None:
    def marked(name: str, text: str, titles: int) -> Document:
        (document,) = documents(**{name: text})
        headings = tuple(Heading(level=2, title=f"Part {n}", start=0) for n in range(titles))
        return replace(document, headings=headings)

    plain, text = documents(a=prose(1), b=prose(2))
    first, second = marked("c", changed(prose(1)), 3), marked("d", prose(1), 3)
    texts, dropped = outcome([plain, text, first, second])
    assert list(texts) == ["b", "c"]
    assert [(name, reason) for name, reason, _ in dropped] == [
        ("a", "near_duplicate"),
        ("d", "near_duplicate"),
    ]
    assert all(detail.endswith(" like c") for _, _, detail in dropped)


def test_exact_keeps_what_is_nearly_equal_and_keep_keeps_all() -> None:
    corpus = documents(a=prose(1), b=changed(prose(1)), c=prose(1))
    exact = HygieneConfig(documents="exact", passages="exact")
    assert list(outcome(corpus, exact)[0]) == ["a", "b"]
    keep = HygieneConfig(documents="keep", passages="keep")
    assert outcome(corpus, keep) == ({d.id: d.text for d in corpus}, [])


def test_a_script_without_blanks() -> None:
    chance = random.Random(3)
    text = "".join(chance.choice(HAN) for _ in range(200))
    corpus = documents(a=text, b=text[:90] + "二二" + text[91:])
    assert [row[:2] for row in outcome(corpus)[1]] == [("b", "near_duplicate")]


def test_sheets_with_other_numbers_are_not_alike() -> None:
    def sheet(bar: int) -> str:
        return f"The pump of type {bar} gives {bar + 7} bar. " + prose(4, 40)

    assert outcome(documents(a=sheet(100), b=sheet(300)))[1] == []
    assert outcome(documents(a=sheet(100), b=sheet(100) + " more"))[1][0][1] == "near_duplicate"


def test_a_passage_is_taken_once_in_all_documents() -> None:
    shared, near = prose(5), changed(prose(5))
    corpus = documents(
        a=f"{prose(6)}\n\n{shared}", b=f"{shared}\n\n{prose(7)}", c=f"{prose(8)}\n\n{near}"
    )
    texts, dropped = outcome(corpus)
    assert texts == {"a": f"{prose(6)}\n\n{shared}", "b": prose(7), "c": prose(8)}
    start = len(prose(6)) + 2
    place = f"a:{start}-{start + len(shared)}"
    assert [(name, reason) for name, reason, _ in dropped] == [
        (f"b:0-{len(shared) + 2}", "duplicate"),
        (f"c:{len(prose(8)) + 2}-{len(prose(8)) + 2 + len(near)}", "near_duplicate"),
    ]
    assert dropped[0][2] == f"the same as {place}: {shared[:60].strip()}"


def test_a_passage_that_is_kept_tells_how_many_copies_are_left_out() -> None:
    shared = prose(5)
    corpus = documents(
        a=f"{prose(6)}\n\n{shared}\n\n{shared}\n\n{prose(9)}", b=shared + "\n\n" + prose(7)
    )
    left, _ = clean_corpus(corpus, HygieneConfig())
    assert [[block.copies for block in document.blocks] for document in left] == [[0, 2, 0], [0]]


def test_short_passages_come_back_by_themselves() -> None:
    corpus = documents(
        a=f"Answer the questions.\n\n{prose(1)}", b=f"Answer the questions.\n\n{prose(2)}"
    )
    assert outcome(corpus)[1] == []


@pytest.mark.parametrize("seed", range(3))
def test_planted_duplicates_are_found(seed: int) -> None:
    chance = random.Random(seed)
    texts = {f"d{number:03}": prose(100 * seed + number, 120) for number in range(100)}
    copies = {f"e{name}": texts[name] for name in chance.sample(sorted(texts), 10)}
    for name in chance.sample(sorted(texts), 10):
        changed_words = texts[name].split()
        for index in chance.sample(range(len(changed_words)), 6):
            changed_words[index] = chance.choice(WORDS)
        copies[f"n{name}"] = " ".join(changed_words)
    texts_left, _ = outcome(documents(**texts, **copies))
    assert list(texts_left) == list(texts)
