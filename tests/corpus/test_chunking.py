from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from structtuning_plugin.core.errors import BudgetError
from structtuning_plugin.core.tokens import Codec
from structtuning_plugin.core.types import Block, BlockKind, Document
from structtuning_plugin.corpus.chunking import MeasuredText, Piece, cut
from structtuning_plugin.corpus.decoding import decode
from structtuning_plugin.corpus.readers.text import TextReader
from structtuning_plugin.hookspecs import ReadRequest
from tests.codecs import CharCodec, WordCodec
from tests.strategies import WORDS, documents, examples, odd_documents, partitions

TRAINING = (
    *WORDS,
    "the cell membrane of the cell is a thin layer",
    "-" * 40,
    " " * 40,
    "клетка и мембрана клетки",
)


class BpeCodec:
    """A byte-level BPE: a character may be several tokens, several words one, and a cut changes
    both.
    """

    prefix = ()
    eos = 0

    def __init__(self) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        self._tokenizer: Any = Tokenizer(models.BPE())
        self._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=500,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=["</s>"],
            show_progress=False,
        )
        self._tokenizer.train_from_iterator([text for text in TRAINING for _ in range(5)], trainer)

    def _encodings(self, texts: Sequence[str]) -> list[Any]:
        return list(self._tokenizer.encode_batch(list(texts), add_special_tokens=False))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._encodings(texts)]

    def starts(self, texts: Sequence[str]) -> list[list[int]]:
        return [[start for start, _ in encoding.offsets] for encoding in self._encodings(texts)]

    def decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids)))


@cache
def codec(name: str) -> Codec:
    return {"char": CharCodec, "word": WordCodec, "bpe": BpeCodec}[name]()


every_codec = pytest.mark.parametrize("name", ["char", "word", "bpe"])


def document(*blocks: tuple[BlockKind, str], language: str = "en") -> Document:
    bounds = list(itertools.accumulate((len(text) for _, text in blocks), initial=0))
    starts = tuple(
        Block(kind=kind, start=start) for (kind, _), start in zip(blocks, bounds, strict=False)
    )
    return Document(
        id="d",
        text="".join(text for _, text in blocks),
        title="d",
        language=language,
        blocks=starts,
    )


def chunks(found: Document, budget: int, of: str = "char") -> list[str]:
    """The chunks of the whole text."""
    measured = MeasuredText(found, codec(of))
    ((*pieces,),) = cut(measured, [(0, len(found.text))], budget, codec(of))
    assert [piece.tokens for piece in pieces] == [
        len(ids) for ids in codec(of).encode(texts_of(found, pieces))
    ]
    return texts_of(found, pieces)


def texts_of(found: Document, pieces: Sequence[Piece]) -> list[str]:
    return [found.text[piece.start : piece.end] for piece in pieces]


def check_cover(
    found: Document,
    spans: Sequence[tuple[int, int]],
    cuts: Sequence[Sequence[Piece]],
    budget: int,
    of: str,
) -> None:
    """The promises of `cut`.

    Every span once, in order, nothing across it, nothing over the budget.
    """
    assert len(cuts) == len(spans)
    for (start, end), pieces in zip(spans, cuts, strict=True):
        bounds = [start, *(piece.end for piece in pieces)]
        assert [piece.start for piece in pieces] == bounds[:-1]
        assert bounds[-1] == end
        assert all(before < after for before, after in itertools.pairwise(bounds))
        sizes = [len(ids) for ids in codec(of).encode(texts_of(found, pieces))]
        assert [piece.tokens for piece in pieces] == sizes
        assert max(sizes, default=0) <= budget


@every_codec
@examples
@given(data=st.data(), budget=st.integers(4, 80))
def test_chunks_cover_every_span_once_and_none_is_over_budget(
    name: str, data: st.DataObject, budget: int
) -> None:
    found = data.draw(documents())
    spans = data.draw(partitions(found))
    check_cover(
        found,
        spans,
        cut(MeasuredText(found, codec(name)), spans, budget, codec(name)),
        budget,
        name,
    )


@every_codec
@examples
@given(data=st.data(), budget=st.integers(4, 20))
def test_so_it_is_for_any_characters(name: str, data: st.DataObject, budget: int) -> None:
    """No character has more than four tokens, so a budget of four is always enough."""
    found = data.draw(odd_documents())
    spans = data.draw(partitions(found))
    check_cover(
        found,
        spans,
        cut(MeasuredText(found, codec(name)), spans, budget, codec(name)),
        budget,
        name,
    )


@examples
@given(documents(), st.integers(8, 120))
def test_a_block_is_cut_only_if_it_is_too_long_by_itself(found: Document, budget: int) -> None:
    ((*pieces,),) = cut(
        MeasuredText(found, CharCodec()), [(0, len(found.text))], budget, CharCodec()
    )
    bounds = [*(block.start for block in found.blocks), len(found.text)]
    for piece in pieces:
        for start, end in itertools.pairwise(bounds):
            if start < piece.end < end:
                assert end - start > budget


@every_codec
@examples
@given(data=st.data(), budget=st.integers(4, 60))
def test_a_grapheme_cluster_is_cut_only_if_it_is_too_long_by_itself(
    name: str, data: st.DataObject, budget: int
) -> None:
    found = data.draw(documents())
    ((*pieces,),) = cut(
        MeasuredText(found, codec(name)), [(0, len(found.text))], budget, codec(name)
    )
    ends = {piece.end for piece in pieces}
    for cluster in regex.finditer(r"\X", found.text):
        if any(cluster.start() < end < cluster.end() for end in ends):
            assert len(codec(name).encode([cluster[0]])[0]) > budget


@examples
@given(documents(), st.integers(8, 80))
def test_chunks_are_as_full_as_blocks_allow(found: Document, budget: int) -> None:
    """Two neighbours that end at blocks would not fit into one chunk."""
    ((*pieces,),) = cut(
        MeasuredText(found, CharCodec()), [(0, len(found.text))], budget, CharCodec()
    )
    starts = {block.start for block in found.blocks} | {len(found.text)}
    for one, two in itertools.pairwise(pieces):
        if two.end in starts:
            assert two.end - one.start > budget


def test_blocks_are_packed_and_the_remainder_of_a_cut_one_too() -> None:
    """The drawing in the module's docstring."""
    found = document(
        ("paragraph", "aaa "), ("paragraph", "bbbb "), ("paragraph", "cc ddddd. " + "eee ")
    )
    assert chunks(found, 10) == ["aaa bbbb ", "cc ddddd. ", "eee "]
    found = document(
        ("paragraph", "cc ddddd. " + "eee "), ("paragraph", "ffff"), ("paragraph", "ggg")
    )
    assert chunks(found, 10) == ["cc ddddd. ", "eee ffff", "ggg"]


def test_a_block_that_just_fits_is_whole() -> None:
    found = document(("paragraph", "One. Two.\n"), ("paragraph", "One. Two.\n"))
    assert chunks(found, 20) == ["One. Two.\nOne. Two.\n"]
    assert chunks(found, 19) == chunks(found, 10) == ["One. Two.\n", "One. Two.\n"]
    assert chunks(found, 9) == ["One. ", "Two.\n", "One. ", "Two.\n"]


def test_only_over_long_paragraphs_are_cut_at_sentences() -> None:
    short, long = "One is. Two is.\n\n", "The first is long. The second is too.\n\n"
    found = document(("paragraph", short), ("paragraph", long), ("paragraph", short))
    assert chunks(found, 34) == [short, "The first is long. ", "The second is too.\n\n", short]
    assert chunks(found, 40) == [short, long, short]


def test_only_over_long_sentences_are_cut_at_words_and_only_such_words_at_characters() -> None:
    found = document(("paragraph", "It is. A supercalifragilistic word stands here. So."))
    assert chunks(found, 12) == [
        "It is. ",
        "A ",
        "supercalifra",
        "gilistic ",
        "word stands ",
        "here. So.",
    ]


def test_scripts_without_blanks_are_cut_at_sentences_then_at_clauses() -> None:
    found = document(
        ("paragraph", "细胞是生命的单位。细胞膜、细胞质和细胞核，都在里面。"), language="zh"
    )
    assert chunks(found, 10) == ["细胞是生命的单位。", "细胞膜、", "细胞质和细胞核，", "都在里面。"]


def test_code_is_cut_at_blank_lines_then_at_lines() -> None:
    found = document(("code", "def a():\n    x. y\n\ndef b():\n    z\n    and more of it\n\nend"))
    assert chunks(found, 29) == [
        "def a():\n    x. y\n\n",
        "def b():\n    z\n",
        "    and more of it\n\nend",
    ]


def test_tables_are_cut_at_rows() -> None:
    rows = ["| a. B | c |\n", "|------|---|\n", "| One. Two | three |\n", "| 4 | 5 |\n"]
    found = document(("table", "".join(rows)))
    assert chunks(found, 31) == ["".join(rows[:2]), "".join(rows[2:])]
    assert chunks(found, 21) == [rows[0], rows[1], rows[2], rows[3]]


def test_a_block_is_cut_by_its_own_kind_from_its_first_character_on() -> None:
    text = "One is. Two\nis. It\n"
    assert chunks(document(("paragraph", "Here. "), ("code", text)), 12) == [
        "Here. ",
        "One is. Two\n",
        "is. It\n",
    ]
    assert chunks(document(("code", "here\n\n"), ("paragraph", text)), 12) == [
        "here\n\n",
        "One is. ",
        "Two\nis. It\n",
    ]


class DearerAlone(CharCodec):
    """A character is a token, but several ones in a text of up to 20 characters."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self._tokens = tokens

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [ids if len(ids) > 20 else ids * self._tokens for ids in super().encode(texts)]


@pytest.mark.parametrize(
    ("tokens", "budget", "size"),
    [(2, 4, 2), (2, 5, 2), (2, 6, 2), (2, 8, 4), (4, 8, 2), (8, 16, 2)],
)
def test_a_piece_that_is_dearer_alone_is_cut_shorter_between_clusters(
    tokens: int, budget: int, size: int
) -> None:
    """Each cluster is a letter and its accent: two characters."""
    found = document(("paragraph", "e\u0301" * 40))
    codec = DearerAlone(tokens)
    ((*pieces,),) = cut(MeasuredText(found, codec), [(0, len(found.text))], budget, codec)
    assert texts_of(found, pieces) == ["e\u0301" * (size // 2)] * (80 // size)
    assert {piece.tokens for piece in pieces} == {size * tokens}


def test_a_cluster_that_is_dearer_than_the_budget_is_cut_inside() -> None:
    found = document(("paragraph", "e\u0301" * 40))
    codec = DearerAlone(2)
    ((*pieces,),) = cut(MeasuredText(found, codec), [(0, len(found.text))], 2, codec)
    assert texts_of(found, pieces) == list(found.text)
    with pytest.raises(
        BudgetError, match=r"The text 'e' alone has 2 tokens, but a chunk may have 1\."
    ):
        cut(MeasuredText(found, codec), [(0, len(found.text))], 1, codec)


def test_lists_are_cut_at_items_then_at_lines_then_at_sentences() -> None:
    found = document(("list", "- One. Two.\n- Three\n  goes on\n- Four. And five. And six.\n"))
    assert chunks(found, 29) == [
        "- One. Two.\n",
        "- Three\n  goes on\n",
        "- Four. And five. And six.\n",
    ]
    assert chunks(found, 17) == [
        "- One. Two.\n",
        "- Three\n",
        "  goes on\n",
        "- Four. ",
        "And five. ",
        "And six.\n",
    ]


def test_a_grapheme_cluster_is_whole_while_it_fits() -> None:
    family = "👩‍👩‍👧‍👦"
    assert len(family) == 7
    found = document(("paragraph", family * 3))
    assert chunks(found, 10) == chunks(found, 7) == [family] * 3
    assert "".join(chunks(found, 6)) == family * 3
    assert len(chunks(found, 6)) > 3


def test_a_character_over_budget_is_an_error() -> None:
    with pytest.raises(
        BudgetError, match=r"^The text '𓀀' alone has 4 tokens, but a chunk may have 3\.$"
    ):
        chunks(document(("paragraph", "ab 𓀀")), 3, "bpe")


def test_no_other_text_is_over_budget() -> None:
    """With the smallest budgets the plan is wrong most often.

    The slow way must still find a cut.
    """
    found = document(("paragraph", "клетки. The cell" + "-" * 30 + "x  " + " " * 30 + "клетка a,b"))
    for budget in range(2, 12):
        assert "".join(chunks(found, budget, "bpe")) == found.text


def test_a_text_without_blocks_is_one_paragraph() -> None:
    found = Document(id="d", text="One is. Two is.", title="d", language="en")
    assert chunks(found, 10) == ["One is. ", "Two is."]


def test_text_before_the_first_block_is_a_paragraph() -> None:
    found = Document(
        id="d",
        text="One is. Two is.\ncode. x",
        title="d",
        language="en",
        blocks=(Block(kind="code", start=16),),
    )
    assert chunks(found, 10) == ["One is. ", "Two is.\n", "code. x"]


def test_spans_are_cut_each_for_itself() -> None:
    found = document(("paragraph", "One is. "), ("paragraph", "Two is. Three."))
    cuts = cut(MeasuredText(found, CharCodec()), [(0, 3), (3, 8), (8, 22)], 8, CharCodec())
    assert [texts_of(found, pieces) for pieces in cuts] == [
        ["One"],
        [" is. "],
        ["Two is. ", "Three."],
    ]


def test_no_spans_and_empty_spans_have_no_chunks() -> None:
    measured = MeasuredText(document(), CharCodec())
    assert cut(measured, [], 8, CharCodec()) == []
    assert cut(measured, [(0, 0)], 8, CharCodec()) == [[]]


@every_codec
def test_counting_by_subtraction(name: str) -> None:
    found = document(("paragraph", "The cell. "), ("code", "x = '细胞'\n"))
    measured = MeasuredText(found, codec(name))
    counts = [len(ids) for ids in codec(name).encode([found.text[:10], found.text[10:]])]
    assert measured.reach(0, counts[0]) == 10
    assert measured.reach(0, sum(counts)) == measured.reach(10, counts[1] + 7) == len(found.text)


def test_a_single_line_of_200_kb() -> None:
    line = "".join(f"Sentence {number} of the long line says little. " for number in range(4_600))
    assert len(line) > 200_000
    found = document(("paragraph", line))
    pieces = chunks(found, 1_000, "word")
    assert "".join(pieces) == line
    assert all(piece.startswith("Sentence ") and piece.endswith("little. ") for piece in pieces)


@pytest.mark.parametrize("unit", ["x", "细胞", "x, ", "-", " ", "👩‍🔬"])
def test_a_single_line_of_200_kb_without_sentences(unit: str) -> None:
    line = unit * (200_000 // len(unit.encode()))
    assert "".join(chunks(document(("code", line)), 1_000, "bpe")) == line


def test_a_hundred_thousand_blocks_in_one_span() -> None:
    found = document(*[("paragraph", "Short.\n\n")] * 100_000)
    assert chunks(found, 800) == ["Short.\n\n" * 100] * 1_000


LONG_LINES = (
    "empty.txt",
    "gutenberg-10453-8.latin1.crlf.txt",
    "microbiology-small.cr-only.txt",
    "microbiology-small.hard-wrapped.txt",
    "microbiology-small.mixed-eol.txt",
    "microbiology-small.nul-and-control.txt",
    "microbiology-small.one-line.txt",
    "microbiology-small.truncated-utf8.txt",
)


def test_every_messy_file_is_chunked(shared_data: Path) -> None:
    assert sorted(path.name for path in (shared_data / "messy" / "longlines").iterdir()) == list(
        LONG_LINES
    )


@pytest.mark.parametrize("name", LONG_LINES)
def test_messy_files(name: str, shared_data: Path) -> None:
    decoded = decode((shared_data / "messy" / "longlines" / name).read_bytes())
    request = ReadRequest(document_id=name, text=decoded.text, source="text", language="en")
    (found,) = TextReader().read(request).documents
    spans = [(0, len(found.text))] if found.text else []
    budget = 512
    cuts = cut(MeasuredText(found, WordCodec()), spans, budget, WordCodec())
    check_cover(found, spans, cuts, budget, "word")
    assert (decoded.cut_bytes > 0) == ("truncated" in name)
