"""Samples that train the corpus' text in another form: `recover`, `variant`, `unfold`, `tell`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.core.types import Chunk, ScptSample
from structtuning_plugin.questions.exercises.index import CorpusIndex
from structtuning_plugin.samples.budget import plan_budget
from structtuning_plugin.samples.kinds.recover import MASK, mask
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.samples.texts import Piece
from structtuning_plugin.taxonomy.tree import Tree
from tests.codecs import WordCodec
from tests.samples.building import filled, settings_of, wordings_of
from tests.samples.ssft_building import builder_of, samples
from tests.trees import document, grow

POOLS = {
    "passage-path/01": "{{ path }}",
    "recover/01": "{{ path }}, gaps:\n{{ text }}\nwhole:",
    "variant/01": "{{ path }}, shuffled:",
    "unfold/01": "{{ name }}{% if parts %} {{ part }}/{{ parts }}{% endif %}:\n{{ text }}\n:",
}
WHEELS = (
    "Spokes of steel run from the hub to the rim of the wheel. Ball bearings carry the weight of "
    "the rider upon the axle. Tyres of rubber hold the air that carries the rider."
)
DRIVE = "The chain carries the force of the legs to the rear sprocket. It needs oil in the rain."
BOOK = document(
    "b.md",
    (1, "Book"),
    (2, "Bicycle"),
    (3, "Wheels"),
    f"{WHEELS}\n\n",
    (3, "Drive"),
    f"{DRIVE}\n\n",
)


def rows_of(
    folder: Path, *kinds: str, sequence_len: int = 400, chunk_tokens: int = 200, **scpt: Any
) -> list[ScptSample]:
    tree, chunks = grow([BOOK], chunk_tokens=chunk_tokens, codec=WordCodec())
    return [
        row.sample
        for row in filled(context_of(folder, tree, chunks, sequence_len, kinds, **scpt)).rows
        if isinstance(row.sample, ScptSample) and row.sample.kind != "passage"
    ]


def context_of(
    folder: Path,
    tree: Tree,
    chunks: Sequence[Chunk],
    sequence_len: int,
    kinds: Sequence[str],
    **scpt: Any,
) -> ScptContext:
    settings = settings_of(kinds=("passage", *kinds), **scpt)
    return ScptContext(
        tree=tree,
        chunks=chunks,
        wordings=wordings_of(folder, POOLS),
        settings=settings,
        budget=plan_budget(sequence_len, None, settings, WordCodec()),
        codec=WordCodec(),
        seed=1,
        load_index=lambda: CorpusIndex(tree, [BOOK], chunks),
    )


def test_a_passage_with_gaps(tmp_path: Path) -> None:
    wheels, drive = rows_of(tmp_path, "recover")
    assert (wheels.completion, drive.completion) == (WHEELS, DRIVE)
    for row in (wheels, drive):
        head, masked, tail = row.prompt.split("\n")[0], row.prompt.split("\n")[1], row.prompt
        assert head.startswith("Bicycle > ")
        assert tail.endswith("whole:\n\n")
        words, own = masked.split(), row.completion.split()
        assert len(words) == len(own)
        gaps = [word for word in words if MASK in word]
        assert 0.1 * len(own) < len(gaps) < 0.65 * len(own)
        assert all(MASK in left or left == right for left, right in zip(words, own, strict=True))


def test_terms_are_masked_first() -> None:
    text = "Spokes of steel run from the hub to the rim of every wheel."
    hub = text.index("hub")
    for seed in range(20):
        masked = mask(Piece(text=text, start=10), [(10 + hub, 13 + hub)], seed, "x")
        assert masked is not None
        assert "hub" not in masked
        assert MASK in masked


def test_too_few_words_have_no_gaps() -> None:
    assert mask(Piece(text="Pads wear down.", start=0), [], 1, "x") is None


def test_without_blanks_pairs_of_characters_are_masked() -> None:
    text = "轮毂是一种安装在车轮中心并绕着车轴转动的零件。辐条把轮毂和轮圈连接在一起。"
    masked = mask(Piece(text=text, start=0), [], 1, "x")
    assert masked is not None
    assert MASK in masked
    assert masked.endswith("。")


def test_a_long_passage_becomes_pieces_that_fit(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "recover", sequence_len=110, chunk_tokens=40)
    for row in rows:
        prompt, completion = WordCodec().encode([row.prompt, row.completion])
        assert 2 + len(prompt) + len(completion) <= 110
        assert row.completion in WHEELS + DRIVE


def test_only_independent_sentences_change_places(tmp_path: Path) -> None:
    """The chain's second sentence refers to its first one."""
    (wheels,) = rows_of(tmp_path, "variant")
    assert wheels.prompt == "Bicycle > Wheels, shuffled:\n\n"
    assert wheels.completion != WHEELS
    assert sorted(wheels.completion.split(". ")[0].split()[:1]) != []
    assert {line.strip(". ") for line in wheels.completion.split(". ")} == {
        line.strip(". ") for line in WHEELS.split(". ")
    }


def test_a_chapter_unfolds_into_its_sections(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "unfold")
    assert row.prompt == "Bicycle:\n- Wheels\n- Drive\n:\n\n"
    assert row.completion == f"Wheels\n\n{WHEELS}\n\nDrive\n\n{DRIVE}"
    assert len(row.chunk_ids) == 2


def test_one_section_is_no_chapter(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "unfold", sequence_len=64, chunk_tokens=40) == []


@pytest.mark.parametrize("kinds", [("recover",), ("variant",), ("unfold",)])
def test_the_same_each_time(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    assert rows_of(tmp_path, *kinds) == rows_of(tmp_path, *kinds)


def test_what_is_known_of_a_topic() -> None:
    tree, chunks = grow([BOOK], chunk_tokens=200, codec=WordCodec())
    builder = builder_of(tree, chunks=chunks, load_index=lambda: CorpusIndex(tree, [BOOK], chunks))
    builder.add_kind("tell")
    assert [sample.messages[-1].content for sample in samples(builder)] == [WHEELS, DRIVE]
    assert all('"' in sample.messages[0].content for sample in samples(builder))


def test_without_a_fact_nothing_is_told() -> None:
    book = document("b.md", (1, "Book"), (2, "Spars"), "You can also use it.\n\n")
    tree, chunks = grow([book])
    builder = builder_of(tree, chunks=chunks, load_index=lambda: CorpusIndex(tree, [book], chunks))
    builder.add_kind("tell")
    builder.add_structure()
    assert samples(builder) == []
